// Package gojay stands in for github.com/francoispqt/gojay, with which
// Mattermost's model and its logger write a server's logs as JSON. A bot logs
// nothing by them, and the real package is half a megabyte of the program.
// go.mod replaces it. An Encoder refuses to encode.
package gojay

import (
	"errors"
	"io"
	"time"
)

// What can be encoded.
type (
	MarshalerJSONObject interface {
		MarshalJSONObject(enc *Encoder)
		IsNil() bool
	}
	MarshalerJSONArray interface {
		MarshalJSONArray(enc *Encoder)
		IsNil() bool
	}
	EmbeddedJSON []byte
)

// Encoder has the methods that they call.
type Encoder struct{}

// BorrowEncoder gives an encoder.
func BorrowEncoder(io.Writer) *Encoder { return &Encoder{} }

// Release gives it back.
func (*Encoder) Release() {}

// EncodeObject fails.
func (*Encoder) EncodeObject(MarshalerJSONObject) error {
	return errors.New("gojay is not part of this program")
}

func (*Encoder) AddObject(MarshalerJSONObject)            {}
func (*Encoder) AddObjectKey(string, MarshalerJSONObject) {}
func (*Encoder) AddArrayKey(string, MarshalerJSONArray)   {}
func (*Encoder) AddBoolKey(string, bool)                  {}
func (*Encoder) AddEmbeddedJSONKey(string, *EmbeddedJSON) {}
func (*Encoder) AddFloat64Key(string, float64)            {}
func (*Encoder) AddIntKey(string, int)                    {}
func (*Encoder) AddInt64Key(string, int64)                {}
func (*Encoder) AddStringKey(string, string)              {}
func (*Encoder) AddTimeKey(string, *time.Time, string)    {}
func (*Encoder) AddUint32Key(string, uint32)              {}
func (*Encoder) AddUint64Key(string, uint64)              {}
func (*Encoder) BoolKey(string, bool)                     {}
func (*Encoder) IntKey(string, int)                       {}
func (*Encoder) Int64Key(string, int64)                   {}
func (*Encoder) SliceStringKey(string, []string)          {}
func (*Encoder) StringKey(string, string)                 {}
