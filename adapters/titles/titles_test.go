package titles

import (
	"compress/gzip"
	"context"
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"strings"
	"testing"
	"time"
)

func TestOnlyPublicAddresses(t *testing.T) {
	for _, address := range []string{"127.0.0.1:80", "127.9.9.9:443", "0.0.0.0:80", "10.1.2.3:80", "172.31.0.1:80", "192.168.1.1:443", "169.254.169.254:80", "100.100.100.200:80", "198.18.0.1:80", "192.0.0.1:80",
		"224.0.0.1:80", "255.255.255.255:80", "240.0.0.1:80", "[::1]:80", "[::]:80", "[::ffff:127.0.0.1]:80", "[::ffff:10.0.0.1]:80", "[::127.0.0.1]:80", "[64:ff9b::7f00:1]:80", "[2002:7f00:1::]:80", "[2001:0:1::]:80",
		"[fd00::1]:80", "[fe80::1]:80", "[fe80::1%25lo]:80", "[fec0::1]:80", "[ff02::1]:80", "93.184.215.14:22", "93.184.215.14:8080", "93.184.215.14:0"} {
		at, err := netip.ParseAddrPort(strings.Replace(address, "%25", "%", 1))
		if err != nil {
			t.Fatal(err)
		}
		if public(at) {
			t.Errorf("%s is public", address)
		}
	}
	for _, address := range []string{"93.184.215.14:80", "1.1.1.1:443", "[2606:4700:4700::1111]:443", "172.15.0.1:80", "172.32.0.1:80"} {
		if !public(netip.MustParseAddrPort(address)) {
			t.Errorf("%s is not public", address)
		}
	}
}

// reading is a Reader that may connect to these servers on loopback, and to no other.
func reading(servers ...*httptest.Server) *Reader {
	r := New()
	r.allowed = func(at netip.AddrPort) bool {
		for _, s := range servers {
			if s.Listener.Addr().String() == at.String() {
				return true
			}
		}
		return public(at)
	}
	return r
}

func serve(t *testing.T, answer http.HandlerFunc) *httptest.Server {
	t.Helper()
	s := httptest.NewServer(answer)
	t.Cleanup(s.Close)
	return s
}

func page(title string) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "text/html; charset=utf-8")
		fmt.Fprint(w, title)
	}
}

func TestNothingOfOursIsReached(t *testing.T) {
	asked := make(chan string, 10)
	secret := serve(t, func(w http.ResponseWriter, r *http.Request) {
		asked <- r.Host
		page("<title>Secret</title>")(w, r)
	})
	port := secret.URL[strings.LastIndex(secret.URL, ":"):]
	door := serve(t, func(w http.ResponseWriter, r *http.Request) {
		http.Redirect(w, r, r.URL.Query().Get("to"), http.StatusFound)
	})
	r := reading(door)
	for _, link := range []string{
		secret.URL, "http://localhost" + port, // a name that leads here
		"http://[::1]" + port, "http://0" + port, "http://2130706433" + port, "http://127.1" + port,
		door.URL + "/?to=" + secret.URL, door.URL + "/?to=http://localhost" + port, door.URL + "/?to=file:///etc/passwd", door.URL + "/?to=" + door.URL + "/?to=" + secret.URL,
		"file:///etc/passwd", "ftp://example.org/", "http://user:word@example.org/", "http:///x", "x",
	} {
		if title, err := r.Title(t.Context(), link); err == nil {
			t.Errorf("%s has the title %q", link, title)
		} else if strings.Contains(err.Error(), port) {
			t.Errorf("%s: the error has the address: %v", link, err)
		}
	}
	select {
	case host := <-asked:
		t.Errorf("a server of ours was asked as %s", host)
	default:
	}
}

func TestTitle(t *testing.T) {
	for _, c := range []struct {
		name   string
		answer http.HandlerFunc
		want   string
		fails  bool
	}{
		{"as it is", page("<!doctype html><html><head><title>\n 300 ponds &amp; more\n</title>"), "300 ponds & more", false},
		{"with markup that is none", page("<title><b>Ponds</b></title>"), "<b>Ponds</b>", false},
		{"none", page("<html><head></head><body><svg><title>Drawing</title></svg>"), "", false},
		{"too long", page("<title>" + strings.Repeat("é", 1000) + "</title>"), strings.Repeat("é", longest), false},
		{"far down", page("<!--" + strings.Repeat("x", mostBytes) + "--><title>Ponds</title>"), "", false},
		{"in Latin 1", func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Type", "text/html; charset=iso-8859-1")
			w.Write([]byte("<title>Caf\xe9</title>"))
		}, "Café", false},
		{"in letters of which nothing is said", page("<title>Caf\xe9</title>"), "", false},
		{"in letters that are not known", func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Type", "text/html; charset=shift_jis")
			w.Write([]byte("<title>Ponds</title>"))
		}, "", true},
		{"not a page", func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Type", "application/pdf")
			fmt.Fprint(w, "<title>Ponds</title>")
		}, "", true},
		{"not there", func(w http.ResponseWriter, r *http.Request) { w.WriteHeader(404) }, "", true},
		{"redirected for ever", func(w http.ResponseWriter, r *http.Request) {
			http.Redirect(w, r, "/"+r.URL.Path+"x", http.StatusFound)
		}, "", true},
		{"with endless headers", func(w http.ResponseWriter, r *http.Request) {
			w.Header().Set("X", strings.Repeat("x", 2*mostHeaders))
			page("<title>Ponds</title>")(w, r)
		}, "", true},
		{"packed very tightly", func(w http.ResponseWriter, r *http.Request) {
			w.Header().Set("Content-Type", "text/html")
			w.Header().Set("Content-Encoding", "gzip")
			z := gzip.NewWriter(w)
			for range 2000 {
				if _, err := z.Write(make([]byte, 64<<10)); err != nil {
					return
				}
			}
			z.Close()
		}, "", false},
	} {
		t.Run(c.name, func(t *testing.T) {
			s := serve(t, c.answer)
			title, err := reading(s).Title(t.Context(), s.URL)
			if title != c.want || (err != nil) != c.fails {
				t.Errorf("%q, %v; want %q", title, err, c.want)
			}
		})
	}
}

func TestWhoIsSlowHasNoTitle(t *testing.T) {
	free := make(chan struct{})
	s := serve(t, func(w http.ResponseWriter, r *http.Request) {
		select {
		case <-free:
		case <-r.Context().Done():
		}
	})
	defer close(free)
	r := reading(s)
	ctx, stop := context.WithTimeout(t.Context(), 50*time.Millisecond)
	defer stop()
	if _, err := r.Title(ctx, s.URL); err == nil {
		t.Error("it waited for ever")
	}
	for range atOnce {
		r.busy <- struct{}{}
	}
	if _, err := r.Title(t.Context(), s.URL); err == nil || !strings.Contains(err.Error(), "enough") {
		t.Errorf("while others are read: %v", err)
	}
}

// What is sent tells of nobody.
func TestWhatIsSent(t *testing.T) {
	var got http.Header
	s := serve(t, func(w http.ResponseWriter, r *http.Request) {
		got = r.Header.Clone()
		page("<title>Ponds</title>")(w, r)
	})
	if _, err := reading(s).Title(t.Context(), s.URL); err != nil {
		t.Fatal(err)
	}
	for name := range got {
		if name != "User-Agent" && name != "Accept" && name != "Accept-Encoding" && name != "Connection" {
			t.Errorf("%s is sent: %s", name, got.Get(name))
		}
	}
}
