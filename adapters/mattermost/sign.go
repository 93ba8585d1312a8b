package mattermost

import (
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"strings"
)

// Buttons and forms come back through people's hands: anybody can make a button
// with our address and a context of their own, and a form's state is there to be
// read and changed. So what they say is sealed, and what has no good seal is
// refused. A seal says what was offered, never who may: the core decides that
// from the user's id, which the server vouches for.

// signingKey is derived, so that the secret itself is used for nothing.
func signingKey(o Options) []byte {
	secret := o.Secret
	if secret == "" {
		secret = o.Token
	}
	sum := hmac.New(sha256.New, []byte(secret))
	sum.Write([]byte("datahour mattermost " + o.Name))
	return sum.Sum(nil)
}

// seal writes v so that it can be trusted when it comes back for the same purpose.
func (c *Chat) seal(purpose string, v any) string {
	b, err := json.Marshal(v)
	if err != nil { // strings and maps of them: cannot happen
		panic(err)
	}
	words := base64.RawURLEncoding.EncodeToString(b)
	return words + "." + c.sign(purpose, words)
}

// unseal reads what seal wrote, and tells whether it did.
func (c *Chat) unseal(purpose, sealed string, v any) bool {
	words, sig, _ := strings.Cut(sealed, ".")
	if !hmac.Equal([]byte(sig), []byte(c.sign(purpose, words))) {
		return false
	}
	b, err := base64.RawURLEncoding.DecodeString(words)
	return err == nil && json.Unmarshal(b, v) == nil
}

func (c *Chat) sign(purpose, words string) string {
	sum := hmac.New(sha256.New, c.key)
	sum.Write([]byte(purpose + "\n" + words))
	return base64.RawURLEncoding.EncodeToString(sum.Sum(nil))
}

// fingerprint is a short name for something that is too long or too secret to
// be an id.
func fingerprint(parts ...string) string {
	sum := sha256.Sum256([]byte(strings.Join(parts, "\n")))
	return base64.RawURLEncoding.EncodeToString(sum[:15])
}

// nonce tells two of the same apart.
func nonce() string { return rand.Text() }

// press is what a button or menu carries.
type press struct {
	Command string   `json:"c"`
	Room    string   `json:"r"`           // the channel where it was shown
	Key     string   `json:"k,omitempty"` // of the notice; "" in private answers
	To      string   `json:"u,omitempty"` // the only person who may press it
	Shown   string   `json:"s,omitempty"` // "once": in a message that cannot be changed
	Options []string `json:"o,omitempty"` // of a menu; the server checks none
	Label   string   `json:"l,omitempty"` // of a button that asks first
	Confirm string   `json:"q,omitempty"` // what it asks
}
