package newsletter_test

import (
	"testing"

	"datahour/bot/newsletter"
)

func TestEditorsDecideOneAfterTheOther(t *testing.T) {
	staged(t, func(s stage) {
		ponds := s.share(ada, "https://www.example.org/lidar/?utm_source=x We mapped 300 ponds")
		s.Advance(1)
		mud := s.share(bob, "http://example.org/lidar Mud, mapped")
		s.Advance(1)
		jobs := s.share(bob, "section=Jobs We look for a data analyst")

		desk := s.tell(olga, "newsletter queue")
		s.says("the desk", desk, "3 items wait, none is accepted", "**We mapped 300 ponds**", "Shared by: <!user:north:ada> (north)", "without a name",
			"The same link: - *Mud, mapped* by Bob (south), waiting", "[Accept] [Edit] [Later] [Decline]", "(Mud, mapped)")
		s.says("after Accept", s.press(olga, "Accept"), "Accepted: *We mapped 300 ponds* will be in edition 1", "2 items wait, 1 is accepted", "**Mud, mapped**",
			"*We mapped 300 ponds* by <!user:north:ada> (north), accepted")
		s.says("the form", s.press(olga, "Decline"), "Decline an item", "A kind word why")
		s.says("the refusal", s.submit(olga, map[string]string{"reason": " "}), "reason: ")
		s.says("after Decline", s.submit(olga, map[string]string{"reason": "Ada shared the same link, and hers is in."}), "Declined: *Mud, mapped*.", "has your words", "1 item waits", "**We look for a data analyst**")
		s.says("what bob was told", s.direct(bob), "Thank you for sharing *Mud, mapped*", "Ada shared the same link, and hers is in.", "[Edit]")
		s.says("after Later", s.press(olga, "Later"), "Kept: *We look for a data analyst* comes back", "no items wait, 1 is accepted")

		for id, want := range map[string]newsletter.State{ponds: newsletter.Accepted, mud: newsletter.Declined, jobs: newsletter.Later} {
			if got := s.item(id).State; got != want {
				t.Errorf("%s is %s, want %s", s.item(id).Title, got, want)
			}
		}
		s.says("what bob sees", s.tell(bob, "share mine"), "*Mud, mapped*: it was declined", "*We look for a data analyst*: an editor kept it for a later edition")
		s.says("looking at one", s.press(bob, "Mud, mapped"), "The editor wrote: Ada shared the same link")
	})
}

func TestAnEditorsChangeIsShownToItsMember(t *testing.T) {
	staged(t, func(s stage) {
		id := s.share(ada, "We maped 300 ponds")
		s.tell(olga, "newsletter queue")
		form := s.press(olga, "Edit")
		s.says("the form", form, "Edit an item", "Title: We maped 300 ponds")
		s.lacks("the form", form, "Credit me")
		s.says("the desk", s.submit(olga, map[string]string{"title": "We mapped 300 ponds", "section": "Data"}), "Saved. Whoever shared it has your words.", "The member wrote:", "**We maped 300 ponds**", "Data (waiting)")
		s.says("what ada was told", s.direct(ada), "It reads now:\n\n> **We mapped 300 ponds**", "You wrote:\n\n> **We maped 300 ponds**", "[Edit] [Withdraw]")

		// A second change shows the same own words, in place of the first message.
		s.tell(olga, "newsletter edit "+id+` title="300 ponds, mapped"`)
		s.says("what ada was told", s.direct(ada), "**300 ponds, mapped**", "**We maped 300 ponds**")
		if n := len(s.Direct(ada)); n != 1 {
			t.Errorf("ada has %d messages about one item", n)
		}
		// Her own words back are no change of hers.
		s.tell(olga, "newsletter edit "+id+` title="We maped 300 ponds"`)
		s.lacks("what ada was told", s.direct(ada), "You wrote")
		s.says("nothing to change", s.tell(olga, "newsletter edit "+id+` title="We maped 300 ponds"`), "Nothing changed.")
	})
}

// What an editor agreed to is not what stands after its member has changed it.
func TestAChangedItemIsLookedAtAgain(t *testing.T) {
	staged(t, func(s stage) {
		id := s.share(ada, "Ponds")
		s.tell(olga, "newsletter accept "+id+" section=tools")
		s.says("mine", s.tell(ada, "share mine"), "it will be in edition 1", "*Tools*")
		s.tell(ada, "share edit "+id+" title=Puddles")
		s.says("mine", s.tell(ada, "share mine"), "looks at it again")
		s.says("the desk", s.tell(olga, "newsletter queue"), "its member changed it after it was accepted")
		s.tell(olga, "newsletter accept "+id)
		s.tell(ada, "share credit "+id+" name")
		if got := s.item(id).State; got != newsletter.Accepted {
			t.Errorf("after another credit it is %s", got)
		}
		s.tell(ada, "share withdraw "+id)
		s.gone(id)
		s.says("a withdrawn one", s.tell(olga, "newsletter accept "+id), "it may have been withdrawn")
	})
}

func TestSections(t *testing.T) {
	staged(t, func(s stage) {
		s.says("the form", s.tell(olga, "newsletter sections"), "Sections: What we are doing\nTools\n")
		s.says("the answer", s.submit(olga, map[string]string{"sections": "News\nTools\n\nnews"}), "News and Tools")
		s.says("a new one", s.tell(ada, "share section=Jobs Ponds"), "There is no section “Jobs”. There are `News` and `Tools`.")
		if got := s.item(s.share(ada, "section=too Ponds")).Section; got != "Tools" {
			t.Errorf("the section is %q", got)
		}
	})
}
