package bot

import (
	"errors"
	"fmt"
)

// ErrorKind tells why something was not done.
type ErrorKind int

const (
	Invalid   ErrorKind = iota // what was typed cannot be understood or cannot be
	Missing                    // there is no such thing
	Forbidden                  // this person may not
	Late                       // it was possible earlier
	Taken                      // somebody or something else has it
)

// Problem is an error with words for the person. Anything that is no Problem
// is shown as one fixed sentence with a reference, and goes to the log whole.
type Problem struct {
	Kind  ErrorKind
	Field string // the argument or form field that it is about, or ""
	Words string // CommonMark
}

func (p *Problem) Error() string { return p.Words }

// Sayf makes a Problem. Words say what was wrong and show what works.
func Sayf(kind ErrorKind, format string, args ...any) error {
	return &Problem{Kind: kind, Words: fmt.Sprintf(format, args...)}
}

// Wrong makes a Problem about one argument; in a form it stands at its field.
func Wrong(field string, format string, args ...any) error {
	return &Problem{Kind: Invalid, Field: field, Words: fmt.Sprintf(format, args...)}
}

// KindOf tells the kind of a Problem anywhere in err.
func KindOf(err error) (ErrorKind, bool) {
	var p *Problem
	if errors.As(err, &p) {
		return p.Kind, true
	}
	return 0, false
}
