package newsletter_test

import (
	"context"
	"errors"
	"testing"
	"testing/synctest"

	"datahour/bot"
	"datahour/bot/bottest"
	"datahour/bot/newsletter"
)

// fixed is what one page calls itself.
type fixed map[string]string

func (f fixed) Title(_ context.Context, link string) (string, error) {
	if title, known := f[link]; known {
		return title, nil
	}
	return "", errors.New("not there")
}

// A link alone opens the form with the title of its page; one that has none, or
// that cannot be read, opens it without.
func TestALinkAlone(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := newsletter.New()
		f.Titles = fixed{"https://example.org/lidar": "300 ponds\u202e\n <b>mapped</b>"}
		s := stage{bottest.Start(t, bottest.Config{Features: []bot.Feature{f}})}
		s.says("the form", s.tell(ada, "share https://example.org/lidar"), "Title: 300 ponds <b>mapped</b>\n", "Link: https://example.org/lidar")
		s.says("the answer", s.submit(ada, nil), "Saved", `**300 ponds \<b\>mapped`)
		s.says("the form of another", s.tell(ada, "share https://example.org/other"), "Title: \n", "Link: https://example.org/other")
		s.says("what is no link", s.tell(ada, "share link=javascript:alert(1)"), "Title: \n")
	})
}
