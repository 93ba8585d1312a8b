package main

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/cdproto/input"
	"github.com/chromedp/cdproto/runtime"
	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"
)

// TestBrowser does in a real browser what people do: the whole program behind
// it is the one that is shipped, and nothing is reached but through its pages.
func TestBrowser(t *testing.T) {
	b := openBrowser(t)
	for name, test := range map[string]func(*testing.T, *browser){
		"newcomer":        newcomer,
		"keyboard":        keyboardAlone,
		"network cut":     networkCut,
		"plain pages":     plainPages,
		"narrow":          narrow,
		"visitors":        visitors,
		"accessibility":   accessible,
		"pause and print": pauseAndPrint,
		"readers":         readers,
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			test(t, b)
		})
	}
}

// browser is one Chromium, in which every test has a profile of its own.
type browser struct{ ctx context.Context }

func openBrowser(t *testing.T) *browser {
	t.Helper()
	path := ""
	for _, name := range []string{"chromium", "chromium-browser", "google-chrome"} {
		if found, err := exec.LookPath(name); err == nil {
			path = found
			break
		}
	}
	if path == "" {
		t.Fatal("install chromium (Debian: apt-get install chromium), or run make test")
	}
	options := append(chromedp.DefaultExecAllocatorOptions[:], chromedp.ExecPath(path), chromedp.DisableGPU,
		chromedp.Flag("disable-quic", true), chromedp.Flag("disable-component-update", true),
		// A mouse, which a browser without a screen says that it has not.
		chromedp.Flag("blink-settings", "primaryHoverType=2,availableHoverTypes=2,primaryPointerType=4,availablePointerTypes=4"),
		chromedp.Env("TZ=Europe/London", "LANG=en_GB.UTF-8"))
	if os.Geteuid() == 0 {
		options = append(options, chromedp.NoSandbox) // which root cannot have
	}
	allocator, stop := chromedp.NewExecAllocator(context.Background(), options...)
	t.Cleanup(stop)
	ctx, end := chromedp.NewContext(allocator)
	t.Cleanup(end)
	if err := chromedp.Do(ctx, chromedp.Navigate("about:blank")); err != nil {
		t.Fatalf("starting %s: %v", path, err)
	}
	return &browser{ctx: ctx}
}

// window is one window of somebody's.
type window struct {
	*testing.T
	ctx context.Context
}

// window opens a window with nothing kept from before: 1280 by 900, light.
func (b *browser) window(t *testing.T) *window {
	t.Helper()
	ctx, end := chromedp.NewContext(b.ctx, chromedp.WithNewBrowserContext())
	t.Cleanup(end)
	return newWindow(t, ctx)
}

// another opens a window of the same person's.
func (w *window) another() *window {
	w.Helper()
	ctx, end := chromedp.NewContext(w.ctx, chromedp.WithNewWindow(true))
	w.Cleanup(end)
	return newWindow(w.T, ctx)
}

func newWindow(t *testing.T, ctx context.Context) *window {
	t.Helper()
	ctx, stop := context.WithTimeout(ctx, 2*patience) // so that a browser that hangs fails the test, and says where
	t.Cleanup(stop)
	w := &window{T: t, ctx: ctx}
	w.do("open a window", chromedp.EmulateViewport(1280, 900))
	if _, err := chromedp.Call(ctx, emulation.SetFocusEmulationEnabled, emulation.SetFocusEmulationEnabledParams{Enabled: true}); err != nil {
		t.Fatalf("give a window the focus: %v", err)
	}
	thrown := chromedp.Events(ctx, runtime.ExceptionThrown)
	go func() {
		for e, err := range thrown {
			if err != nil {
				return
			}
			t.Errorf("a page threw: %s %s", e.ExceptionDetails.Text, exception(e.ExceptionDetails))
		}
	}()
	return w
}

func exception(d *runtime.ExceptionDetails) string {
	if d.Exception == nil {
		return ""
	}
	return d.Exception.Description
}

func (w *window) do(what string, steps ...chromedp.Action[chromedp.Void]) {
	w.Helper()
	if err := chromedp.Do(w.ctx, steps...); err != nil {
		w.Fatalf("%s: %v", what, err)
	}
}

func (w *window) visit(address string) {
	w.Helper()
	w.do("visit "+address, chromedp.Navigate(address))
}

// size makes the window that wide and high.
func (w *window) size(width, height int64) {
	w.Helper()
	w.do("change its size", chromedp.EmulateViewport(width, height))
}

// prefers sets what a page asks with a media query; an empty media stays what it is.
func (w *window) prefers(media, scheme string) {
	w.Helper()
	_, err := chromedp.Call(w.ctx, emulation.SetEmulatedMedia, emulation.SetEmulatedMediaParams{Media: media,
		Features: []*emulation.MediaFeature{{Name: "prefers-color-scheme", Value: scheme}, {Name: "prefers-reduced-motion", Value: "reduce"}}})
	if err != nil {
		w.Fatalf("set what is preferred: %v", err)
	}
}

// js writes a call of a function of the page's with arguments.
func js(function string, args ...any) string {
	given := make([]string, len(args))
	for i, a := range args {
		raw, err := json.Marshal(a)
		if err != nil {
			panic(err) // a test gave something that is no JSON
		}
		given[i] = string(raw)
	}
	return "(" + function + ")(" + strings.Join(given, ",") + ")"
}

// ask evaluates an expression in the page; a promise is waited for.
func ask[T any](w *window, expression string) T {
	w.Helper()
	got, err := chromedp.Run(w.ctx, chromedp.Evaluate[T](expression, chromedp.EvalAwaitPromise))
	if err != nil {
		w.Fatalf("ask %.120s: %v", expression, err)
	}
	return got
}

// until waits until an expression is true in the page. It asks again and again
// from here, so that it works without JavaScript and while pages change.
func (w *window) until(what, expression string) {
	w.Helper()
	ctx, stop := context.WithTimeout(w.ctx, patience)
	defer stop()
	again := time.NewTicker(10 * time.Millisecond)
	defer again.Stop()
	for {
		is, err := chromedp.Run(ctx, chromedp.Evaluate[bool]("Boolean("+expression+")"))
		if err == nil && is {
			return
		}
		select {
		case <-again.C:
			continue
		case <-ctx.Done():
		}
		text, _ := chromedp.Run(w.ctx, chromedp.Evaluate[string](`document.body.innerText.slice(-1500)`))
		if picture, err := chromedp.Run(w.ctx, chromedp.CaptureScreenshot()); err == nil {
			os.WriteFile(filepath.Join(w.ArtifactDir(), "in-vain.png"), picture, 0o644)
		}
		w.Fatalf("waited in vain for %s (%.300s): %v\nThe page reads:\n%s", what, expression, err, text)
	}
}

// reads waits until what a selector finds reads like the words. Which whitespace
// there is does not matter.
func (w *window) reads(selector, words string) {
	w.Helper()
	w.until(fmt.Sprintf("%s to read %q", selector, words), js(`(s, words) => [...document.querySelectorAll(s)].some((e) =>
		e.checkVisibility() && (e.innerText ?? e.textContent).replace(/\s+/g, " ").includes(words))`, selector, words))
}

// not tells that nothing on the page, seen or unseen, has the words.
func (w *window) not(words ...string) {
	w.Helper()
	html := ask[string](w, `document.documentElement.outerHTML`)
	for _, secret := range words {
		if strings.Contains(html, secret) {
			w.Errorf("the page has %q", secret)
		}
	}
}

// gone waits until nothing has the words any more.
func (w *window) gone(words string) {
	w.Helper()
	w.until(fmt.Sprintf("%q to be gone", words), js(`(words) => !document.documentElement.outerHTML.includes(words)`, words))
}

// click presses the mouse on the last thing that a selector finds and that reads
// exactly so, or anything with "". It waits until that is there, stands still,
// and nothing covers it.
func (w *window) click(selector, words string) {
	w.Helper()
	w.clickOn(fmt.Sprintf("%s that reads %q", selector, words), js(`(s, words) => [...document.querySelectorAll(s)].filter((e) =>
		e.checkVisibility() && !e.disabled && (!words || e.innerText.replace(/\s+/g, " ").trim() === words)).at(-1)`, selector, words))
}

// clickOn presses the mouse on what an expression finds.
func (w *window) clickOn(what, find string) {
	w.Helper()
	w.until(what, `(() => {
		const e = `+find+`;
		if (!e) return false;
		e.scrollIntoView({ block: "center", behavior: "instant" });
		const r = e.getBoundingClientRect(), was = window.at ?? {};
		window.at = { e, x: r.x + r.width / 2, y: r.y + r.height / 2 };
		const top = document.elementFromPoint(at.x, at.y);
		return was.e === e && was.x === at.x && was.y === at.y && e.contains(top); })()`)
	type point struct{ X, Y float64 }
	at := ask[point](w, `({ x: at.x, y: at.y })`)
	w.do("click on "+what, chromedp.MouseClickXY(at.X, at.Y))
}

// keys types on the keyboard. Each key is one event with its character, as from
// a real keyboard: chromedp's own two would type what the page has dealt with.
func (w *window) keys(keys string, modifiers ...chromedp.Modifier) {
	w.Helper()
	for _, r := range keys {
		var down input.DispatchKeyEventParams
		for _, e := range kb.Encode(r) {
			if e.Type == kb.KeyDown {
				down = *e
			} else if e.Type == kb.KeyChar && len(modifiers) == 0 {
				down.Text, down.UnmodifiedText = e.Text, e.UnmodifiedText
			}
		}
		chromedp.KeyModifiers(modifiers...)(&down)
		down.Type = "keyDown"
		up := down
		up.Type, up.Text, up.UnmodifiedText = "keyUp", "", ""
		for _, e := range []input.DispatchKeyEventParams{down, up} {
			if _, err := chromedp.Call(w.ctx, input.DispatchKeyEvent, e); err != nil {
				w.Fatalf("type %q: %v", keys, err)
			}
		}
	}
}

// enter types into what has the focus, and presses Enter.
func (w *window) enter(words string) {
	w.Helper()
	w.keys(words)
	w.keys(kb.Enter)
}

// focused describes what has the focus.
func (w *window) focused() string {
	w.Helper()
	return ask[string](w, `(() => { const e = document.activeElement; return (e.ariaLabel || e.innerText || e.id || e.tagName).replace(/\s+/g, " ").trim(); })()`)
}

// program is the real program with its playground inside, in a folder of its own.
type program struct {
	*process
	url string // without a slash at its end
}

func startProgram(t *testing.T) *program {
	t.Helper()
	path, err := exec.LookPath("datahour")
	if err != nil {
		t.Fatal(err)
	}
	p := &program{process: &process{cmd: exec.Command(path), ended: make(chan struct{})}}
	p.cmd.Dir = t.TempDir()
	p.cmd.Env = []string{prefix + "_ADDR=127.0.0.1:0", prefix + "_TIMEZONE=Europe/London", prefix + "_COMMUNITY=Data people, loosely joined",
		"GOCOVERDIR=" + os.Getenv("GOCOVERDIR"), "GORACE=atexit_sleep_ms=50", "HOME=" + p.cmd.Dir}
	p.cmd.Stdout, p.cmd.Stderr = &p.out, &p.err
	p.cmd.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL}
	if err := p.cmd.Start(); err != nil {
		t.Fatal(err)
	}
	go func() {
		defer close(p.ended)
		p.cmd.Wait() // its status is asked for at its end
	}()
	t.Cleanup(func() { p.stop(t) })
	again := time.NewTicker(15 * time.Millisecond)
	defer again.Stop()
	for deadline := time.Now().Add(patience); ; <-again.C {
		if at := saysAddress.FindStringSubmatch(p.out.String()); at != nil {
			p.url = strings.TrimSuffix(at[2], "/playground")
			return p
		}
		if time.Now().After(deadline) {
			t.Fatalf("the program does not say where it is:\n%s%s", p.out.String(), p.err.String())
		}
	}
}

// stop is Ctrl-C. A program with open live pages has to end just as well.
func (p *program) stop(t *testing.T) {
	p.cmd.Process.Signal(os.Interrupt)
	select {
	case <-p.ended:
	case <-time.After(patience):
		p.cmd.Process.Kill()
		<-p.ended
		t.Error("the program did not stop")
	}
	if text := p.err.String(); !p.cmd.ProcessState.Success() || strings.Contains(text, "level=ERROR") {
		t.Errorf("the program ended with %v:\n%s", p.cmd.ProcessState, text)
	}
}
