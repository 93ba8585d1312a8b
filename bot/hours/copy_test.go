package hours_test

import (
	"context"
	"fmt"
	"strings"
	"testing"

	"datahour/bot"
)

func TestACopyHasAllThatIsHeldAndNothingOfOthers(t *testing.T) {
	staged(t, func(s stage) {
		id := s.schedule(flood + " hosts=<!user:north:olga>,<!user:north:ada>")
		s.Command(ada, data, "datahour sheet "+id)
		s.Command(ada, data, "datahour remind "+id)
		s.Command("north:eve", data, "datahour ask Whose levels are these?")
		s.Command(ada, data, "datahour ask Why do the levels lie?")
		s.AdvanceTo(london(25, 20, 1))
		s.Say(ada, data, "They do not.")
		eves := s.Say("north:eve", data, "Mine is a secret.")
		s.React(ada, data, eves, "thumbsup")
		s.React("north:eve", data, s.Say(ada, data, "Said twice."), "tada")
		s.Command(ada, data, "datahour report Somebody shouts")
		var all []bot.Copied
		if err := s.Do(func(ctx context.Context, tx *bot.Tx) (err error) {
			all, err = tx.Copy(ctx, ada)
			return err
		}); err != nil {
			t.Fatal(err)
		}
		var lines []string
		for _, c := range all {
			lines = append(lines, c.What+": "+c.Words)
		}
		words := strings.Join(lines, "\n")
		for _, want := range []string{"Who you are: Your account is north:ada", "What you said: They do not.", "What you said: Said twice.", "What you reacted to: thumbsup", "What you reported: Somebody shouts",
			"Questions that you put forward: Why do the levels lie?", "You host it", "run sheet", "You took part with 2 messages."} {
			if !strings.Contains(words, want) {
				t.Errorf("the copy lacks %q:\n%s", want, words)
			}
		}
		if held := fmt.Sprintf("%+v", all); strings.Contains(held, "north:eve") || strings.Contains(held, "secret") || strings.Contains(held, "Whose levels") {
			t.Errorf("the copy has what others did: %s", held)
		}
	})
}
