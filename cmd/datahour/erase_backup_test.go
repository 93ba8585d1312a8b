package main

import (
	"bytes"
	"fmt"
	"os"
	"testing"
	"testing/synctest"
	"time"

	"datahour/bot"
	"datahour/bot/bottest"
)

// A backup from before somebody was erased brings them back for no longer than
// the start takes; one from after it leaves whoever has come again alone.
func TestARestoredBackupForgetsAgain(t *testing.T) {
	list := erasedFile{config{DataDir: folder(t.TempDir())}}
	var before, after []bot.Item
	synctest.Test(t, func(t *testing.T) {
		h := newPast(t, &cutStore{Memory: bottest.NewStore(), left: -1}, false, list)
		h.do("say", 0, 0)
		h.do("name", 0, 0)
		for i, name := range []string{"Zephyrine from the web", "Zephyrine again"} {
			h.Command(bot.UserID(fmt.Sprint("web:v", i)), "web:page", `datahour visit `+h.hour+` "`+name+`" words="Hello"`)
			h.Advance(time.Second)
		}
		h.Command(olga, north, "datahour waiting")
		h.Press(olga, north, "Show 1")
		h.StopBot()
		before = dumped(t, h.Store)
		h.StartBot()
		h.forget()
		h.Command("web:v0", "web:page", "datahour withdraw "+h.hour)
		h.Command("web:v1", "web:page", "datahour withdraw "+h.hour)
		h.Advance(time.Minute)
		h.Command(zephyrine, north, "my stop") // she comes again
		h.StopBot()
		after = dumped(t, h.Store)
	})
	for name, backup := range map[string][]bot.Item{"before": before, "after": after} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				store := bottest.NewStore()
				if err := store.Restore(t.Context(), each(backup)); err != nil {
					t.Fatal(err)
				}
				h := bottest.Start(t, bottest.Config{Features: features(), Store: &cutStore{Memory: store, left: -1}, Erased: list,
					Start: time.Date(2026, 11, 21, 13, 30, 0, 0, time.UTC)})
				h.Advance(time.Minute)
				p, err := bot.PersonOf(t.Context(), h.Bot.View(), zephyrine)
				if err != nil {
					t.Fatal(err)
				}
				if known := p.Name != ""; known != (name == "after") {
					t.Errorf("after the start she is known: %v", known)
				}
				if name == "before" {
					for _, item := range dumped(t, store) {
						if r := item.Record; r != nil && bytes.Contains(bytes.ToLower(fmt.Append(nil, r.Key, r.Index, string(r.Value))), []byte("zephyrine")) {
							t.Errorf("%s still names her", r.Key)
						}
					}
				}
			})
		})
	}
}

func TestTheListOfTheErasedOutlivesACutLine(t *testing.T) {
	list := erasedFile{config{DataDir: folder(t.TempDir())}}
	if all, err := list.All(); err != nil || len(all) != 0 {
		t.Fatalf("a new list has %v, %v", all, err)
	}
	at := time.Date(2026, 11, 20, 12, 0, 0, 1000, time.UTC)
	for i, code := range []string{"a1", "b2", "a1"} {
		if err := list.Add(code, at.Add(time.Duration(i)*time.Hour)); err != nil {
			t.Fatal(err)
		}
		if i == 1 {
			file, err := os.OpenFile(list.path(), os.O_APPEND|os.O_WRONLY, 0)
			if err != nil {
				t.Fatal(err)
			}
			if _, err := file.WriteString("c3 2026-11-2"); err != nil {
				t.Fatal(err)
			}
			if err := file.Close(); err != nil {
				t.Fatal(err)
			}
		}
	}
	all, err := list.All()
	if err != nil || len(all) != 2 || !all["a1"].Equal(at.Add(2*time.Hour)) || !all["b2"].Equal(at.Add(time.Hour)) {
		t.Errorf("the list has %v, %v", all, err)
	}
}
