package floor

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/url"
	"strconv"
	"sync/atomic"
	"time"

	"github.com/redis/go-redis/v9"
)

// HTTPOptions says how to load a server.
type HTTPOptions struct {
	Connections int    // each sends one form after the other
	Requests    int    // in all
	Secret      string // forms are signed with it as Slack does, and verified; "": they are not
}

// HTTPResult is what was measured. Latency is that of one request as its sender
// sees it.
type HTTPResult struct {
	Requests int
	Took     time.Duration
	Rate     float64 // requests per second
	Latency  Spread
}

// SQLiteHTTP measures forms that are stored before they are answered: a bare
// net/http handler on loopback parses a posted form and hands it to one
// goroutine, which stores whatever waits in one transaction on a new file in
// dir. Each form is one seen, one record and one log entry.
func SQLiteHTTP(ctx context.Context, dir string, o HTTPOptions) (r HTTPResult, err error) {
	f, err := openFile(dir)
	if err != nil {
		return r, err
	}
	defer func() { err = errors.Join(err, f.close()) }()
	c, err := sqliteCommitter(f)
	if err != nil {
		return r, err
	}
	var entry *statement
	if err := f.prepare(map[**statement]string{&entry: "insert into entry(log, seq, data) values('floor', ?1, ?2)"}); err != nil {
		return r, err
	}
	seq := int64(0)
	return serve(ctx, o, func(forms []form) error {
		return f.together(func() error {
			for _, form := range forms {
				f.revNow++
				seq++
				if _, err := c.seen.run("seen/"+form.id, form.now); err != nil {
					return fmt.Errorf("writing a seen: %w", err)
				}
				if err := c.putRecord("person/"+form.user, []byte(form.text)); err != nil {
					return err
				}
				if _, err := entry.run(seq, []byte(form.id)); err != nil {
					return fmt.Errorf("writing an entry: %w", err)
				}
			}
			return nil
		})
	})
}

// formScript stores one form.
//
//	KEYS  seen, record, log, revision
//	ARGV  text, id, seconds to remember the seen
//	gives the revision
var formScript = redis.NewScript(`
if not redis.call('SET', KEYS[1], '1', 'NX', 'EX', ARGV[3]) then return redis.error_reply('SEEN') end
local rev = redis.call('INCR', KEYS[4])
redis.call('HSET', KEYS[2], 'kind', 'floor', 'version', 1, 'rev', rev, 'value', ARGV[1])
redis.call('HSETNX', KEYS[2], 'born', rev)
redis.call('XADD', KEYS[3], rev .. '-0', 'data', ARGV[2])
return rev`)

// RedisHTTP measures the same on the Redis at url: the goroutine sends whatever
// waits as one pipeline.
func RedisHTTP(ctx context.Context, url string, o HTTPOptions) (r HTTPResult, err error) {
	k, err := openRedis(ctx, url)
	if err != nil {
		return r, err
	}
	defer func() { err = errors.Join(err, k.close()) }()
	if err := k.load(ctx, formScript); err != nil {
		return r, err
	}
	return serve(ctx, o, func(forms []form) error {
		_, err := k.client.Pipelined(ctx, func(p redis.Pipeliner) error {
			for _, form := range forms {
				formScript.EvalSha(ctx, p, []string{k.key("seen:" + form.id), k.key("record:person/" + form.user), k.key("log"), k.key("rev")},
					form.text, form.id, weekInSeconds)
			}
			return nil
		})
		return err
	})
}

// form is what a handler read.
type form struct {
	id, user, text string
	now            int64 // microseconds
}

// serve runs the bare server, loads it, and stops it.
func serve(ctx context.Context, o HTTPOptions, together func([]form) error) (r HTTPResult, err error) {
	g := gather(together)
	server := &http.Server{ReadHeaderTimeout: 10 * time.Second, Handler: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if err := verify(r, o.Secret); err != nil {
			http.Error(w, "not signed", http.StatusUnauthorized)
			return
		}
		if err := r.ParseForm(); err != nil {
			http.Error(w, "not a form", http.StatusBadRequest)
			return
		}
		f := form{id: r.PostForm.Get("trigger_id"), user: r.PostForm.Get("user_id"), text: r.PostForm.Get("text"), now: time.Now().UnixMicro()}
		if err := g.do(ctx, f, make(chan error, 1)); err != nil {
			http.Error(w, err.Error(), http.StatusInternalServerError)
			return
		}
		w.Header().Set("Content-Type", "application/json")
		_, _ = w.Write([]byte(`{"text":"Saved"}`)) // a sender that went away is the loader's to report
	})}
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return r, fmt.Errorf("listening on loopback: %w", err)
	}
	served := make(chan error, 1)
	go func() { served <- server.Serve(listener) }()
	defer func() {
		err = errors.Join(err, server.Shutdown(context.WithoutCancel(ctx)))
		if e := <-served; !errors.Is(e, http.ErrServerClosed) {
			err = errors.Join(err, e)
		}
		g.end()
	}()
	return Load(ctx, "http://"+listener.Addr().String()+"/", o, func(request int) (string, http.Header) {
		body := Command(request).Encode()
		return body, Sign(body, o.Secret)
	})
}

// Command is the form of a slash command as a platform posts it; two requests
// share a user now and then, and never the id.
func Command(request int) url.Values {
	return url.Values{
		"token": {"unused"}, "team_id": {"T1"}, "team_domain": {"floor"},
		"channel_id": {"C1"}, "channel_name": {"data"},
		"user_id": {"U" + strconv.Itoa(request%1000)}, "user_name": {"floor"},
		"command": {"/share"}, "text": {"https://example.org/ponds We mapped 300 ponds"},
		"trigger_id": {"floor." + strconv.Itoa(request)},
	}
}

// Load posts forms to address over so many connections, each waiting for its
// answer before the next, and measures. An answer other than 200 is an error.
// The same loader is used for our own server, so that both are loaded alike:
// request makes the body of the n-th form and the headers that it needs besides
// its type, a signature say (nil: none). It is called from many goroutines.
func Load(ctx context.Context, address string, o HTTPOptions, request func(n int) (body string, header http.Header)) (HTTPResult, error) {
	to, err := url.Parse(address)
	if err != nil {
		return HTTPResult{}, fmt.Errorf("reading the address to load: %w", err)
	}
	var next atomic.Int64
	latencies := make([]time.Duration, o.Requests)
	failed := make(chan error, o.Connections)
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	start := time.Now()
	for range o.Connections {
		go func() {
			failed <- load(ctx, to, latencies, func() int { return int(next.Add(1)) - 1 }, request)
		}()
	}
	var first error
	for range o.Connections {
		if err := <-failed; err != nil && first == nil {
			first = err
			cancel()
		}
	}
	took := time.Since(start)
	if first != nil {
		return HTTPResult{}, first
	}
	return HTTPResult{Requests: o.Requests, Took: took, Rate: perSecond(o.Requests, took), Latency: SpreadOf(latencies)}, nil
}
