package main

import (
	"os"
	"regexp"
	"strconv"
	"strings"
	"testing"
)

// Plain "go mod tidy" can silently choose old versions in this graph, some with
// known holes. These are the oldest that will do.
var oldest = map[string]string{
	"github.com/microcosm-cc/bluemonday":             "v1.0.27", // 1.0.1 lets markup through
	"github.com/yuin/goldmark":                       "v1.8.7",
	"github.com/slack-go/slack":                      "v0.34.0",
	"github.com/mattermost/mattermost/server/public": "v0.4.1",
	"github.com/redis/go-redis/v9":                   "v9.23.0",
	"modernc.org/sqlite":                             "v1.60.1",
	"golang.org/x/net":                               "v0.59.0",
}

func TestNoModuleIsTooOld(t *testing.T) {
	raw, err := os.ReadFile("../../go.mod")
	if err != nil {
		t.Fatal(err)
	}
	for module, least := range oldest {
		found := regexp.MustCompile(`(?m)^\s+` + regexp.QuoteMeta(module) + ` (v\S+)`).FindSubmatch(raw)
		if found == nil {
			t.Errorf("go.mod lacks %s", module)
		} else if got := string(found[1]); older(got, least) {
			t.Errorf("%s is %s, and has to be %s or newer", module, got, least)
		}
	}
	if !older("v1.0.9", "v1.0.27") || older("v1.10.0", "v1.8.7") {
		t.Error("versions are not compared by their numbers")
	}
}

func older(a, b string) bool {
	x, y := strings.Split(strings.TrimPrefix(a, "v"), "."), strings.Split(strings.TrimPrefix(b, "v"), ".")
	for i := range min(len(x), len(y)) {
		m, _ := strconv.Atoi(x[i])
		n, _ := strconv.Atoi(y[i])
		if m != n {
			return m < n
		}
	}
	return len(x) < len(y)
}
