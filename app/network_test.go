package app_test

import (
	"bufio"
	"bytes"
	"compress/gzip"
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"runtime"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"milieu/kit/access"
	"milieu/kit/clock"
	"milieu/kit/web"
)

// served is a house behind a real listener with the program's own limits.
func (h *house) served() (address string) {
	h.t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		h.t.Fatal(err)
	}
	srv := web.Server(h.Site)
	done := make(chan struct{})
	go func() {
		defer close(done)
		_ = srv.Serve(l) // ends by Close
	}()
	h.t.Cleanup(func() {
		_ = srv.Close() // the test is over
		<-done
	})
	return l.Addr().String()
}

// raw sends a request by hand: its head, then whatever body writes, while it waits for the answer.
func raw(t *testing.T, address, head string, body func(io.Writer) error) *http.Response {
	t.Helper()
	conn, err := net.DialTimeout("tcp", address, 5*time.Second)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { conn.Close() })
	if err := conn.SetDeadline(clock.Deadline(30 * time.Second)); err != nil {
		t.Fatal(err)
	}
	if _, err := io.WriteString(conn, strings.ReplaceAll(head, "\n", "\r\n")+"\r\n"); err != nil {
		return nil // refused while it was being sent
	}
	if body != nil {
		go func() { _ = body(conn) }() // the server hangs up when it has had enough
	}
	res, err := http.ReadResponse(bufio.NewReader(conn), nil)
	if err != nil {
		return nil // cut without a word
	}
	return res
}

// endless writes the same bytes n times.
func endless(piece []byte, n int64) func(io.Writer) error {
	return func(w io.Writer) error {
		for range n {
			if _, err := w.Write(piece); err != nil {
				return err
			}
		}
		return nil
	}
}

// chunked wraps a body in chunks that never end.
func chunked(piece []byte) func(io.Writer) error {
	chunk := slices.Concat(fmt.Appendf(nil, "%x\r\n", len(piece)), piece, []byte("\r\n"))
	return endless(chunk, 1<<40/int64(len(piece)))
}

// grown says by how much memory grew at most while do ran.
func grown(do func()) int64 {
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	before, most := int64(m.HeapInuse+m.StackInuse), int64(0)
	stop, done := make(chan struct{}), make(chan struct{})
	go func() {
		defer close(done)
		for {
			select {
			case <-stop:
				return
			case <-time.After(20 * time.Millisecond):
				runtime.ReadMemStats(&m)
				most = max(most, int64(m.HeapInuse+m.StackInuse)-before)
			}
		}
	}()
	do()
	close(stop)
	<-done
	return most
}

// TestEnormousInput (F14): bodies without measure, bombs, depth and numbers are refused at once, and memory stays flat. Not beside others, for
// their memory would count.
func TestEnormousInput(t *testing.T) {
	w := furnish(t, 2)
	address := w.served()
	bearer := "Authorization: Bearer " + w.token[access.Integration] + "\n"
	cookie := "Cookie: "
	for _, one := range w.cookie[access.Supervisor] {
		cookie += one.Name + "=" + one.Value + "; "
	}
	cookie = strings.TrimSuffix(cookie, "; ") + "\n"
	var bomb bytes.Buffer
	z := gzip.NewWriter(&bomb)
	if err := endless(bytes.Repeat([]byte("["), 1<<20), 1<<10)(z); err != nil { // 1 GB of it
		t.Fatal(err)
	}
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	mega := bytes.Repeat([]byte("a=b&"), 1<<18)
	json := "Content-Type: application/json\n"
	form := "Content-Type: " + formType + "\n"
	deep := strings.Repeat("[", 200_000)
	many := "[" + strings.Repeat(`{"id":1},`, 9_999) + `{"id":1}]`
	before := w.Committer.Seq()
	for _, c := range []struct {
		name, line, head string
		body             func(io.Writer) error
		length           int64
		want             []int
	}{
		{"5 GB said beforehand", "POST /api/entries", bearer + json, endless(mega, 5<<10), 5 << 30, []int{413}},
		{"a body without end", "POST /api/entries", bearer + json, chunked(mega), -1, []int{413}},
		{"a form without end", "POST /entries/rounds.checked", cookie + form, chunked(mega), -1, []int{413}},
		{"a sign-in without end", "POST /sign-in", form, chunked(mega), -1, []int{413}},
		{"an outbox without end", "POST /outbox", cookie + json, chunked(mega), -1, []int{400, 413}},
		{"an outbox of one endless text", "POST /outbox", cookie + json, func(w io.Writer) error {
			return afterwards(w, "c\r\n{\"clock\":1,\"\r\n", chunked(mega))
		}, -1, []int{413}},
		{"5 GB for a file", "GET /static/app.css", "", endless(mega, 5<<10), 5 << 30, []int{200, 400, 404, 413}},
		{"1 MB that unpacks to 1 GB", "POST /api/entries", bearer + json + "Content-Encoding: gzip\n", once(bomb.Bytes()), int64(bomb.Len()), []int{400, 413, 415}},
		{"a form that unpacks to 1 GB", "POST /entries/rounds.checked", cookie + form + "Content-Encoding: gzip\n", once(bomb.Bytes()), int64(bomb.Len()), []int{400, 413, 415, 422}},
		{"200,000 deep", "POST /api/entries", bearer + json, once([]byte(deep)), int64(len(deep)), []int{400}},
		{"200,000 deep for an outbox", "POST /outbox", cookie + json, once([]byte(deep)), int64(len(deep)), []int{400, 422}},
		{"10,000 entries", "POST /api/entries", bearer + json, once([]byte(many)), int64(len(many)), []int{413}},
		{"a head of 1 MB", "GET /", "X-Large: " + strings.Repeat("a", 1<<20) + "\n", nil, 0, []int{431}},
		{"10,000 heads", "GET /", strings.Repeat("X-A: b\n", 10_000), nil, 0, []int{431}},
		{"100,000 fields", "POST /entries/rounds.checked", cookie + form, once(bytes.Repeat([]byte("a=&b=&"), 40_000)), 240_000, []int{400, 413, 422}},
	} {
		head := c.line + " HTTP/1.1\nHost: milieu.test\n" + c.head
		switch {
		case c.length > 0:
			head += fmt.Sprintf("Content-Length: %d\n", c.length)
		case c.length < 0:
			head += "Transfer-Encoding: chunked\n"
		}
		begun := clock.Deadline(0)
		var res *http.Response
		most := grown(func() { res = raw(t, address, head, c.body) })
		took := clock.Deadline(0).Sub(begun)
		t.Logf("%s: %s, memory +%d MB", c.name, took.Round(time.Millisecond), most>>20)
		if res == nil {
			t.Errorf("%s: cut without an answer", c.name)
			continue
		}
		if !slices.Contains(c.want, res.StatusCode) {
			t.Errorf("%s: %d, want %v", c.name, res.StatusCode, c.want)
		}
		if most > 100<<20 {
			t.Errorf("%s: memory grew by %d MB", c.name, most>>20)
		}
	}
	if w.Committer.Seq() != before {
		t.Error("something was filed")
	}
	w.quiet()
}

func once(b []byte) func(io.Writer) error { return endless(b, 1) }

func afterwards(w io.Writer, first string, then func(io.Writer) error) error {
	if _, err := io.WriteString(w, first); err != nil {
		return err
	}
	return then(w)
}

// TestSlowSenders (F13): two hundred who never finish a head and fifty who never finish a body are cut; everybody else is answered meanwhile.
func TestSlowSenders(t *testing.T) {
	t.Parallel()
	w := furnish(t, 2)
	address := w.served()
	type slow struct{ name, head string }
	var all []slow
	for range 200 {
		all = append(all, slow{"a head without end", "GET / HTTP/1.1\r\nHost: milieu.test\r\n"})
	}
	for i := range 50 {
		line := []string{"POST /sign-in", "POST /api/entries", "GET /static/app.css", "GET /live", "POST /nowhere"}[i%5]
		all = append(all, slow{"the body of " + line, line + " HTTP/1.1\r\nHost: milieu.test\r\nContent-Length: 100000\r\nContent-Type: " + formType + "\r\nAuthorization: Bearer " + w.token[access.Worker] + "\r\n\r\n"})
	}
	var open atomic.Int64
	var cut sync.WaitGroup
	for _, s := range all {
		conn, err := net.DialTimeout("tcp", address, 5*time.Second)
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { conn.Close() })
		if _, err := io.WriteString(conn, s.head); err != nil {
			t.Fatal(err)
		}
		open.Add(1)
		cut.Go(func() {
			defer open.Add(-1)
			since := clock.Deadline(0)
			gone := make(chan struct{})
			go func() { // a byte now and then, as if it were a very slow line
				for {
					select {
					case <-gone:
						return
					case <-time.After(700 * time.Millisecond):
						if _, err := io.WriteString(conn, "a"); err != nil {
							return
						}
					}
				}
			}()
			defer close(gone)
			_ = conn.SetReadDeadline(clock.Deadline(40 * time.Second))
			_, _ = io.Copy(io.Discard, conn) // until it is cut
			if took := clock.Deadline(0).Sub(since); took > 25*time.Second {
				t.Errorf("%s was held for %s", s.name, took.Round(time.Second))
			}
		})
	}
	client := &http.Client{Timeout: 20 * time.Second}
	var times []time.Duration
	for open.Load() > 0 {
		since := clock.Deadline(0)
		req, err := http.NewRequestWithContext(context.Background(), http.MethodGet, "http://"+address+"/account", nil)
		if err != nil {
			t.Fatal(err)
		}
		for _, c := range w.cookie[access.Worker] {
			req.AddCookie(c)
		}
		res, err := client.Do(req)
		if err != nil {
			t.Fatalf("others are not answered: %v", err)
		}
		_, _ = io.Copy(io.Discard, res.Body)
		res.Body.Close()
		if res.StatusCode != http.StatusOK {
			t.Fatalf("others get %d", res.StatusCode)
		}
		times = append(times, clock.Deadline(0).Sub(since))
		time.Sleep(20 * time.Millisecond)
	}
	cut.Wait()
	slices.Sort(times)
	if len(times) == 0 {
		t.Fatal("nobody else asked")
	}
	t.Logf("%d others answered meanwhile: p50 %s, p99 %s", len(times), times[len(times)/2].Round(time.Microsecond), times[len(times)*99/100].Round(time.Microsecond))
}
