package hours_test

import (
	"strings"
	"testing"

	"datahour/bot"
	"datahour/bot/bottest"
)

// Help shows what somebody may do: the host of an hour more than others.
func TestHelpIsForWhoAsks(t *testing.T) {
	staged(t, func(s stage) {
		s.Command(olga, data, `datahour new "Flood data" "25 Nov 8pm" hosts=<!user:north:ada>`)
		s.Press(olga, data, "Post")
		for who, may := range map[string]string{"north:olga": "list close new", "north:ada": "list close", "north:tim": "list"} {
			for _, line := range []string{"help", "help datahour", "datahour"} {
				help := bottest.Words(s.Command(bot.UserID(who), data, line))
				for _, command := range []string{"list", "close", "new"} {
					if shown := strings.Contains(help, "`/datahour "+command); shown != strings.Contains(may, command) {
						t.Errorf("/%s shows %s %s: %v", line, who, command, shown)
					}
				}
				if more := strings.Contains(help, "see more here"); more != (who != "north:olga") {
					t.Errorf("/%s tells %s that there is more: %v", line, who, more)
				}
			}
		}
	})
}
