package slack

import (
	"encoding/json"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"datahour/bot"
)

func TestFromMrkdwn(t *testing.T) {
	c := offline(t)
	for in, want := range map[string]string{
		"plain &amp; simple &lt;b&gt;":                    "plain & simple <b>",
		"<@U0ADA> and <@U0GRACE|grace>":                   "<!user:defra:U0ADA> and <!user:defra:U0GRACE>",
		"in <#C0DATA|data> or <#C0DATA>":                  "in <!room:defra:C0DATA> or <!room:defra:C0DATA>",
		"<https://example.org/a?x=1&amp;y=2>":             "https://example.org/a?x=1&y=2",
		"<https://example.org/|example.org>":              "https://example.org/",
		"<https://example.org/a|the words>":               "the words (https://example.org/a)",
		"<mailto:ada@example.org|ada@example.org>":        "ada@example.org",
		"<!channel> <!here> <!everyone>":                  "@channel @here @everyone",
		"<!subteam^S1|@team> <!subteam^S1>":               "@team @group",
		"at <!date^1796241600^{date} {time}|2 Dec 20:00>": "at <!time:1796241600>",
		"<!date^no^x|then>":                               "then",
		"a < b and < c":                                   "a < b and < c",
		"typed &lt;!user:defra:U0ADA&gt;":                 "typed <\u200b!user:defra:U0ADA>",
		"<https://x|&lt;!time:1&gt;>":                     "<\u200b!time:1> (https://x)",
		"*bold* _it_ :smile:":                             "*bold* _it_ :smile:",
	} {
		if got := c.fromMrkdwn(in); got != want {
			t.Errorf("%q became %q, want %q", in, got, want)
		}
	}
}

func TestFromRichText(t *testing.T) {
	c := offline(t)
	for name, in := range map[string]struct{ blocks, want string }{
		"words": {`[{"type":"rich_text","elements":[{"type":"rich_text_section","elements":[{"type":"text","text":"hello "},{"type":"user","user_id":"U0ADA"},{"type":"text","text":" in ","style":{"bold":true}},{"type":"channel","channel_id":"C0DATA"}]}]}]`,
			"hello <!user:defra:U0ADA> in <!room:defra:C0DATA>"},
		"lists": {`[{"type":"rich_text","elements":[{"type":"rich_text_section","elements":[{"type":"text","text":"so:\n"}]},
			{"type":"rich_text_list","style":"bullet","indent":0,"elements":[{"type":"rich_text_section","elements":[{"type":"text","text":"one"}]},{"type":"rich_text_section","elements":[{"type":"text","text":"two"}]}]},
			{"type":"rich_text_list","style":"ordered","indent":1,"offset":2,"elements":[{"type":"rich_text_section","elements":[{"type":"text","text":"three"}]}]},
			{"type":"rich_text_section","elements":[{"type":"text","text":"end"}]}]}]`, "so:\n• one\n• two\n  3. three\nend"},
		"quotes and code": {`[{"type":"rich_text","elements":[{"type":"rich_text_quote","elements":[{"type":"text","text":"said\ntwice"}]},{"type":"rich_text_preformatted","elements":[{"type":"text","text":"x := 1"}]}]}]`,
			"> said\n> twice\nx := 1"},
		"links, emoji, calls, dates": {`[{"type":"rich_text","elements":[{"type":"rich_text_section","elements":[{"type":"link","url":"https://example.org/a","text":"here"},{"type":"text","text":" "},{"type":"emoji","name":"flag","unicode":"1f1ec-1f1e7"},
			{"type":"emoji","name":"own"},{"type":"text","text":" "},{"type":"broadcast","range":"channel"},{"type":"text","text":" "},{"type":"date","timestamp":1796241600,"format":"{date}"},{"type":"usergroup","usergroup_id":"S1"}]}]}]`,
			"here (https://example.org/a) 🇬🇧:own: @channel <!time:1796241600>@group"},
		"what looks like a token": {`[{"type":"rich_text","elements":[{"type":"rich_text_section","elements":[{"type":"text","text":"<!user:defra:U0ADA>"}]}]}]`, "<\u200b!user:defra:U0ADA>"},
		"what Slack may add":      {`[{"type":"brand_new"},{"type":"rich_text","elements":[{"type":"rich_text_new","elements":[{"type":"new","text":"words"}]}]}]`, "words"},
	} {
		got, ok := c.fromRichText(json.RawMessage(in.blocks))
		if !ok || got != in.want {
			t.Errorf("%s: %q, %v; want %q", name, got, ok, in.want)
		}
	}
	for _, none := range []string{"", "null", "{}", "[]", `[{"type":"section"}]`, "no"} {
		if got, ok := c.fromRichText(json.RawMessage(none)); ok {
			t.Errorf("%q became %q", none, got)
		}
	}
}

// Whatever somebody types comes in without a token of ours that they made up.
func TestNoForgedTokens(t *testing.T) {
	c := offline(t)
	rapid.Check(t, func(t *rapid.T) {
		typed := strings.Join(rapid.SliceOf(rapid.SampledFrom([]string{"<", "!", ">", "&lt;", "&gt;", "user:defra:U1", "time:1", "room:a:b", "|", "@", "^", " ", "x"})).Draw(t, "typed"), "")
		escaped := strings.NewReplacer("<", "&lt;", ">", "&gt;").Replace(typed)
		bot.ReplaceTokens(c.fromMrkdwn(escaped), func(tok bot.Token) string {
			t.Fatalf("%q holds the token %+v", typed, tok)
			return ""
		})
	})
}

// eventNamed is a message event of #data with more fields.
func messageOf(more map[string]any) map[string]any {
	e := map[string]any{"type": "message", "channel": "C0DATA", "user": "U0ADA", "text": "words", "ts": "1700000000.000100", "event_ts": "1700000000.000100", "channel_type": "channel"}
	for k, v := range more {
		e[k] = v
	}
	return e
}

// What is no deed of a person says nothing to the core.
func TestLeftOut(t *testing.T) {
	r := running(t, nil)
	before := map[string]any{"user": "U0ADA", "text": "words https://example.org", "ts": "1700000000.000100"}
	unfolded := map[string]any{"user": "U0ADA", "text": "words https://example.org", "ts": "1700000000.000100", "attachments": []any{map[string]any{"title": "x"}}}
	for name, e := range map[string]map[string]any{
		"our own":             messageOf(map[string]any{"user": "U0BOT", "bot_id": "B0BOT"}),
		"another app":         messageOf(map[string]any{"bot_id": "B1"}),
		"a bot's message":     messageOf(map[string]any{"subtype": "bot_message", "user": nil, "bot_id": "B1"}),
		"Slackbot":            messageOf(map[string]any{"user": "USLACKBOT"}),
		"a join as a message": messageOf(map[string]any{"subtype": "channel_join"}),
		"a topic":             messageOf(map[string]any{"subtype": "channel_topic"}),
		"a link unfolded":     messageOf(map[string]any{"subtype": "message_changed", "message": unfolded, "previous_message": before}),
		"an app's edit": messageOf(map[string]any{"subtype": "message_changed", "message": map[string]any{"bot_id": "B1", "text": "x", "ts": "1.2", "edited": map[string]any{"ts": "1.3"}},
			"previous_message": map[string]any{"bot_id": "B1", "ts": "1.2"}}),
		"our own deleted":      messageOf(map[string]any{"subtype": "message_deleted", "deleted_ts": "1.2", "previous_message": map[string]any{"user": "U0BOT", "bot_id": "B0BOT", "ts": "1.2"}}),
		"a mention of its own": {"type": "app_mention", "channel": "C0DATA", "user": "U0ADA", "text": "<@U0BOT> my", "ts": "1700000000.000100"},
		"a reaction to a file": {"type": "reaction_added", "user": "U0ADA", "reaction": "tada", "item": map[string]any{"type": "file"}},
		"our reaction":         {"type": "reaction_added", "user": "U0BOT", "reaction": "tada", "item": map[string]any{"type": "message", "channel": "C0DATA", "ts": "1.2"}},
		"our join":             {"type": "member_joined_channel", "user": "U0BOT", "channel": "C0DATA"},
	} {
		r.ack(r.sendsEvent(e))
		r.hear.Lock()
		if len(r.heard) > 0 {
			t.Errorf("%s was handed in as %+v", name, r.heard)
		}
		r.heard = nil
		r.hear.Unlock()
	}
}

func TestDeeds(t *testing.T) {
	r := running(t, nil)
	only := func(e map[string]any) bot.Inbound {
		t.Helper()
		r.ack(r.sendsEvent(e))
		r.hear.Lock()
		defer r.hear.Unlock()
		if len(r.heard) != 1 {
			t.Fatalf("handed in: %+v", r.heard)
		}
		in := r.heard[0]
		r.heard = nil
		return in
	}
	if in := only(messageOf(map[string]any{"user": "U0GUEST", "text": "from a guest"})); in.Kind != bot.Message || in.From != "defra:U0GUEST" || len(in.People) != 1 || in.People[0].Name != "Guest" {
		t.Errorf("a guest's words came as %+v", in)
	}
	if in := only(messageOf(map[string]any{"subtype": "thread_broadcast", "ts": "1700000000.000200", "thread_ts": "1700000000.000100"})); in.Kind != bot.Message || in.Thread != "defra:C0DATA-1700000000.000100" {
		t.Errorf("a reply shown in the channel came as %+v", in)
	}
	edited := map[string]any{"user": "U0ADA", "text": "new words", "ts": "1700000000.000100", "edited": map[string]any{"user": "U0ADA", "ts": "1700000005.000000"}}
	if in := only(messageOf(map[string]any{"subtype": "message_changed", "ts": "1700000005.000100", "message": edited})); in.Kind != bot.Edited || in.ID != "defra:edit:C0DATA:1700000000.000100:1700000005.000000" ||
		in.Rev != "1700000005.000000" || in.Message != "defra:C0DATA-1700000000.000100" || in.Text != "new words" || in.At.Unix() != 1700000005 {
		t.Errorf("an edit came as %+v", in)
	}
	// A message with replies leaves a tombstone, which comes as an edit.
	if in := only(messageOf(map[string]any{"subtype": "message_changed", "message": map[string]any{"subtype": "tombstone", "user": "USLACKBOT", "ts": "1700000000.000100", "thread_ts": "1700000000.000100"},
		"previous_message": map[string]any{"user": "U0ADA", "ts": "1700000000.000100"}})); in.Kind != bot.Deleted || in.From != "defra:U0ADA" || in.Message != "defra:C0DATA-1700000000.000100" || in.Thread != "" {
		t.Errorf("a tombstone came as %+v", in)
	}
	only(messageOf(map[string]any{"channel": "D0ADA", "text": "direct", "channel_type": "im"}))
	if in := only(messageOf(map[string]any{"channel": "D0ADA", "subtype": "message_deleted", "deleted_ts": "1700000000.000300"})); in.Kind != bot.Deleted || in.Room != "defra:@U0ADA" || in.From != "" {
		t.Errorf("a deletion without the message came as %+v", in)
	}
	item := map[string]any{"type": "message", "channel": "C0DATA", "ts": "1700000000.000100"}
	if in := only(map[string]any{"type": "reaction_added", "user": "U0GRACE", "reaction": "thumbsup::skin-tone-3", "item": item, "event_ts": "1700000006.000000"}); in.Kind != bot.Reacted || in.Reaction != "thumbsup" ||
		in.From != "defra:U0GRACE" || in.Message != "defra:C0DATA-1700000000.000100" {
		t.Errorf("a reaction came as %+v", in)
	}
	if in := only(map[string]any{"type": "reaction_removed", "user": "U0GRACE", "reaction": "tada", "item": item, "event_ts": "1700000007.000000"}); in.Kind != bot.Unreacted {
		t.Errorf("a reaction taken back came as %+v", in)
	}
	if in := only(map[string]any{"type": "member_joined_channel", "user": "U0GRACE", "channel": "C0DATA", "event_ts": "1700000008.000000"}); in.Kind != bot.Joined || in.Room != "defra:C0DATA" || in.From != "defra:U0GRACE" {
		t.Errorf("a join came as %+v", in)
	}
}
