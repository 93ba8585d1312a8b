package slack

import (
	slackapi "github.com/slack-go/slack"

	"datahour/bot"
)

// richTextBlocks writes parts as rich text: several blocks when they are many
// words, each cut between parts where that is possible.
func (c *Chat) richTextBlocks(parts []part) []slackapi.Block {
	var blocks []slackapi.Block
	var elements []slackapi.RichTextElement
	size := 0
	flush := func() {
		if len(elements) > 0 {
			blocks = append(blocks, slackapi.NewRichTextBlock("", elements...))
		}
		elements, size = nil, 0
	}
	var before *part
	for _, x := range splitParts(parts, maxSection) {
		n := sizeOf(x)
		if size > 0 && size+n > maxSection {
			flush()
			before = nil
		}
		elements = c.appendPart(elements, before, x)
		size += n
		before = &x
	}
	flush()
	return blocks
}

// appendPart adds a part. Items of one list stand in one element; an empty line
// is put between paragraphs, since rich text has none by itself.
func (c *Chat) appendPart(elements []slackapi.RichTextElement, before *part, x part) []slackapi.RichTextElement {
	inline := c.inlineElements(x.spans, x.kind == code)
	switch x.kind {
	case item:
		section := slackapi.NewRichTextSection(inline...)
		if before != nil && before.kind == item && before.level == x.level && before.ordered == x.ordered {
			list := elements[len(elements)-1].(*slackapi.RichTextList)
			list.Elements = append(list.Elements, section)
			return elements
		}
		kind := slackapi.RTEListBullet
		if x.ordered {
			kind = slackapi.RTEListOrdered
		}
		list := slackapi.NewRichTextList(kind, x.level, section)
		if x.ordered {
			list.Offset = max(0, x.number-1)
		}
		return append(elements, list)
	case quote:
		return append(elements, &slackapi.RichTextQuote{Type: slackapi.RTEQuote, Elements: inline})
	case code:
		return append(elements, &slackapi.RichTextPreformatted{Type: slackapi.RTEPreformatted, Elements: inline})
	}
	if before != nil && before.kind == paragraph {
		gap := "\n\n"
		if x.tight {
			gap = "\n"
		}
		space := slackapi.NewRichTextSectionTextElement(gap, nil)
		if last, ok := elements[len(elements)-1].(*slackapi.RichTextSection); ok {
			last.Elements = append(append(last.Elements, space), inline...)
			return elements
		}
	}
	return append(elements, slackapi.NewRichTextSection(inline...))
}

func (c *Chat) inlineElements(spans []span, plain bool) []slackapi.RichTextSectionElement {
	var out []slackapi.RichTextSectionElement
	for _, s := range spans {
		var look *slackapi.RichTextSectionTextStyle
		if s.style != (style{}) && !plain {
			look = &slackapi.RichTextSectionTextStyle{Bold: s.style.bold, Italic: s.style.italic, Strike: s.style.strike, Code: s.style.code}
		}
		switch {
		case s.token != nil:
			out = append(out, c.tokenElement(*s.token, look))
		case s.url != "":
			out = append(out, slackapi.NewRichTextSectionLinkElement(s.url, s.text, look))
		case s.text != "":
			out = append(out, slackapi.NewRichTextSectionTextElement(s.text, look))
		}
	}
	if len(out) == 0 { // Slack refuses an empty section
		out = append(out, slackapi.NewRichTextSectionTextElement(" ", nil))
	}
	return out
}

func (c *Chat) tokenElement(t bot.Token, look *slackapi.RichTextSectionTextStyle) slackapi.RichTextSectionElement {
	id := t.ID[len(platformOf(t.ID)):]
	switch {
	case t.Kind == "time":
		fallback := fallbackTime(t)
		date := slackapi.NewRichTextSectionDateElement(t.Time().Unix(), dateFormat, nil, &fallback)
		date.Style = look
		return date
	case platformOf(t.ID) != c.platform+":" || !isID(id):
		return slackapi.NewRichTextSectionTextElement(id, look)
	case t.Kind == "user":
		return slackapi.NewRichTextSectionUserElement(id, look)
	}
	return slackapi.NewRichTextSectionChannelElement(id, look)
}

// platformOf is the beginning of an id, to its colon.
func platformOf(id string) string {
	for i := range id {
		if id[i] == ':' {
			return id[:i+1]
		}
	}
	return ""
}

const tokenSize = 40 // characters that a token takes, roughly

func sizeOf(x part) int {
	n := 0
	for _, s := range x.spans {
		n += spanSize(s)
	}
	return n
}

func spanSize(s span) int {
	if s.token != nil {
		return tokenSize
	}
	return units(s.text) + len(s.url)
}

// splitParts cuts parts that are longer than limit at the ends of sentences, or
// at spaces.
func splitParts(parts []part, limit int) []part {
	var out []part
	for _, x := range parts {
		for sizeOf(x) > limit {
			head, tail := splitSpans(x.spans, limit)
			first := x
			first.spans = head
			out = append(out, first)
			x.spans = tail
		}
		out = append(out, x)
	}
	return out
}

func splitSpans(spans []span, limit int) (head, tail []span) {
	used := 0
	for i, s := range spans {
		n := spanSize(s)
		if used+n <= limit {
			used += n
			continue
		}
		if s.token != nil || s.url != "" {
			if i > 0 {
				return spans[:i], spans[i:]
			}
			continue // a link longer than the limit stands alone
		}
		at := breakAt(s.text, limit-used)
		if at == 0 && i > 0 {
			return spans[:i], spans[i:]
		}
		if at == 0 {
			at = byUnits(s.text, limit)
		}
		first, rest := s, s
		first.text, rest.text = s.text[:at], s.text[at:]
		return append(append([]span(nil), spans[:i]...), first), append([]span{rest}, spans[i+1:]...)
	}
	return spans, nil
}

// breakAt is where to cut s so that at most n characters come before: after a
// sentence when one ends in the second half, else after a word; 0 when there is neither.
func breakAt(s string, n int) int {
	end := byUnits(s, n)
	word, sentence := 0, 0
	for i := 0; i < end; i++ {
		if s[i] != ' ' && s[i] != '\n' {
			continue
		}
		word = i + 1
		if i > 0 && (s[i] == '\n' || s[i-1] == '.' || s[i-1] == '!' || s[i-1] == '?') {
			sentence = i + 1
		}
	}
	if sentence > end/2 {
		return sentence
	}
	return word
}

// byUnits is how many bytes of s are at most n characters.
func byUnits(s string, n int) int {
	for i, r := range s {
		if n -= width(r); n < 0 {
			return i
		}
	}
	return len(s)
}
