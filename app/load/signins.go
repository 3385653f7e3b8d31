package load

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"time"
)

// SignIns lets Conns browsers try to sign in at the same instant, with names that nobody has: they cost what names of people cost. Its latencies
// are those of the tries that were turned away because too many wait.
func SignIns(ctx context.Context, o Options) (Result, error) {
	r := Result{What: fmt.Sprintf("sign-ins, %d at once", o.Conns)}
	web := client(o.Conns)
	begin, begun := make(chan bool), o.Clock.Now()
	codes := map[int]int{}
	var away []time.Duration
	var first error
	var mu sync.Mutex
	var wg sync.WaitGroup
	for n := range o.Conns {
		wg.Go(func() {
			form := url.Values{"name": {fmt.Sprintf("nobody.%d", n)}, "password": {"made up to be wrong"}}.Encode()
			req, err := http.NewRequestWithContext(ctx, http.MethodPost, o.URL+"/sign-in", strings.NewReader(form))
			code := 0
			<-begin
			at := o.Clock.Now()
			if err == nil {
				req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
				code, err = status(web, req)
			}
			took := o.Clock.Now().Sub(at)
			mu.Lock()
			defer mu.Unlock()
			if err != nil {
				first = err
				return
			}
			codes[code]++
			if code == http.StatusServiceUnavailable {
				away = append(away, took)
			}
		})
	}
	close(begin)
	wg.Wait()
	r.Took = o.Clock.Now().Sub(begun)
	r.Count = int64(len(away))
	r.Rate = float64(r.Count) / r.Took.Seconds()
	r.latencies([][]time.Duration{away})
	r.Note = fmt.Sprintf("answered: %v", codes)
	return r, first
}

// status sends a request and reads its answer to the end.
func status(web *http.Client, req *http.Request) (int, error) {
	res, err := web.Do(req)
	if err != nil {
		return 0, err
	}
	defer res.Body.Close()
	_, err = io.Copy(io.Discard, res.Body)
	return res.StatusCode, err
}
