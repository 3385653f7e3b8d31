package web

import (
	"context"
	"slices"
	"sync"
	"time"

	"milieu/kit/fault"
	"milieu/kit/record"
)

// streams are the open streams of sessions: each is cut when its session ends or locks, whoever does it, here or in another process.
type streams struct {
	mu       sync.Mutex
	open     map[[32]byte]map[*stream]bool
	watching bool
}

type stream struct {
	cancel context.CancelFunc
	token  bool        // a machine's
	sees   func() bool // whether its listener still sees what it listens to
}

// watchEvery is how often open streams are held against their sessions.
const watchEvery = 2 * time.Second

// watch gives a context for a stream of the session that asks: it ends when the session does, or locks, and when what ties its person to what
// they listen to has ended: a shift that is over, a consent taken back, a glass given back. The caller calls done at the end.
func (s *Sessions) watch(c *Ctx, to ...record.ID) (ctx context.Context, done func()) {
	ctx, cancel := context.WithCancel(c.R.Context())
	one := &stream{cancel: cancel, token: c.Token != nil, sees: c.still(to)}
	var key [32]byte
	if one.token {
		key = c.Token.key
	} else {
		key = c.Session.key
	}
	s.streams.mu.Lock()
	defer s.streams.mu.Unlock()
	if s.streams.open == nil {
		s.streams.open = map[[32]byte]map[*stream]bool{}
	}
	if !s.streams.watching {
		s.streams.watching = true
		go s.watchAll()
	}
	if s.streams.open[key] == nil {
		s.streams.open[key] = map[*stream]bool{}
	}
	s.streams.open[key][one] = true
	return ctx, func() { s.streams.close(key, one) }
}

func (s *streams) close(key [32]byte, one *stream) {
	one.cancel()
	s.mu.Lock()
	defer s.mu.Unlock()
	delete(s.open[key], one)
	if len(s.open[key]) == 0 {
		delete(s.open, key)
	}
}

func (s *streams) cut(key [32]byte) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for one := range s.open[key] {
		one.cancel()
	}
}

// watchAll runs while streams are open.
func (s *Sessions) watchAll() {
	tick := time.NewTicker(watchEvery)
	defer tick.Stop()
	for range tick.C {
		s.streams.mu.Lock()
		keys := make(map[[32]byte]bool, len(s.streams.open))
		var each []*stream
		for key, all := range s.streams.open {
			for one := range all {
				keys[key] = one.token
				each = append(each, one)
			}
		}
		if len(keys) == 0 {
			s.streams.watching = false
			s.streams.mu.Unlock()
			return
		}
		s.streams.mu.Unlock()
		for key, token := range keys {
			var err error
			if token {
				_, err = s.judgeToken(context.Background(), key)
			} else {
				_, _, err = s.judge(context.Background(), key)
			}
			if kind := fault.KindOf(err); err != nil && (kind == fault.SignedOut || kind == fault.Locked) {
				s.streams.cut(key)
			}
		}
		for _, one := range each {
			if !one.sees() {
				one.cancel()
			}
		}
	}
}

// still says, whenever it is asked, whether this request's person still sees each of some units and charts, as the viewer they were.
func (c *Ctx) still(to []record.ID) func() bool {
	person, device, viewer, d := c.Scope.Person, c.Scope.Device, c.Scope.Viewer(), c.Directory
	token := c.Token != nil // its own limits are judged with it
	return func() bool {
		s, err := d.Scope(person, device)
		if err != nil || !token && s.Viewer() != viewer {
			return false
		}
		return !slices.ContainsFunc(to, func(id record.ID) bool { return id != person && !s.Sees(id) && d.Sees(s, id) != nil })
	}
}
