package bot

import (
	"testing"
	"time"
)

// In a bubble of synctest no time passes between two calls, so this one uses
// real time: looking must not use up what sending needs.
func TestLookingAtTheRateUsesNothingUp(t *testing.T) {
	w := &roomWorker{b: &Bot{clock: NewClock(0)}, rate: limiter(time.Hour, 1), chat: &connection{rate: limiter(time.Hour, 1)}}
	for range 10 {
		if wait := w.rateWait(); wait > 0 {
			t.Fatalf("looking used the rate up: wait %v", wait)
		}
	}
	if wait := w.takeRate(); wait > 0 {
		t.Fatalf("the first send has to wait %v", wait)
	}
	if wait := w.takeRate(); wait == 0 {
		t.Fatal("a second send does not have to wait")
	}
}

func TestARoomKeepsItsCallWhileThePlatformWaits(t *testing.T) {
	w := &roomWorker{b: &Bot{clock: NewClock(0)}, rate: limiter(time.Hour, 1), chat: &connection{rate: limiter(time.Hour, 1)}}
	w.chat.rate.Allow()
	if wait := w.takeRate(); wait == 0 {
		t.Fatal("the platform's rate is used up, and it does not wait")
	}
	if tokens := w.rate.Tokens(); tokens < 1 {
		t.Fatalf("waiting for the platform cost the room its call: %v left", tokens)
	}
}
