package slack

import (
	"errors"
	"net/http"
	"strings"
	"testing"
	"time"

	"datahour/bot"
	"datahour/bot/bottest"
)

// No token, secret, address with a secret in it, name or word of a person is in
// the log at any level, whatever goes wrong.
func TestNothingSecretIsLogged(t *testing.T) {
	const words = "seeded words of a person"
	r := running(t, nil)
	r.answers(func(in bot.Inbound) (bot.Reply, error) {
		if strings.Contains(in.Text, "panic") {
			panic(in.Text)
		}
		if strings.Contains(in.Text, "refuse") {
			return bot.Reply{}, errors.New("the store is away")
		}
		return bot.Answer("%s", in.Text), nil
	})
	r.errors["respond"] = []string{"expired " + words}
	r.errors["chat.postEphemeral"] = []string{"internal_error"}
	r.Say("", words+" panic")
	r.ack(r.command("datahour refuse " + words))
	r.ack(r.command("datahour panic " + words))
	r.ack(r.press(map[string]any{"action_id": "button:0", "block_id": "b", "type": "button", "value": "datahour list " + words}, nil))
	r.ack(r.sends("interactive", map[string]any{"type": "view_submission", "view": map[string]any{"callback_id": words}}))
	r.mu.Lock()
	r.frame([]byte("no JSON, but " + words))
	r.mu.Unlock()
	r.Next(bottest.FailsBefore, bottest.FailsAfter)
	for range 2 {
		_, _ = r.c.Post(r.window(), r.Room(), "", "k", "m", bot.Say(words))
	}
	r.mu.Lock()
	r.errors["socket"] = []string{"no", "no"}
	r.mu.Unlock()
	r.Cut() // and back, after two failures to dial
	r.until("it is back", func() bool { return r.gaps == 2 })
	w := r.serve(signedRequest("/commands", commandBody("T1", words), "another", time.Now()))
	if w.Code != http.StatusUnauthorized {
		t.Errorf("%d", w.Code)
	}
	r.untilSlack("the whisper was tried", func(f *fakeSlack) bool { return len(f.errors["respond"]) == 0 })
	r.mu.Lock()
	r.dead[appToken], r.dead[botToken] = true, true
	r.mu.Unlock()
	r.Cut()
	err := <-r.ended
	r.ended <- err
	// A socket that is not there: its address lets anybody in who has it.
	lost := newRig(t, nil)
	lost.socketURL = "ws://127.0.0.1:1/socket?ticket=" + socketTicket
	if _, err := lost.c.dial(lost.window(), make(chan struct{}, 1)); err == nil || strings.Contains(err.Error(), socketTicket) {
		t.Errorf("dialling ended with %v", err)
	}
	log := r.log.String() + err.Error() + w.Body.String()
	if !strings.Contains(log, "panic") || !strings.Contains(log, "no connection") || !strings.Contains(log, "not taken") {
		t.Errorf("the log lacks what this test means to provoke: %s", log)
	}
	for _, secret := range []string{botToken, appToken, signingSecret, socketTicket, words, "/respond/", "Ada"} {
		if strings.Contains(log, secret) {
			t.Errorf("%q is in the log:\n%s", secret, log)
		}
	}
}
