package vault

import (
	"encoding/binary"
	"fmt"

	"milieu/kit/db/vault/shim"

	"modernc.org/libc"
	sqlite3 "modernc.org/sqlite/lib"
)

const (
	// tokensPerBlock tokens of eight bytes and the block's sequence number fill a body.
	tokensPerBlock = (bodySize - 8) / 8
	blocksStart    = 12288
)

// block is the tokens of tokensPerBlock successive pages. Two slots in the -pages
// file hold it; the one not known to be durable is written first.
type block struct {
	seq     uint64
	tokens  [tokensPerBlock]uint64
	changed map[int]bool // tokens newer here than in any slot
	durable int          // the slot known to be on disk, -1 when neither is known to be
	waiting bool         // written to a slot, not yet synced
}

func blockOffset(b uint32, slot int) int64 {
	return blocksStart + int64(b)*2*PageSize + int64(slot)*PageSize
}

func blockPlace(id identity, b uint32, slot int) place {
	return place{kindTokens, uint64(b)<<1 | uint64(slot), id}
}

// reading is what the two slots of a block said.
type reading struct {
	seq    uint64
	tokens [tokensPerBlock]uint64
	slot   int // of the newest sound slot, -1 when there is none
	spoilt int // slots that are neither sound nor empty
}

// readBlock reads both slots and keeps the newest sound one.
func readBlock(t *libc.TLS, s *sealer, side *shim.Extra, id identity, b uint32) (reading, int32) {
	r := reading{slot: -1}
	var raw [2 * PageSize]byte
	rc := side.ReadAt(t, raw[:], blockOffset(b, 0))
	if rc != sqlite3.SQLITE_OK && rc != sqlite3.SQLITE_IOERR_SHORT_READ {
		return r, rc
	}
	var d desk
	for slot := range 2 {
		unit := raw[slot*PageSize : (slot+1)*PageSize]
		if allZero(unit) {
			continue
		}
		body, err := s.open(&d, unit, blockPlace(id, b, slot))
		if err != nil {
			r.spoilt++
			continue
		}
		seq := binary.LittleEndian.Uint64(body)
		if r.slot >= 0 && seq <= r.seq {
			continue
		}
		r.seq, r.slot = seq, slot
		for i := range r.tokens {
			r.tokens[i] = binary.LittleEndian.Uint64(body[8+8*i:])
		}
	}
	return r, sqlite3.SQLITE_OK
}

// loadBlock brings block b into memory, or brings what is there up to what another
// process wrote. The caller holds s.mu for writing.
func (s *store) loadBlock(t *libc.TLS, b uint32) (*block, error) {
	for uint32(len(s.blocks)) <= b {
		s.blocks = append(s.blocks, nil)
	}
	r, rc := readBlock(t, s.v.sealer, s.side, s.id, b)
	if rc != sqlite3.SQLITE_OK {
		return nil, ioError{"read the page tokens of " + s.path, rc}
	}
	// One spoilt slot beside an empty one is a block whose first write was cut short:
	// its pages are still in the write-ahead log. Two spoilt slots cannot come from a
	// crash.
	if r.spoilt == 2 {
		return nil, Damage{File: s.sidePath(), Fault: Altered,
			Detail: fmt.Sprintf("the tokens of pages %d to %d cannot be read", b*tokensPerBlock+1, (b+1)*tokensPerBlock)}
	}
	k := s.blocks[b]
	if k == nil {
		k = &block{durable: -1}
		s.blocks[b] = k
	}
	if r.slot >= 0 {
		k.take(r)
	}
	return k, nil
}

// take brings the block up to what another process wrote since. What is newer here stays.
func (k *block) take(r reading) {
	if r.seq <= k.seq {
		return
	}
	for i := range k.tokens {
		if !k.changed[i] {
			k.tokens[i] = r.tokens[i]
		}
	}
	k.seq, k.durable, k.waiting = r.seq, -1, false
}

// token is the version the page should have, 0 for "never written".
func (s *store) token(t *libc.TLS, page uint32) (uint64, error) {
	b, i := (page-1)/tokensPerBlock, (page-1)%tokensPerBlock
	s.mu.RLock()
	if b < uint32(len(s.blocks)) && s.blocks[b] != nil {
		v := s.blocks[b].tokens[i]
		s.mu.RUnlock()
		return v, nil
	}
	s.mu.RUnlock()
	return s.freshToken(t, page, 0)
}

// freshToken looks into the file again for a page that has the token got (0: none is known): another process may have written it, also after a checkpoint of this
// process had written it and failed.
func (s *store) freshToken(t *libc.TLS, page uint32, got uint64) (uint64, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	b, i := (page-1)/tokensPerBlock, int((page-1)%tokensPerBlock)
	k, err := s.loadBlock(t, b)
	if err != nil {
		return 0, err
	}
	if got != 0 && k.changed[i] && k.tokens[i] != got {
		r, rc := readBlock(t, s.v.sealer, s.side, s.id, b)
		if rc != sqlite3.SQLITE_OK {
			return 0, ioError{"read the page tokens of " + s.path, rc}
		}
		if r.slot >= 0 && r.tokens[i] == got {
			k.tokens[i] = got
			delete(k.changed, i)
		}
	}
	return k.tokens[i], nil
}

// setToken notes what was just written to the page.
func (s *store) setToken(t *libc.TLS, page uint32, token uint64) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.setTokenLocked(t, page, token)
}

func (s *store) setTokenLocked(t *libc.TLS, page uint32, token uint64) error {
	b, i := (page-1)/tokensPerBlock, int((page-1)%tokensPerBlock)
	var k *block
	if b < uint32(len(s.blocks)) {
		k = s.blocks[b]
	}
	if k == nil {
		var err error
		if k, err = s.loadBlock(t, b); err != nil {
			return err
		}
	}
	if k.tokens[i] == token {
		return nil
	}
	k.tokens[i] = token
	if k.changed == nil {
		k.changed = map[int]bool{}
	}
	k.changed[i] = true
	return nil
}

// cutTokens forgets the pages beyond the last one of a file that was shortened.
func (s *store) cutTokens(t *libc.TLS, pages uint32) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	size, rc := s.side.Size(t)
	if rc != sqlite3.SQLITE_OK {
		return ioError{"measure " + s.sidePath(), rc}
	}
	blocks := max(uint32(max(size-blocksStart, 0)/(2*PageSize))+1, uint32(len(s.blocks)))
	for b := pages / tokensPerBlock; b < blocks; b++ {
		if int(b) >= len(s.blocks) || s.blocks[b] == nil {
			if _, err := s.loadBlock(t, b); err != nil {
				return err
			}
		}
		for i, v := range s.blocks[b].tokens {
			if page := b*tokensPerBlock + uint32(i) + 1; v != 0 && page > pages {
				if err := s.setTokenLocked(t, page, 0); err != nil {
					return err
				}
			}
		}
	}
	return nil
}

// flush writes changed tokens to the -pages file; with sync it makes them durable.
//
// The order matters twice. Before the database's own sync the tokens are durable, so
// that a page read from the database after a crash always has its token: a page whose
// checkpoint was cut short is still in the write-ahead log and not read from here. And
// the slot known to be durable is never written to before the other one is, so that a
// torn slot always has a sound twin.
func (s *store) flush(t *libc.TLS, main *shim.Base, sync bool) int32 {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.flushLocked(t, main, sync)
}

func (s *store) flushLocked(t *libc.TLS, main *shim.Base, sync bool) int32 {
	for b, k := range s.blocks {
		if k == nil || len(k.changed) == 0 {
			continue
		}
		if rc := s.writeBlock(t, main, uint32(b), k); rc != sqlite3.SQLITE_OK {
			return rc
		}
	}
	if !sync {
		return sqlite3.SQLITE_OK
	}
	waiting := false
	for _, k := range s.blocks {
		waiting = waiting || k != nil && k.waiting
	}
	if !waiting {
		return sqlite3.SQLITE_OK
	}
	if rc := s.side.Sync(t, sqlite3.SQLITE_SYNC_NORMAL); rc != sqlite3.SQLITE_OK {
		return rc
	}
	for b, k := range s.blocks {
		if k == nil || !k.waiting {
			continue
		}
		k.waiting = false
		r, rc := readBlock(t, s.v.sealer, s.side, s.id, uint32(b))
		if rc != sqlite3.SQLITE_OK {
			return rc
		}
		if r.seq != k.seq { // another process wrote since: the twin is its own to write
			k.take(r)
			continue
		}
		k.durable = 1 - k.durable
		// The twin now says the same, so that one spoilt slot loses nothing.
		if rc := s.putBlock(t, uint32(b), k, 1-k.durable); rc != sqlite3.SQLITE_OK {
			return rc
		}
	}
	return sqlite3.SQLITE_OK
}

func (s *store) writeBlock(t *libc.TLS, main *shim.Base, b uint32, k *block) int32 {
	r, rc := readBlock(t, s.v.sealer, s.side, s.id, b)
	if rc != sqlite3.SQLITE_OK {
		return rc
	}
	if r.seq > k.seq { // another process wrote since
		for i := range k.tokens {
			if !k.changed[i] || pageHas(t, main, b*tokensPerBlock+uint32(i)+1, r.tokens[i]) {
				k.tokens[i] = r.tokens[i]
			}
		}
		k.seq, k.durable, k.waiting = r.seq, -1, false
	}
	if k.durable < 0 {
		// What the newest slot holds may still be in the system's cache only.
		if r.slot >= 0 {
			if rc := s.side.Sync(t, sqlite3.SQLITE_SYNC_NORMAL); rc != sqlite3.SQLITE_OK {
				return rc
			}
		}
		k.durable = max(r.slot, 0)
	}
	k.seq++
	if rc := s.putBlock(t, b, k, 1-k.durable); rc != sqlite3.SQLITE_OK {
		return rc
	}
	clear(k.changed)
	k.waiting = true
	return sqlite3.SQLITE_OK
}

// pageHas says whether the page in the file is the version with the token. It settles
// what to keep when this process wrote the page in a checkpoint that failed and another
// one wrote it again later.
func pageHas(t *libc.TLS, main *shim.Base, page uint32, token uint64) bool {
	if main == nil {
		return false
	}
	mem := shim.Alloc(t, PageSize)
	defer shim.Free(t, mem)
	rc := main.Read(t, mem, PageSize, int64(page-1)*PageSize)
	return rc == sqlite3.SQLITE_OK && tokenOf(shim.Bytes(mem, PageSize)) == token
}

func (s *store) putBlock(t *libc.TLS, b uint32, k *block, slot int) int32 {
	var plain [bodySize]byte
	var unit [PageSize]byte
	binary.LittleEndian.PutUint64(plain[:], k.seq)
	for i, v := range k.tokens {
		binary.LittleEndian.PutUint64(plain[8+8*i:], v)
	}
	s.v.sealer.seal(&s.desk, unit[:], plain[:], blockPlace(s.id, b, slot), 0)
	return s.side.WriteAt(t, unit[:], blockOffset(b, slot))
}
