package load

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"net/http"
	"net/http/cookiejar"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"time"
)

// browser is a client signed in as the target's worker.
func browser(ctx context.Context, t *Target, o Options) (*http.Client, error) {
	web := client(o.Conns + 2)
	web.Timeout = 0
	var err error
	if web.Jar, err = cookiejar.New(nil); err != nil {
		return nil, err
	}
	size, err := get(ctx, web, o.URL+t.SignIn)
	if err == nil && size == 0 {
		err = fmt.Errorf("signing in gave an empty page")
	}
	return web, err
}

// get reads a page and gives its size on the line.
func get(ctx context.Context, web *http.Client, address string) (int, error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, address, nil)
	if err != nil {
		return 0, err
	}
	req.Header.Set("Accept-Encoding", "gzip") // asked for by hand: the body stays compressed, as it came over the line
	res, err := web.Do(req)
	if err != nil {
		return 0, err
	}
	defer res.Body.Close()
	n, err := io.Copy(io.Discard, res.Body)
	if err == nil && res.StatusCode != http.StatusOK {
		err = fmt.Errorf("%s: %s", address, res.Status)
	}
	return int(n), err
}

// writing files safety checks at an even pace until ctx ends, each from a goroutine of its own so that a slow one delays no other.
func writing(ctx context.Context, t *Target, o Options, filed func(sent time.Time)) *sync.WaitGroup {
	var wg sync.WaitGroup
	if o.Writes == 0 {
		return &wg
	}
	web := client(16)
	var turn atomic.Int64
	wg.Go(func() {
		for {
			select {
			case <-ctx.Done():
				return
			case <-o.Clock.After(time.Second / time.Duration(o.Writes)):
			}
			wg.Go(func() {
				at := o.Clock.Now()
				if n, err := post(ctx, web, o.URL+"/api/entries", t.Token, checks(at, t.Units[0].Charts, &turn, 1)); err == nil && n == 1 && filed != nil {
					filed(at)
				}
			})
		}
	})
	return &wg
}

// Pages reads the round screen and the shift board in turn over Conns connections while entries are filed.
func Pages(ctx context.Context, t *Target, o Options) (Result, error) {
	r := Result{What: fmt.Sprintf("pages, %d readers", o.Conns)}
	web, err := browser(ctx, t, o)
	if err != nil {
		return r, err
	}
	ctx, stop := context.WithCancel(ctx)
	defer stop()
	busy := writing(ctx, t, o, nil)
	var turn, bytes atomic.Int64
	err = r.measure(ctx, o, func() (time.Duration, error) {
		page := []string{"/", "/rounds"}[turn.Add(1)%2]
		at := o.Clock.Now()
		n, err := get(ctx, web, o.URL+page)
		bytes.Store(int64(n))
		return o.Clock.Now().Sub(at), err
	})
	stop()
	busy.Wait()
	r.Note = fmt.Sprintf("%d writes/s meanwhile, %d bytes a page", o.Writes, bytes.Load())
	return r, err
}

// Charts reads charts by the machine interface, one after another over Conns connections: each answer waits for its row in the view log.
func Charts(ctx context.Context, t *Target, o Options) (Result, error) {
	r := Result{What: fmt.Sprintf("chart reads, %d", o.Conns)}
	var charts []string
	for _, u := range t.Units {
		charts = append(charts, u.Charts...)
	}
	web := client(o.Conns)
	var turn, bytes atomic.Int64
	err := r.measure(ctx, o, func() (time.Duration, error) {
		req, err := http.NewRequestWithContext(ctx, http.MethodGet, o.URL+"/api/charts/"+charts[int(turn.Add(1))%len(charts)]+"/entries?limit=10", nil)
		if err != nil {
			return 0, err
		}
		req.Header.Set("Authorization", "Bearer "+t.Token)
		req.Header.Set("Accept-Encoding", "gzip")
		at := o.Clock.Now()
		res, err := web.Do(req)
		if err != nil {
			return 0, err
		}
		defer res.Body.Close()
		n, err := io.Copy(io.Discard, res.Body)
		if err == nil && res.StatusCode != http.StatusOK {
			err = fmt.Errorf("reading a chart: %s", res.Status)
		}
		bytes.Store(n)
		return o.Clock.Now().Sub(at), err
	})
	r.Note = fmt.Sprintf("%d bytes a chart", bytes.Load())
	return r, err
}

// Live opens Conns streams of the round screen's live view and measures from an entry's sending to its arrival on each stream. Entries are
// sent apart from each other, so that each event is told by its seq.
func Live(ctx context.Context, t *Target, o Options) (Result, error) {
	r := Result{What: fmt.Sprintf("live, %d listeners", o.Conns)}
	web, err := browser(ctx, t, o)
	if err != nil {
		return r, err
	}
	web.Transport = &http.Transport{MaxIdleConns: 0}
	ctx, stop := context.WithCancel(ctx)
	defer stop()
	type heard struct {
		seq int64
		at  time.Time
	}
	ears := make(chan heard, o.Conns*4)
	var ready, streams sync.WaitGroup
	for range o.Conns {
		ready.Add(1)
		streams.Go(func() {
			opened := sync.OnceFunc(ready.Done)
			defer opened()
			_ = listen(ctx, web, o.URL+"/live?topic=round/"+t.Units[0].ID, opened, func(seq int64) {
				select {
				case ears <- heard{seq, o.Clock.Now()}:
				case <-ctx.Done():
				}
			})
		})
	}
	ready.Wait()
	busy := writing(ctx, t, o, nil)
	var turn atomic.Int64
	poster := client(2)
	lat := make([][]time.Duration, 1)
	begun := o.Clock.Now()
	rounds, delivered, missed := 0, 0, 0
	for o.Clock.Now().Sub(begun) < o.For {
		sent := o.Clock.Now()
		seq, err := postSeq(ctx, poster, o.URL+"/api/entries", t.Token, checks(sent, t.Units[0].Charts, &turn, 1))
		if err != nil {
			return r, err
		}
		rounds++
		got := 0
		late := o.Clock.After(3 * time.Second)
	wait:
		for got < o.Conns {
			select {
			case h := <-ears:
				if h.seq >= seq {
					got++
					lat[0] = append(lat[0], h.at.Sub(sent))
				}
			case <-late:
				break wait
			}
		}
		delivered += got
		missed += o.Conns - got
		<-o.Clock.After(400 * time.Millisecond)
		for len(ears) > 0 {
			<-ears
		}
	}
	stop()
	streams.Wait()
	busy.Wait()
	r.Took = o.Clock.Now().Sub(begun)
	r.Count, r.Failed = int64(delivered), int64(missed)
	r.Rate = float64(delivered) / r.Took.Seconds()
	r.latencies(lat)
	r.Note = fmt.Sprintf("%d signals, %d writes/s meanwhile", rounds, o.Writes)
	return r, nil
}

// listen reads a stream and tells the seq of each event with rows.
func listen(ctx context.Context, web *http.Client, address string, opened func(), rows func(seq int64)) error {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, address, nil)
	if err != nil {
		return err
	}
	res, err := web.Do(req)
	if err != nil {
		return err
	}
	defer res.Body.Close()
	if res.StatusCode != http.StatusOK {
		return fmt.Errorf("%s: %s", address, res.Status)
	}
	sc := bufio.NewScanner(res.Body)
	sc.Buffer(make([]byte, 64<<10), 1<<20)
	var id int64
	named, data := false, false
	for sc.Scan() {
		line := sc.Text()
		switch {
		case line == "":
			opened()
			if id > 0 && data && !named {
				rows(id)
			}
			id, named, data = 0, false, false
		case strings.HasPrefix(line, "id: "):
			id, _ = strconv.ParseInt(line[4:], 10, 64) // what is no number is no event of ours
		case strings.HasPrefix(line, "event:"):
			named = true
		case strings.HasPrefix(line, "data:"):
			data = true
		}
	}
	return sc.Err()
}

// postSeq files one entry and gives its seq.
func postSeq(ctx context.Context, web *http.Client, address, token string, body []byte) (int64, error) {
	answer, err := ask(ctx, web, address, token, body)
	if err != nil {
		return 0, err
	}
	_, after, ok := strings.Cut(string(answer), `"seq":`)
	if !ok {
		return 0, fmt.Errorf("not filed: %s", answer)
	}
	end := strings.IndexAny(after, ",}")
	return strconv.ParseInt(after[:max(end, 0)], 10, 64)
}
