package main

import (
	"strings"
	"testing"
)

func TestArguments(t *testing.T) {
	cases := map[string]struct {
		args     []string
		status   int
		out, err string
	}{
		"help":                  {[]string{"--help"}, 0, "Run Data Hour", ""},
		"help of a subcommand":  {[]string{"export", "--help"}, 0, "standard output", ""},
		"version":               {[]string{"version"}, 0, "datahour ", ""},
		"an unknown subcommand": {[]string{"servr"}, 2, "", "servr"},
		"an unknown flag":       {[]string{"--port=80"}, 2, "", "--port"},
		"an argument too many":  {[]string{"serve", "now"}, 2, "", "now"},
		"an argument missing":   {[]string{"import"}, 2, "", "file"},
		"a wrong setting":       {[]string{"serve"}, 1, "", "DATAHOUR_ADDR"},
		"serve is the default":  {nil, 1, "", "DATAHOUR_ADDR"},
	}
	for what, c := range cases {
		t.Run(what, func(t *testing.T) {
			withoutOurs(t)
			t.Setenv("DATAHOUR_ADDR", "nowhere")
			var out, err printed
			if status := run(c.args, terminal{&out, &err}); status != c.status {
				t.Errorf("status %d, want %d", status, c.status)
			}
			if !strings.Contains(out.String(), c.out) || !strings.Contains(err.String(), c.err) {
				t.Errorf("printed %q and %q, want %q and %q in them", out.String(), err.String(), c.out, c.err)
			}
		})
	}
}
