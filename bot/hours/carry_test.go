package hours

import (
	"context"
	"fmt"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"datahour/bot"
	"datahour/bot/bottest"
)

func TestCarried(t *testing.T) {
	onScene(t, func(s *scene) {
		s.Chat("north").AddPerson(bot.Profile{User: "north:bob", Name: "Bob *the* _Builder_"})
		s.Command("south:tom", southData, "my home yes")
		s.Say("north:bob", northData, "We match <!user:south:sue> and <!user:south:tom> in <!room:south:chat>\n# by *hand* @everyone")
		s.Say("south:sue", southData, "")
		want := "**Bob \\*the\\* \\_Builder\\_** (north): We match Sue and somebody in \\~chat (south)  \n\\# by \\*hand\\* @\u200beveryone"
		s.want("south", s.copies(southData), want)
		s.want("the other room in the south", s.copies(southChat), want, "**Sue** (\\#data): (a picture or a file)")
		s.want("north", s.copies(northData), "**Sue** (south): (a picture or a file)")
	})
}

func TestCarriedThreads(t *testing.T) {
	onScene(t, func(s *scene) {
		head := s.Say("north:ada", northData, "head")
		s.Reply("north:ben", northData, head, "reply at home")
		if got, want := s.copy(southData, "reply at home").Thread, s.copy(southData, "head").ID; got != want {
			t.Errorf("a reply is carried into the thread of %q, want that of the copy, %q", got, want)
		}
		s.Reply("south:sue", southData, s.copy(southData, "head").ID, "reply from elsewhere")
		if got := s.copy(northData, "reply from elsewhere").Thread; got != head {
			t.Errorf("a reply under a copy is carried into the thread of %q, want that of the message, %q", got, head)
		}
		if got, want := s.copy(southChat, "reply from elsewhere").Thread, s.copy(southChat, "head").ID; got != want {
			t.Errorf("in the third room it is in the thread of %q, want %q", got, want)
		}
		s.ask()
		s.Reply("south:sue", southData, s.Post(southData, questionKey(s.id, 1)).ID, "answer in the thread")
		if got, want := s.copy(northData, "answer in the thread").Thread, s.Post(northData, questionKey(s.id, 1)).ID; got != want {
			t.Errorf("an answer in a question's thread is carried into that of %q, want %q", got, want)
		}
		s.Reply("south:sue", southData, s.Post(southData, "hour/7k2f/opening").ID, "under the opening")
		if got := s.copy(northData, "under the opening").Thread; got != "" {
			t.Errorf("an answer to another post of ours is carried into the thread of %q", got)
		}
	})
}

func TestCarriedFollows(t *testing.T) {
	onScene(t, func(s *scene) {
		one := s.Say("north:ada", northData, "one")
		two := s.Say("north:ada", northData, "two")
		first := s.copy(southData, "one").ID
		s.Edit("north:ada", northData, one, "ONE")
		if got := s.copy(southData, "ONE"); got.ID != first {
			t.Error("an edit is another post")
		}
		s.Delete("north:ada", northData, two)
		s.want("after a deletion", s.copies(southData), "**Ada** (north): ONE")

		s.Command("north:ada", northData, "my home yes")
		s.want("when Ada stays home", s.copies(southData))
		three := s.Say("north:ada", northData, "three")
		s.Edit("north:ada", northData, three, "still three")
		s.want("what Ada says then", s.copies(southData))
		s.Command("north:ada", northData, "my home no")
		s.want("when Ada may be carried again", s.copies(southData), "**Ada** (north): ONE")

		s.Chat("north").AddPerson(bot.Profile{User: "north:ada", Name: "Ada Lovelace"})
		s.Say("north:ada", northData, "four")
		s.want("under a new name", s.copies(southData), "**Ada Lovelace** (north): ONE", "**Ada Lovelace** (north): four")
	})
}

func TestCarriedNotAtAll(t *testing.T) {
	without := bottest.Config{Defaults: bot.Community{Name: "Data People", Hashtag: "DataPeople", Zone: "Europe/London", Policy: bot.Policy{PublicPages: true}}}
	synctest.Test(t, func(t *testing.T) {
		s := newScene(t, without)
		s.Say("north:ada", northData, "one")
		s.want("where the policy says no", s.copies(southData))
	})
}

func TestReactionsAreCountedCalmly(t *testing.T) {
	onScene(t, func(s *scene) {
		id := s.Say("north:ada", northData, "one")
		for i := range 10 {
			s.React(bot.UserID(fmt.Sprintf("north:p%d", i)), northData, id, "tada")
		}
		there := s.copy(southData, "one")
		s.React("south:sue", southData, there.ID, "thumbsup")
		s.React("south:sue", southData, there.ID, "tada")
		if got := s.copy(southData, "one"); got.Edits != 0 || got.Small != "" {
			t.Errorf("each reaction is an edit: %d, %q", got.Edits, got.Small)
		}
		s.Advance(countsEvery)
		if got := s.copy(southData, "one"); got.Edits != 1 || got.Small != "11 people reacted." {
			t.Errorf("after a while: %d edits, %q", got.Edits, got.Small)
		}
		for i := range 10 {
			s.Unreact(bot.UserID(fmt.Sprintf("north:p%d", i)), northData, id, "tada")
		}
		s.Unreact("south:sue", southData, there.ID, "tada")
		s.Advance(countsEvery)
		if got := s.copy(southData, "one"); got.Edits != 2 || got.Small != "1 person reacted." {
			t.Errorf("after some took theirs back: %d edits, %q", got.Edits, got.Small)
		}
		s.Advance(10 * time.Minute)
		if got := s.copy(southData, "one"); got.Edits != 2 {
			t.Errorf("%d edits when nothing happens", got.Edits)
		}
	})
}

// slow makes the south take one post in a room every ten seconds.
func slow(t *testing.T) *scene {
	south := bottest.NewChat("south")
	south.Limit(bot.Limits{RoomEvery: 10 * time.Second, RoomBurst: 1})
	return newScene(t, bottest.Config{Chats: []bot.Chat{bottest.NewChat("north"), south}})
}

func TestCarriedIsCombined(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := slow(t)
		s.Advance(time.Minute)
		var ids []bot.MessageID
		for i := range 5 {
			ids = append(ids, s.Say(bot.UserID(fmt.Sprintf("north:p%d", i)), northData, fmt.Sprintf("message %d", i)))
		}
		s.Reply("north:ada", northData, ids[0], "reply a")
		s.Reply("north:ben", northData, ids[0], "reply b")
		s.Say("north:ada", northData, "message 5")
		s.ask()
		s.Advance(2 * time.Minute)
		var order []string
		for _, p := range s.Posts(southData) {
			if strings.HasPrefix(string(p.Key), "hour/7k2f/said/") {
				order = append(order, p.Text)
			} else {
				order = append(order, string(p.Key))
			}
		}
		s.want("the slow room", order, "hour/7k2f/opening", "hour/7k2f/announcement", "**P0** (north): message 0", "hour/7k2f/q/1",
			"**P1** (north): message 1\n\n**P2** (north): message 2\n\n**P3** (north): message 3\n\n**P4** (north): message 4",
			"**Ada** (north): reply a\n\n**Ben** (north): reply b", "**Ada** (north): message 5")
		if got, want := s.copy(southData, "reply a").Thread, s.copy(southData, "message 0").ID; got != want {
			t.Errorf("the replies are in the thread of %q, want %q", got, want)
		}

		// What is done to a combined post is about its last message.
		combined := s.copy(southData, "message 1").ID
		reply := s.Reply("south:sue", southData, combined, "to the last")
		s.React("south:sue", southData, combined, "tada")
		if got := s.said(reply).Under; got != ids[4] {
			t.Errorf("the reply is under %q, want %q", got, ids[4])
		}
		if got := s.said(ids[4]).Reacted["tada"]; len(got) != 1 {
			t.Errorf("the reaction is not the last message's: %v", got)
		}
		s.Edit("north:p2", northData, ids[2], "MESSAGE 2")
		s.Delete("north:p1", northData, ids[1])
		s.Advance(2 * time.Minute)
		if got, want := bottest.PostWords(s.copy(southData, "message 4").Post), "**P2** (north): MESSAGE 2\n\n**P3** (north): message 3\n\n**P4** (north): message 4\n1 person reacted."; got != want {
			t.Errorf("the combined post says %q, want %q", got, want)
		}
		for _, i := range []int{2, 3, 4} {
			s.Delete("north:x", northData, ids[i])
		}
		s.Advance(2 * time.Minute)
		s.want("the slow room", s.copies(southData), "**P0** (north): message 0", "**Ada** (north): reply a\n\n**Ben** (north): reply b", "**Ada** (north): message 5")
	})
}

func TestCarriedIsNeverTooLong(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := slow(t)
		s.Advance(time.Minute)
		var ids []bot.MessageID
		for i := range 9 {
			ids = append(ids, s.Say("north:ada", northData, fmt.Sprintf("%d %s", i, strings.Repeat("word ", 150))))
		}
		s.Say("north:ada", northData, "long "+strings.Repeat("*_", 4000))
		s.Advance(5 * time.Minute)
		total := ""
		for _, p := range s.Posts(southData) {
			if n := length(p.Text); n > carriedLimit {
				t.Errorf("a post has %d characters", n)
			}
			total += p.Text
		}
		for i := range ids {
			if n := strings.Count(total, fmt.Sprintf("(north): %d word", i)); n != 1 {
				t.Errorf("message %d is carried %d times", i, n)
			}
		}
		if n := len(s.copies(southData)); n > 6 {
			t.Errorf("%d posts: they are not combined", n)
		}
		for i, id := range ids {
			s.Edit("north:ada", northData, id, fmt.Sprintf("edited %d %s", i, strings.Repeat("longer words ", 200)))
		}
		s.Advance(5 * time.Minute)
		for i := range ids {
			if got := s.copy(southData, fmt.Sprintf("edited %d", i)); length(got.Text) > carriedLimit {
				t.Errorf("after edits a post has %d characters", length(got.Text))
			}
		}
	})
}

// TestCarriedThroughARestart stops the bot between what is said and its copies,
// and makes the platform lose an answer.
func TestCarriedThroughARestart(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newScene(t, bottest.Config{})
		s.Say("north:ada", northData, "one")
		s.StopBot()
		s.Say("north:ada", northData, "two, while I am off")
		s.Chat("south").Next("post", bottest.AnswerLost, bottest.CallLost)
		s.StartBot()
		s.Advance(5 * time.Minute)
		want := []string{"**Ada** (north): one", "**Ada** (north): two, while I am off"}
		s.want("south", s.copies(southData), want...)
		s.want("the other room", s.copies(southChat), want...)
	})
}

// TestCarryOnInPart hands over more than the posts allow: what is left comes
// next time, in order.
func TestCarryOnInPart(t *testing.T) {
	onScene(t, func(s *scene) {
		s.do(func(ctx context.Context, tx *bot.Tx) error {
			for _, room := range []bot.RoomID{southData, southChat} {
				tx.EndCarry(logOf(s.id), room)
			}
			return nil
		})
		head := s.Say("north:ada", northData, "head")
		for i := range 3 {
			s.Say("north:ada", northData, fmt.Sprintf("top %d", i))
			s.Reply("north:ada", northData, head, fmt.Sprintf("reply %d", i))
		}
		upto := bot.Seq(0)
		for round := range 10 {
			entries, err := s.Bot.View().Entries(context.Background(), logOf(s.id), upto, 100, 0)
			if err != nil {
				t.Fatal(err)
			}
			if len(entries) == 0 {
				if round < 3 {
					t.Errorf("all was dealt with in %d rounds of two posts", round)
				}
				break
			}
			s.do(func(ctx context.Context, tx *bot.Tx) error {
				n, err := s.f.CarryOn(ctx, tx, logOf(s.id), southData, entries, 2)
				if err == nil {
					upto = entries[n-1].Seq
				}
				return err
			})
		}
		s.want("south", s.copies(southData), "**Ada** (north): head\n\n**Ada** (north): top 0", "**Ada** (north): reply 0", "**Ada** (north): top 1",
			"**Ada** (north): reply 1", "**Ada** (north): top 2", "**Ada** (north): reply 2")
	})
}
