package mattermost

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"runtime/debug"
	"slices"
	"strings"
	"time"

	"github.com/mattermost/mattermost/server/public/model"

	"datahour/bot"
)

// Where the server finds what, after CallbackURL.
const (
	commandPath = "/command"
	actionPath  = "/action"
	dialogPath  = "/dialog"
)

const (
	maxCallback  = 1 << 20          // bytes that are read of a callback
	answerWithin = 25 * time.Second // the server waits 30 s for us
)

// Routes answers the server's callbacks: mount it where CallbackURL leads, with
// that path stripped. While Run does not run here it answers 503, so that a
// balancer asks another process.
func (c *Chat) Routes() http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("POST "+commandPath, c.guarded(c.command))
	mux.HandleFunc("POST "+actionPath, c.guarded(c.action))
	mux.HandleFunc("POST "+dialogPath, c.guarded(c.dialog))
	mux.HandleFunc("GET "+doctorPath, c.proves)
	return mux
}

// guarded bounds a callback, and keeps what goes wrong in one to that one. The
// server takes nothing but 200 for an answer; any other is an error that it
// shows to the person.
func (c *Chat) guarded(answer func(context.Context, bot.Receive, http.ResponseWriter, *http.Request)) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		c.mu.Lock()
		receive := c.receive
		c.mu.Unlock()
		if receive == nil {
			http.Error(w, "not here just now", http.StatusServiceUnavailable)
			return
		}
		defer func() {
			if p := recover(); p != nil { // what it says could be somebody's words
				c.o.Log.Error("a callback could not be handled", "platform", c.o.Name, "panic", fmt.Sprintf("%T", p), "stack", string(debug.Stack()))
				http.Error(w, "that went wrong here", http.StatusInternalServerError)
			}
		}()
		r.Body = http.MaxBytesReader(w, r.Body, maxCallback)
		ctx, stop := context.WithTimeout(r.Context(), answerWithin)
		defer stop()
		answer(ctx, receive, w, r)
	}
}

func (c *Chat) refuse(w http.ResponseWriter, why string) {
	c.o.Log.Warn("a callback was refused", "platform", c.o.Name, "why", why)
	http.Error(w, why, http.StatusUnauthorized)
}

// writeJSON answers 200. An empty answer is {}: no body at all is an error to
// the server.
func writeJSON(w http.ResponseWriter, v any) {
	w.Header().Set("Content-Type", "application/json")
	_ = json.NewEncoder(w).Encode(v) // whoever asked is gone then
}

type empty struct{}

// command answers a typed slash command.
func (c *Chat) command(ctx context.Context, receive bot.Receive, w http.ResponseWriter, r *http.Request) {
	if err := r.ParseForm(); err != nil {
		http.Error(w, "not a form", http.StatusBadRequest)
		return
	}
	form := func(name string) string { return r.PostForm.Get(name) }
	trigger := strings.TrimPrefix(form("command"), "/")
	if !c.vouched(ctx, trigger, form("token")) {
		c.refuse(w, "the command's token is not known")
		return
	}
	if form("user_id") == c.who().id { // no bot types commands: the doctor tries whether they come here
		writeJSON(w, commandAnswer(rendered{Message: c.proof(form("text"))}))
		return
	}
	user, at := form("user_id"), channel{ID: form("channel_id"), Name: form("channel_name")}
	c.replies.keep(user, at.ID, form("response_url"))
	c.rooms.welcome(at.ID)
	typed, named := c.incoming(ctx, form("text"))
	in := bot.Inbound{ID: c.id("command/" + fingerprint(form("trigger_id"))), Kind: bot.Command, Room: c.roomOf(at), From: bot.UserID(c.id(user)),
		At: time.Now(), Text: strings.TrimRight(trigger+" "+typed, " "), Thread: bot.MessageID(c.id(form("root_id"))), Answer: form("trigger_id")}
	_, in.Direct = c.with(at)
	in.People = append(c.profiles(ctx, user), named...)
	reply, err := receive(ctx, in)
	if err != nil {
		c.notStored(w, err)
		return
	}
	switch {
	case reply.Form != nil && !c.show(ctx, *reply.Form, form("trigger_id"), dialogState{Room: string(in.Room), Channel: at.ID, User: user, Thread: form("root_id")}):
		writeJSON(w, commandAnswer(rendered{Message: formNotShown}))
	case reply.Post != nil:
		to := c.toPerson(ctx, at.ID, user)
		to.once = true
		writeJSON(w, commandAnswer(c.render(ctx, *reply.Post, to)))
	case len(reply.Errors) > 0:
		writeJSON(w, commandAnswer(c.render(ctx, bot.Say(joined(reply.Errors)), c.toPerson(ctx, at.ID, user))))
	default:
		writeJSON(w, empty{})
	}
}

const formNotShown = "The form did not open. Please try again."

// notStored is for what the core did not take.
func (c *Chat) notStored(w http.ResponseWriter, err error) {
	c.o.Log.Warn("not answered", "platform", c.o.Name, "err", err)
	http.Error(w, "not saved: please try again", http.StatusServiceUnavailable)
}

// profiles are what is known of whoever acts; nothing when that cannot be asked
// just now, since an answer matters more than a name.
func (c *Chat) profiles(ctx context.Context, id string) []bot.Profile {
	u, err := c.user(ctx, id)
	if err != nil || u.ID == "" {
		return nil
	}
	return []bot.Profile{c.profile(u)}
}

func joined(errs map[string]string) string {
	var all []string
	for _, words := range errs {
		all = append(all, words)
	}
	slices.Sort(all)
	return strings.Join(all, " ")
}

// action answers a press on a button or a choice in a menu.
func (c *Chat) action(ctx context.Context, receive bot.Receive, w http.ResponseWriter, r *http.Request) {
	var req model.PostActionIntegrationRequest
	if json.NewDecoder(r.Body).Decode(&req) != nil {
		http.Error(w, "not an action", http.StatusBadRequest)
		return
	}
	var p press
	sealed, _ := req.Context["press"].(string)
	switch {
	case !c.unseal("press", sealed, &p):
		c.refuse(w, "the button was not made here")
		return
	case p.Room != req.ChannelId:
		c.refuse(w, "the button was made for another room")
		return
	case p.To != "" && p.To != req.UserId:
		c.refuse(w, "the button was made for somebody else")
		return
	}
	line := p.Command
	if len(p.Options) > 0 {
		chosen, _ := req.Context["selected_option"].(string)
		if !slices.Contains(p.Options, chosen) {
			c.refuse(w, "the menu has no such choice")
			return
		}
		line += ` "` + strings.ReplaceAll(chosen, `"`, "") + `"`
	}
	at := channel{ID: req.ChannelId, Name: req.ChannelName}
	state := dialogState{Command: line, Room: string(c.roomOf(at)), Channel: req.ChannelId, User: req.UserId, Pressed: req.PostId}
	if p.Confirm != "" {
		if !c.ask(ctx, p, req.TriggerId, state) {
			writeJSON(w, model.PostActionIntegrationResponse{EphemeralText: formNotShown})
			return
		}
		writeJSON(w, empty{})
		return
	}
	in := c.pressed(ctx, state, "press/"+fingerprint(req.TriggerId, req.UserId, req.PostId))
	in.Answer = req.TriggerId
	reply, err := receive(ctx, in)
	if err != nil {
		c.notStored(w, err)
		return
	}
	c.answerPress(ctx, w, req, p, state, reply)
}

// pressed is a press in the core's words.
func (c *Chat) pressed(ctx context.Context, s dialogState, id string) bot.Inbound {
	in := bot.Inbound{ID: c.id(id), Kind: bot.Command, Room: bot.RoomID(s.Room), From: bot.UserID(c.id(s.User)), At: time.Now(), Text: s.Command,
		Pressed: true, Message: bot.MessageID(c.id(s.Pressed)), People: c.profiles(ctx, s.User)}
	_, in.Direct = in.Room.Person()
	return in
}

// answerPress shows the answer to a press. A message that only this person sees
// cannot be changed, so what should take its place is a new one.
func (c *Chat) answerPress(ctx context.Context, w http.ResponseWriter, req model.PostActionIntegrationRequest, p press, s dialogState, reply bot.Reply) {
	switch {
	case reply.Form != nil:
		if !c.show(ctx, *reply.Form, req.TriggerId, s) {
			writeJSON(w, model.PostActionIntegrationResponse{EphemeralText: formNotShown})
			return
		}
		writeJSON(w, empty{})
	case reply.Post != nil && reply.Replace && p.To != "" && p.Shown == "":
		out := c.render(ctx, *reply.Post, c.toPerson(ctx, req.ChannelId, req.UserId))
		writeJSON(w, map[string]any{"update": map[string]any{"message": out.Message, "props": out.props("", "")}})
	case reply.Post != nil:
		to := c.toPerson(ctx, req.ChannelId, req.UserId)
		to.once = true
		if out := c.render(ctx, *reply.Post, to); len(out.Attachments) == 0 {
			writeJSON(w, model.PostActionIntegrationResponse{EphemeralText: out.Message, SkipSlackParsing: true})
			return
		}
		if err := c.privately(ctx, req.ChannelId, "", req.UserId, *reply.Post); err != nil {
			c.o.Log.Warn("answer not delivered", "platform", c.o.Name, "err", err)
			writeJSON(w, model.PostActionIntegrationResponse{EphemeralText: "That is done, and I could not show you the answer. Please type the command to see it."})
			return
		}
		writeJSON(w, empty{})
	case len(reply.Errors) > 0:
		writeJSON(w, model.PostActionIntegrationResponse{EphemeralText: joined(reply.Errors), SkipSlackParsing: true})
	default:
		writeJSON(w, empty{})
	}
}

// dialog answers a form that was sent off.
func (c *Chat) dialog(ctx context.Context, receive bot.Receive, w http.ResponseWriter, r *http.Request) {
	var req model.SubmitDialogRequest
	if json.NewDecoder(r.Body).Decode(&req) != nil {
		http.Error(w, "not a form", http.StatusBadRequest)
		return
	}
	var s dialogState
	switch {
	case !c.unseal("dialog", req.State, &s):
		c.refuse(w, "the form was not made here")
		return
	case s.User != req.UserId:
		c.refuse(w, "the form was made for somebody else")
		return
	case req.Cancelled:
		writeJSON(w, empty{})
		return
	}
	var in bot.Inbound
	if s.Asked {
		in = c.pressed(ctx, s, "press/"+s.Nonce)
	} else {
		in = c.submitted(ctx, s, req.Submission)
	}
	reply, err := receive(ctx, in)
	if err != nil {
		c.o.Log.Warn("not answered", "platform", c.o.Name, "err", err)
		writeJSON(w, model.SubmitDialogResponse{Error: "Not saved: I am not ready just now. Please try again in a few seconds."})
		return
	}
	switch {
	case len(reply.Errors) > 0:
		writeJSON(w, c.formErrors(ctx, reply.Errors, s))
	case reply.Form != nil: // a form after a form takes its place
		d := c.dialogFor(ctx, *reply.Form, s)
		writeJSON(w, model.SubmitDialogResponse{Type: string(model.SubmitDialogResponseTypeForm), Form: &d})
	case reply.Post != nil:
		if err := c.privately(ctx, s.Channel, s.Thread, s.User, *reply.Post); err != nil {
			var send *bot.SendError
			c.o.Log.Warn("answer not delivered", "platform", c.o.Name, "err", err, "known", errors.As(err, &send))
		}
		writeJSON(w, empty{})
	default:
		writeJSON(w, empty{})
	}
}
