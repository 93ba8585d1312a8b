// Package suite is empty: tests of other modules name it, and so go mod tidy looks for it.
package suite
