package clock_test

import (
	"testing"
	"time"

	"milieu/kit/clock"
)

func TestLed(t *testing.T) {
	base := clock.NewFake(time.Date(2026, 11, 1, 22, 0, 0, 0, time.UTC))
	led := clock.NewLed(base)
	led.Advance(8 * time.Hour)
	base.Advance(time.Minute)
	if want := time.Date(2026, 11, 2, 6, 1, 0, 0, time.UTC); !led.Now().Equal(want) {
		t.Errorf("led on it shows %s, want %s", led.Now(), want)
	}
	wait := led.After(time.Minute)
	led.Advance(time.Hour)
	select {
	case <-wait:
		t.Error("what waits was let go by putting the clock on")
	default:
	}
	base.Advance(time.Minute)
	<-wait
}
