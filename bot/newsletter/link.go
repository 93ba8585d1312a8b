package newsletter

import (
	"crypto/sha256"
	"encoding/hex"
	"net/url"
	"slices"
	"strings"

	"datahour/bot"
)

// readLink takes an address as typed, or says what one looks like.
func readLink(typed string) (string, error) {
	link := strings.Trim(strings.TrimSpace(typed), "<>")
	if link == "" {
		return "", nil
	}
	if !strings.Contains(link, ":") && strings.Contains(link, ".") { // example.org/lidar
		link = "https://" + link
	}
	if all := bot.Links(link); len(all) != 1 || all[0] != link || len(link) > linkMax {
		return "", bot.Wrong("link", "That is no web address that I can use. It begins with `https://`, such as `https://example.org/lidar`.")
	}
	return link, nil
}

// followers are parts of an address that say who sent the reader and not what
// is read.
var followers = []string{"fbclid", "gclid", "dclid", "msclkid", "mc_cid", "mc_eid", "igshid", "si", "ref", "ref_src"}

// sameLink is what two addresses of the same thing have in common: without the
// scheme, "www.", what is only for the browser, and what only follows the reader.
func sameLink(link string) string {
	u, err := url.Parse(link)
	if err != nil || u.Host == "" {
		return ""
	}
	host := strings.TrimPrefix(strings.ToLower(u.Hostname()), "www.")
	if port := u.Port(); port != "" && port != "80" && port != "443" {
		host += ":" + port
	}
	query := u.Query()
	for name := range query {
		if strings.HasPrefix(strings.ToLower(name), "utm_") || slices.Contains(followers, strings.ToLower(name)) {
			query.Del(name)
		}
	}
	same := host + strings.TrimRight(u.EscapedPath(), "/")
	if encoded := query.Encode(); encoded != "" { // in the order of names
		same += "?" + encoded
	}
	return same
}

// linkKey is a short name for all addresses of the same thing, "" for none.
func linkKey(link string) string {
	same := sameLink(link)
	if same == "" {
		return ""
	}
	sum := sha256.Sum256([]byte(same))
	return hex.EncodeToString(sum[:10])
}
