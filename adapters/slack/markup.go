package slack

import (
	"html"
	"strconv"
	"strings"

	"github.com/yuin/goldmark"
	"github.com/yuin/goldmark/ast"
	"github.com/yuin/goldmark/extension"
	east "github.com/yuin/goldmark/extension/ast"
	"github.com/yuin/goldmark/text"
	"github.com/yuin/goldmark/util"

	"datahour/bot"
)

// The core's CommonMark becomes a list of parts (paragraphs, items, quotes,
// code), each of them a list of spans. From that, rich text and mrkdwn are
// written. Rich text is Slack's own form of what people type: its words are
// words, whatever signs they hold, so that nothing can be injected.

type partKind int

const (
	paragraph partKind = iota
	item
	quote
	code
)

type part struct {
	kind    partKind
	level   int  // of an item: how deep
	ordered bool // of an item
	number  int  // of an ordered item
	tight   bool // no empty line before it
	spans   []span
}

// span is some words that look the same, or a token, or a link.
type span struct {
	text  string
	url   string
	token *bot.Token
	style style
}

type style struct{ bold, italic, strike, code bool }

var markdown = goldmark.New(goldmark.WithExtensions(extension.Strikethrough, extension.NewLinkify()))

// The core's tokens look like HTML to CommonMark. They are put aside before it is
// read, each leaving its number between two signs that no text has.
const tokenStart, tokenEnd = '\x02', '\x03'

func parse(commonMark string) []part {
	clean := strings.Map(func(r rune) rune {
		if r == tokenStart || r == tokenEnd {
			return -1
		}
		return r
	}, commonMark)
	var tokens []bot.Token
	source := []byte(bot.ReplaceTokens(clean, func(t bot.Token) string {
		tokens = append(tokens, t)
		return string(tokenStart) + strconv.Itoa(len(tokens)-1) + string(tokenEnd)
	}))
	p := &parser{source: source, tokens: tokens}
	p.blocks(markdown.Parser().Parse(text.NewReader(source)), 0)
	return p.parts
}

type parser struct {
	source []byte
	tokens []bot.Token
	parts  []part
	quoted bool
}

func (p *parser) blocks(parent ast.Node, level int) {
	for n := parent.FirstChild(); n != nil; n = n.NextSibling() {
		switch n := n.(type) {
		case *ast.List:
			p.list(n, level)
		case *ast.Blockquote:
			before := p.quoted
			p.quoted = true
			p.blocks(n, level)
			p.quoted = before
		case *ast.FencedCodeBlock, *ast.CodeBlock:
			p.add(part{kind: code, spans: p.words(strings.TrimRight(lines(n, p.source), "\n"), style{})})
		case *ast.HTMLBlock: // nobody writes HTML here: it is words
			p.add(part{spans: p.words(strings.TrimRight(lines(n, p.source), "\n"), style{})})
		case *ast.ThematicBreak:
			p.add(part{spans: []span{{text: "———"}}})
		case *ast.Heading:
			p.add(part{spans: p.inline(n, style{bold: true})})
		default:
			p.add(part{spans: p.inline(n, style{})})
		}
	}
}

func (p *parser) add(x part) {
	if x.kind == paragraph && p.quoted {
		x.kind = quote
	}
	if len(x.spans) > 0 {
		x.spans = merge(x.spans)
		p.parts = append(p.parts, x)
	}
}

// merge makes one span of neighbours that look the same.
func merge(spans []span) []span {
	out := spans[:1:1]
	for _, s := range spans[1:] {
		last := &out[len(out)-1]
		if last.token == nil && s.token == nil && last.url == "" && s.url == "" && last.style == s.style {
			last.text += s.text
		} else {
			out = append(out, s)
		}
	}
	return out
}

func (p *parser) list(list *ast.List, level int) {
	number := list.Start
	for entry := list.FirstChild(); entry != nil; entry = entry.NextSibling() {
		x := part{kind: item, level: level, ordered: list.IsOrdered(), number: number}
		for n := entry.FirstChild(); n != nil; n = n.NextSibling() {
			if inner, ok := n.(*ast.List); ok {
				p.add(x)
				x = part{}
				p.list(inner, level+1)
				continue
			}
			if len(x.spans) > 0 {
				x.spans = append(x.spans, span{text: "\n"})
			}
			x.spans = append(x.spans, p.inline(n, style{})...)
		}
		p.add(x)
		number++
	}
}

func lines(n ast.Node, source []byte) string {
	var out strings.Builder
	for i := range n.Lines().Len() {
		at := n.Lines().At(i)
		out.Write(at.Value(source))
	}
	return out.String()
}

func (p *parser) inline(parent ast.Node, s style) []span {
	var out []span
	for n := parent.FirstChild(); n != nil; n = n.NextSibling() {
		switch n := n.(type) {
		case *ast.Text:
			out = append(out, p.words(unescape(n, p.source), s)...)
			if n.HardLineBreak() {
				out = append(out, span{text: "\n"})
			} else if n.SoftLineBreak() {
				out = append(out, span{text: " "})
			}
		case *ast.String:
			out = append(out, p.words(string(n.Value), s)...)
		case *ast.Emphasis:
			inner := s
			if n.Level > 1 {
				inner.bold = true
			} else {
				inner.italic = true
			}
			out = append(out, p.inline(n, inner)...)
		case *east.Strikethrough:
			inner := s
			inner.strike = true
			out = append(out, p.inline(n, inner)...)
		case *ast.CodeSpan:
			inner := s
			inner.code = true
			out = append(out, p.words(plainOf(n, p.source), inner)...)
		case *ast.AutoLink:
			out = append(out, link(string(n.URL(p.source)), string(n.Label(p.source)), s))
		case *ast.Link:
			words := joined(p.inline(n, style{}))
			out = append(out, link(string(n.Destination), words, s))
		case *ast.Image: // remote pictures are not shown; their words are
			out = append(out, p.words(plainOf(n, p.source), s)...)
		case *ast.RawHTML:
			for i := range n.Segments.Len() {
				at := n.Segments.At(i)
				out = append(out, p.words(string(at.Value(p.source)), s)...)
			}
		default:
			out = append(out, p.inline(n, s)...)
		}
	}
	return out
}

// link is a link to a web or mail address, and words for any other.
func link(url, words string, s style) span {
	lower := strings.ToLower(url)
	for _, scheme := range [...]string{"https://", "http://", "mailto:"} {
		if strings.HasPrefix(lower, scheme) {
			return span{url: url, text: words, style: s}
		}
	}
	return span{text: words, style: s}
}

// words cuts a text at the tokens that were put aside.
func (p *parser) words(s string, look style) []span {
	var out []span
	for s != "" {
		before, rest, found := strings.Cut(s, string(tokenStart))
		if before != "" {
			out = append(out, span{text: before, style: look})
		}
		if !found {
			break
		}
		digits, after, closed := strings.Cut(rest, string(tokenEnd))
		if n, err := strconv.Atoi(digits); closed && err == nil && n < len(p.tokens) {
			out = append(out, span{token: &p.tokens[n], style: look})
		}
		s = after
	}
	return out
}

// unescape gives the words of a text node without CommonMark's backslashes and entities.
func unescape(n *ast.Text, source []byte) string {
	raw := n.Segment.Value(source)
	if n.IsRaw() {
		return string(raw)
	}
	return resolve(string(raw))
}

// resolve takes away backslashes and reads entities, in one pass, so that an
// escaped entity stays words.
func resolve(s string) string {
	var out strings.Builder
	for i := 0; i < len(s); i++ {
		switch {
		case s[i] == '\\' && i+1 < len(s) && util.IsPunct(s[i+1]):
			i++
			out.WriteByte(s[i])
		case s[i] == '&':
			end := strings.IndexByte(s[i:], ';')
			if end < 0 || end > longestEntity {
				out.WriteByte('&')
				continue
			}
			out.WriteString(html.UnescapeString(s[i : i+end+1]))
			i += end
		default:
			out.WriteByte(s[i])
		}
	}
	return out.String()
}

const longestEntity = 33 // bytes: CounterClockwiseContourIntegral with its signs

func plainOf(n ast.Node, source []byte) string {
	var out strings.Builder
	for child := n.FirstChild(); child != nil; child = child.NextSibling() {
		if t, ok := child.(*ast.Text); ok {
			out.Write(t.Segment.Value(source))
			if t.SoftLineBreak() {
				out.WriteByte(' ')
			}
		} else {
			out.WriteString(plainOf(child, source))
		}
	}
	return out.String()
}

func joined(spans []span) string {
	var out strings.Builder
	for _, s := range spans {
		if s.token != nil {
			out.WriteString(tokenWords(*s.token))
		}
		out.WriteString(s.text)
	}
	return out.String()
}
