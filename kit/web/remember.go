package web

import (
	"sync"

	"milieu/kit/db"
)

// memory keeps what was read, until the next entry is filed.
type memory struct {
	mu     sync.Mutex
	seq    int64
	values map[string]any
}

// Remember gives what load reads from the record, and the same again to whoever asks under the same key until an entry is filed anywhere.
// The key names everything that load depends on beside the record: a person's scope among it, where it matters. What is given is shared: it
// is not to be changed. Where several processes share a database, each would hear of the others' entries a moment late, so there it reads.
func Remember[T any](s *Site, key string, load func() (T, error)) (T, error) {
	if s.DB.Dialect == db.Postgres {
		return load()
	}
	seq := s.Committer.Seq() // before reading: what is read is at least as new
	m := &s.memory
	m.mu.Lock()
	if m.seq != seq {
		m.seq, m.values = seq, map[string]any{}
	}
	known, ok := m.values[key].(T)
	m.mu.Unlock()
	if ok {
		return known, nil
	}
	value, err := load()
	if err != nil {
		return value, err
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.seq == seq {
		m.values[key] = value
	}
	return value, nil
}
