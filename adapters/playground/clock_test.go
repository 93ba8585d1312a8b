package playground

import (
	"context"
	"errors"
	"testing"
	"time"

	"datahour/adapters/playground/world"
	"datahour/bot"
)

func TestMovingTheClock(t *testing.T) {
	s := open(t, world.Options{}, Options{})
	moved := 0
	goal := time.Date(2026, 12, 2, 20, 0, 0, 0, time.UTC)
	s.north.MoveClockBy(func(_ context.Context, to string) (time.Time, error) {
		moved++
		switch to {
		case "start":
			return goal, nil
		case "+1h":
			return goal, bot.Sayf(bot.Missing, "Nothing is coming up, <!user:north:ada>.")
		}
		return goal, errors.New("the store is away")
	})
	listens(t, s.north, nil)
	wish := func(to string) (now string, words string) {
		out := s.does("POST", "/api/clock", object{"to": to})
		now, _ = out["now"].(string)
		if p, _ := out["post"].(object); p != nil {
			words = p["post"].(object)["text"].(string)
		}
		return now, words
	}
	s.misbehave(world.Misbehaviour{Platform: "north", Next: []world.Deed{{Op: "event", Do: "repeat"}}})
	if now, words := wish("start"); now != "2026-12-02T20:00:00Z" || words != "" {
		t.Errorf("moved to %q, with %q", now, words)
	}
	if _, words := wish("+1h"); words != "Nothing is coming up, <!user:ada>." {
		t.Errorf("refused with %q", words)
	}
	if now, words := wish("+24h"); words != "The clock could not be moved. The log says why." || now == "" {
		t.Errorf("failed at %q with %q", now, words)
	}
	if moved != 3 {
		t.Errorf("moved %d times for three wishes", moved)
	}
}

func TestAClockThatCannotBeMoved(t *testing.T) {
	s := open(t, world.Options{}, Options{})
	listens(t, s.north, nil)
	out := s.does("POST", "/api/clock", object{"to": "+1h"})
	if p, _ := out["post"].(object); p == nil || p["post"].(object)["text"] != "This bot's clock cannot be moved." {
		t.Errorf("came to %v", out)
	}
}

func TestTheWorldIsToldTheTimeAndTheCommands(t *testing.T) {
	s := open(t, world.Options{}, Options{})
	if err := s.south.ShowClock(t.Context(), time.Now().Add(48*time.Hour)); err != nil {
		t.Fatal(err)
	}
	if ahead, _ := s.does("GET", "/api/clock", nil)["offset"].(float64); ahead < 47*3600 || ahead > 49*3600 {
		t.Errorf("the world is %v s ahead", ahead)
	}
	rows := []bot.RowInfo{{Name: "dh-datahour new", Usage: "dh-datahour new title [when=…]", Summary: "Plan one", Who: bot.Organisers.String()},
		{Name: "dh-help", Usage: "dh-help", Summary: "Help", Who: bot.Anyone.String()}}
	if err := s.south.Register(t.Context(), rows); err != nil {
		t.Fatal(err)
	}
	south := s.does("GET", "/api/platforms", nil)["list"].([]any)[1].(object)["commands"].([]any)
	first, second := south[0].(object), south[1].(object)
	if first["name"] != "dh-datahour new" || first["arguments"] != "title [when=…]" || first["organisers"] != true || second["arguments"] != nil || second["organisers"] != nil {
		t.Errorf("registered %v", south)
	}
}
