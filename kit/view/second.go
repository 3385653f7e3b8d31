package view

import (
	"crypto/cipher"
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"os"
	"sync"
	"time"

	"golang.org/x/crypto/chacha20poly1305"

	"milieu/kit/clock"
	"milieu/kit/record"
)

// The second place is a file of two header slots and frames behind them. Integers are big-endian.
//
//	0, 4096   slots: magic (16), identity (16), generation (8), HMAC-SHA-256 of these (32)
//	8192 …    frames, each at a multiple of 512: "MVF1", length of the sealed part (4), number (8), nonce (24), sealed rows
//
// A frame is sealed with XChaCha20-Poly1305 to the identity, the generation, its number and its place. A new generation makes every frame of
// the old one unreadable, so that emptying the file is writing one slot.
const (
	// DefaultSize of the second place in bytes: room for some thirty thousand looks, one at a time.
	DefaultSize = 16 << 20
	secondMagic = "milieu views 1\x00\x00"
	frameMagic  = "MVF1"
	slotEvery   = 4096
	framesAt    = 2 * slotEvery
	frameHead   = 4 + 4 + 8 + chacha20poly1305.NonceSizeX
	sector      = 512
)

// disk is what the second place lies on: a file, or in tests one that breaks.
type disk interface {
	io.ReaderAt
	io.WriterAt
	Sync() error
	Close() error
}

// frame is one group in the second place.
type frame struct {
	number int64
	mark   record.ID
	rows   []Row
}

// second is the second place. Its methods may be called by the committer and, to look, by anybody.
type second struct {
	disk disk
	seal cipher.AEAD
	key  []byte
	size int64

	mu         sync.Mutex
	ready      bool // the file has its full size
	id         record.ID
	generation int64
	slot       int64
	at         int64   // where the next frame begins
	number     int64   // of the newest frame
	frames     []frame // not moved yet
	rows       int64   // in them
	making     sync.WaitGroup
}

func openSecond(path string, key []byte, size int64) (*second, error) {
	f, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE, 0o600)
	if err != nil {
		return nil, err
	}
	if size == 0 {
		size = DefaultSize
	}
	if info, err := f.Stat(); err == nil && info.Size() > size {
		size = info.Size() / sector * sector
	}
	s, err := secondOn(f, key, size)
	if err != nil {
		return nil, errors.Join(err, f.Close())
	}
	return s, nil
}

// secondOn reads what a second place holds. A fresh one is given its full size beside whatever else goes on; until then it takes nothing in.
func secondOn(d disk, key []byte, size int64) (*second, error) {
	seal, err := chacha20poly1305.NewX(key)
	if err != nil {
		return nil, err
	}
	s := &second{disk: d, seal: seal, key: key, size: size, at: framesAt}
	fresh := true
	for i := range int64(2) {
		b := make([]byte, 16+16+8+32)
		if n, _ := d.ReadAt(b, i*slotEvery); n < len(b) || string(b[:16]) != secondMagic {
			continue
		}
		fresh = false
		if g := int64(binary.BigEndian.Uint64(b[32:])); hmac.Equal(b[40:], s.sum(b[:40])) && g > s.generation {
			s.id, s.generation, s.slot = record.ID(b[16:32]), g, 1-i
		}
	}
	switch {
	case fresh:
		s.making.Go(s.allocate)
		return s, nil
	case s.generation == 0:
		return nil, errors.New("it was sealed with another key: move it away if what it holds is not needed")
	}
	s.ready = true
	return s, s.scan()
}

func (s *second) sum(b []byte) []byte {
	m := hmac.New(sha256.New, s.key)
	m.Write(b)
	return m.Sum(nil)
}

// allocate gives the file its size, so that a full disk takes nothing from it.
func (s *second) allocate() {
	zeros := make([]byte, 1<<20)
	var err error
	for at := int64(0); at < s.size && err == nil; at += int64(len(zeros)) {
		_, err = s.disk.WriteAt(zeros[:min(int64(len(zeros)), s.size-at)], at)
	}
	if err == nil {
		err = s.disk.Sync()
	}
	if err != nil {
		return // there is no second place; the next start tries again
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.id = record.ID(make([]byte, 16))
	_, _ = rand.Read(s.id[:]) // never fails: package rand ends the program instead
	if s.header(1) == nil {
		s.ready = true
	}
}

// header writes a generation into the older slot. For holders of the lock.
func (s *second) header(generation int64) error {
	b := append([]byte(secondMagic), s.id[:]...)
	b = binary.BigEndian.AppendUint64(b, uint64(generation))
	b = append(b, s.sum(b)...)
	if _, err := s.disk.WriteAt(b, s.slot*slotEvery); err != nil {
		return err
	}
	if err := s.disk.Sync(); err != nil {
		return err
	}
	s.slot, s.generation = 1-s.slot, generation
	return nil
}

func (s *second) bound(number, at int64) []byte {
	b := append([]byte(nil), s.id[:]...)
	b = binary.BigEndian.AppendUint64(b, uint64(s.generation))
	b = binary.BigEndian.AppendUint64(b, uint64(number))
	return binary.BigEndian.AppendUint64(b, uint64(at))
}

// read opens the frame at a place; ok is false where there is none of this generation.
func (s *second) read(at int64) (f frame, next int64, ok bool) {
	h := make([]byte, frameHead)
	if at+frameHead > s.size {
		return f, 0, false
	}
	if n, _ := s.disk.ReadAt(h, at); n < len(h) || string(h[:4]) != frameMagic {
		return f, 0, false
	}
	length, number := int64(binary.BigEndian.Uint32(h[4:])), int64(binary.BigEndian.Uint64(h[8:]))
	if at+frameHead+length > s.size {
		return f, 0, false
	}
	sealed := make([]byte, length)
	if n, _ := s.disk.ReadAt(sealed, at+frameHead); int64(n) < length {
		return f, 0, false
	}
	plain, err := s.seal.Open(nil, h[16:], sealed, s.bound(number, at))
	if err != nil {
		return f, 0, false
	}
	f, err = readFrame(plain)
	f.number = number
	return f, roundUp(at + frameHead + length), err == nil
}

func roundUp(n int64) int64 { return (n + sector - 1) / sector * sector }

// scan reads every frame. Where one is damaged it goes on behind it, and says in a row of its own that something was lost.
func (s *second) scan() error {
	for at := int64(framesAt); at < s.size; {
		f, next, ok := s.read(at)
		if !ok || f.number <= s.number {
			at += sector // behind the last frame lies nothing, or what another generation left
			continue
		}
		if missing := f.number - s.number - 1; missing > 0 && len(f.rows) > 0 {
			f.rows = append([]Row{{At: f.rows[0].At, Kind: Lost, Upto: missing}}, f.rows...)
		}
		s.frames, s.rows = append(s.frames, f), s.rows+int64(len(f.rows))
		s.number, s.at, at = f.number, next, next
	}
	return nil
}

// add seals rows as one frame and syncs it.
func (s *second) add(now time.Time, rows []*Row, mark record.ID) error {
	if s == nil {
		return errors.New("there is no second place")
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if !s.ready {
		return errors.New("the second place is not ready")
	}
	f := frame{number: s.number + 1, mark: mark, rows: make([]Row, len(rows))}
	for i, r := range rows {
		f.rows[i] = *r
		f.rows[i].At = now
	}
	head := append([]byte(frameMagic), 0, 0, 0, 0)
	head = binary.BigEndian.AppendUint64(head, uint64(f.number))
	nonce := make([]byte, chacha20poly1305.NonceSizeX)
	_, _ = rand.Read(nonce) // never fails: package rand ends the program instead
	head = append(head, nonce...)
	plain := f.plain()
	if s.at+int64(len(head)+len(plain)+s.seal.Overhead()) > s.size {
		return errors.New("the second place is full")
	}
	binary.BigEndian.PutUint32(head[4:], uint32(len(plain)+s.seal.Overhead()))
	sealed := s.seal.Seal(head, nonce, plain, s.bound(f.number, s.at))
	if _, err := s.disk.WriteAt(sealed, s.at); err != nil {
		return fmt.Errorf("writing to the second place: %w", err)
	}
	if err := s.disk.Sync(); err != nil {
		return fmt.Errorf("writing to the second place: %w", err)
	}
	s.number, s.at = f.number, roundUp(s.at+int64(len(sealed)))
	s.frames, s.rows = append(s.frames, f), s.rows+int64(len(f.rows))
	return nil
}

// next gives the oldest frames that are not moved yet, about as many rows as asked for.
func (s *second) next(rows int) []frame {
	s.mu.Lock()
	defer s.mu.Unlock()
	n := 0
	for i, f := range s.frames {
		if n += len(f.rows); n >= rows {
			return s.frames[:i+1]
		}
	}
	return s.frames
}

// moved forgets frames that are in the first place.
func (s *second) moved(upto int64) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for len(s.frames) > 0 && s.frames[0].number <= upto {
		s.rows -= int64(len(s.frames[0].rows))
		s.frames = s.frames[1:]
	}
}

// begin begins the file afresh once all was moved.
func (s *second) begin() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if len(s.frames) > 0 {
		return nil
	}
	if err := s.header(s.generation + 1); err != nil {
		return err
	}
	s.at, s.number, s.frames = framesAt, 0, nil
	return nil
}

func (s *second) held() int64 {
	if s == nil {
		return 0
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.rows
}

func (s *second) room() int64 {
	if s == nil {
		return 0
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if !s.ready {
		return 0
	}
	return s.size - s.at
}

func (s *second) close() error {
	s.making.Wait()
	return s.disk.Close()
}

// plain writes a frame's rows; seats and sets stand once, ahead of them.
func (f *frame) plain() []byte {
	seats, sets := map[Seat]int64{}, map[[32]byte]int64{}
	var said, rows []byte
	n := int64(0)
	say := func(body []byte) int64 {
		n++
		said = appendText(said, string(body))
		return n
	}
	for i := range f.rows {
		r := &f.rows[i]
		seat, ok := seats[r.Seat]
		if !ok {
			seat = say(r.Seat.body())
			seats[r.Seat] = seat
		}
		set := int64(0)
		if r.Set != nil {
			if set, ok = sets[r.Set.digest]; !ok {
				set = say(r.Set.body())
				sets[r.Set.digest] = set
			}
		}
		rows = binary.AppendVarint(rows, clock.Micros(r.At))
		rows = appendText(rows, string(r.body(seat, set)))
	}
	b := append([]byte(nil), f.mark[:]...)
	b = binary.AppendUvarint(b, uint64(n))
	b = append(b, said...)
	b = binary.AppendUvarint(b, uint64(len(f.rows)))
	return append(b, rows...)
}

func readFrame(plain []byte) (f frame, err error) {
	t := &taking{b: plain}
	f.mark = t.id()
	said := make([][]byte, 1, 8)
	for n := t.number(); n > 0 && !t.bad; n-- {
		said = append(said, []byte(t.text()))
	}
	for n := t.number(); n > 0 && !t.bad; n-- {
		r := Row{At: clock.FromMicros(t.signed())}
		seat, set, err := r.readBody([]byte(t.text()))
		if err != nil || seat < 1 || seat >= int64(len(said)) || set >= int64(len(said)) {
			return f, errUnreadable
		}
		if r.Seat, err = readSeat(said[seat]); err != nil {
			return f, err
		}
		if set > 0 {
			if r.Set, err = readSet(said[set]); err != nil {
				return f, err
			}
		}
		f.rows = append(f.rows, r)
	}
	return f, t.err()
}
