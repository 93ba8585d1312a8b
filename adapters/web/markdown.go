package web

import (
	"html/template"
	"strings"

	"github.com/yuin/goldmark"
	"github.com/yuin/goldmark/ast"
	"github.com/yuin/goldmark/renderer"
	"github.com/yuin/goldmark/renderer/html"
	"github.com/yuin/goldmark/util"

	"datahour/bot"
)

// markdown shows the bot's own words, in which people's are escaped already.
// Nothing has to be taken out of the result: only what is in allowed gets there.
func markdown(words string) template.HTML {
	text := bot.ReplaceTokens(words, func(bot.Token) string { return "" })
	var b strings.Builder
	if err := commonMark.Convert([]byte(text), &b); err != nil {
		return template.HTML(template.HTMLEscapeString(words))
	}
	return template.HTML(b.String())
}

// commonMark renders what is allowed. Of anything else, such as a link or a
// list, only what is allowed inside it is left.
var commonMark = goldmark.New(goldmark.WithRenderer(renderer.NewRenderer(
	renderer.WithNodeRenderers(util.Prioritized(onlyAllowed{html.NewRenderer()}, 0)))))

// allowed are the kinds of node that are rendered: none has an address in it.
var allowed = map[ast.NodeKind]bool{ast.KindParagraph: true, ast.KindText: true, ast.KindString: true, ast.KindEmphasis: true, ast.KindCodeSpan: true}

// listsToo renders the bot's longer answers, which organisers see on their pages:
// with lists and links. Raw HTML and addresses that do something are left out.
func listsToo(words string) (template.HTML, error) {
	var b strings.Builder
	err := withLists.Convert([]byte(words), &b)
	return template.HTML(b.String()), err
}

var withLists = goldmark.New()

// onlyAllowed is a renderer that keeps silent about all other kinds.
type onlyAllowed struct{ renderer.NodeRenderer }

func (a onlyAllowed) RegisterFuncs(r renderer.NodeRendererFuncRegisterer) {
	a.NodeRenderer.RegisterFuncs(registerAllowed{r})
}

type registerAllowed struct {
	renderer.NodeRendererFuncRegisterer
}

func (r registerAllowed) Register(kind ast.NodeKind, f renderer.NodeRendererFunc) {
	if !allowed[kind] {
		f = silent
	}
	r.NodeRendererFuncRegisterer.Register(kind, f)
}

func silent(util.BufWriter, []byte, ast.Node, bool) (ast.WalkStatus, error) {
	return ast.WalkContinue, nil
}
