// Package require is empty: tests of other modules name it, and so go mod tidy looks for it.
package require
