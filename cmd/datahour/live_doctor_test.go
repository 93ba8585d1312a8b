//go:build live

package main

import (
	"os"
	"os/exec"
	"regexp"
	"testing"
)

// doctor runs datahour doctor with the program's own settings.
func (l *liveProgram) doctor() string {
	l.Helper()
	name, err := exec.LookPath("datahour")
	if err != nil {
		l.Fatal(err)
	}
	cmd := exec.CommandContext(l.Context(), name, "doctor")
	cmd.Env = []string{"PATH=" + os.Getenv("PATH"), "HOME=" + os.Getenv("HOME")}
	for name, value := range l.settings {
		cmd.Env = append(cmd.Env, prefix+"_"+name+"="+value)
	}
	out, err := cmd.Output() // an exit status of 1 is said in the lines too
	if len(out) == 0 {
		l.Fatalf("the doctor said nothing: %v", err)
	}
	return string(out)
}

// TestLiveMattermostDoctor follows the walk-through of the README with the doctor
// beside the bot, on a real server: before the bot may register its commands,
// and after.
func TestLiveMattermostDoctor(t *testing.T) {
	w := openMattermost(t)
	said := func(patterns ...string) {
		t.Helper()
		out := w.doctor()
		for _, p := range patterns {
			if !regexp.MustCompile("(?m)^" + p).MatchString(out) {
				t.Errorf("no line like %q in\n%s", p, out)
			}
		}
	}
	said(`ok       charities: server `, `ok       charities: clock `, `ok       charities: token and team `, `ok       charities: socket +opens, and the server says hello`,
		`warning  charities: commands .*Make team admin`, `warning  charities: callback from here .*Start the bot`, `warning  running bot `)
	w.begin()
	w.connected()
	w.promote()
	said(`ok       running bot `, `ok       charities: rights `, `ok       charities: private answers `, `ok       charities: callback from here `,
		`(ok|warning)  +charities: callback from the server +(the server reaches|cannot be asked)`, `ok       store: file .* is sound`)
	w.registered()
	said(`ok       charities: commands +registered`, `ok       charities: connection `)
}
