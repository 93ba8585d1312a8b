package hours_test

import (
	"strings"
	"testing"
	"time"

	"datahour/bot"
	"datahour/bot/bottest"
)

func TestNothingIsAnnouncedBeforePost(t *testing.T) {
	staged(t, func(s stage) {
		form := s.Command(olga, data, "datahour new")
		if form.Form == nil || form.Form.Title != "New data hour" {
			t.Fatalf("without a time it answers %q", bottest.Words(form))
		}
		s.says("the form at first", bottest.Words(form), "Public page: yes") // unticked, it would say no
		refused := s.Submit(olga, data, map[string]string{"title": "Ponds", "when": "next Wendsday 8"})
		s.says("the refusal", bottest.Words(refused), "when: ", "Wendsday")
		s.says("the preview", bottest.Words(s.Submit(olga, data, map[string]string{"title": "Ponds", "when": "Wed 8pm", "questions": "Where?\nHow deep?"})),
			"Ponds", "Where?", "How deep?", "Wednesday 25 November 2026")

		edit := s.Press(olga, data, "Edit")
		s.says("the form", bottest.Words(edit), "Title or topic: Ponds", "When: Wed 8pm", "Questions: Where?\nHow deep?")
		s.says("the second preview", bottest.Words(s.Submit(olga, data, map[string]string{"title": "Ponds and puddles", "when": "Thu 8pm"})),
			"Ponds and puddles", "Thursday 26 November 2026, 8:00pm GMT", "How deep?")
		s.says("the answer to Cancel", bottest.Words(s.Press(olga, data, "Cancel")), "Nothing was posted")
		s.Advance(30 * 24 * time.Hour)
		if n := len(s.Posts(data)); n != 0 {
			t.Fatalf("%d posts came from a draft that was cancelled", n)
		}
	})
}

func TestDrafts(t *testing.T) {
	for name, c := range map[string]struct {
		line string
		who  bot.UserID
		room bot.RoomID
		says []string
	}{
		"an open hour needs only a time":     {`datahour new "Wed 8pm"`, olga, data, []string{"Open data hour", "None: a listening hour"}},
		"a title and a time without quotes":  {`datahour new Flood data people really use Wed 8pm`, olga, data, []string{"Data hour: Flood data people really use**", "Wednesday 25 November 2026, 8:00pm GMT"}},
		"only the time has no quotes":        {`datahour new "Flood data" on Wed at 8pm length=30m`, olga, data, []string{"Data hour: Flood data**", "8:00pm to 8:30pm GMT"}},
		"a time without quotes":              {`datahour new Wed 8pm`, olga, data, []string{"Open data hour"}},
		"a title that has a day in it":       {`datahour new "Plans for Monday" "Wed 8pm"`, olga, data, []string{"Data hour: Plans for Monday**", "Wednesday 25 November"}},
		"no time can be told from the title": {`datahour new Flood data people really use`, olga, data, []string{"I can't tell the title from the time", `"Flood data people really use" "Wed 8pm"`}},
		"a title without quotes":             {`datahour start What are you stuck on?`, olga, data, []string{"Data hour: What are you stuck on?**"}},
		"the address before there is one":    {`datahour start`, olga, data, []string{"https://hour.example/hour/…>"}},
		"too long without quotes":            {`datahour new ` + strings.Repeat("pond ", 30) + `Wed 8pm`, olga, data, []string{"A title can have up to 120 characters; this has 149."}},
		"in the past":                        {`datahour new X "18 Nov 2026 20:00"`, olga, data, []string{"past"}},
		"only organisers":                    {`datahour new X "Wed 8pm"`, ada, data, []string{"Only organisers can do that", "<!user:north:olga>"}},
		"too long":                           {`datahour new X "Wed 8pm" length=13h`, olga, data, []string{"lasts between five minutes and twelve hours"}},
		"a host by mention":                  {`datahour new X "Wed 8pm" hosts=<!user:north:ada>`, olga, data, []string{"Hosted by <!user:north:ada>."}},
		"a host whom nobody knows":           {`datahour new X "Wed 8pm" hosts=zed`, olga, data, []string{`I know nobody called "zed" on north`}},
		"a room that nobody knows":           {`datahour new X "Wed 8pm" rooms=#nowhere`, olga, data, []string{"I know no room"}},
		"a room of another platform":         {`datahour new X "Wed 8pm" rooms=~pond-chat`, olga, data, []string{"I know no room “pond-chat” on north. There is one on south: write `south:pond-chat`."}},
		"in a direct message":                {`datahour new X "Wed 8pm"`, olga, olga.Direct(), []string{"Say in which room"}},
		"no room of one's own platform":      {`datahour new X "Wed 8pm" rooms=south:data`, olga, data, []string{"One of the rooms has to be on north"}},
		"a room that has to be asked for":    {`datahour new X "Wed 8pm" rooms=here,south:data`, olga, data, []string{"how it will look in <!room:north:data>:", `To be asked: \#data (south): its organisers have to say yes`}},
		"a transcript kept for a month":      {`datahour new X "Wed 8pm" keep=30`, olga, data, []string{"Kept: For 30 days"}},
		"without a public page":              {`datahour new X "Wed 8pm" public=no`, olga, data, []string{"Nothing is posted yet"}},
		"markup and mentions of everyone":    {`datahour new "**@channel** <!here> [x](http://evil.example)" "Wed 8pm"`, olga, data, []string{"@\u200bchannel", `\*\*`, `\<!here\>`}},
	} {
		t.Run(name, func(t *testing.T) {
			staged(t, func(s stage) {
				s.Chat("south").AddRoom(bot.RoomInfo{Room: south, Name: "#data"})
				s.Chat("south").AddRoom(bot.RoomInfo{Room: "south:c7", Name: "~pond-chat"})
				s.Restart()
				s.says("the answer", bottest.Words(s.Command(c.who, c.room, c.line)), c.says...)
				if n := len(s.Posts(data)); n != 0 {
					t.Fatalf("%d posts", n)
				}
			})
		})
	}
}

// A draft is its maker's alone, and kept for a week.
func TestDraftsAreTheirMakers(t *testing.T) {
	staged(t, func(s stage) {
		s.Command(olga, data, flood)
		draft := s.Command(olga, data, flood).Post
		for _, b := range draft.Buttons {
			s.says(b.Label, bottest.Words(s.Command(oskar, data, b.Command)), "That is Olga's draft.")
		}
		s.Advance(6 * 24 * time.Hour)
		s.says("a time that went by", bottest.Words(s.Command(olga, data, draft.Buttons[0].Command)), "has passed while this draft waited")
		s.Advance(25 * time.Hour)
		s.says("after a week", bottest.Words(s.Command(olga, data, draft.Buttons[1].Command)), "That draft is not there any more")
		if n := s.records("drafts:north:olga"); n != 0 {
			t.Errorf("%d drafts are kept", n)
		}
	})
}

func TestLikeLastTime(t *testing.T) {
	staged(t, func(s stage) {
		id := s.schedule(flood + ` length=45m keep=90`)
		s.AdvanceTo(london(25, 21, 0))
		form := bottest.Words(s.Press(olga, olga.Direct(), "Book the next one"))
		want := []string{"Title or topic: Flood data people really use", "When: Wednesday 2 December 2026, 8:00pm GMT", "How long: 45 minutes",
			"Keep the transcript for (days): 90", "Rooms: <!room:north:data>"}
		s.says("the form", form, want...)
		s.says("the form of like=last", bottest.Words(s.Command(olga, data, "datahour new like=last")), want...)
		s.says("the preview", bottest.Words(s.Submit(olga, data, map[string]string{"title": "The next flood"})), "The next flood", "2 December 2026")
		s.says("a preview with a time", bottest.Words(s.Command(olga, data, `datahour new like=`+id+` when="3 Dec 20:00"`)), "Flood data", "Thursday 3 December 2026, 8:00pm GMT, 45 minutes")
	})
}

func TestTwoHoursNeverShareARoom(t *testing.T) {
	staged(t, func(s stage) {
		id := s.schedule(flood)
		clash := bottest.Words(s.Command(olga, data, `datahour new Ponds "Wed 8:30pm"`))
		s.says("the refusal", clash, "*Flood data people really use* is in <!room:north:data> then: Wednesday 25 November 2026, 8:00pm to 9:00pm GMT (`"+id+"`)")
		// Right after it there is room.
		next := s.schedule(`datahour new Ponds "Wed 9pm"`)
		// Two drafts for one time: the second Post is refused.
		first := s.Command(olga, data, `datahour new First "Tue 8pm"`)
		s.schedule(`datahour new Second "Tue 8pm"`)
		s.says("the other draft", bottest.Words(s.Command(olga, data, first.Post.Buttons[0].Command)), "*Second* is in <!room:north:data> then")
		// An hour cannot be extended into the next one.
		s.AdvanceTo(london(25, 20, 30))
		s.says("the refusal to extend", bottest.Words(s.Command(olga, data, "datahour extend 15m hour="+id)), "Another hour begins in <!room:north:data> at 9:00pm GMT")
		s.AdvanceTo(london(25, 21, 0))
		s.says("the wrap-up", s.post(data, id, "wrapup"), "That was *Flood")
		s.says("the next opening", s.post(data, next, "opening"), "Ponds")
		// Cancelling gives the room back.
		sunday := s.schedule(`datahour new Second "Sun 8pm"`)
		s.Command(olga, data, "datahour cancel "+sunday)
		s.Press(olga, data, "Cancel the hour")
		s.schedule(`datahour new Third "Sun 8pm"`)
	})
}

func TestStartHereAndNow(t *testing.T) {
	staged(t, func(s stage) {
		s.says("the preview", bottest.Words(s.Command(olga, data, `datahour start "What are you stuck on?" length=30m`)), "Nothing is posted yet", "[Open it now]")
		if len(s.Posts(data)) != 0 {
			t.Fatal("it opened before it was posted")
		}
		s.Advance(10*time.Minute + 999*time.Nanosecond) // finer than stores keep
		s.Press(olga, data, "Open it now")
		id := s.newest(data, "opening")
		s.says("the opening", s.post(data, id, "opening"), "What are you stuck on?", "open until 12:40pm GMT", "Hosted by <!user:north:olga>")
		if s.has(data, id, "announcement") {
			t.Fatal("an hour that begins now needs no announcement")
		}
		s.Advance(20 * time.Minute)
		s.Command(olga, data, "datahour close")
		s.Advance(time.Minute)
		s.says("the wrap-up", s.post(data, id, "wrapup"), "That was")
		s.says("the opening of an hour that closed early", s.post(data, id, "opening"), "was open until 12:30pm GMT")
	})
}

// A link that is accepted while another hour holds the room does not leave the
// hour waiting for a yes that was given: both sides hear why, and can add the room.
func TestLinkAcceptedWhenTheRoomIsTaken(t *testing.T) {
	staged(t, func(s stage) {
		s.Chat("south").AddRoom(bot.RoomInfo{Room: south, Name: "#data"})
		s.Restart()
		id := s.schedule(flood + " rooms=here,south:data")
		s.Command(oskar, south, `datahour new Ponds "Wed 8:30pm"`)
		s.Press(oskar, south, "Post")
		s.link(true)
		for _, u := range []bot.UserID{olga, oskar} {
			s.says("what "+string(u)+" is told", s.post(u.Direct(), id, "clash/south:data"),
				"is not held in", "another hour is there then, Wednesday 25 November 2026, 8:30pm to 9:30pm GMT", "`/datahour edit "+id+"` adds the room")
		}
		s.says("the form", bottest.Words(s.Command(olga, data, "datahour edit "+id)), "Rooms: <!room:north:data>\n")
		s.Command(olga, data, "datahour edit "+id+" when=\"Thu 8pm\" rooms=here,south:data")
		s.Press(olga, data, "Post")
		s.says("the announcement in the south", s.post(south, id, "announcement"), "Thursday 26 November")
	})
}

// What another platform does without a public page is not told here.
func TestOthersHoursAreNotNamed(t *testing.T) {
	staged(t, func(s stage) {
		s.Chat("south").AddRoom(bot.RoomInfo{Room: south, Name: "#data"})
		s.Restart()
		for _, line := range []string{`datahour new Secrets "Wed 8pm" public=no`, `datahour new Ponds "Thu 8pm"`} {
			s.Command(oskar, south, line)
			s.Press(oskar, south, "Post")
		}
		refusal := bottest.Words(s.Command(olga, data, `datahour new Mine "Wed 8:30pm" rooms=here,south:data`))
		s.says("the refusal", refusal, `Another hour is in \#data (south) then: Wednesday 25 November 2026, 8:00pm to 9:00pm GMT. Choose`)
		s.says("the refusal of a public one", bottest.Words(s.Command(olga, data, `datahour new Mine "Thu 8:30pm" rooms=here,south:data`)), "*Ponds* is in")
		list := bottest.Words(s.Command(olga, data, "datahour list"))
		s.says("the list", list, `*Ponds*, Thursday 26 November 2026, 8:00pm GMT, in \#data (south) (`)
		s.lacks("the list", list, "Secrets")
	})
}

func TestLinkedRooms(t *testing.T) {
	staged(t, func(s stage) {
		s.Chat("south").AddRoom(bot.RoomInfo{Room: south, Name: "#data"})
		s.Restart()
		id := s.schedule(flood + " rooms=here,south:data")
		if s.has(south, id, "announcement") {
			t.Fatal("it is announced in a room whose organisers were not asked")
		}
		if !strings.Contains(bottest.PostWords(s.Direct(oskar)[0].Post), "Link two rooms?") {
			t.Fatal("oskar is not asked")
		}
		s.link(true)
		s.says("the announcement in the south", s.post(south, id, "announcement"), `In \#data (north) and <!room:south:data> (south).`)
		s.says("the announcement in the north", s.post(data, id, "announcement"), `In <!room:north:data> (north) and \#data (south).`)

		s.AdvanceTo(london(25, 20, 0))
		s.says("the opening in the south", s.post(south, id, "opening"), "is open until 9:00pm GMT", `carried to \#data (north).`)
		s.AdvanceTo(london(25, 20, 5))
		s.says("Q1 in the south", s.post(south, id, "q/1"), "**Q1**")
		s.says("Q1 in the north", s.post(data, id, "q/1"), "**Q1**")

		s.link(false)
		s.says("the south after it left", s.post(south, id, "left"), "is not held in this room any more")
		s.says("the announcement in the south", s.post(south, id, "announcement"), "is not held in this room any more")
		s.lacks("the opening in the south", s.post(south, id, "opening"), "is open", "carried")
		s.lacks("the opening in the north", s.post(data, id, "opening"), "south")
		s.AdvanceTo(london(25, 20, 30))
		if s.has(south, id, "q/2") {
			t.Fatal("Q2 is asked in a room that left")
		}
		s.says("Q2 in the north", s.post(data, id, "q/2"), "**Q2**")
		s.AdvanceTo(london(25, 21, 0))
		if s.has(south, id, "wrapup") {
			t.Fatal("a room that left has a wrap-up")
		}
	})
}

func TestARoomJoinsALiveHour(t *testing.T) {
	staged(t, func(s stage) {
		s.Chat("south").AddRoom(bot.RoomInfo{Room: south, Name: "#data"})
		s.Restart()
		id := s.schedule(flood + " rooms=here,south:data")
		s.AdvanceTo(london(25, 20, 10))
		if s.has(south, id, "opening") {
			t.Fatal("it opened in a room that nobody linked")
		}
		s.Say(ada, data, "Said before the link.")
		s.link(true)
		s.Say(ada, data, "Said after it.")
		var carried string
		for _, p := range s.Posts(south) {
			carried += bottest.PostWords(p.Post) + "\n"
		}
		s.says("the south", carried, "Said after it.")
		s.lacks("the south", carried, "Said before the link.")
		s.says("the opening in the south", s.post(south, id, "opening"), "is open until 9:00pm GMT")
		s.says("the question in the south", s.post(south, id, "q/1"), "**Q1**")
		// Its own organisers take it out again, and it goes on in the north.
		s.says("leaving", bottest.Words(s.Command(oskar, south, "datahour leave "+id)), "does not take part")
		s.says("another's room", bottest.Words(s.Command(oskar, south, "datahour leave "+id+" room=<!room:north:data>")), "That room belongs to north")
		s.AdvanceTo(london(25, 21, 0))
		if s.has(south, id, "wrapup") {
			t.Fatal("a room that left has a wrap-up")
		}
		s.says("the wrap-up in the north", s.post(data, id, "wrapup"), "That was")
	})
}

func TestListLeavesOutWhatIsPrivate(t *testing.T) {
	staged(t, func(s stage) {
		s.Chat("north").AddRoom(bot.RoomInfo{Room: "north:board", Name: "#board", Private: true})
		s.Restart()
		s.schedule(`datahour new Ponds "Mon 8pm"`)
		s.Command(olga, "north:board", `datahour new Salaries "Tue 8pm" public=no`)
		s.Press(olga, "north:board", "Post")
		s.lacks("the list elsewhere", bottest.Words(s.Command(ada, data, "datahour list")), "Salaries")
		s.lacks("the list in the south", bottest.Words(s.Command(oskar, south, "datahour list")), "Salaries")
		s.says("the list there", bottest.Words(s.Command(olga, "north:board", "datahour list")), "Salaries", "Ponds", "Monday 23 November 2026, 8:00pm GMT")
	})
}
