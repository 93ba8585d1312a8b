package hours

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"datahour/bot"

	"pgregory.net/rapid"
)

func ids(questions []Question) string {
	var all []string
	for _, q := range questions {
		all = append(all, q.ID)
	}
	return strings.Join(all, " ")
}

func TestQueue(t *testing.T) {
	for name, c := range map[string]struct {
		do   func(h *Hour) error
		want string // the queue after it
	}{
		"as it is":                     {func(h *Hour) error { return nil }, "q1 q2 q3 q4"},
		"ask the first":                {func(h *Hour) error { _, err := h.ask("", midday); return err }, "q2 q3 q4"},
		"ask the third":                {func(h *Hour) error { _, err := h.ask("3", midday); return err }, "q1 q2 q4"},
		"ask one that was put forward": {func(h *Hour) error { _, err := h.ask("q4", midday); return err }, "q1 q2 q3"},
		"skip the second":              {func(h *Hour) error { _, err := h.skip("2"); return err }, "q1 q3 q4"},
		"move the third up":            {func(h *Hour) error { _, err := h.up("3"); return err }, "q1 q3 q2 q4"},
		"move the first up":            {func(h *Hour) error { _, err := h.up("1"); return err }, "q1 q2 q3 q4"},
		"take what was put forward": {func(h *Hour) error {
			_, err := h.take("4")
			if len(h.PutForward()) != 0 {
				return fmt.Errorf("still only put forward")
			}
			return err
		}, "q1 q2 q3 q4"},
		"moving up takes, then moves": {func(h *Hour) error {
			if _, err := h.up("q4"); err != nil {
				return err
			}
			_, err := h.up("q4")
			return err
		}, "q1 q2 q4 q3"},
		"merge the third into the first": {func(h *Hour) error {
			q, err := h.merge("3", "1")
			if q.Text != "Question 1? / Question 3?" {
				return fmt.Errorf("merged into %q", q.Text)
			}
			return err
		}, "q1 q2 q4"},
	} {
		t.Run(name, func(t *testing.T) {
			h := openHour(time.Hour, 4)
			h.Questions[3].By = "north:ada"
			if err := c.do(h); err != nil {
				t.Fatal(err)
			}
			if got := ids(h.Queue()); got != c.want {
				t.Errorf("the queue is %q, want %q", got, c.want)
			}
		})
	}
}

func TestQueueRefuses(t *testing.T) {
	for name, c := range map[string]struct {
		do   func(h *Hour) error
		kind bot.ErrorKind
		says string
	}{
		"a place beyond the end":   {func(h *Hour) error { _, err := h.ask("9", midday); return err }, bot.Missing, "no question 9 in the queue; it has 2"},
		"one that was asked":       {func(h *Hour) error { h.ask("q1", midday); _, err := h.skip("q1"); return err }, bot.Missing, "not waiting any more"},
		"itself into itself":       {func(h *Hour) error { _, err := h.merge("1", "1"); return err }, bot.Invalid, "with itself"},
		"an hour that is not open": {func(h *Hour) error { h.State = Scheduled; _, err := h.ask("", midday); return err }, bot.Late, "not open"},
		"an hour that is over":     {func(h *Hour) error { h.State = Closed; return h.putForward("Why?", "north:ada") }, bot.Late, "is over"},
		"the same words again":     {func(h *Hour) error { return h.putForward("question 1?", "north:ada") }, bot.Taken, "already"},
		"a sixth from one person": {func(h *Hour) error {
			for i := range 5 {
				if err := h.putForward(fmt.Sprintf("And %d?", i), "north:ada"); err != nil {
					return fmt.Errorf("number %d: %v", i+1, err)
				}
			}
			return h.putForward("And more?", "north:ada")
		}, bot.Taken, "You have 5 questions waiting"},
	} {
		t.Run(name, func(t *testing.T) {
			err := c.do(openHour(time.Hour, 2))
			if kind, ok := bot.KindOf(err); !ok || kind != c.kind || !strings.Contains(err.Error(), c.says) {
				t.Errorf("refused with %v, want %q", err, c.says)
			}
		})
	}
}

// Whatever is done to the queue: no question is lost or there twice, ids stay
// different, and those asked are numbered 1, 2, 3 in the order of asking.
func TestQueueKeepsEverything(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		h := openHour(time.Hour, rapid.IntRange(0, 5).Draw(t, "planned"))
		added := len(h.Questions)
		now := midday
		for range rapid.IntRange(0, 30).Draw(t, "steps") {
			which := fmt.Sprint(rapid.IntRange(1, 6).Draw(t, "which"))
			switch rapid.SampledFrom([]string{"put", "ask", "skip", "take", "up", "merge"}).Draw(t, "do") {
			case "put":
				if h.putForward(fmt.Sprintf("Put forward %d?", added), bot.UserID("north:"+which)) == nil {
					added++
				}
			case "ask":
				now = now.Add(time.Second)
				_, _ = h.ask(which, now)
			case "skip":
				_, _ = h.skip(which)
			case "take":
				_, _ = h.take(which)
			case "up":
				_, _ = h.up(which)
			case "merge":
				_, _ = h.merge(which, "1")
			}
		}
		if len(h.Questions) != added {
			t.Fatalf("%d questions of %d", len(h.Questions), added)
		}
		seen := map[string]bool{}
		for _, q := range h.Questions {
			if seen[q.ID] {
				t.Fatalf("%s is there twice", q.ID)
			}
			seen[q.ID] = true
		}
		asked := h.Asked()
		for i, q := range asked {
			if q.Number != i+1 || i > 0 && q.Asked.Before(asked[i-1].Asked) {
				t.Fatalf("asked: %v", asked)
			}
		}
		if len(asked)+len(h.Queue())+len(slices.DeleteFunc(slices.Clone(h.Questions), func(q Question) bool { return !q.Skipped })) != added {
			t.Fatalf("asked, waiting and skipped do not make %d: %v", added, h.Questions)
		}
	})
}

// A form that is sent again keeps what people put forward and what was asked.
func TestPlanKeeps(t *testing.T) {
	h := openHour(time.Hour, 3)
	if _, err := h.ask("2", midday); err != nil {
		t.Fatal(err)
	}
	if err := h.putForward("From the room?", "north:ada"); err != nil {
		t.Fatal(err)
	}
	if err := h.plan([]string{"Question 3?", " A new  one? ", ""}); err != nil {
		t.Fatal(err)
	}
	if got := ids(h.Queue()); got != "q3 q5 q4" {
		t.Errorf("the queue is %q", got)
	}
	if asked := h.Asked(); len(asked) != 1 || asked[0].ID != "q2" {
		t.Errorf("asked are %v", asked)
	}
}
