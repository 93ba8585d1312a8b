//go:build unix

package main

import (
	"bytes"
	"testing"
)

// TestKilled is the short version of what make chaos runs: a few stories, a few
// kills at moments that a seed chooses, on both stores.
func TestKilled(t *testing.T) {
	program, err := build(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	for _, store := range []string{"sqlite", "redis"} {
		t.Run(store, func(t *testing.T) {
			t.Parallel()
			var out bytes.Buffer
			v, err := killing(t.Context(), options{store: store, killing: 8, seed: 5, program: program, dir: t.TempDir(), out: &out})
			if err != nil {
				t.Fatalf("%v\n%s", err, &out)
			}
			if !v.clean() {
				t.Errorf("promises were broken:\n%s", &out)
			}
			if v.carried == 0 || v.posts == 0 {
				t.Errorf("there was nothing to judge:\n%s", &out)
			}
		})
	}
}
