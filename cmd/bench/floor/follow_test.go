package floor

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"testing"
)

// A stream that leaves one message out and sends another twice is found out.
func TestFollowersNoticeGapsAndRepeats(t *testing.T) {
	const followers = 1 // the first that is cut off ends it for all
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		for i, n := range []int{9, 10, 11, 13, 13, 14} {
			fmt.Fprintf(w, "id: %d\nevent: put\ndata: %s\n\n", i, Mark(n))
		}
	}))
	defer server.Close()
	f, err := Follow(t.Context(), FollowOptions{URL: server.URL + "/?after=0", Followers: followers, From: 10, Messages: 5}, func() {})
	if err == nil {
		t.Error("the stream ended before all was seen, and nobody says so")
	}
	if f.Gaps != followers || f.Repeats != followers || f.Delivered != 5*followers || f.Latency.P99 <= 0 {
		t.Errorf("%+v", f)
	}
}

func TestTheHubFeedsEverybody(t *testing.T) {
	h, err := NewHub(200)
	if err != nil {
		t.Fatal(err)
	}
	defer h.Close()
	f, err := Follow(t.Context(), FollowOptions{URL: h.URL, Followers: 6, Stalled: 1, Messages: 4}, func() {
		for n := range 4 {
			h.Say(n)
		}
	})
	if err != nil || f.Delivered != 5*4 || f.Gaps+f.Repeats != 0 {
		t.Errorf("%+v, %v", f, err)
	}
}
