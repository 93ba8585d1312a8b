package hours

import (
	"context"
	"strings"
	"unicode/utf8"

	"datahour/bot"
)

// place finds where a new message belongs: under which other one, and to which
// question. Words that begin with A2 answer question 2; a reply belongs to the
// question of its thread; anything else to the one that is open.
func (f *Feature) place(ctx context.Context, tx *bot.Tx, h *Hour, s *Said, thread bot.MessageID) error {
	s.Question = h.Now
	if thread != "" && thread != s.ID {
		if err := f.placeUnder(ctx, tx, h, s, thread); err != nil {
			return err
		}
	}
	if n := answered(h, s.Text); n > 0 {
		s.Question = n
	}
	return nil
}

func (f *Feature) placeUnder(ctx context.Context, tx *bot.Tx, h *Hour, s *Said, thread bot.MessageID) error {
	head := &Said{Hour: h.ID, ID: thread}
	known, err := tx.Get(ctx, head.Key(), head)
	if err != nil {
		return err
	}
	if !known {
		key, ours, err := tx.Posted(ctx, s.Room, thread)
		if err != nil {
			return err
		}
		if n := h.questionOf(key); n > 0 {
			s.Asked, s.Question = n, n
			return nil
		}
		if ours {
			if head, err = f.lastCarried(ctx, tx, s.Room, key); err != nil || head == nil {
				return err // some other post of ours
			}
			known = true
		}
	}
	// Threads are one level deep on every platform, and so they are here.
	if s.Under = head.ID; head.Under != "" {
		s.Under = head.Under
	}
	if known && !head.Early {
		s.Question = head.Question
	}
	return nil
}

// questionOf is the number of the question whose post has this key, or 0.
func (h *Hour) questionOf(key bot.Key) int {
	for _, q := range h.Asked() {
		if key == questionKey(h.ID, q.Number) {
			return q.Number
		}
	}
	return 0
}

// answered is the number of the question that words say they answer ("A2 we
// match them by hand"), or 0. Only a question that was asked is meant.
func answered(h *Hour, words string) int {
	words = strings.TrimLeft(words, " \t\n*_")
	if words == "" || words[0] != 'A' && words[0] != 'a' {
		return 0
	}
	n, i := 0, 1
	for ; i < len(words) && i < 4 && words[i] >= '0' && words[i] <= '9'; i++ {
		n = 10*n + int(words[i]-'0')
	}
	if after, _ := utf8.DecodeRuneInString(words[i:]); i < len(words) && !strings.ContainsRune(" \t\n.,:;)-*_–—", after) {
		return 0
	}
	for _, q := range h.Asked() {
		if q.Number == n {
			return n
		}
	}
	return 0
}
