package main

import (
	"bytes"
	"fmt"
	"os"
	"os/exec"
	"regexp"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/rogpeppe/go-internal/testscript"

	"datahour/adapters/playground/world"
)

func TestMain(m *testing.M) {
	testscript.Main(m, map[string]func(){"datahour": main})
}

// TestStories tells each script in testdata/script: the real program, on a free
// port, with people who act in its playground. Besides the usual commands of
// testscript a story has
//
//	up [NAME [ARGUMENTS]]        start datahour and wait until it answers and is connected
//	down [NAME]                  Ctrl-C, and wait for its end; stdout and stderr are what it printed
//	crash [NAME]                 kill -9
//	redis                        start a Redis and set DATAHOUR_REDIS_URL to it
//	let NAME REGEXP              set $NAME to the first group of REGEXP in stdout
//
// (NAME is "bot" when it is left out; afterwards $BOT has the address that it
// printed, and $BOTPAGES that of the public pages) and
// the words of story_world_test.go for acting and looking. Nothing waits for a
// time: what is to come is looked for again and again until it is there.
func TestStories(t *testing.T) {
	tell(t, testscript.Params{Dir: "testdata/script"}, func(*testscript.Env) error { return nil })
}

// The same data hour, the visitors of one, and a fortnight of the newsletter, with
// Redis to keep them.
func TestStoriesOnRedis(t *testing.T) {
	tell(t, testscript.Params{Files: []string{"testdata/script/hour.txtar", "testdata/script/visitor.txtar", "testdata/script/newsletter.txtar"}}, func(env *testscript.Env) error {
		url, stop, err := runRedis()
		if err != nil {
			return err
		}
		env.Defer(stop)
		env.Setenv(prefix+"_REDIS_URL", url)
		env.Setenv(prefix+"_ACTIVE_LEASE", "1s") // so long a bot that was killed is waited for
		return nil
	})
}

func tell(t *testing.T, p testscript.Params, prepare func(*testscript.Env) error) {
	p.RequireUniqueNames = true
	p.Setup = func(env *testscript.Env) error {
		env.Setenv(prefix+"_ADDR", "127.0.0.1:0")
		env.Setenv("GORACE", "atexit_sleep_ms=50") // not a whole second for every process that ends
		if err := prepare(env); err != nil {
			return err
		}
		s := &story{processes: map[string]*process{}, heard: map[string]world.Outcome{}, forms: map[string]string{}}
		env.Values[storyKey] = s
		env.Defer(s.crashAll) // before what prepare has deferred
		return nil
	}
	p.Cmds = map[string]func(*testscript.TestScript, bool, []string){
		"up": told(up), "down": told(down), "crash": told(crash), "redis": told(withRedis), "let": told(let),
		"as": told(as), "room": told(room), "clock": told(clock), "page": told(page), "visit": told(visit), "world": told(worldCall),
		"replay": told(replayHour), "replayed": told(replayed),
	}
	testscript.Run(t, p)
}

// story is what one script has going on.
type story struct {
	*testscript.TestScript
	processes map[string]*process
	world     string                   // address of the playground
	pages     string                   // address of the public pages
	heard     map[string]world.Outcome // by person: the last answer to a command, press or form
	replayed  *replay
	joined    int               // people who were added
	forms     map[string]string // by person: what the last form that opened is sent with
}

type keyOfStory struct{}

var storyKey keyOfStory

// told makes a command of the scripts.
func told(do func(s *story, fails bool, args []string)) func(*testscript.TestScript, bool, []string) {
	return func(ts *testscript.TestScript, fails bool, args []string) {
		s := ts.Value(storyKey).(*story)
		s.TestScript = ts
		do(s, fails, args)
	}
}

// patience is the longest that a story waits for one thing. It is far longer
// than anything takes, so that a slow machine makes a story slow and not wrong.
const patience = 30 * time.Second

// until looks again and again until it is there.
func (s *story) until(what string, look func() bool) {
	deadline := time.Now().Add(patience)
	again := time.NewTicker(15 * time.Millisecond)
	defer again.Stop()
	for !look() {
		if time.Now().After(deadline) {
			s.Fatalf("waited in vain for %s", what)
		}
		<-again.C
	}
}

// process is a datahour that the story has started.
type process struct {
	cmd      *exec.Cmd
	out, err printed
	ended    chan struct{}
}

// printed keeps what a process prints.
type printed struct {
	mu   sync.Mutex
	text bytes.Buffer
}

func (p *printed) Write(b []byte) (int, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.text.Write(b)
}

func (p *printed) String() string {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.text.String()
}

var (
	saysAddress = regexp.MustCompile(`(?m)^(Data Hour|The playground) is at (\S+?)/?$`)
	saysPages   = regexp.MustCompile(`(?m)^  Pages +(http://[^,\s]+)`)
	saysNext    = regexp.MustCompile(`(?m)^(  Next .*|Let a bot connect.*)$`)
)

func up(s *story, fails bool, args []string) {
	name := "bot"
	if len(args) > 0 {
		name, args = args[0], args[1:]
	}
	if s.processes[name] != nil {
		s.Fatalf("%s is up already", name)
	}
	p := s.begin(args)
	s.processes[name] = p
	s.until("the address of "+name, func() bool {
		select {
		case <-p.ended:
			return true
		default:
			return saysNext.MatchString(p.out.String())
		}
	})
	fmt.Fprint(s.Stdout(), p.out.String())
	at := saysAddress.FindStringSubmatch(p.out.String())
	if (at == nil) != fails {
		fmt.Fprint(s.Stderr(), p.err.String())
		s.Fatalf("%s printed this:\n%s\n%s", name, p.out.String(), p.err.String())
	}
	if at == nil {
		delete(s.processes, name)
		return
	}
	s.Setenv(capitals(name), at[2])
	if at[1] == "The playground" {
		s.world = at[2]
		return
	}
	s.pages = saysPages.FindStringSubmatch(p.out.String())[1]
	s.Setenv(capitals(name)+"PAGES", s.pages)
	if s.world == "" || s.alone(name) {
		s.world = at[2]
	}
	if s.alone(name) {
		s.until("both platforms to be connected", s.connected)
	}
}

// alone tells whether this is the only bot: a second one stands by, unconnected.
func (s *story) alone(name string) bool {
	for other := range s.processes {
		if other != name && saysPages.MatchString(s.processes[other].out.String()) {
			return false
		}
	}
	return true
}

func (s *story) begin(args []string) *process {
	program, err := exec.LookPath("datahour")
	s.Check(err)
	p := &process{cmd: exec.Command(program, args...), ended: make(chan struct{})}
	p.cmd.Dir = s.MkAbs(".")
	p.cmd.Env = []string{"GOCOVERDIR=" + os.Getenv("GOCOVERDIR"), "PATH=" + s.Getenv("PATH"), "HOME=" + s.Getenv("HOME"), "GORACE=" + s.Getenv("GORACE")}
	c := defaults()
	for _, set := range c.settings() {
		if v := s.Getenv(set.env()); v != "" {
			p.cmd.Env = append(p.cmd.Env, set.env()+"="+v)
		}
	}
	p.cmd.Stdout, p.cmd.Stderr = &p.out, &p.err
	p.cmd.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL}
	s.Check(p.cmd.Start())
	go func() {
		defer close(p.ended)
		p.cmd.Wait() // its status is asked for at its end
	}()
	return p
}

// take forgets a process that is about to end.
func (s *story) take(args []string) (string, *process) {
	name := "bot"
	if len(args) > 0 {
		name = args[0]
	}
	p := s.processes[name]
	if p == nil {
		s.Fatalf("%s is not up", name)
	}
	delete(s.processes, name)
	return name, p
}

func down(s *story, fails bool, args []string) {
	name, p := s.take(args)
	s.Check(p.cmd.Process.Signal(os.Interrupt))
	select {
	case <-p.ended:
	case <-time.After(patience):
		p.cmd.Process.Signal(syscall.SIGQUIT) // for the stacks of what hangs
		<-p.ended
		s.Fatalf("%s did not stop:\n%s", name, p.err.String())
	}
	fmt.Fprint(s.Stdout(), p.out.String())
	fmt.Fprint(s.Stderr(), p.err.String())
	if ok := p.cmd.ProcessState.Success(); ok == fails {
		s.Fatalf("%s ended with %v:\n%s", name, p.cmd.ProcessState, p.err.String())
	}
}

func crash(s *story, _ bool, args []string) {
	_, p := s.take(args)
	s.Check(p.cmd.Process.Kill())
	<-p.ended
}

func (s *story) crashAll() {
	for _, p := range s.processes {
		p.cmd.Process.Kill()
		<-p.ended
	}
}

func withRedis(s *story, _ bool, _ []string) {
	url, stop, err := runRedis()
	s.Check(err)
	s.Defer(stop)
	s.Setenv(prefix+"_REDIS_URL", url)
}

func let(s *story, _ bool, args []string) {
	if len(args) != 2 {
		s.Fatalf("usage: let NAME REGEXP")
	}
	found := regexp.MustCompile("(?m)" + args[1]).FindStringSubmatch(s.ReadFile("stdout"))
	if len(found) < 2 {
		s.Fatalf("stdout has nothing like %s", args[1])
	}
	s.Setenv(args[0], found[1])
}

func capitals(name string) string { return string(bytes.ToUpper([]byte(name))) }
