package slack

import (
	"errors"
	"net"
	"net/http"
	"strings"
	"sync/atomic"
	"testing"

	"datahour/bot"
)

func outcome(t *testing.T, err error) bot.Outcome {
	t.Helper()
	var send *bot.SendError
	if !errors.As(err, &send) {
		t.Fatalf("ended with %v, want a SendError", err)
	}
	return send.Outcome
}

// Every answer of Slack's says what became of the post.
func TestOutcomesByAnswer(t *testing.T) {
	r := newRig(t, nil)
	for code, want := range map[string]bot.Outcome{
		"channel_not_found": bot.Refused, "is_archived": bot.Refused, "msg_too_long": bot.Refused, "invalid_blocks": bot.Refused, "restricted_action": bot.Refused, "brand_new_error": bot.Refused,
		"ratelimited": bot.NotSent, "token_revoked": bot.NotSent, "account_inactive": bot.NotSent,
		"internal_error": bot.Unsure, "fatal_error": bot.Unsure, "service_unavailable": bot.Unsure,
	} {
		r.errors["chat.postMessage"] = []string{code}
		_, err := r.c.Post(r.window(), r.Room(), "", "k", "m", bot.Say("x"))
		if got := outcome(t, err); got != want {
			t.Errorf("%s is %v, want %v", code, got, want)
		}
	}
	r.errors["chat.update"] = []string{"message_not_found", "cant_update_message"}
	for _, want := range []bot.Outcome{bot.Gone, bot.Refused} {
		if got := outcome(t, r.c.Edit(r.window(), r.Room(), "defra:C0DATA-1.2", "k", "m", bot.Say("x"))); got != want {
			t.Errorf("an edit is %v, want %v", got, want)
		}
	}
	if got := outcome(t, func() error {
		_, err := r.c.Post(r.window(), r.Room(), "", "k", "m", bot.Post{Text: "x", Buttons: []bot.Button{{Label: "x", Command: strings.Repeat("x", 3000)}}})
		return err
	}()); got != bot.Refused {
		t.Errorf("what cannot be rendered is %v", got)
	}
	if n := len(r.Posts()); n != 0 {
		t.Errorf("%d posts stand", n)
	}
}

// Trap 5: 429 without Retry-After is no error of its own in slack-go. What stands
// between us and Slack, a proxy say, may answer too, and drops nothing for good.
func TestOutcomesByStatus(t *testing.T) {
	for status, want := range map[int]bot.Outcome{429: bot.NotSent, 404: bot.NotSent, 403: bot.NotSent, 401: bot.NotSent, 413: bot.Refused, 400: bot.Refused, 408: bot.Unsure, 502: bot.Unsure} {
		var n atomic.Int32
		c := against(t, func(w http.ResponseWriter, _ *http.Request) {
			n.Add(1)
			w.WriteHeader(status)
		})
		_, err := c.Post(t.Context(), "defra:C0DATA", "", "k", "m", bot.Say("x"))
		if got := outcome(t, err); got != want || n.Load() != 1 {
			t.Errorf("%d: %v after %d calls", status, got, n.Load())
		}
	}
}

// Trap 5: a connection that breaks after the request is not tried again, since the
// post may stand.
func TestBrokenConnectionIsNotTriedAgain(t *testing.T) {
	var n atomic.Int32
	c := against(t, func(w http.ResponseWriter, _ *http.Request) {
		n.Add(1)
		conn, _, err := w.(http.Hijacker).Hijack()
		if err != nil {
			t.Error(err)
			return
		}
		_ = conn.Close()
	})
	_, err := c.Post(t.Context(), "defra:C0DATA", "", "k", "m", bot.Say("x"))
	if got := outcome(t, err); got != bot.Unsure || n.Load() != 1 {
		t.Errorf("%v after %d calls", got, n.Load())
	}
}

// Nobody there: nothing was sent.
func TestNobodyThere(t *testing.T) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	address := listener.Addr().String()
	if err := listener.Close(); err != nil {
		t.Fatal(err)
	}
	c := newChat(t, Options{Name: "defra", BotToken: botToken, AppToken: appToken, APIURL: "http://" + address})
	_, err = c.Post(t.Context(), "defra:C0DATA", "", "k", "m", bot.Say("x"))
	if got := outcome(t, err); got != bot.NotSent {
		t.Errorf("%v", got)
	}
}

// Trap 5: slack-go's own client would wait for ever.
func TestCallsEnd(t *testing.T) {
	if c := newRig(t, nil).c; c.http.Timeout == 0 {
		t.Error("the client has no time-out")
	}
}

func TestJoinsWhereItIsNeeded(t *testing.T) {
	r := newRig(t, nil)
	r.errors["chat.postMessage"] = []string{"not_in_channel"}
	if _, err := r.c.Post(r.window(), r.Room(), "", "k", "m", bot.Say("x")); err != nil {
		t.Fatal(err)
	}
	if r.called("conversations.join") != 1 || len(r.Posts()) != 1 {
		t.Errorf("joined %d times, %d posts stand", r.called("conversations.join"), len(r.Posts()))
	}
	r.errors["chat.postMessage"] = []string{"not_in_channel"}
	r.errors["conversations.join"] = []string{"method_not_supported_for_channel_type"}
	_, err := r.c.Post(r.window(), r.Room(), "", "k", "m", bot.Say("x"))
	if got := outcome(t, err); got != bot.Refused {
		t.Errorf("%v", got)
	}
}

// Direct messages are posted, found and edited like any.
func TestDirectPosts(t *testing.T) {
	r := newRig(t, nil)
	room := bot.UserID("defra:U0ADA").Direct()
	id, err := r.c.Post(r.window(), room, "", "sheet", "m1", bot.Say("x"))
	if err != nil || !strings.HasPrefix(string(id), "defra:D0ADA-") {
		t.Fatalf("%q, %v", id, err)
	}
	found, err := r.c.Find(r.window(), room, "", "sheet")
	if err != nil || len(found) != 1 || found[0].ID != id {
		t.Errorf("found %v, %v", found, err)
	}
	if err := r.c.Edit(r.window(), room, id, "sheet", "m2", bot.Say("y")); err != nil {
		t.Error(err)
	}
	if n := r.called("conversations.open"); n != 1 {
		t.Errorf("asked for the channel %d times", n)
	}
	r.errors["conversations.open"] = []string{"user_disabled"}
	_, err = r.c.Post(r.window(), "defra:@U0GONE", "", "k", "m", bot.Say("x"))
	if got := outcome(t, err); got != bot.Refused {
		t.Errorf("to somebody who left: %v", got)
	}
}

// Find trusts only its own posts, and says when it cannot know.
func TestFind(t *testing.T) {
	r := newRig(t, nil)
	if _, err := r.c.Post(r.window(), r.Room(), "", "k", "m1", bot.Say("x")); err != nil {
		t.Fatal(err)
	}
	copied := *r.messages[0] // another app that copies our metadata
	copied.User, copied.BotID, copied.TS = "U1", "B1", r.ts()
	r.messages = append(r.messages, &copied)
	r.limited["conversations.history"] = 1
	if found, err := r.c.Find(r.window(), r.Room(), "", "k"); err != nil || len(found) != 1 {
		t.Errorf("found %v, %v", found, err)
	}
	if strings.Contains(string(r.messages[0].Metadata), `"k"`) {
		t.Errorf("members can read the key: %s", r.messages[0].Metadata)
	}
	for range 50 { // more than can be looked through
		r.Say("", "words")
	}
	if _, err := r.c.Find(r.window(), r.Room(), "", "k"); err == nil {
		t.Error("an answer although it did not look at all")
	}
	if found, err := r.c.Find(r.window(), r.Room(), "defra:C0DATA-1700000000.000001", "k"); err != nil || len(found) != 0 {
		t.Errorf("in a thread that is gone: %v, %v", found, err)
	}
	r.errors["conversations.replies"] = []string{"not_allowed_token_type"}
	if _, err := r.c.Find(r.window(), r.Room(), "defra:C0DATA-1700000000.000001", "k"); err == nil {
		t.Error("an answer although Slack would not tell")
	}
}

// bot.Mention promises that nobody is notified: in a room people are named, and
// mentioned only where nobody else reads.
func TestNobodyIsCalled(t *testing.T) {
	r := newRig(t, nil)
	r.users[1]["profile"] = map[string]any{"display_name": "Grace *@here* <!channel>"}
	p := bot.Post{Text: bot.Mention("defra:U0ADA") + " and " + bot.Mention("defra:U0GRACE") + " in " + bot.InRoom(r.Room()), Small: bot.Mention("defra:U0ADA"),
		Fields: []bot.Field{{Name: "Hosts", Value: bot.Mention("defra:U0NOBODY")}}}
	id, err := r.c.Post(r.window(), r.Room(), "", "k", "m1", p)
	if err != nil {
		t.Fatal(err)
	}
	if err := r.c.Edit(r.window(), r.Room(), id, "k", "m2", p); err != nil {
		t.Fatal(err)
	}
	m := r.messages[0]
	if shown := m.Text + string(m.Blocks); strings.Contains(shown, "<@") || strings.Contains(shown, `"user"`) || strings.Contains(shown, "<!channel>") ||
		!strings.Contains(m.Text, "Ada and Grace") || !strings.Contains(m.Text, "somebody") || !strings.Contains(m.Text, "<#C0DATA>") {
		t.Errorf("it shows %s", shown)
	}
	if _, err := r.c.Post(r.window(), bot.UserID("defra:U0ADA").Direct(), "", "k", "m", p); err != nil {
		t.Fatal(err)
	}
	if m := r.messages[1]; !strings.Contains(m.Text, "<@U0GRACE>") {
		t.Errorf("to one person it shows %s", m.Text)
	}
}
