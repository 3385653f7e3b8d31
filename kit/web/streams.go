package web

import (
	"context"
	"sync"
	"time"

	"milieu/kit/fault"
)

// streams are the open streams of sessions: each is cut when its session ends or locks, whoever does it, here or in another process.
type streams struct {
	mu       sync.Mutex
	open     map[[32]byte]map[*stream]bool
	watching bool
}

type stream struct {
	cancel context.CancelFunc
	token  bool // a machine's
}

// watchEvery is how often open streams are held against their sessions.
const watchEvery = 2 * time.Second

// watch gives a context for a stream of the session that asks: it ends when the session does, or locks. The caller calls done at the end.
func (s *Sessions) watch(c *Ctx) (ctx context.Context, done func()) {
	ctx, cancel := context.WithCancel(c.R.Context())
	one := &stream{cancel: cancel, token: c.Token != nil}
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
		for key, all := range s.streams.open {
			for one := range all {
				keys[key] = one.token
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
	}
}
