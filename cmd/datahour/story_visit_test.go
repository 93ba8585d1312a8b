package main

import (
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
)

// visit sends a form of the public pages, as a browser without JavaScript does,
// and puts the page that comes next into stdout.
func visit(s *story, fails bool, args []string) {
	if len(args) < 2 {
		s.Fatalf("usage: visit PATH FIELD=VALUE ...")
	}
	fields := url.Values{}
	for _, pair := range args[1:] {
		name, value, ok := strings.Cut(pair, "=")
		if !ok {
			s.Fatalf("%q is not FIELD=VALUE", pair)
		}
		fields.Set(name, value)
	}
	answer, err := http.PostForm(s.pages+args[0], fields)
	s.Check(err)
	defer answer.Body.Close()
	raw, err := io.ReadAll(answer.Body)
	s.Check(err)
	fmt.Fprintf(s.Stdout(), "%s\n%s", answer.Status, raw)
	if ok := answer.StatusCode < http.StatusBadRequest; ok == fails {
		s.Fatalf("the form is answered %s:\n%s", answer.Status, raw)
	}
}
