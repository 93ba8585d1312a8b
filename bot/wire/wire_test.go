package wire

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"
	"time"
)

// serving counts what it is asked, and is asked through call.
type serving struct {
	*Client
	url      string
	requests atomic.Int32
}

func serve(t *testing.T, answer http.HandlerFunc) *serving {
	s := &serving{Client: New("secret-token", 20*time.Second)}
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		s.requests.Add(1)
		answer(w, r)
	}))
	t.Cleanup(func() {
		s.CloseIdleConnections()
		server.Close()
	})
	s.url = server.URL
	return s
}

func (s *serving) send(ctx context.Context) (sent bool, err error) {
	return Send(ctx, func(ctx context.Context) error {
		return s.Call(ctx, http.MethodPost, s.url+"/secret-path", map[string]string{"text": "words"}, &struct{}{})
	})
}

func TestCall(t *testing.T) {
	s := serve(t, func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		fmt.Fprintf(w, `{"got":%q}`, r.Method+" "+r.Header.Get("Authorization")+" "+string(body))
	})
	var answer struct{ Got string }
	if err := s.Call(t.Context(), http.MethodPut, s.url, []int{1}, &answer); err != nil || answer.Got != "PUT Bearer secret-token [1]" {
		t.Errorf("%q, %v", answer.Got, err)
	}
	s.token = ""
	if err := s.Call(t.Context(), http.MethodGet, s.url, nil, &answer); err != nil || answer.Got != "GET  " {
		t.Errorf("%q, %v", answer.Got, err)
	}
	var raw []byte
	if err := s.Call(t.Context(), http.MethodGet, s.url, nil, &raw); err != nil || string(raw) != `{"got":"GET  "}` {
		t.Errorf("%q, %v", raw, err)
	}
	if err := s.Call(t.Context(), http.MethodPost, s.url, func() {}, nil); err == nil || s.requests.Load() != 3 {
		t.Errorf("what is no JSON was sent: %v", err)
	}
}

// What is told of a call that went wrong is never more than is known.
func TestEnds(t *testing.T) {
	for name, c := range map[string]struct {
		answer http.HandlerFunc
		status int
	}{
		"an error":      {func(w http.ResponseWriter, _ *http.Request) { http.Error(w, "repeats words", http.StatusBadGateway) }, 502},
		"nothing there": {http.NotFound, 404},
		"elsewhere": {func(w http.ResponseWriter, r *http.Request) {
			http.Redirect(w, r, "/elsewhere", http.StatusTemporaryRedirect)
		}, 307},
		"no JSON":        {func(w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, "<repeats words>") }, 0},
		"connection cut": {func(http.ResponseWriter, *http.Request) { panic(http.ErrAbortHandler) }, 0},
		"half an answer": {func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Length", "100")
			_, _ = io.WriteString(w, `{"repeats words":`)
		}, 0},
	} {
		t.Run(name, func(t *testing.T) {
			s := serve(t, c.answer)
			sent, err := s.send(t.Context())
			var status *StatusError
			if errors.As(err, &status); err == nil || !sent || s.requests.Load() != 1 || (c.status == 0) != (status == nil) || status != nil && status.Code != c.status {
				t.Errorf("ended with %v (sent: %v) after %d calls", err, sent, s.requests.Load())
			}
			if strings.Contains(err.Error(), "words") || strings.Contains(err.Error(), "secret") {
				t.Errorf("it says %v", err)
			}
		})
	}
}

func TestNeverSent(t *testing.T) {
	s := serve(t, func(http.ResponseWriter, *http.Request) {})
	gone := httptest.NewServer(http.NotFoundHandler())
	gone.Close()
	for _, address := range []string{gone.URL, "http://%zz"} {
		s.url = address
		sent, err := s.send(t.Context())
		if err == nil || sent || strings.Contains(err.Error(), "secret") {
			t.Errorf("%s: ended with %v (sent: %v)", address, err, sent)
		}
	}
}

// Every call ends, also one that was given no deadline.
func TestCallsEnd(t *testing.T) {
	s := serve(t, func(_ http.ResponseWriter, r *http.Request) {
		_, _ = io.Copy(io.Discard, r.Body) // until then nobody sees that the caller is gone
		<-r.Context().Done()
	})
	s.Timeout = 50 * time.Millisecond
	if sent, err := s.send(t.Context()); !sent || err == nil {
		t.Errorf("ended with %v (sent: %v)", err, sent)
	}
}

// stopped is the context of a process that was stopped: its deadline has passed,
// and the timer that would tell so has not fired yet.
type stopped struct{ context.Context }

func (stopped) Deadline() (time.Time, bool) { return time.Now().Add(-time.Second), true }

// Nothing is written after the window, inside TLS neither, whatever a context
// says. What only reads is not held to the window of the call before it.
func TestNothingIsWrittenAfterTheWindow(t *testing.T) {
	plain := serve(t, func(w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, "{}") })
	secure := &serving{Client: New("", 20*time.Second)}
	server := httptest.NewTLSServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		secure.requests.Add(1)
		_, _ = io.WriteString(w, "{}")
	}))
	defer server.Close()
	secure.url = server.URL
	secure.Transport.(transport).TLSClientConfig = &tls.Config{RootCAs: server.Client().Transport.(*http.Transport).TLSClientConfig.RootCAs, MinVersion: tls.VersionTLS12}
	defer secure.CloseIdleConnections()
	for name, s := range map[string]*serving{"plain": plain, "TLS": secure} {
		for i := range 2 { // on a new connection, and on one that is used again
			if sent, err := s.send(t.Context()); !sent || err != nil {
				t.Fatalf("%s: %v (sent: %v)", name, err, sent)
			}
			if sent, err := s.send(stopped{t.Context()}); sent || !errors.Is(err, errWindow) && !errors.Is(err, context.DeadlineExceeded) {
				t.Errorf("%s: ended with %v (sent: %v)", name, err, sent)
			}
			if err := s.Call(t.Context(), http.MethodGet, s.url, nil, nil); err != nil {
				t.Errorf("%s: reading afterwards: %v", name, err)
			}
			if n := int(s.requests.Load()); n != 2*(i+1) {
				t.Errorf("%s: %d calls came", name, n)
			}
		}
	}
}

func TestAConnectionServesOneWindowAfterTheOther(t *testing.T) {
	here, there := net.Pipe()
	defer here.Close()
	go func() { _, _ = io.Copy(io.Discard, there) }()
	conn := &windowConn{Conn: here}
	now := time.Now()
	over, going, endless := &window{until: now.Add(-time.Second)}, &window{until: now.Add(time.Hour)}, &window{}
	write := func(w *window) error {
		conn.window.Store(w)
		_, err := conn.Write([]byte("x"))
		return err
	}
	for range 2 {
		if err := write(over); !errors.Is(err, errWindow) {
			t.Errorf("after its window: %v", err)
		}
		if err := errors.Join(write(going), write(endless), write(nil)); err != nil {
			t.Errorf("within its window: %v", err)
		}
	}
	if !over.unused() || going.unused() || endless.unused() {
		t.Error("it is not known what was written")
	}
	late := &window{}
	if !late.unused() || !errors.Is(write(late), errWindow) {
		t.Error("after it was said that nothing was written, something is")
	}
	// Either clock ends it: the one that stands still in sleep, and the one that is set.
	w := &window{until: now.Add(time.Minute)}
	if !w.writes(now) || w.writes(now.Add(2*time.Minute)) || w.writes(now.Round(0).Add(2*time.Minute)) {
		t.Error("the window is not held against both clocks")
	}
}

func TestRetryAfter(t *testing.T) {
	for wish, want := range map[string]time.Duration{"2": 2 * time.Second, "0.5": 500 * time.Millisecond, "": 0, "soon": 0, "-1": 0, "NaN": 0, "1e300": time.Hour,
		"Mon, 02 Jan 2006 15:04:05 GMT": 0} {
		if got := retryAfter(wish); got != want {
			t.Errorf("%q is read as %v", wish, got)
		}
	}
	if got := retryAfter(time.Now().Add(time.Minute).UTC().Format(http.TimeFormat)); got < 50*time.Second || got > time.Minute {
		t.Errorf("a date is read as %v", got)
	}
	s := serve(t, func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Retry-After", "3")
		w.WriteHeader(http.StatusTooManyRequests)
	})
	_, err := s.send(t.Context())
	var status *StatusError
	if !errors.As(err, &status) || status.RetryAfter != 3*time.Second {
		t.Errorf("ended with %v", err)
	}
}
