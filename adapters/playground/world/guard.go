package world

import (
	"crypto/subtle"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/netip"
	"strings"
)

// biggest is the most that one request may say, in bytes.
const biggest = 1 << 20

// guard lets in only what comes from this machine and means this machine. The
// Host check keeps out pages elsewhere that had their own name point here; the
// cross-origin check keeps out those that post across sites.
func (w *World) guard(next http.Handler) http.Handler {
	same := http.NewCrossOriginProtection().Handler(next)
	images := "'self' data:"
	if w.public != nil {
		images += " " + w.public.Scheme + "://" + w.public.Host
	}
	policy := "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src " + images +
		"; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
	return http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) {
		from, err := netip.ParseAddrPort(r.RemoteAddr)
		if err != nil || !from.Addr().Unmap().IsLoopback() || !localName(r.Host) {
			http.Error(rw, "The playground answers only on this machine, as localhost or 127.0.0.1.", http.StatusForbidden)
			return
		}
		h := rw.Header()
		h.Set("Content-Security-Policy", policy)
		h.Set("X-Content-Type-Options", "nosniff")
		h.Set("Referrer-Policy", "no-referrer")
		h.Set("Cross-Origin-Resource-Policy", "same-origin")
		same.ServeHTTP(rw, r)
	})
}

func localName(host string) bool {
	if name, _, err := net.SplitHostPort(host); err == nil {
		host = name
	}
	host = strings.Trim(host, "[]")
	if host == "localhost" {
		return true
	}
	a, err := netip.ParseAddr(host)
	return err == nil && a.IsLoopback()
}

// isBot says whether the request shows the bot's token.
func (w *World) isBot(r *http.Request) bool {
	token, ok := strings.CutPrefix(r.Header.Get("Authorization"), "Bearer ")
	return ok && subtle.ConstantTimeCompare([]byte(token), []byte(w.opt.Token)) == 1
}

// problem is an error with words and a status for whoever asked.
type problem struct {
	status int
	text   string
}

func (p *problem) Error() string { return p.text }

func wrong(format string, a ...any) error {
	return &problem{http.StatusBadRequest, fmt.Sprintf(format, a...)}
}
func missing(format string, a ...any) error {
	return &problem{http.StatusNotFound, fmt.Sprintf(format, a...)}
}
func forbidden(format string, a ...any) error {
	return &problem{http.StatusForbidden, fmt.Sprintf(format, a...)}
}
func gone(format string, a ...any) error { return &problem{http.StatusGone, fmt.Sprintf(format, a...)} }

var closed = &problem{http.StatusServiceUnavailable, "the playground is closing"}

// takes serves a call that brings JSON; gives serves one that only asks.
func takes[In any](do func(In) (any, error)) http.HandlerFunc {
	return func(rw http.ResponseWriter, r *http.Request) {
		var in In
		if err := read(rw, r, &in); err != nil {
			reply(rw, nil, err)
			return
		}
		out, err := do(in)
		reply(rw, out, err)
	}
}

func gives(do func(*http.Request) (any, error)) http.HandlerFunc {
	return func(rw http.ResponseWriter, r *http.Request) {
		out, err := do(r)
		reply(rw, out, err)
	}
}

// read takes the body as JSON. Unknown names are refused: a misspelt one would
// otherwise be a call that quietly does something else.
func read(rw http.ResponseWriter, r *http.Request, into any) error {
	d := json.NewDecoder(http.MaxBytesReader(rw, r.Body, biggest))
	d.DisallowUnknownFields()
	if err := d.Decode(into); err != nil && !errors.Is(err, io.EOF) {
		return wrong("this is not the JSON that was expected: %v", err)
	}
	return nil
}

func reply(rw http.ResponseWriter, out any, err error) {
	status := http.StatusOK
	if err != nil {
		status = http.StatusInternalServerError
		if p, ok := errors.AsType[*problem](err); ok {
			status = p.status
		}
		out = map[string]string{"error": err.Error()}
	}
	if out == nil {
		out = struct{}{}
	}
	rw.Header().Set("Content-Type", "application/json")
	rw.Header().Set("Cache-Control", "no-store")
	rw.WriteHeader(status)
	rw.Write(append(encode(out), '\n'))
}
