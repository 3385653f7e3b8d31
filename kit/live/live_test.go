package live

import (
	"bufio"
	"bytes"
	"context"
	"fmt"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"milieu/kit/clock"
	"milieu/kit/record"
)

func id(name string) record.ID { return record.DeriveID("live", name) }

var north = Topic{View: "rows", Of: id("north"), Viewer: "nurse"}

// newHub makes a hub with a view that says which charts changed, and counts how often it was asked.
func newHub(t testing.TB) (*Hub, *atomic.Int64) {
	t.Helper()
	h := NewHub(clock.System(), slog.New(slog.DiscardHandler))
	var drawn atomic.Int64
	h.Register("rows", func(_ context.Context, _ Topic, changed []Signal) ([]byte, error) {
		drawn.Add(1)
		var b bytes.Buffer
		for _, s := range changed {
			fmt.Fprintf(&b, "<li>%d</li>\n", s.Seq)
		}
		return b.Bytes(), nil
	})
	h.Register("broken", func(context.Context, Topic, []Signal) ([]byte, error) { panic("a defect") })
	t.Cleanup(h.Close)
	return h, &drawn
}

func signal(seq int64, unit string) Signal {
	return Signal{Seq: seq, Chart: record.DeriveID("chart", fmt.Sprint(seq%50)), Unit: id(unit), Kind: "ward.seen"}
}

func listen(t testing.TB, h *Hub, since int64, keys ...Topic) *Listener {
	t.Helper()
	l, leave, err := h.Listen(id("kim"), since, keys...)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(leave)
	return l
}

// within waits for a message; a test that waits in vain is broken.
func within(t testing.TB, l *Listener) message {
	t.Helper()
	select {
	case m := <-l.ch:
		return m
	case <-clock.System().After(20 * time.Second):
		t.Error("nothing came")
		return message{}
	}
}

func TestOnlyWhatConcernsATopic(t *testing.T) {
	h, drawn := newHub(t)
	l := listen(t, h, 0, north)
	h.Publish(signal(1, "south"), signal(2, "north"), signal(3, "east"))
	if m := within(t, l); string(m.data) != string(lines([]byte("<li>2</li>\n"))) || m.seq != 3 {
		t.Errorf("%d: %s", m.seq, m.data)
	}
	h.Publish(signal(4, "south"))
	own := listen(t, h, 0, Topic{View: "rows", Of: signal(5, "").Chart, Viewer: "nurse"})
	h.Publish(signal(5, "south"))
	if m := within(t, own); string(m.data) != string(lines([]byte("<li>5</li>\n"))) {
		t.Errorf("a person's own: %s", m.data)
	}
	if drawn.Load() != 2 {
		t.Errorf("drawn %d times", drawn.Load())
	}
	if _, _, err := h.Listen(id("kim"), 0, Topic{View: "no such"}); err == nil {
		t.Error("a view that is not there was listened to")
	}
}

// What comes together is told together: a view that goes by kind hears of each, and one that leaves out what is labelled of what is not.
func TestEveryKindIsHeard(t *testing.T) {
	h, _ := newHub(t)
	h.Register("kinds", func(_ context.Context, _ Topic, changed []Signal) ([]byte, error) {
		var b bytes.Buffer
		for _, s := range changed {
			fmt.Fprintf(&b, "%s%v ", s.Kind, s.Labelled)
		}
		return b.Bytes(), nil
	})
	l := listen(t, h, 0, Topic{View: "kinds", Of: id("north")})
	of := func(seq int64, kind string, labelled bool) Signal {
		return Signal{Seq: seq, Chart: id("somebody"), Unit: id("north"), Kind: kind, Labelled: labelled}
	}
	h.Publish(of(1, "a.note", false), of(2, "a.note", true), of(3, "a.look", false), of(4, "a.look", false))
	if m := within(t, l); string(m.data) != string(lines([]byte("a.notefalse a.notetrue a.lookfalse "))) {
		t.Errorf("%q", m.data)
	}
}

// Whoever moves to another unit is still heard of where they were, also when more was said of them meanwhile.
func TestTheUnitThatWasLeftHears(t *testing.T) {
	h, _ := newHub(t)
	l := listen(t, h, 0, north)
	moved, more := signal(1, "south"), signal(51, "south") // of one chart
	moved.Left = id("north")
	if more.Chart != moved.Chart {
		t.Fatal("not of one chart")
	}
	h.Publish(moved, more)
	if m := within(t, l); string(m.data) != string(lines([]byte("<li>1</li>\n"))) {
		t.Errorf("%q", m.data)
	}
}

// A view whose rows differ from viewer to viewer sends none: each screen asks for its own.
func TestAViewThatAsksForAFreshPage(t *testing.T) {
	h, _ := newHub(t)
	var logged bytes.Buffer
	h.Log = slog.New(slog.NewTextHandler(&logged, nil))
	h.Register("own", func(context.Context, Topic, []Signal) ([]byte, error) { return nil, ErrAfresh })
	l := listen(t, h, 0, Topic{View: "own", Of: id("north")})
	h.Publish(signal(1, "north"))
	if m := within(t, l); m.data != nil || m.seq != 1 {
		t.Errorf("%d: %q", m.seq, m.data)
	}
	if logged.Len() > 0 {
		t.Errorf("logged as a fault: %s", logged.String())
	}
}

// A thousand screens, a hundred changes: drawn once for all, gathered while there are many, and all hear of all.
func TestAThousandListeners(t *testing.T) {
	h, drawn := newHub(t)
	const n = 1000
	var wg sync.WaitGroup
	for range n {
		l := listen(t, h, 0, north)
		wg.Go(func() {
			heard := map[string]bool{}
			for len(heard) < 100 && !t.Failed() {
				m := within(t, l)
				for line := range strings.Lines(string(m.data)) {
					if strings.Contains(line, "<li>") {
						heard[line] = true
					}
				}
			}
		})
	}
	if h.Listeners() != n {
		t.Errorf("%d listeners", h.Listeners())
	}
	for seq := range int64(100) {
		s := signal(seq+1, "north")
		s.Chart = record.DeriveID("own", fmt.Sprint(seq))
		h.Publish(s)
	}
	wg.Wait()
	if got := drawn.Load(); got > 10 {
		t.Errorf("drawn %d times for 100 changes in one moment", got)
	}
}

func TestResume(t *testing.T) {
	h, _ := newHub(t)
	h.Begin(100)
	for seq := int64(101); seq <= 110; seq++ {
		unit := "south"
		if seq%5 == 0 {
			unit = "north"
		}
		h.Publish(signal(seq, unit))
	}
	if m := within(t, listen(t, h, 104, north)); !strings.Contains(string(m.data), "<li>105</li>") || !strings.Contains(string(m.data), "<li>110</li>") || m.seq != 110 {
		t.Errorf("%d: %s", m.seq, m.data)
	}
	h, _ = newHub(t)
	h.Begin(100)
	h.Publish(signal(101, "north"))
	for says, since := range map[string]int64{"before the server began": 90, "of a log that was longer": 500} {
		if m := within(t, listen(t, h, since, north)); m.data != nil || m.seq != 101 {
			t.Errorf("%s: %d: %q", says, m.seq, m.data)
		}
	}
	for seq := int64(102); seq <= 101+ringSize; seq++ {
		h.Publish(signal(seq, "south"))
	}
	if m := within(t, listen(t, h, 100, north)); m.data != nil {
		t.Errorf("longer ago than is remembered: %q", m.data)
	}
	l := listen(t, h, 102, north)
	h.Publish(signal(102+ringSize, "north"))
	if m := within(t, l); !bytes.Contains(m.data, []byte(fmt.Sprint(102+ringSize))) {
		t.Errorf("nothing concerning was missed: %q", m.data)
	}
}

// A screen with two topics does not skip what the slower has yet to say.
func TestTheSlowerTopicIsNotSkipped(t *testing.T) {
	h, _ := newHub(t)
	hold := make(chan struct{})
	h.Register("slow", func(context.Context, Topic, []Signal) ([]byte, error) {
		<-hold
		return []byte("slow"), nil
	})
	l := listen(t, h, 0, north, Topic{View: "slow", Of: id("south"), Viewer: "nurse"})
	h.Publish(signal(1, "north"))
	if m := within(t, l); m.seq != 1 {
		t.Errorf("said to have heard up to %d", m.seq)
	}
	h.Publish(signal(2, "south"), signal(3, "north"))
	if m := within(t, l); m.seq != 1 {
		t.Errorf("said to have heard up to %d while 2 was not yet told", m.seq)
	}
	close(hold)
	if m := within(t, l); string(m.data) != string(lines([]byte("slow"))) || m.seq != 3 {
		t.Errorf("%d: %s", m.seq, m.data)
	}
}

func TestASlowReaderHoldsNobodyUp(t *testing.T) {
	h, _ := newHub(t)
	slow, quick := listen(t, h, 0, north), listen(t, h, 0, north)
	for seq := int64(1); seq <= queueSize+3; seq++ {
		h.send(h.topics[north], []byte(fmt.Sprint(seq)), false)
		within(t, quick)
	}
	for range queueSize {
		within(t, slow)
	}
	m, missed := h.stale(slow)
	if !missed || m.data != nil {
		t.Errorf("after it read what there was: %v, %q", missed, m.data)
	}
	if _, again := h.stale(slow); again {
		t.Error("told twice")
	}
	if _, missed := h.stale(quick); missed {
		t.Error("the quick one is told to load afresh")
	}
}

func TestAViewThatPanics(t *testing.T) {
	h, _ := newHub(t)
	l, fine := listen(t, h, 0, Topic{View: "broken", Of: id("north"), Viewer: "nurse"}), listen(t, h, 0, north)
	h.Publish(signal(1, "north"))
	if m := within(t, l); m.data != nil {
		t.Errorf("%q", m.data)
	}
	if m := within(t, fine); m.data == nil {
		t.Error("another view was spoilt")
	}
}

// stream opens a stream over HTTP and gives its events one by one.
func stream(t *testing.T, h *Hub, person record.ID, last int64) (next func() (id, name, data string, ok bool)) {
	t.Helper()
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if err := h.Serve(w, r, person, north); err != nil {
			t.Error(err)
		}
	}))
	t.Cleanup(srv.Close)
	req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, srv.URL, nil)
	if err != nil {
		t.Fatal(err)
	}
	if last > 0 {
		req.Header.Set("Last-Event-ID", strconv.FormatInt(last, 10))
	}
	res, err := srv.Client().Do(req)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { res.Body.Close() })
	if got := res.Header.Get("Content-Type"); got != "text/event-stream" {
		t.Errorf("sent as %q", got)
	}
	in := bufio.NewScanner(res.Body)
	return func() (id, name, data string, ok bool) {
		for in.Scan() {
			what, value, _ := strings.Cut(in.Text(), ": ")
			switch what {
			case "id":
				id = value
			case "event":
				name = value
			case "data":
				data += value + "\n"
			case "":
				if name != "now" && (id != "" || data != "") {
					return id, name, data, true
				}
				id, name, data = "", "", ""
			}
		}
		return "", "", "", false
	}
}

func TestOverHTTP(t *testing.T) {
	h, _ := newHub(t)
	h.Publish(signal(1, "north"), signal(2, "north"))
	next := stream(t, h, id("kim"), 1)
	eventID, name, data, ok := next()
	if !ok || eventID != "2" || name != "" || !strings.Contains(data, "<li>2</li>") || strings.Contains(data, "<li>1</li>") {
		t.Fatalf("%q %q %q %v", eventID, name, data, ok)
	}
	// Cut: this person's streams end at once, another's do not.
	other := stream(t, h, id("lee"), 0)
	for h.Listeners() < 2 {
		<-clock.System().After(time.Millisecond)
	}
	h.Cut(id("kim"))
	if _, _, _, ok := next(); ok {
		t.Error("a stream went on after it was cut")
	}
	h.Publish(signal(3, "north"))
	if _, _, data, ok := other(); !ok || !strings.Contains(data, "<li>3</li>") {
		t.Errorf("another's stream: %q, %v", data, ok)
	}
	h.Close()
	h.Close()
	if _, _, _, ok := other(); ok {
		t.Error("a stream went on after the end")
	}
	for h.Listeners() > 0 {
		<-clock.System().After(time.Millisecond)
	}
}

func TestEventForm(t *testing.T) {
	for data, want := range map[string]string{
		"one":                 "id: 7\ndata: one\n\n",
		"one\ntwo":            "id: 7\ndata: one\ndata: two\n\n",
		"a\r\nevent: stale\n": "id: 7\ndata: a\ndata: event: stale\ndata: \n\n",
	} {
		if got := string(event(message{7, lines([]byte(data))})); got != want {
			t.Errorf("%q: %q, want %q", data, got, want)
		}
	}
	if got := string(event(message{7, nil})); got != "id: 7\nevent: stale\ndata:\n\n" {
		t.Errorf("load afresh: %q", got)
	}
}
