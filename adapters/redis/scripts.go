package redis

import (
	"context"
	"embed"
	"errors"
	"io"
	"net"
	"strconv"
	"strings"
	"time"

	"github.com/redis/go-redis/v9"

	"datahour/bot"
)

//go:embed lua
var lua embed.FS

var (
	openScript    = script("open")
	commitScript  = script("commit")
	settleScript  = script("settle")
	dueScript     = script("due")
	listScript    = script("list")
	dumpScript    = script("dump")
	restoreScript = script("restore")
)

func script(name string) *redis.Script {
	source, err := lua.ReadFile("lua/" + name + ".lua")
	if err != nil {
		panic(err) // embedded above: a mistake of ours, seen by every test
	}
	return redis.NewScript(string(source))
}

// What scripts answer when they did nothing.
const (
	answerConflict = -1
	answerSeen     = -2
	answerLate     = -3
	answerGone     = -4
	answerOther    = -5
	answerFormat   = -6
	answerSettled  = -7
	answerBroken   = -8
)

var errOtherData = errors.New("the data in Redis are not those that were opened: were they lost, or restored? Nothing is written over them; start again to go on")

// refusal is the error for an answer of a script.
func refusal(answer int64) error {
	switch answer {
	case answerConflict:
		return bot.ErrConflict
	case answerSeen:
		return bot.ErrSeen
	case answerLate, answerSettled:
		return errorOf(bot.ErrNotSaved, errors.New("its deadline had passed"))
	case answerOther:
		return errorOf(bot.ErrNotSaved, errOtherData)
	case answerFormat:
		return bot.ErrNewer
	case answerBroken:
		return errorOf(bot.ErrUnknown, errors.New("redis: a key of this community is not what it should be; did something else write it?"))
	}
	return errorOf(bot.ErrUnknown, errors.New("redis: its lane has gone on"))
}

// isOfConnection tells an error of the connection from a mistake.
func isOfConnection(err error) bool {
	var n net.Error
	return errors.As(err, &n) || errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) || errors.Is(err, net.ErrClosed) ||
		errors.Is(err, context.DeadlineExceeded) || errors.Is(err, redis.ErrPoolTimeout)
}

// micros is how times are kept: µs since 1970.
func micros(t time.Time) string { return strconv.FormatInt(t.UnixMicro(), 10) }

func fromMicros(s string) (time.Time, error) {
	n, err := strconv.ParseInt(s, 10, 64)
	return time.UnixMicro(n).UTC(), err
}

// packed joins the names of indexes so that any bytes can be in them: 3:red4:blue
func packed(index []string) string {
	var b strings.Builder
	for _, name := range index {
		b.WriteString(strconv.Itoa(len(name)))
		b.WriteByte(':')
		b.WriteString(name)
	}
	return b.String()
}

func unpacked(s string) ([]string, error) {
	var index []string
	for s != "" {
		size, rest, _ := strings.Cut(s, ":")
		n, err := strconv.Atoi(size)
		if err != nil || n < 0 || n > len(rest) {
			return nil, errors.New("the index of a record cannot be read")
		}
		index, s = append(index, rest[:n]), rest[n:]
	}
	return index, nil
}
