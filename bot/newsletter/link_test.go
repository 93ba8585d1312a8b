package newsletter

import (
	"strings"
	"testing"
)

func TestSameLink(t *testing.T) {
	for _, same := range [][]string{
		{"https://example.org/lidar", "http://www.example.org/lidar/", "https://EXAMPLE.org:443/lidar#top", "https://example.org/lidar?utm_source=a&fbclid=b"},
		{"https://example.org/?b=2&a=1", "https://example.org?a=1&b=2&utm_medium=x"},
		{"https://example.org:8443/x"},
		{"https://example.org/Lidar"},
		{"https://example.org/lidar?id=7"},
	} {
		for _, link := range same {
			if linkKey(link) != linkKey(same[0]) {
				t.Errorf("%s and %s are not the same: %q, %q", link, same[0], sameLink(link), sameLink(same[0]))
			}
		}
	}
	different := map[string]string{}
	for _, link := range []string{"https://example.org/lidar", "https://example.org/Lidar", "https://example.org/lidar?id=7", "https://example.org:8443/lidar", "https://example.org"} {
		if other, there := different[linkKey(link)]; there {
			t.Errorf("%s and %s are the same", link, other)
		}
		different[linkKey(link)] = link
	}
	if linkKey("") != "" || linkKey("no address") != "" {
		t.Error("no address has a key")
	}
}

func TestReadLink(t *testing.T) {
	for typed, want := range map[string]string{
		"": "", " <https://example.org/lidar> ": "https://example.org/lidar", "example.org/lidar": "https://example.org/lidar", "http://example.org/?a=b#c": "http://example.org/?a=b#c",
	} {
		if got, err := readLink(typed); err != nil || got != want {
			t.Errorf("%q: %q, %v", typed, got, err)
		}
	}
	for _, typed := range []string{"javascript:alert(1)", "data:text/html,x", "ftp://example.org", "lidar", "https://", "https://example.org/\"><b>", "https://example.org and more", "https://user:word@example.org/",
		"https://example.org/\r\nBcc:x", "https://a.example https://b.example", "https://example.org/" + strings.Repeat("x", linkMax)} {
		if got, err := readLink(typed); err == nil {
			t.Errorf("%.60q is taken, as %.60q", typed, got)
		}
	}
}
