package db

import (
	"regexp"
	"slices"
	"strings"
)

// Remember gives what work gave when it was last asked for under the same name and id, as long as no table that work had read has been
// written since. It remembers within the committer's transactions only (RememberAsOf); anywhere else work is simply done. What it gives is
// shared: nobody changes it. work asks through the Querier it is given, which notes the tables.
func Remember[T any](q Querier, what string, id [16]byte, work func(Querier) (T, error)) (T, error) {
	tx, ok := q.(Tx)
	if !ok || !tx.memory().on {
		return work(q)
	}
	m, key := tx.memory(), memoryKey{what, id}
	if k := m.kept[key]; k != nil {
		if m.holds(k) {
			return k.value.(T), nil
		}
		delete(m.kept, key)
	}
	k := &memorial{at: m.tick}
	v, err := work(noting{tx, m, k})
	if err != nil || k.unclear || !m.holds(k) {
		return v, err
	}
	k.value = v
	m.keep(key, k)
	return v, nil
}

// Recall gives what Keep keeps under a name and id. Only within the committer's transactions; anywhere else there is nothing to recall.
func Recall[T any](q Querier, what string, id [16]byte) (v T, ok bool) {
	tx, is := q.(Tx)
	if !is || !tx.memory().on {
		return v, false
	}
	k := tx.memory().kept[memoryKey{what, id}]
	if k == nil {
		return v, false
	}
	return k.value.(T), true
}

// Keep keeps something until Forget: whoever writes what it was worked out from must keep it anew or forget it, in the same transaction.
func Keep(q Querier, what string, id [16]byte, v any) {
	if tx, is := q.(Tx); is && tx.memory().on {
		tx.memory().keep(memoryKey{what, id}, &memorial{value: v})
	}
}

// Forget forgets what Keep keeps.
func Forget(tx Tx, what string, id [16]byte) { delete(tx.memory().kept, memoryKey{what, id}) }

// RememberAsOf says, at the beginning of a transaction that holds the log's lock, how far the log has come: where another process has filed
// since, what was remembered is forgotten. Said again with what the transaction itself adds to the log, it keeps what is remembered.
func RememberAsOf(tx Tx, seq int64) {
	m := tx.memory()
	if !m.on && m.seq != seq {
		m.forget()
	}
	m.on, m.seq = true, seq
}

// Remembered says how far the log had come when what is remembered held; not ok when nothing is.
func Remembered(tx Tx) (seq int64, ok bool) {
	m := tx.memory()
	return m.seq, len(m.kept) > 0
}

// RememberThrough is RememberAsOf for one who knows what other processes have filed since: only what was read from tables that are not
// untouched is forgotten. What Keep keeps is the caller's to keep true.
func RememberThrough(tx Tx, seq int64, untouched func(table string) bool) {
	m := tx.memory()
	for key, k := range m.kept {
		if slices.ContainsFunc(k.reads, func(t string) bool { return !untouched(t) }) {
			delete(m.kept, key)
		}
	}
	m.on, m.seq = true, seq
}

// memoryMax bounds what is remembered: at most so many things.
const memoryMax = 8192

// memory is what the writer remembers from one transaction to the next.
type memory struct {
	on      bool  // in this transaction
	seq     int64 // of the log, as of which all of it holds
	tick    int64 // counts the writes
	written map[string]int64
	kept    map[memoryKey]*memorial
	texts   map[string]tables
}

type memoryKey struct {
	what string
	id   [16]byte
}

// memorial is one thing remembered.
type memorial struct {
	value   any
	at      int64 // tick when work began
	reads   []string
	unclear bool // a query whose tables are not plain to see
}

// tables are what one text of SQL reads or writes.
type tables struct {
	reads   []string
	writes  string
	unclear bool
}

func newMemory() *memory {
	return &memory{written: map[string]int64{}, kept: map[memoryKey]*memorial{}, texts: map[string]tables{}}
}

func (m *memory) forget() { clear(m.kept) }

func (m *memory) keep(key memoryKey, k *memorial) {
	if len(m.kept) >= memoryMax {
		clear(m.kept)
	}
	m.kept[key] = k
}

func (m *memory) holds(k *memorial) bool {
	for _, t := range k.reads {
		if m.written[t] > k.at {
			return false
		}
	}
	return true
}

// wrote notes a statement that gives no rows.
func (m *memory) wrote(query string) {
	t := m.of(query)
	m.tick++
	if t.unclear {
		m.forget()
	} else if t.writes != "" {
		m.written[t.writes] = m.tick
	}
}

func (m *memory) of(query string) tables {
	t, ok := m.texts[query]
	if !ok {
		t = tablesOf(query)
		m.texts[query] = t
	}
	return t
}

var (
	readsFrom  = regexp.MustCompile(`(?i)\b(?:FROM|JOIN)\s+([a-z_][a-z0-9_]*)`)
	readsComma = regexp.MustCompile(`(?i)\bFROM\s+[a-z_][a-z0-9_]*(?:\s+(?:AS\s+)?[a-z_][a-z0-9_]*)?\s*,`)
	writesTo   = regexp.MustCompile(`(?i)^\s*(?:INSERT\s+INTO|UPDATE|DELETE\s+FROM)\s+([a-z_][a-z0-9_]*)`)
	writesNone = regexp.MustCompile(`(?i)^\s*SELECT\b`)
)

// tablesOf finds the tables in a text of SQL. A text it does not understand is unclear, and nothing is remembered across it.
func tablesOf(query string) tables {
	var t tables
	if w := writesTo.FindStringSubmatch(query); w != nil {
		t.writes = strings.ToLower(w[1])
	} else if !writesNone.MatchString(query) || strings.Contains(query, ";") {
		t.unclear = true
	}
	t.unclear = t.unclear || strings.Contains(query, ";") || readsComma.MatchString(query)
	for _, r := range readsFrom.FindAllStringSubmatch(query, -1) {
		t.reads = append(t.reads, strings.ToLower(r[1]))
	}
	return t
}

// noting is a transaction's reading side that notes which tables are read.
type noting struct {
	tx Tx
	m  *memory
	k  *memorial
}

func (n noting) note(query string) {
	t := n.m.of(query)
	n.k.unclear = n.k.unclear || t.unclear || t.writes != ""
	n.k.reads = append(n.k.reads, t.reads...)
}

// Query implements Querier.
func (n noting) Query(query string, args ...any) (Rows, error) {
	n.note(query)
	return n.tx.Query(query, args...)
}

// QueryRow implements Querier.
func (n noting) QueryRow(query string, args ...any) Row {
	n.note(query)
	return n.tx.QueryRow(query, args...)
}
