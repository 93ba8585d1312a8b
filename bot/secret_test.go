package bot_test

import (
	"bytes"
	"sync"
	"testing"

	"datahour/bot"
	"datahour/bot/bottest"
)

// However many processes ask at once, a purpose has one secret, which stays.
func TestSecret(t *testing.T) {
	store := bottest.NewStore()
	all := make([][]byte, 8)
	var asking sync.WaitGroup
	for i := range all {
		asking.Go(func() {
			var err error
			if all[i], err = bot.Secret(t.Context(), store, "buttons"); err != nil {
				t.Error(err)
			}
		})
	}
	asking.Wait()
	for _, key := range all {
		if len(key) != 32 || !bytes.Equal(key, all[0]) {
			t.Fatalf("secrets are %x", all)
		}
	}
	if other, err := bot.Secret(t.Context(), store, "erased"); err != nil || bytes.Equal(other, all[0]) {
		t.Errorf("another purpose has %x, %v", other, err)
	}
}
