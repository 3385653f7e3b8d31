// Package live brings what changed to open screens: server-sent events, a topic for each view of a unit or person.
//
// A row is rendered once for each topic, not for each screen; what changes within a short while goes out together. A reader too slow for
// its topic is told to load afresh and never holds anybody up. A screen that lost its line says the last event it had and gets what it missed.
package live

import (
	"bytes"
	"cmp"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"maps"
	"net/http"
	"slices"
	"strconv"
	"sync"
	"time"

	"milieu/kit/clock"
	"milieu/kit/fault"
	"milieu/kit/record"
)

// Signal says that an entry was filed: enough to know what to look at again, and nothing that could be read.
type Signal struct {
	Seq   int64     `json:"seq"`
	Chart record.ID `json:"chart"`
	Unit  record.ID `json:"unit,omitzero"`
	Kind  string    `json:"kind"`
	// Left is the unit that the chart belonged to before, where the entry moved it: its screens are told as well.
	Left record.ID `json:"-"`
	// Labelled says that the entry carries labels: what tells of single entries leaves it out.
	Labelled bool `json:"-"`
}

// Topic is one view of one unit (or person) for one kind of viewer.
type Topic struct {
	View   string    // a name under which a View was registered
	Of     record.ID // a unit, or a person's own chart
	Viewer string    // what the viewer may see, in one word: viewers of one word see the same rows
}

// View renders what changed of a topic: HTML fragments with stable ids, one behind another. Empty sends nothing.
type View func(ctx context.Context, t Topic, changed []Signal) ([]byte, error)

// ErrAfresh is what a View answers with when what changed looks different to each who looks: screens are told to load their page anew.
var ErrAfresh = errors.New("each screen loads afresh")

// Hub carries signals to listeners.
type Hub struct {
	Clock clock.Clock
	Log   *slog.Logger

	mu     sync.Mutex
	views  map[string]View
	topics map[Topic]*topic
	ring   [ringSize]Signal // the newest signals, by seq
	newest int64
	closed chan struct{}
	shut   bool // no more topics are served

	closing sync.Once
	serving sync.WaitGroup // of topics
}

const (
	ringSize  = 8192
	queueSize = 16 // messages a listener may be behind
	// coalesce is how long a topic gathers changes after it has sent some: the first goes out at once.
	coalesce  = 150 * time.Millisecond
	heartbeat = 15 * time.Second
	slow      = 10 * time.Second // a write that takes longer ends the stream
)

type topic struct {
	key       Topic
	pending   map[group]Signal
	oldest    int64 // of the signals pending; 0 for none
	rendering int64 // the oldest of those being rendered; 0 for none
	wake      chan struct{}
	listeners map[*Listener]bool
	stop      chan struct{}
}

// group is what signals have in common of which the latest stands for all: views go by kind, and leave out what is labelled.
type group struct {
	chart    record.ID
	kind     string
	labelled bool
}

type message struct {
	seq  int64
	data []byte // as lines of the stream, shared by all listeners of the topic; nil: load afresh
}

// Listener is one open stream.
type Listener struct {
	Person record.ID
	topics []*topic
	ch     chan message
	lost   bool // fell behind; guarded by the hub's lock
	cut    chan struct{}
	once   sync.Once
}

// NewHub makes a hub without views.
func NewHub(c clock.Clock, log *slog.Logger) *Hub {
	return &Hub{Clock: c, Log: log, views: map[string]View{}, topics: map[Topic]*topic{}, closed: make(chan struct{})}
}

// Begin tells the hub how far the log had come before it. Call before listening begins: a screen that comes back to a server started afresh is
// then told to load afresh, for what it missed is in nobody's memory.
func (h *Hub) Begin(seq int64) { h.newest = seq }

// Register names a view. Call before listening begins.
func (h *Hub) Register(name string, v View) { h.views[name] = v }

// Publish hands on signals in order of seq. It does not wait for anybody.
func (h *Hub) Publish(signals ...Signal) {
	h.mu.Lock()
	defer h.mu.Unlock()
	for _, s := range signals {
		h.ring[s.Seq%ringSize] = s
		h.newest = max(h.newest, s.Seq)
	}
	for _, t := range h.topics {
		hit := false
		for _, s := range signals {
			if t.key.concerns(s) {
				t.add(s)
				hit = true
			}
		}
		if hit {
			t.rouse()
		}
	}
}

// add and rouse are for holders of the hub's lock.
func (t *topic) add(s Signal) {
	t.pending[group{s.Chart, s.Kind, s.Labelled}] = s
	if t.oldest == 0 || s.Seq < t.oldest {
		t.oldest = s.Seq
	}
}

func (t *topic) rouse() {
	select {
	case t.wake <- struct{}{}:
	default:
	}
}

// concerns: a topic of nothing in particular is of everything.
func (t Topic) concerns(s Signal) bool {
	return t.Of.IsZero() || s.Unit == t.Of || s.Chart == t.Of || s.Left == t.Of
}

// Listen opens a stream on topics. When since is above 0 the first message of each holds what changed behind that event, or asks to load afresh.
func (h *Hub) Listen(person record.ID, since int64, keys ...Topic) (*Listener, func(), error) {
	h.mu.Lock()
	defer h.mu.Unlock()
	for _, key := range keys {
		if h.views[key.View] == nil {
			return nil, nil, fault.New(fault.NotFound, "there is no live view %q", key.View)
		}
	}
	l := &Listener{Person: person, ch: make(chan message, queueSize), cut: make(chan struct{})}
	for _, key := range keys {
		l.topics = append(l.topics, h.join(l, key))
	}
	if since > 0 {
		h.catchUp(l, since)
	}
	return l, func() {
		for _, t := range l.topics {
			h.leave(t, l)
		}
	}, nil
}

func (h *Hub) join(l *Listener, key Topic) *topic {
	t := h.topics[key]
	if t == nil {
		t = &topic{key: key, pending: map[group]Signal{}, wake: make(chan struct{}, 1), listeners: map[*Listener]bool{}, stop: make(chan struct{})}
		h.topics[key] = t
		if !h.shut {
			h.serving.Go(func() { h.serve(t) })
		}
	}
	t.listeners[l] = true
	return t
}

// catchUp sees to it that a listener hears what its topics missed behind an event, or that too much was missed.
func (h *Hub) catchUp(l *Listener, since int64) {
	known := since <= h.newest && h.newest-since < ringSize
	for seq := since + 1; known && seq <= h.newest; seq++ {
		known = h.ring[seq%ringSize].Seq == seq
	}
	if !known {
		l.ch <- message{seq: h.newest} // the first of all: there is room
		return
	}
	for _, t := range l.topics {
		for seq := since + 1; seq <= h.newest; seq++ {
			if s := h.ring[seq%ringSize]; t.key.concerns(s) {
				t.add(s)
				t.rouse()
			}
		}
	}
}

func (h *Hub) leave(t *topic, l *Listener) {
	h.mu.Lock()
	defer h.mu.Unlock()
	delete(t.listeners, l)
	if len(t.listeners) == 0 && h.topics[t.key] == t {
		delete(h.topics, t.key)
		close(t.stop)
	}
}

// serve gathers, renders once and hands the same bytes to every listener of the topic.
func (h *Hub) serve(t *topic) {
	for {
		select {
		case <-t.stop:
			return
		case <-h.closed:
			return
		case <-t.wake:
		}
		h.mu.Lock()
		changed := slices.SortedFunc(maps.Values(t.pending), func(a, b Signal) int { return cmp.Compare(a.Seq, b.Seq) })
		clear(t.pending)
		t.rendering, t.oldest = t.oldest, 0
		h.mu.Unlock()
		data, err := h.render(t.key, changed)
		if err != nil && !errors.Is(err, ErrAfresh) {
			h.Log.Error("rendering a live view", "view", t.key.View, "error", err)
		}
		h.send(t, data, err == nil && len(data) == 0)
		select {
		case <-time.After(coalesce):
		case <-t.stop:
			return
		case <-h.closed:
			return
		}
	}
}

// render draws a view. A view that panics costs its topic a fresh load, and nobody else anything.
func (h *Hub) render(key Topic, changed []Signal) (data []byte, err error) {
	defer func() {
		if p := recover(); p != nil {
			data, err = nil, fmt.Errorf("the view panicked: %v", p)
		}
	}()
	return h.views[key.View](context.Background(), key, changed)
}

// send hands data to every listener of the topic; without data they are told to load afresh.
func (h *Hub) send(t *topic, data []byte, nothing bool) {
	h.mu.Lock()
	defer h.mu.Unlock()
	t.rendering = 0
	if nothing {
		return
	}
	shared := lines(data)
	for l := range t.listeners {
		m := message{h.heard(l), shared}
		if l.lost {
			m.data = nil
		}
		select {
		case l.ch <- m:
			l.lost = false
		default:
			l.lost = true
		}
	}
}

// heard is up to where a listener has heard of everything its topics had to say, the message now being sent included: what one topic has
// yet to say must not be skipped because another was quicker.
func (h *Hub) heard(l *Listener) int64 {
	upTo := h.newest
	for _, t := range l.topics {
		for _, seq := range []int64{t.oldest, t.rendering} {
			if seq > 0 {
				upTo = min(upTo, seq-1)
			}
		}
	}
	return upTo
}

// stale says whether a listener that has nothing left to read missed something meanwhile, and what to tell it.
func (h *Hub) stale(l *Listener) (message, bool) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if !l.lost || len(l.ch) > 0 {
		return message{}, false
	}
	l.lost = false
	return message{seq: h.heard(l)}, true
}

// Cut ends every stream of a person, at once.
func (h *Hub) Cut(person record.ID) {
	h.mu.Lock()
	defer h.mu.Unlock()
	for _, t := range h.topics {
		for l := range t.listeners {
			if l.Person == person {
				l.once.Do(func() { close(l.cut) })
			}
		}
	}
}

// Listeners counts the open streams.
func (h *Hub) Listeners() int {
	h.mu.Lock()
	defer h.mu.Unlock()
	n := 0
	for _, t := range h.topics {
		n += len(t.listeners)
	}
	return n
}

// Close ends all streams, and waits for what is being drawn for them: the database may be closed behind it.
func (h *Hub) Close() {
	h.closing.Do(func() {
		h.mu.Lock()
		h.shut = true
		h.mu.Unlock()
		close(h.closed)
	})
	h.serving.Wait()
}

// Serve writes topics as server-sent events until the reader goes, is cut, or is too slow. The session's end is for the caller: ctx.
func (h *Hub) Serve(w http.ResponseWriter, r *http.Request, person record.ID, keys ...Topic) error {
	since, _ := strconv.ParseInt(r.Header.Get("Last-Event-ID"), 10, 64)
	if since == 0 {
		since, _ = strconv.ParseInt(r.URL.Query().Get("after"), 10, 64)
	}
	l, leave, err := h.Listen(person, since, keys...)
	if err != nil {
		return err
	}
	defer leave()
	out := http.NewResponseController(w)
	w.Header().Set("Content-Type", "text/event-stream")
	w.Header().Set("Cache-Control", "no-store")
	w.Header().Set("X-Accel-Buffering", "no")
	write := func(b []byte) error {
		if err := out.SetWriteDeadline(clock.Deadline(slow)); err != nil {
			return err
		}
		if _, err := w.Write(b); err != nil {
			return err
		}
		return out.Flush()
	}
	if err := write(append([]byte("retry: 1000\n"), h.now()...)); err != nil {
		return nil
	}
	beat := time.NewTicker(heartbeat)
	defer beat.Stop()
	for {
		var err error
		select {
		case <-r.Context().Done():
			return nil
		case <-l.cut:
			return nil
		case <-h.closed:
			return nil
		case <-beat.C:
			err = write(h.now())
		case m := <-l.ch:
			if err = write(event(m)); err == nil {
				if m, missed := h.stale(l); missed {
					err = write(event(m))
				}
			}
		}
		if err != nil {
			return nil // the reader has gone
		}
	}
}

// now says the server's time: screens count by it, and know that the line lives.
func (h *Hub) now() []byte {
	return []byte("event: now\ndata: " + strconv.FormatInt(h.Clock.Now().UnixMilli(), 10) + "\n\n")
}

// event writes a message in the form of the standard: every line of the data behind its own "data:".
func event(m message) []byte {
	if m.data == nil {
		return []byte("id: " + strconv.FormatInt(m.seq, 10) + "\nevent: stale\ndata:\n\n")
	}
	b := make([]byte, 0, len(m.data)+32)
	b = append(b, "id: "...)
	b = strconv.AppendInt(b, m.seq, 10)
	b = append(b, '\n')
	return append(b, m.data...)
}

// lines are data in the form of the stream, made once for all who hear it. Nil stays nil.
func lines(data []byte) []byte {
	if data == nil {
		return nil
	}
	b := make([]byte, 0, len(data)+len(data)/16+16)
	b = append(b, "data: "...)
	for len(data) > 0 {
		at := bytes.IndexAny(data, "\r\n")
		if at < 0 {
			b = append(b, data...)
			break
		}
		b = append(b, data[:at]...)
		if data[at] == '\n' {
			b = append(b, "\ndata: "...)
		}
		data = data[at+1:]
	}
	return append(b, "\n\n"...)
}
