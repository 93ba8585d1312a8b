// Package assert stands in for github.com/stretchr/testify/assert, of which
// Mattermost's model makes one call, in a function for its own tests. The real
// package brings a YAML parser into the program. go.mod replaces the module; our
// tests do without it.
package assert

import "testing"

// False is what Mattermost's model calls.
func False(t *testing.T, value bool) bool {
	if value {
		t.Error("it should be false")
	}
	return !value
}
