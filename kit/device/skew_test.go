package device

import (
	"testing"
	"time"
)

func TestCorrection(t *testing.T) {
	start := time.Date(2026, 3, 1, 22, 0, 0, 0, time.UTC)
	at := func(d time.Duration) time.Time { return start.Add(d) }
	by := func(d time.Duration) *time.Duration { return &d }
	clock := func(d time.Duration) *time.Time { c := at(d); return &c }
	const h = time.Hour
	for name, c := range map[string]struct {
		lent     time.Duration  // skew at the grant
		measured *time.Duration // last by the device before sealing
		written  time.Duration  // by the device
		now      time.Duration
		delivery *time.Time
		want     time.Duration
	}{
		"right to within seconds":                       {3 * time.Second, by(2 * time.Second), 4 * h, 8 * h, clock(8 * h), 0},
		"three hours slow all night":                    {3 * h, by(3 * h), 1 * h, 8 * h, clock(5 * h), 3 * h},
		"three hours fast all night":                    {-3 * h, by(-3 * h), 7 * h, 8 * h, clock(11 * h), -3 * h},
		"put right by the network just before delivery": {3 * h, by(3 * h), 1 * h, 8 * h, clock(8 * h), 3 * h},
		"put right and measured again before sealing":   {3 * h, by(0), 4 * h, 8 * h, clock(8 * h), 0},
		"never measured by the device: the grant's":     {3 * h, nil, 1 * h, 8 * h, nil, 3 * h},
		"put forward unmeasured, so it would lie ahead": {3 * h, by(3 * h), 7 * h, 8 * h, clock(8 * h), 0},
		"put back unmeasured, before the grant":         {0, by(0), -1 * h, 8 * h, clock(6 * h), 2 * h},
		"carried on another device: no delivery":        {0, by(0), -1 * h, 8 * h, nil, 0},
		"just over the limit":                           {6 * time.Second, nil, 4 * h, 8 * h, nil, 6 * time.Second},
	} {
		g := &Grant{Made: start, Skew: c.lent}
		if got := Correction(g, c.measured, at(c.written), at(c.now), c.delivery); got != c.want {
			t.Errorf("%s: %v, want %v", name, got, c.want)
		}
	}
}
