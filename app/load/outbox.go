package load

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"sync"
	"time"

	"milieu/kit/device"
	"milieu/kit/record"
)

// night is how many entries a device brings back after eight hours without a network.
const night = 500

// grant is what a device was lent when it took the shift.
type grant struct {
	Grant  record.ID `json:"grant"`
	Key    int64     `json:"key"`
	Public []byte    `json:"public"`
	Secret []byte    `json:"secret"`
}

type posted struct {
	N      int       `json:"n"`
	Grant  record.ID `json:"grant"`
	Key    int64     `json:"key"`
	Sealed []byte    `json:"sealed"`
}

// Outbox lets Devices take the shift, seals a night of checks on each as a phone does, and measures from the first request of the return
// until all is filed. Each latency is one device's whole return.
func Outbox(ctx context.Context, t *Target, o Options) (Result, error) {
	r := Result{What: fmt.Sprintf("outbox, %d devices × %d", o.Devices, night)}
	type phone struct {
		web   *http.Client
		items []posted
	}
	phones := make([]phone, o.Devices)
	now := o.Clock.Now()
	for i := range phones {
		web, err := browser(ctx, t, Options{URL: o.URL, Conns: 1, Clock: o.Clock})
		if err != nil {
			return r, err
		}
		var g grant
		if err := call(ctx, web, o.URL+"/device/take", map[string]any{"clock": now.UnixMilli()}, &g); err != nil {
			return r, fmt.Errorf("taking the shift: %w", err)
		}
		items := make([]posted, night)
		for n := range items {
			at := now.Add(-8*time.Hour + time.Duration(n)*8*time.Hour/night).Format(time.RFC3339Nano)
			sealed, err := device.Seal(g.Public, g.Grant, g.Secret, device.Item{Path: "/entries/rounds.checked", Fields: [][2]string{
				{"id", record.NewID(now).String()}, {"chart", t.Units[0].Charts[(n+i)%len(t.Units[0].Charts)]}, {"happened", at}, {"written", at},
				{"place", "own_room"}, {"state", "asleep_breathing"}, {"method", "seen"}}})
			if err != nil {
				return r, err
			}
			items[n] = posted{n, g.Grant, g.Key, sealed}
		}
		phones[i] = phone{web, items}
	}
	begun := o.Clock.Now()
	var wg sync.WaitGroup
	lat := make([][]time.Duration, o.Devices)
	accepted := make([]int, o.Devices)
	errs := make([]error, o.Devices)
	for i, p := range phones {
		wg.Go(func() {
			accepted[i], errs[i] = bring(ctx, p.web, o, p.items)
			lat[i] = []time.Duration{o.Clock.Now().Sub(begun)}
		})
	}
	wg.Wait()
	r.Took = o.Clock.Now().Sub(begun)
	for i, n := range accepted {
		if errs[i] != nil {
			return r, errs[i]
		}
		r.Count += int64(n)
	}
	r.Failed = int64(o.Devices*night) - r.Count
	r.Rate = float64(r.Count) / r.Took.Seconds()
	r.latencies(lat)
	return r, nil
}

// bring delivers in parcels, as a device does, and counts what the server has taken in.
func bring(ctx context.Context, web *http.Client, o Options, items []posted) (int, error) {
	const parcel = 100
	accepted := 0
	for len(items) > 0 {
		n := min(parcel, len(items))
		var out struct{ Answers []struct{ Status string } }
		if err := call(ctx, web, o.URL+"/outbox", map[string]any{"clock": o.Clock.Now().UnixMilli(), "items": items[:n]}, &out); err != nil {
			return accepted, err
		}
		for _, a := range out.Answers {
			if a.Status == "accepted" {
				accepted++
			}
		}
		items = items[n:]
	}
	return accepted, nil
}

func call(ctx context.Context, web *http.Client, address string, in, out any) error {
	body, err := json.Marshal(in)
	if err != nil {
		return err
	}
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, address, bytes.NewReader(body))
	if err != nil {
		return err
	}
	req.Header.Set("Content-Type", "application/json")
	res, err := web.Do(req)
	if err != nil {
		return err
	}
	defer res.Body.Close()
	raw, err := io.ReadAll(res.Body)
	if err != nil {
		return err
	}
	if res.StatusCode != http.StatusOK {
		return fmt.Errorf("%s: %s: %s", address, res.Status, raw)
	}
	return json.Unmarshal(raw, out)
}
