package app_test

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/rogpeppe/go-internal/testscript"

	"milieu/app"
	"milieu/kit/clock"
	"milieu/kit/record"
)

// asProgram, set in the environment, makes the test binary the program itself: what is killed is a process of its own.
const asProgram = "MILIEU_TEST_AS_PROGRAM"

func TestMain(m *testing.M) {
	if os.Getenv(asProgram) != "" {
		program()
		return
	}
	testscript.Main(m, map[string]func(){"milieu": program})
}

func program() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	code := app.Main(ctx, os.Args[1:], os.Stdin, os.Stdout, os.Stderr)
	stop()
	os.Exit(code)
}

// process is a running milieu.
type process struct {
	*exec.Cmd
	t    *testing.T
	out  *bufio.Reader
	errs *logged
	once sync.Once
}

func start(t *testing.T, args ...string) *process {
	t.Helper()
	return startIn(t, nil, args...)
}

// startIn starts the program with more in its environment.
func startIn(t *testing.T, env []string, args ...string) *process {
	t.Helper()
	p := &process{Cmd: exec.Command(os.Args[0], args...), t: t, errs: &logged{}}
	p.Env = append(append(os.Environ(), env...), asProgram+"=1")
	p.Stderr = p.errs
	out, err := p.StdoutPipe()
	if err == nil {
		err = p.Start()
	}
	if err != nil {
		t.Fatal(err)
	}
	p.out = bufio.NewReader(out)
	t.Cleanup(p.kill)
	return p
}

// kill ends the process as a power cut would: nothing of it gets to say goodbye.
func (p *process) kill() {
	p.once.Do(func() {
		_ = p.Process.Kill()
		_ = p.Wait() // it was killed
	})
}

// line reads the next line that it prints.
func (p *process) line() string {
	p.t.Helper()
	text, err := p.out.ReadString('\n')
	if err != nil {
		p.kill()
		p.t.Fatalf("milieu %v printed %q and ended: %v\n%s", p.Args[1:], text, err, p.errs)
	}
	return strings.TrimSpace(text)
}

type hello struct {
	URL     string            `json:"url"`
	SignIn  map[string]string `json:"sign_in"`
	Data    string            `json:"data"`
	Tokens  map[string]string `json:"tokens"`
	Unit    string            `json:"unit"`
	Clients []string          `json:"clients"`
}

// demo starts a small demonstration that keeps its data.
func demo(t *testing.T, dir string) (*process, hello) {
	t.Helper()
	p := start(t, "demo", "--json", "--still", "--data", dir, "--beds", "3", "--hours", "1")
	var h hello
	if err := json.Unmarshal([]byte(p.line()), &h); err != nil {
		t.Fatal(err)
	}
	return p, h
}

// serve serves a data folder and waits until it answers.
func serve(t *testing.T, dir, address string) *process {
	t.Helper()
	p := start(t, "serve", "--data", dir, "--addr", address)
	p.line()
	return p
}

// run runs a command to its end.
func run(t *testing.T, args ...string) (string, error) {
	t.Helper()
	c := exec.Command(os.Args[0], args...)
	c.Env = append(os.Environ(), asProgram+"=1")
	b, err := c.CombinedOutput()
	return string(b), err
}

func free(t *testing.T) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	return l.Addr().String()
}

// check files one safety check and gives its answer; ok is false when it was not acknowledged.
func (h hello) check(client *http.Client, url, id string) (seq int64, code int) {
	now := time.UnixMilli(clock.Deadline(0).UnixMilli()).UTC().Format(time.RFC3339Nano)
	body := fmt.Sprintf(`[{"id":%q,"chart":%q,"kind":"rounds.checked","version":1,"happened":%q,"written":%q,"body":{"place":"own_room","state":"asleep_breathing","method":"seen"}}]`, id, h.Clients[0], now, now)
	req, err := http.NewRequest(http.MethodPost, url+"/api/entries", strings.NewReader(body))
	if err != nil {
		return 0, 0
	}
	req.Header.Set("Authorization", "Bearer "+h.Tokens["worker"])
	res, err := client.Do(req)
	if err != nil {
		return 0, 0
	}
	defer res.Body.Close()
	var got []apiAnswer
	raw, _ := io.ReadAll(res.Body)
	if res.StatusCode != http.StatusOK || json.Unmarshal(raw, &got) != nil || len(got) != 1 || got[0].Status != "accepted" {
		return 0, res.StatusCode
	}
	return got[0].Seq, res.StatusCode
}

// read reads a chart's entries by the machine interface.
func (h hello) read(client *http.Client, url string, after int64) (seqs []int64, err error) {
	req, err := http.NewRequest(http.MethodGet, fmt.Sprintf("%s/api/charts/%s/entries?after=%d", url, h.Clients[0], after), nil)
	if err != nil {
		return nil, err
	}
	req.Header.Set("Authorization", "Bearer "+h.Tokens["worker"])
	res, err := client.Do(req)
	if err != nil {
		return nil, err
	}
	defer res.Body.Close()
	if res.StatusCode != http.StatusOK {
		return nil, refusedWith(res.StatusCode)
	}
	var list []struct {
		Seq int64 `json:"seq"`
	}
	err = json.NewDecoder(res.Body).Decode(&list)
	for _, e := range list {
		seqs = append(seqs, e.Seq)
	}
	return seqs, err
}

// refusedWith is the status by which a reading was refused.
type refusedWith int

func (r refusedWith) Error() string { return fmt.Sprintf("refused with %d", int(r)) }

// TestTwoOnOneFolder: a second server is refused in plain words; what only reads runs beside the first; kill -9 leaves no lock behind.
func TestTwoOnOneFolder(t *testing.T) {
	t.Parallel()
	dir := filepath.Join(t.TempDir(), "data")
	first, _ := demo(t, dir)
	for _, args := range [][]string{{"serve", "--data", dir, "--addr", "127.0.0.1:0"}, {"rebuild", "--data", dir}} {
		if out, err := run(t, args...); err == nil || !strings.Contains(out, "another Milieu is at work") {
			t.Errorf("%v beside a server: %v %s", args, err, out)
		}
	}
	for _, args := range [][]string{{"verify", "--data", dir}, {"prepare", "--data", dir, "--rest", "0s"}, {"export", "--data", dir, "--out", filepath.Join(t.TempDir(), "out")}} {
		if out, err := run(t, args...); err != nil {
			t.Errorf("%v beside a server: %v %s", args, err, out)
		}
	}
	first.kill()
	serve(t, dir, "127.0.0.1:0")
}

// screen is a listener as a page is one: it takes its line up again, says what it had last, and reads afresh when told to.
type screen struct {
	mu  sync.Mutex
	had map[int64]int
}

func (s *screen) has(seq int64) int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.had[seq]
}

func (s *screen) listen(ctx context.Context, h hello, url string) {
	client := &http.Client{}
	last := ""
	for ctx.Err() == nil {
		s.once(ctx, client, h, url, &last)
		select {
		case <-ctx.Done():
		case <-time.After(300 * time.Millisecond):
		}
	}
}

func (s *screen) once(ctx context.Context, client *http.Client, h hello, url string, last *string) {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, url+"/live?unit="+h.Unit, nil)
	if err != nil {
		return
	}
	req.Header.Set("Authorization", "Bearer "+h.Tokens["worker"])
	if *last != "" {
		req.Header.Set("Last-Event-ID", *last)
	}
	res, err := client.Do(req)
	if err != nil {
		return
	}
	defer res.Body.Close()
	in, id, event := bufio.NewScanner(res.Body), "", ""
	for in.Scan() {
		name, value, _ := strings.Cut(in.Text(), ": ")
		switch name {
		case "id":
			id = value
		case "event":
			event = value
		case "data":
			var list []struct {
				Seq int64 `json:"seq"`
			}
			if json.Unmarshal([]byte(value), &list) == nil {
				s.mu.Lock()
				for _, one := range list {
					s.had[one.Seq]++
				}
				s.mu.Unlock()
			}
		case "": // the end of an event
			if event == "stale" {
				after, _ := strconv.ParseInt(*last, 10, 64)
				seqs, err := h.read(client, url, after)
				if err != nil {
					return // and ask again with the same last event
				}
				s.mu.Lock()
				for _, seq := range seqs {
					s.had[seq]++
				}
				s.mu.Unlock()
			}
			if id != "" {
				*last = id
			}
			id, event = "", ""
		}
	}
}

// TestKilledAsASignalGoesOut (F12, F1): the server is killed the moment an entry is acknowledged, again and again; every screen has it after the
// restart, once, and nothing acknowledged is lost.
func TestKilledAsASignalGoesOut(t *testing.T) {
	t.Parallel()
	dir := filepath.Join(t.TempDir(), "data")
	first, h := demo(t, dir)
	first.kill()
	address := free(t)
	url := "http://" + address
	ctx, stop := context.WithCancel(context.Background())
	defer stop()
	screens := make([]*screen, repeat(20, 100))
	var ended sync.WaitGroup
	for i := range screens {
		screens[i] = &screen{had: map[int64]int{}}
		ended.Go(func() { screens[i].listen(ctx, h, url) })
	}
	client := &http.Client{Timeout: 10 * time.Second}
	var acknowledged []int64
	p := serve(t, dir, address)
	everybody := func(seq int64, what string) {
		since := clock.Deadline(0)
		for {
			lacking := 0
			for _, s := range screens {
				if s.has(seq) == 0 {
					lacking++
				}
			}
			took := clock.Deadline(0).Sub(since)
			if lacking == 0 {
				t.Logf("%s: all have it after %s", what, took.Round(time.Millisecond))
				return
			}
			if took > 30*time.Second {
				t.Fatalf("%s: %d of %d screens do not have it", what, lacking, len(screens))
			}
			time.Sleep(20 * time.Millisecond)
		}
	}
	for round := range repeat(4, 50) {
		seq := int64(0)
		for seq == 0 { // until the server answers again
			seq, _ = h.check(client, url, record.NewID(clock.Deadline(0)).String())
		}
		acknowledged = append(acknowledged, seq)
		if round > 0 {
			everybody(seq, "a check on a running server")
			if seq, _ = h.check(client, url, record.NewID(clock.Deadline(0)).String()); seq != 0 {
				acknowledged = append(acknowledged, seq)
			}
		} else {
			time.Sleep(2 * time.Second) // the first line of every screen stands
			if seq, _ = h.check(client, url, record.NewID(clock.Deadline(0)).String()); seq == 0 {
				t.Fatal("the check was not taken")
			}
			acknowledged = append(acknowledged, seq)
			everybody(seq, "the first")
			if seq, _ = h.check(client, url, record.NewID(clock.Deadline(0)).String()); seq != 0 {
				acknowledged = append(acknowledged, seq)
			}
		}
		p.kill()
		p = serve(t, dir, address)
		everybody(seq, "killed as it went out")
	}
	stop()
	for i, s := range screens {
		for _, seq := range acknowledged[1:] {
			if n := s.has(seq); n > 1 {
				t.Errorf("screen %d had entry %d %d times", i, seq, n)
			}
		}
	}
	seqs, err := h.read(client, url, 0)
	if err != nil {
		t.Fatal(err)
	}
	for _, seq := range acknowledged {
		if !bytes.Contains(fmt.Append(nil, seqs), strconv.AppendInt(nil, seq, 10)) {
			t.Errorf("entry %d was acknowledged and is lost", seq)
		}
	}
	p.kill()
	ended.Wait()
	if out, err := run(t, "verify", "--data", dir); err != nil {
		t.Errorf("the record does not verify: %v %s", err, out)
	}
}
