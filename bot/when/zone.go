package when

import (
	_ "embed"
	"fmt"
	"strings"
	"sync"
	"time"
	_ "time/tzdata" // zones are stored by name, so they must load on any machine
)

// zoneNames lists every name in the tz database, one on a line, as Go carries it
// (lib/time/zoneinfo.zip, 2026). It serves to find names in any case and to
// suggest near ones; a newer name that is written exactly is accepted as well.
//
//go:embed zones.txt
var zoneNames string

// atlas is zoneNames made ready for looking up, in lower case.
type atlas struct {
	byName map[string]string   // europe/london: Europe/London
	byCity map[string][]string // london: Europe/London; knox: America/Indiana/Knox
}

var zones = sync.OnceValue(func() atlas {
	a := atlas{map[string]string{}, map[string][]string{}}
	for name := range strings.Lines(zoneNames) {
		name = strings.TrimSpace(name)
		if !placeName(name) {
			continue
		}
		lower := strings.ToLower(name)
		a.byName[lower] = name
		city := lower[strings.LastIndexByte(lower, '/')+1:]
		a.byCity[city] = append(a.byCity[city], name)
	}
	return a
})

// commonly holds what people write for a zone when they do not know its name.
// Abbreviations are here because they name one offset, and a place has two.
var commonly = map[string]string{
	"bst": "Europe/London", "gmt": "Europe/London", "gb": "Europe/London", "uk": "Europe/London",
	"britain": "Europe/London", "england": "Europe/London", "scotland": "Europe/London",
	"wales": "Europe/London", "northern_ireland": "Europe/London", "local": "Europe/London",
	"wet": "Europe/Lisbon", "portugal": "Europe/Lisbon", "ireland": "Europe/Dublin", "eire": "Europe/Dublin",
	"cet": "Europe/Paris", "cest": "Europe/Paris", "france": "Europe/Paris", "germany": "Europe/Berlin",
	"eet": "Europe/Athens", "est": "America/New_York", "edt": "America/New_York", "et": "America/New_York",
	"cst": "America/Chicago", "pst": "America/Los_Angeles", "pdt": "America/Los_Angeles",
	"z": "UTC", "zulu": "UTC", "utc+0": "UTC", "universal": "UTC",
}

// placeName tells a name of a place from names that are offsets, abbreviations or
// countries in disguise: only a place follows its own clock changes.
func placeName(name string) bool {
	return name == "UTC" || strings.Contains(name, "/") && !strings.HasPrefix(strings.ToLower(name), "etc/")
}

// Zone finds a time zone by its name in the tz database, such as Europe/London,
// in any case and with spaces for underscores; UTC is the one name without a
// place. The error is an *Error whose examples are names of zones.
func Zone(name string) (*time.Location, error) {
	text, fits := tidy(name)
	key := strings.ReplaceAll(strings.ToLower(text), " ", "_")
	if proper, ok := zones().byName[key]; ok && fits {
		return time.LoadLocation(proper)
	}
	if fits && placeName(text) {
		if zone, err := time.LoadLocation(text); err == nil {
			return zone, nil
		}
	}
	near := nearZones(key)
	problem := fmt.Sprintf("I don't know the time zone %q.", echo(text))
	if text == "" {
		problem = "A time zone needs a name."
	} else if isOffset(key) {
		problem = fmt.Sprintf("%q is an offset, and offsets change with the clocks. A time zone is named by a place.", echo(text))
	} else if _, ok := commonly[key]; ok && len(key) <= 4 && near[0] != "UTC" {
		problem = fmt.Sprintf("%q is not the name of a place. A time zone is named by one, so that it can follow the clocks.", echo(text))
	}
	if len(near) == 0 {
		return nil, &Error{Problem: problem, Examples: []string{"Europe/London", "Europe/Paris", "UTC"}}
	}
	return nil, &Error{Problem: problem, Examples: near, Guess: true}
}

// isOffset recognises +01:00, UTC+1, GMT-3 and Etc/GMT+5.
func isOffset(key string) bool {
	key = strings.TrimPrefix(key, "etc/")
	if len(key) > 3 && (strings.HasPrefix(key, "utc") || strings.HasPrefix(key, "gmt")) {
		key = key[3:]
	}
	key = strings.TrimLeft(key, "+-")
	return key != "" && strings.Trim(key, "0123456789:") == ""
}

// nearZones suggests up to three names for something that is not one.
func nearZones(key string) []string {
	a := zones()
	if name, ok := commonly[key]; ok {
		return []string{name}
	}
	city := key[strings.LastIndexByte(key, '/')+1:]
	if names := a.byCity[city]; len(names) > 0 {
		return names[:min(len(names), 3)]
	}
	var near []string
	best := allowedSlips(city) + 1
	for name := range strings.Lines(zoneNames) {
		name = strings.TrimSpace(name)
		if !placeName(name) {
			continue
		}
		lower := strings.ToLower(name)
		switch slips := slips(city, lower[strings.LastIndexByte(lower, '/')+1:]); {
		case slips < best:
			near, best = []string{name}, slips
		case slips == best && best <= allowedSlips(city) && len(near) < 3:
			near = append(near, name)
		}
	}
	return near
}
