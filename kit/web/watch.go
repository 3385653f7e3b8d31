package web

import (
	"net/http"
	"sync"
	"time"

	"milieu/kit/fault"
)

// mostWatched bounds what is written of one second: whoever knocks a thousand times must not fill the disk.
const mostWatched = 50

// watched counts what was written in the second under way.
type watched struct {
	mu     sync.Mutex
	second time.Time
	n      int
}

// Watch writes what matters to security into the program's log: what happened, to whom, from where, on which device. People, units and charts
// stand there as IDs, and nothing that somebody typed: what is typed into the field of a name may be a password. Who looked at what stands in
// the view log; what was changed, in the record.
func (c *Ctx) Watch(what string, args ...any) {
	w := &c.watched
	w.mu.Lock()
	if second := c.Now.Truncate(time.Second); !second.Equal(w.second) {
		if w.n > mostWatched {
			c.Log.Warn("more happened than is written one by one", "in", w.second, "left_out", w.n-mostWatched)
		}
		w.second, w.n = second, 0
	}
	w.n++
	over := w.n > mostWatched
	w.mu.Unlock()
	if over {
		return
	}
	args = append([]any{"at", c.Now, "what", what}, args...)
	if c.Scope != nil {
		args = append(args, "by", c.Scope.Person, "role", c.Scope.Role)
	}
	if c.Session != nil {
		args = append(args, "session", c.Session.ID)
	}
	c.Log.Info("security", append(args, "address", c.Address(), "route", c.R.Pattern)...)
}

// watchRefusal notes that a request was refused for who sent it, or for how often.
func (c *Ctx) watchRefusal(kind fault.Kind) {
	switch {
	case kind == fault.Denied || kind == fault.TooMany:
		c.Watch("refused", "why", kind.String())
	case kind == fault.SignedOut && c.R.Header.Get("Authorization") != "":
		c.Watch("token refused")
	case kind == fault.NotFound && c.Scope != nil && c.R.Method != http.MethodGet:
		c.Watch("refused", "why", kind.String())
	}
}
