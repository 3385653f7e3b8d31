package view

import (
	"bytes"
	"crypto/sha256"
	"encoding/binary"
	"errors"
	"slices"
	"time"

	"golang.org/x/mod/sumdb/tlog"

	"milieu/kit/clock"
	"milieu/kit/record"
)

// Kind says what a row tells of.
type Kind string

// The kinds of rows.
const (
	Seen    Kind = "seen"    // what the row names was shown
	Refused Kind = "refused" // it was asked for and not shown: there is no such chart, or it is not this person's
	Ended   Kind = "ended"   // the retention of the rows up to Upto has ended, and their content was destroyed
	Lost    Kind = "lost"    // rows of the second place could not be read again: Upto says how many frames
)

// Seat is who looks, as what, and where from. It is stored once.
type Seat struct {
	Person  record.ID
	Role    string
	Session record.ID // zero for a machine's token
	Device  string    // of the browser, or the name of the token
	Address string    // the network address, without port
}

// Set is several charts shown together. It is stored once.
type Set struct {
	charts []record.ID
	digest [32]byte
}

// NewSet makes a set; nil for no charts. Order and repetition do not matter.
func NewSet(charts ...record.ID) *Set {
	if len(charts) == 0 {
		return nil
	}
	s := &Set{charts: slices.Clone(charts)}
	slices.SortFunc(s.charts, func(a, b record.ID) int { return bytes.Compare(a[:], b[:]) })
	s.charts = slices.Compact(s.charts)
	s.digest = sha256.Sum256(s.body())
	return s
}

// Charts are the charts of the set, in order of ID. The caller does not change them.
func (s *Set) Charts() []record.ID {
	if s == nil {
		return nil
	}
	return s.charts
}

// Same says whether two sets hold the same charts.
func (s *Set) Same(other *Set) bool {
	return s == other || s != nil && other != nil && s.digest == other.digest
}

// Has says whether a chart is in the set.
func (s *Set) Has(chart record.ID) bool {
	_, ok := slices.BinarySearchFunc(s.Charts(), chart, func(a, b record.ID) int { return bytes.Compare(a[:], b[:]) })
	return ok
}

// Row is one look.
type Row struct {
	Seq int64     // place in the log, from 1 without gaps; given by the log
	At  time.Time // given by the log; never before that of an earlier row
	Seat
	Kind  Kind
	Route string    // the pattern of the route, never the address asked for; behind it, the days of which a copy was taken
	Unit  record.ID // whose board it was, or the unit of the chart
	Chart record.ID // the one chart shown; zero where there are several
	Set   *Set      // several charts shown together
	Under string    // the relation under which it was seen, as package access names it
	Glass record.ID // the break-glass entry under which it was seen
	Upto  int64     // of Ended and Lost
	salt  [16]byte  // goes with the content when its retention ends; zero in rows of before, whose leaves have none
}

// forms of a row's encodings: without salt, as it was at first, and with one.
const (
	formPlain  = 1
	formSalted = 2
)

func (r *Row) form() byte {
	if r.salt == [16]byte{} {
		return formPlain
	}
	return formSalted
}

// Of says whether the row is about a chart.
func (r *Row) Of(chart record.ID) bool { return r.Chart == chart || r.Set.Has(chart) }

// once is what is stored once and referred to by its number.
type once struct {
	id     int64
	digest [32]byte
}

const (
	onceSeat = 's'
	onceSet  = 'c'
)

func appendText(b []byte, s string) []byte {
	return append(binary.AppendUvarint(b, uint64(len(s))), s...)
}

func (s *Seat) body() []byte {
	b := make([]byte, 0, 96)
	b = append(b, onceSeat)
	b = append(b, s.Person[:]...)
	b = append(b, s.Session[:]...)
	b = appendText(b, s.Role)
	b = appendText(b, s.Device)
	return appendText(b, s.Address)
}

func (s *Seat) digest() [32]byte { return sha256.Sum256(s.body()) }

func (s *Set) body() []byte {
	b := make([]byte, 0, 1+16*len(s.charts))
	b = append(b, onceSet)
	for _, c := range s.charts {
		b = append(b, c[:]...)
	}
	return b
}

// leaf is the row's leaf in the tree. It covers everything: seat and set by the hash of what they say, not by their numbers.
func (r *Row) leaf(seat [32]byte) tlog.Hash {
	b := make([]byte, 0, 256)
	b = append(b, r.form())
	if r.form() == formSalted {
		b = append(b, r.salt[:]...)
	}
	b = binary.AppendVarint(b, r.Seq)
	b = binary.AppendVarint(b, clock.Micros(r.At))
	b = appendText(b, string(r.Kind))
	b = append(b, seat[:]...)
	b = appendText(b, r.Route)
	b = append(b, r.Unit[:]...)
	b = append(b, r.Chart[:]...)
	if r.Set != nil {
		b = append(b, r.Set.digest[:]...)
	}
	b = appendText(b, r.Under)
	b = append(b, r.Glass[:]...)
	return tlog.RecordHash(binary.AppendVarint(b, r.Upto))
}

// Bits that say which parts a stored row has.
const (
	hasUnit = 1 << iota
	hasChart
	hasSet
	hasGlass
	hasUpto
)

// body is the row as it is stored: seat and set are the numbers under which they are stored once.
func (r *Row) body(seat, set int64) []byte {
	flags := byte(0)
	put := func(bit byte, on bool) {
		if on {
			flags |= bit
		}
	}
	put(hasUnit, !r.Unit.IsZero())
	put(hasChart, !r.Chart.IsZero())
	put(hasSet, r.Set != nil)
	put(hasGlass, !r.Glass.IsZero())
	put(hasUpto, r.Upto != 0)
	b := make([]byte, 0, 96)
	b = append(b, r.form(), flags)
	if r.form() == formSalted {
		b = append(b, r.salt[:]...)
	}
	b = binary.AppendUvarint(b, uint64(seat))
	b = appendText(b, string(r.Kind))
	b = appendText(b, r.Route)
	b = appendText(b, r.Under)
	if flags&hasUnit != 0 {
		b = append(b, r.Unit[:]...)
	}
	if flags&hasChart != 0 {
		b = append(b, r.Chart[:]...)
	}
	if flags&hasSet != 0 {
		b = binary.AppendUvarint(b, uint64(set))
	}
	if flags&hasGlass != 0 {
		b = append(b, r.Glass[:]...)
	}
	if flags&hasUpto != 0 {
		b = binary.AppendVarint(b, r.Upto)
	}
	return b
}

var errUnreadable = errors.New("it cannot be read")

// taking reads what the append functions wrote; bad is set at the first thing that does not fit.
type taking struct {
	b   []byte
	bad bool
}

func (t *taking) bytes(n int) []byte {
	if n < 0 || n > len(t.b) {
		t.bad, t.b = true, nil
		return make([]byte, min(max(n, 0), 64))
	}
	out := t.b[:n]
	t.b = t.b[n:]
	return out
}

func (t *taking) byte() byte { return t.bytes(1)[0] }

func (t *taking) number() int64 {
	v, n := binary.Uvarint(t.b)
	if n <= 0 || v > 1<<62 {
		t.bad, t.b = true, nil
		return 0
	}
	t.b = t.b[n:]
	return int64(v)
}

func (t *taking) signed() int64 {
	v, n := binary.Varint(t.b)
	if n <= 0 {
		t.bad, t.b = true, nil
		return 0
	}
	t.b = t.b[n:]
	return v
}

func (t *taking) text() string {
	n := t.number()
	if n > int64(len(t.b)) {
		t.bad, t.b = true, nil
		return ""
	}
	return string(t.bytes(int(n)))
}

func (t *taking) id() record.ID { return record.ID(t.bytes(16)) }

func (t *taking) err() error {
	if t.bad || len(t.b) > 0 {
		return errUnreadable
	}
	return nil
}

// readBody fills a row from what is stored, and gives the numbers of its seat and set; 0 for no set.
func (r *Row) readBody(b []byte) (seat, set int64, err error) {
	t := &taking{b: b}
	form, flags := t.byte(), t.byte()
	switch form {
	case formPlain:
	case formSalted:
		copy(r.salt[:], t.bytes(len(r.salt)))
	default:
		return 0, 0, errUnreadable
	}
	seat = t.number()
	r.Kind, r.Route, r.Under = Kind(t.text()), t.text(), t.text()
	if flags&hasUnit != 0 {
		r.Unit = t.id()
	}
	if flags&hasChart != 0 {
		r.Chart = t.id()
	}
	if flags&hasSet != 0 {
		set = t.number()
	}
	if flags&hasGlass != 0 {
		r.Glass = t.id()
	}
	if flags&hasUpto != 0 {
		r.Upto = t.signed()
	}
	return seat, set, t.err()
}

func readSeat(b []byte) (s Seat, err error) {
	t := &taking{b: b}
	if t.byte() != onceSeat {
		return s, errUnreadable
	}
	s.Person, s.Session = t.id(), t.id()
	s.Role, s.Device, s.Address = t.text(), t.text(), t.text()
	return s, t.err()
}

func readSet(b []byte) (*Set, error) {
	if len(b) < 17 || b[0] != onceSet || len(b)%16 != 1 {
		return nil, errUnreadable
	}
	s := &Set{digest: sha256.Sum256(b)}
	for b = b[1:]; len(b) > 0; b = b[16:] {
		s.charts = append(s.charts, record.ID(b[:16]))
	}
	return s, nil
}
