package web

import (
	"cmp"
	"context"
	"errors"
	"html/template"
	"net/http"
	"slices"
	"strings"
	"time"

	"datahour/bot"
	"datahour/bot/community"
	"datahour/bot/when"
)

// The organisers' pages are a window on the same commands that they have in chat:
// what is shown is what a command answers, and a button runs another, with the same
// rights and the same audit log. They come in by a link from /community web.

// deskTakes are the commands that buttons here may run: the run of an hour, and
// what waits for a host. A session is worth that much to whoever gets hold of it,
// and no more.
var deskTakes = []string{"datahour admit", "datahour refuse", "datahour looked", "datahour hide", "datahour visitors", "datahour queue", "datahour extend", "datahour close"}

// deskPage is what an organiser sees.
type deskPage struct {
	Who, Platform string
	Until         time.Time
	Said          template.HTML // what was just done
	Hours         []deskHour
	Status, Audit answer
}

// deskHour is an hour on an organiser's platform, with what there is to do in it.
type deskHour struct {
	ID, Title, URL string
	Start, End     time.Time
	Live           bool
	Queue, Waiting answer
	Runs           []bot.Button // what else a host can do while it is open
}

// answer is what a command said, made ready for a page.
type answer struct {
	Title   string
	Words   template.HTML
	Small   string
	Buttons []bot.Button
	Select  *bot.Select
}

func (s *Site) deskRoutes() {
	s.handle("GET "+community.DeskPath, s.desk)
	s.handle("POST "+community.DeskPath, s.press)
	s.handle("GET "+community.DeskPath+"/{key}", s.door)
	s.handle("POST "+community.DeskPath+"/{key}", s.enter)
	s.handle("POST "+community.DeskPath+"/leave", s.leaveDesk)
}

func (s *Site) desk(w http.ResponseWriter, r *http.Request) {
	if who, until, ok := s.organiser(w, r); ok {
		s.showDesk(w, r, who, until, "")
	}
}

// press runs the command of a button, and shows the desk again.
func (s *Site) press(w http.ResponseWriter, r *http.Request) {
	who, until, ok := s.organiser(w, r)
	if !ok {
		return
	}
	r.Body = http.MaxBytesReader(w, r.Body, biggestVisit)
	line := r.PostFormValue("line")
	if chosen := r.PostFormValue("chosen"); chosen != "" {
		line += " " + chosen
	}
	if !taken(line) {
		s.problem(w, r, http.StatusForbidden, "That is done in chat", "These pages take what their own buttons say, and nothing else.")
		return
	}
	reply, err := s.tell(r.Context(), who, line)
	if err != nil {
		s.notNow(w, r, err)
		return
	}
	said := ""
	if reply.Post != nil {
		said, _, _ = strings.Cut(reply.Post.Text, "\n\n") // what follows is shown below
	}
	s.showDesk(w, r, who, until, said)
}

func taken(line string) bool {
	return slices.ContainsFunc(deskTakes, func(begin string) bool { return line == begin || strings.HasPrefix(line, begin+" ") })
}

// showDesk puts the answers of commands together on one page.
func (s *Site) showDesk(w http.ResponseWriter, r *http.Request, who bot.UserID, until time.Time, said string) {
	p := deskPage{Platform: who.Platform(), Until: until}
	person, err := bot.PersonOf(r.Context(), s.o.Bot.View(), who)
	if err == nil {
		p.Who = person.Called()
		p.Said, err = s.deskWords(r.Context(), said)
	}
	if err == nil {
		p.Hours, err = s.deskHours(r.Context(), who)
	}
	if err == nil {
		p.Status, err = s.says(r.Context(), who, "community status")
	}
	if err == nil {
		p.Audit, err = s.says(r.Context(), who, "community audit")
	}
	if err != nil {
		s.notNow(w, r, err)
		return
	}
	s.private(w, r, "desk.html", "Organisers of "+p.Platform, p)
}

// deskHours are the hours in rooms of the organiser's platform that are live or
// coming up, with what waits in them.
func (s *Site) deskHours(ctx context.Context, who bot.UserID) (all []deskHour, err error) {
	agenda, err := s.o.Bot.Agenda(ctx, s.now(), s.now().Add(comingUp))
	if err != nil {
		return nil, err
	}
	for _, a := range agenda {
		if a.Kind != "data hour" || !slices.ContainsFunc(a.Rooms, func(room bot.RoomID) bool { return room.Platform() == who.Platform() }) {
			continue
		}
		h := deskHour{ID: a.ID, Title: nobody(a.Title), URL: a.URL, Start: a.Start, End: a.End, Live: a.Live}
		if h.Queue, err = s.says(ctx, who, "datahour queue hour="+a.ID); err != nil {
			return nil, err
		}
		if a.Live {
			if h.Waiting, err = s.says(ctx, who, "datahour waiting hour="+a.ID); err != nil {
				return nil, err
			}
			h.Runs = []bot.Button{{Label: "Extend by 15 minutes", Command: "datahour extend 15m hour=" + a.ID}, {Label: "Close it now", Command: "datahour close " + a.ID, Confirm: "Close the hour now, in all its rooms?"}}
		}
		all = append(all, h)
	}
	return all, nil
}

// tell runs a command for an organiser, as if they had told it the bot directly.
func (s *Site) tell(ctx context.Context, who bot.UserID, line string) (bot.Reply, error) {
	return s.o.Bot.Receive(ctx, bot.Inbound{Kind: bot.Command, From: who, Room: who.Direct(), Direct: true, At: s.now(), Text: line})
}

// says is what a command answers.
func (s *Site) says(ctx context.Context, who bot.UserID, line string) (a answer, err error) {
	reply, err := s.tell(ctx, who, line)
	if err != nil || reply.Post == nil {
		return a, err
	}
	a.Title, a.Small = reply.Post.Title, reply.Post.Small
	if a.Words, err = s.deskWords(ctx, reply.Post.Text); err != nil {
		return a, err
	}
	for _, b := range reply.Post.Buttons {
		if taken(b.Command) {
			a.Buttons = append(a.Buttons, b)
		}
	}
	if m := reply.Post.Select; m != nil && len(m.Options) > 0 && taken(m.Command) {
		a.Select = m
	}
	return a, nil
}

// deskWords writes what the bot says, with the names of people and rooms as
// members see them.
func (s *Site) deskWords(ctx context.Context, text string) (template.HTML, error) {
	c, err := s.o.Bot.Community(ctx)
	if err != nil {
		return "", err
	}
	text = bot.ReplaceTokens(text, func(t bot.Token) string {
		switch t.Kind {
		case "user":
			p, failed := bot.PersonOf(ctx, s.o.Bot.View(), bot.UserID(t.ID))
			err = cmp.Or(err, failed)
			return bot.Plain(p.Called())
		case "room":
			room, failed := bot.RoomOf(ctx, s.o.Bot.View(), bot.RoomID(t.ID))
			err = cmp.Or(err, failed)
			return bot.Plain(room.Name)
		}
		return when.Format(t.Time(), c.Location())
	})
	if err != nil {
		return "", err
	}
	return listsToo(text)
}

// notNow answers when something could not be done, or not by this process.
func (s *Site) notNow(w http.ResponseWriter, r *http.Request, err error) {
	if !errors.Is(err, bot.ErrStandby) {
		s.failed(w, r, err)
		return
	}
	w.Header().Set("Retry-After", "5")
	s.problem(w, r, http.StatusServiceUnavailable, "Just handing over", "Another machine is taking over. Please try again in a few seconds.")
}

// private writes a page that is for one person: nothing keeps it.
func (s *Site) private(w http.ResponseWriter, r *http.Request, name, title string, content any) {
	f, err := s.frame(r.Context(), title, content)
	if err != nil {
		s.failed(w, r, err)
		return
	}
	var body strings.Builder
	if err := s.templates.ExecuteTemplate(&body, name, f); err != nil {
		s.failed(w, r, err)
		return
	}
	h := w.Header()
	h.Set("Content-Type", "text/html; charset=utf-8")
	h.Set("Cache-Control", "no-store")
	h.Set("X-Robots-Tag", "noindex")
	w.Write([]byte(body.String()))
}
