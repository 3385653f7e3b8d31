// Package load measures a running server as its users feel it: requests over the network, from outside, with the latencies of all of them. It
// speaks to this machine only, is bounded in count and time, and ends by itself.
package load

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"os"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"milieu/app/ward"
	"milieu/care/rounds"
	"milieu/kit/clock"
	"milieu/kit/record"
	"milieu/kit/room"
)

// Target is what a load needs to know of the data behind a server.
type Target struct {
	Token  string `json:"token"`
	SignIn string `json:"sign_in"` // path of a link that signs a worker of the first unit in
	Units  []Unit `json:"units"`
}

// Unit is a unit and the charts of its clients.
type Unit struct {
	ID     string   `json:"id"`
	Charts []string `json:"charts"`
}

// Write prints the target as one line of JSON.
func (t *Target) Write(w io.Writer) error { return json.NewEncoder(w).Encode(t) }

// ReadTarget reads what Write wrote.
func ReadTarget(path string) (*Target, error) {
	b, err := os.ReadFile(path)
	if err != nil {
		return nil, err
	}
	t := &Target{}
	if err := json.Unmarshal(b, t); err != nil {
		return nil, fmt.Errorf("reading %s: %w", path, err)
	}
	if t.Token == "" || len(t.Units) == 0 {
		return nil, fmt.Errorf("%s is not what simulate live --json printed", path)
	}
	return t, nil
}

// Local refuses a server on another machine.
func Local(address string) error {
	u, err := url.Parse(address)
	if err != nil {
		return err
	}
	if ip := net.ParseIP(u.Hostname()); u.Hostname() != "localhost" && (ip == nil || !ip.IsLoopback()) {
		return errors.New("load is for a server on this machine only")
	}
	return nil
}

// Options bound a measurement.
type Options struct {
	URL     string
	Conns   int
	Size    int // entries a request
	For     time.Duration
	Writes  int // a second
	Devices int
	Clock   clock.Clock
}

// Result is what was measured.
type Result struct {
	What   string        `json:"what"`
	Count  int64         `json:"count"`
	Failed int64         `json:"failed"`
	Took   time.Duration `json:"took_ns"`
	Rate   float64       `json:"rate_per_second"`
	P50    time.Duration `json:"p50_ns"`
	P99    time.Duration `json:"p99_ns"`
	Max    time.Duration `json:"max_ns"`
	Note   string        `json:"note,omitempty"`
}

// Print writes the result as a line for people or machines.
func (r Result) Print(w io.Writer, asJSON bool) error {
	if asJSON {
		return json.NewEncoder(w).Encode(r)
	}
	_, err := fmt.Fprintf(w, "%-28s %8d in %6.2fs  %8.0f/s  p50 %7.2f ms  p99 %7.2f ms  max %7.2f ms  failed %d  %s\n", r.What, r.Count, r.Took.Seconds(), r.Rate,
		ms(r.P50), ms(r.P99), ms(r.Max), r.Failed, r.Note)
	return err
}

func ms(d time.Duration) float64 { return float64(d) / float64(time.Millisecond) }

func (r *Result) latencies(all [][]time.Duration) {
	flat := slices.Concat(all...)
	if len(flat) == 0 {
		return
	}
	slices.Sort(flat)
	r.P50, r.P99, r.Max = flat[len(flat)/2], flat[len(flat)*99/100], flat[len(flat)-1]
}

// client is an ordinary HTTP client that keeps as many connections as are used.
func client(conns int) *http.Client {
	return &http.Client{Transport: &http.Transport{MaxIdleConns: conns, MaxIdleConnsPerHost: conns, MaxConnsPerHost: conns}, Timeout: 30 * time.Second}
}

// Appends posts safety checks, Size of them a request, over Conns connections.
func Appends(ctx context.Context, t *Target, o Options) (Result, error) {
	var charts []string
	for _, u := range t.Units {
		charts = append(charts, u.Charts...)
	}
	r := Result{What: fmt.Sprintf("appends, %d × %d", o.Conns, o.Size)}
	web := client(o.Conns)
	var count, failed, turn atomic.Int64
	err := r.measure(ctx, o, func() (time.Duration, error) {
		body := checks(o.Clock.Now(), charts, &turn, o.Size)
		at := o.Clock.Now()
		n, err := post(ctx, web, o.URL+"/api/entries", t.Token, body)
		count.Add(int64(n))
		failed.Add(int64(o.Size - n))
		return o.Clock.Now().Sub(at), err
	})
	r.Count, r.Failed = count.Load(), failed.Load()
	r.Rate = float64(r.Count) / r.Took.Seconds()
	return r, err
}

// measure lets Conns loops do one thing again and again until the time is over, and keeps every latency. The first error ends its loop.
func (r *Result) measure(ctx context.Context, o Options, do func() (time.Duration, error)) error {
	lat := make([][]time.Duration, o.Conns)
	begun := o.Clock.Now()
	until := begun.Add(o.For)
	var wg sync.WaitGroup
	var mu sync.Mutex
	var first error
	for c := range o.Conns {
		wg.Go(func() {
			for o.Clock.Now().Before(until) && ctx.Err() == nil {
				took, err := do()
				if err != nil {
					mu.Lock()
					first = errors.Join(first, err)
					mu.Unlock()
					return
				}
				lat[c] = append(lat[c], took)
			}
		})
	}
	wg.Wait()
	r.Took = o.Clock.Now().Sub(begun)
	for _, l := range lat {
		r.Count += int64(len(l))
	}
	r.Rate = float64(r.Count) / r.Took.Seconds()
	r.latencies(lat)
	return first
}

// checks is a request's body: as many safety checks of charts in turn.
func checks(now time.Time, charts []string, turn *atomic.Int64, n int) []byte {
	var b bytes.Buffer
	stamp := now.Format(time.RFC3339Nano)
	b.WriteByte('[')
	for i := range n {
		if i > 0 {
			b.WriteByte(',')
		}
		fmt.Fprintf(&b, `{"id":"%s","chart":"%s","kind":"rounds.checked","version":1,"happened":"%s","written":"%s","body":{"place":"own_room","state":"asleep_breathing","method":"seen"}}`,
			record.NewID(now), charts[int(turn.Add(1))%len(charts)], stamp, stamp)
	}
	b.WriteByte(']')
	return b.Bytes()
}

// ask sends entries and gives the answer.
func ask(ctx context.Context, web *http.Client, address, token string, body []byte) ([]byte, error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, address, bytes.NewReader(body))
	if err != nil {
		return nil, err
	}
	req.Header.Set("Authorization", "Bearer "+token)
	req.Header.Set("Content-Type", "application/json")
	res, err := web.Do(req)
	if err != nil {
		return nil, err
	}
	defer res.Body.Close()
	answer, err := io.ReadAll(res.Body)
	if err == nil && res.StatusCode != http.StatusOK {
		err = fmt.Errorf("%s: %s", res.Status, answer)
	}
	return answer, err
}

// post sends entries and counts those accepted.
func post(ctx context.Context, web *http.Client, address, token string, body []byte) (int, error) {
	answer, err := ask(ctx, web, address, token, body)
	if err != nil {
		return 0, err
	}
	n := bytes.Count(answer, []byte(`"status":"accepted"`))
	if at := bytes.Index(answer, []byte(`"status":"rejected"`)); at >= 0 {
		return n, fmt.Errorf("refused: %s", answer[at:min(len(answer), at+300)])
	}
	return n, nil
}

// Fill files safety checks over all charts of the wards through the committer itself, to have a long record to measure on. They happen
// evenly over the span that the building's clock is then moved by.
func Fill(ctx context.Context, h *room.Building, wards []*ward.Ward, n int, span time.Duration, progress func(string, int64, int64)) error {
	var charts []record.ID
	for _, w := range wards {
		charts = append(charts, w.Client...)
	}
	raw, err := record.Canonical(&rounds.Checked{Place: "own_room", State: "asleep_breathing", Method: rounds.MethodSeen})
	if err != nil {
		return err
	}
	fake, _ := h.Clock.(*clock.Fake)
	s := record.Sender{Person: wards[0].Floor[0], Role: "worker", Device: "load", Via: record.ViaProgram}
	const batch = 2000
	for done := 0; done < n; {
		size := min(batch, n-done)
		entries := make([]*record.Entry, size)
		for i := range entries {
			now := h.Clock.Now()
			entries[i] = &record.Entry{ID: record.NewID(now), Chart: charts[(done+i)%len(charts)], Kind: "rounds.checked", Version: 1, Happened: now, Written: now, Body: raw}
		}
		for _, o := range h.Committer.File(ctx, s, entries...) {
			if o.Err != nil {
				return fmt.Errorf("filling: %w", o.Err)
			}
		}
		done += size
		if fake != nil {
			fake.Advance(span * time.Duration(size) / time.Duration(n))
		}
		progress("filling", int64(done), int64(n))
	}
	return nil
}
