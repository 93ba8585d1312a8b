package sqlite

import (
	"encoding/binary"
	"errors"
	"slices"
)

// places is a record's Index as it is stored: sorted, each once, each behind its
// length as a varint. Equal indexes have equal bytes.
func places(index []string) []byte {
	if len(index) == 0 {
		return []byte{}
	}
	var b []byte
	for _, place := range slices.Compact(slices.Sorted(slices.Values(index))) {
		b = binary.AppendUvarint(b, uint64(len(place)))
		b = append(b, place...)
	}
	return b
}

var errPlaces = errors.New("the index of a record is damaged")

func indexOf(places []byte) ([]string, error) {
	var index []string
	for len(places) > 0 {
		size, n := binary.Uvarint(places)
		if n <= 0 || size > uint64(len(places)-n) {
			return nil, errPlaces
		}
		end := n + int(size)
		index = append(index, string(places[n:end]))
		places = places[end:]
	}
	return index, nil
}
