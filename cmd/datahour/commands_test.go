package main

import (
	"bytes"
	"os"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// The reference that people read is the table that the program has.
func TestTheReferenceIsUpToDate(t *testing.T) {
	want, err := os.ReadFile("../../docs/commands.md")
	if err != nil {
		t.Fatal(err)
	}
	var got bytes.Buffer
	if status := run([]string{"commands"}, terminal{&got, &got}); status != 0 {
		t.Fatalf("status %d: %s", status, &got)
	}
	if diff := cmp.Diff(string(want), got.String()); diff != "" {
		t.Errorf("docs/commands.md is old: make commands writes it anew (-committed +table):\n%s", diff)
	}
}
