package hours

import (
	"context"
	"fmt"
	"runtime"
	"strings"
	"testing"
	"time"

	"datahour/bot"
)

// longHour reads an hour of many long messages, which it makes up as they are
// asked for, and notes how much memory is in use when the first and when the
// last of them are.
type longHour struct {
	bot.Reader
	messages    int
	first, last uint64 // bytes
}

func (l *longHour) Records(ctx context.Context, index, after string, max int) ([]bot.Record, error) {
	if index != "said:7k2f" {
		return l.Reader.Records(ctx, index, after, max)
	}
	from := 0
	if after != "" {
		if _, err := fmt.Sscanf(after, "said/7k2f/north:data:%d", &from); err != nil {
			return nil, err
		}
		from++
	}
	to := min(from+max, l.messages)
	switch {
	case from == 0:
		l.first = inUse()
	case to == l.messages:
		l.last = inUse()
	}
	var recs []bot.Record
	for i := from; i < to; i++ {
		recs = append(recs, recordOf(&Said{Hour: "7k2f", ID: bot.MessageID(fmt.Sprintf("north:data:%08d", i)), Who: bot.UserID(fmt.Sprintf("north:p%d", i%2)),
			Room: "north:data", At: noon.Add(time.Duration(i) * time.Second), Text: fmt.Sprintf("https://example.org/%d ", i) + strings.Repeat("x", 4000)}))
	}
	return recs, nil
}

func inUse() uint64 {
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return m.HeapAlloc
}

func TestCountingALongHourTakesLittleMemory(t *testing.T) {
	s := newShelf(t)
	s.put(testHour(), &bot.Person{User: "north:p0", Name: "Ada", Shown: bot.ByName})
	l := &longHour{Reader: s, messages: 5000} // 20 MB of words
	thanks, err := new(Feature).takers(context.Background(), l, testHour())
	if err != nil {
		t.Fatal(err)
	}
	if want := (numbers{People: 2, Messages: 5000, Links: 2500}); thanks.numbers != want {
		t.Errorf("counted %+v, want %+v", thanks.numbers, want)
	}
	const most = 6 << 20 // what is read in one go, before and after it is understood
	if l.last == 0 || l.last > l.first+most {
		t.Errorf("%d bytes are held before the last messages, %d before the first", l.last, l.first)
	}
}
