package vault

import (
	"crypto/aes"
	"crypto/cipher"
	"crypto/rand"
	"encoding/binary"
	"errors"
	"sync"
	"sync/atomic"
)

// Sizes of the frozen format, version 1 (see the package comment).
const (
	// PageSize is the size of every page in bytes.
	PageSize = 4096
	// Reserved is the room at each page's end that SQLite leaves to us.
	Reserved = 48

	formatVersion = 1
	bodySize      = PageSize - Reserved
	tagSize       = 16
	nonceSize     = 24
	noteSize      = 8
)

// kind says what a sealed unit is. It is bound into the unit, so that a page of one
// sort never passes for another.
type kind byte

const (
	kindPage kind = 1 + iota
	kindFrame
	kindJournal
	kindTokens
	kindIdentity
	kindMark
)

// identity is a database's own random number.
type identity [16]byte

// place is where a unit belongs.
type place struct {
	kind kind
	at   uint64
	id   identity
}

// trailer is what stands in clear at a unit's end.
type trailer struct {
	version byte
	kind    kind
	epoch   uint16
	note    uint32
}

func readTrailer(unit []byte) trailer {
	n := unit[len(unit)-noteSize:]
	return trailer{n[0], kind(n[1]), binary.LittleEndian.Uint16(n[2:]), binary.LittleEndian.Uint32(n[4:])}
}

var (
	errForged  = errors.New("the content does not match its seal")
	errNoEpoch = errors.New("the key of its epoch is not among the keys")
	errFormat  = errors.New("it is not of this format")
)

// desk holds what a seal needs while it works, so that nothing is allocated for a
// page. It belongs to one goroutine at a time.
type desk struct {
	aad   [noteSize + 8 + 16]byte
	nonce [nonceSize]byte
}

// sealer seals and opens units with the keys of one VFS.
type sealer struct {
	current uint16
	masters map[uint16]*master
	writing sync.Mutex
	writer  atomic.Pointer[subkey]
	recent  atomic.Pointer[subkey]
	cacheMu sync.RWMutex
	cache   map[subkeyName]*subkey
}

type subkeyName struct {
	epoch  uint16
	prefix [12]byte
}

// subkey is an AES-256-GCM key derived by XAES from the first half of a nonce.
type subkey struct {
	name subkeyName
	aead cipher.AEAD
	used atomic.Uint32
}

const (
	// subkeyLimit bounds the units sealed under one derived key: 2^26 units are
	// 2^34 AES blocks, where GCM's confidentiality bound stands near 2^-61.
	subkeyLimit = 1 << 26
	// cacheLimit bounds the derived keys kept for reading.
	cacheLimit = 1024
)

func newSealer(keys Keys) (*sealer, error) {
	if err := keys.check(); err != nil {
		return nil, err
	}
	s := &sealer{current: keys.current.Epoch, masters: map[uint16]*master{}, cache: map[subkeyName]*subkey{}}
	for _, k := range keys.all() {
		s.masters[k.Epoch] = newMaster(k.Secret)
	}
	return s, nil
}

// forWriting is the derived key to seal with now.
func (s *sealer) forWriting() (*subkey, uint32) {
	for {
		if w := s.writer.Load(); w != nil {
			if n := w.used.Add(1); n < subkeyLimit {
				return w, n
			}
		}
		s.writing.Lock()
		if w := s.writer.Load(); w == nil || w.used.Load() >= subkeyLimit {
			n := &subkey{name: subkeyName{epoch: s.current}}
			rand.Read(n.name.prefix[:])
			n.aead = s.masters[s.current].derive(n.name.prefix)
			s.writer.Store(n)
		}
		s.writing.Unlock()
	}
}

// forReading finds or derives the key for a nonce; a new one is kept only after it
// has opened something, so that damaged nonces do not push out good keys.
func (s *sealer) forReading(name subkeyName) (k *subkey, fresh bool) {
	if r := s.recent.Load(); r != nil && r.name == name {
		return r, false
	}
	s.cacheMu.RLock()
	k = s.cache[name]
	s.cacheMu.RUnlock()
	if k != nil {
		s.recent.Store(k)
		return k, false
	}
	m := s.masters[name.epoch]
	if m == nil {
		return nil, false
	}
	return &subkey{name: name, aead: m.derive(name.prefix)}, true
}

func (s *sealer) keep(k *subkey) {
	s.cacheMu.Lock()
	if len(s.cache) >= cacheLimit {
		clear(s.cache)
	}
	s.cache[k.name] = k
	s.cacheMu.Unlock()
	s.recent.Store(k)
}

func (d *desk) bind(note []byte, p place) {
	copy(d.aad[:noteSize], note)
	binary.LittleEndian.PutUint64(d.aad[noteSize:], p.at)
	copy(d.aad[noteSize+8:], p.id[:])
}

// seal encrypts plain into unit, which is Reserved bytes longer and does not overlap
// plain. It returns the unit's token.
func (s *sealer) seal(d *desk, unit, plain []byte, p place, note uint32) uint64 {
	k, n := s.forWriting()
	end := len(plain)
	copy(d.nonce[:12], k.name.prefix[:])
	// Eight random bytes keep a cloned machine's nonces apart from its twin's; the
	// count keeps ours apart from each other whatever the random bytes are.
	rand.Read(d.nonce[12:20])
	binary.LittleEndian.PutUint32(d.nonce[20:], n)
	t := unit[end+tagSize+nonceSize:]
	t[0], t[1] = formatVersion, byte(p.kind)
	binary.LittleEndian.PutUint16(t[2:], s.current)
	binary.LittleEndian.PutUint32(t[4:], note)
	d.bind(t[:noteSize], p)
	k.aead.Seal(unit[:0], d.nonce[12:], plain, d.aad[:])
	copy(unit[end+tagSize:], d.nonce[:])
	return tokenOf(unit)
}

// open decrypts unit in place and returns its body. On an error the unit's content
// is undefined and no plain text is in it.
func (s *sealer) open(d *desk, unit []byte, p place) ([]byte, error) {
	if len(unit) < Reserved {
		return nil, errFormat
	}
	end := len(unit) - Reserved
	note := unit[len(unit)-noteSize:]
	tr := readTrailer(unit)
	if tr.version != formatVersion || tr.kind != p.kind {
		return nil, errFormat
	}
	copy(d.nonce[:], unit[end+tagSize:])
	name := subkeyName{epoch: tr.epoch, prefix: [12]byte(d.nonce[:12])}
	k, fresh := s.forReading(name)
	if k == nil {
		return nil, errNoEpoch
	}
	d.bind(note, p)
	if _, err := k.aead.Open(unit[:0], d.nonce[12:], unit[:end+tagSize], d.aad[:]); err != nil {
		return nil, errForged
	}
	if fresh {
		s.keep(k)
	}
	return unit[:end], nil
}

// tokenOf is the eight bytes by which a page's version is recognised: the head of
// its tag. It is never zero, which stands for "never written".
func tokenOf(unit []byte) uint64 {
	t := binary.LittleEndian.Uint64(unit[len(unit)-Reserved:])
	if t == 0 {
		return 1
	}
	return t
}

func allZero(b []byte) bool {
	for len(b) >= 8 {
		if binary.LittleEndian.Uint64(b) != 0 {
			return false
		}
		b = b[8:]
	}
	for _, c := range b {
		if c != 0 {
			return false
		}
	}
	return true
}

// master derives XAES-256-GCM's keys from one secret (C2SP XAES-256-GCM): the key for
// a nonce is a NIST SP 800-108 counter KDF over CMAC-AES-256 of the nonce's first
// twelve bytes; the other twelve are the nonce of AES-256-GCM.
type master struct {
	block cipher.Block
	k1    [aes.BlockSize]byte
}

func newMaster(secret [KeySize]byte) *master {
	block, err := aes.NewCipher(secret[:])
	if err != nil {
		panic("vault: AES refused a key of 32 bytes: " + err.Error())
	}
	m := &master{block: block}
	m.block.Encrypt(m.k1[:], m.k1[:])
	var carry byte
	for i := len(m.k1) - 1; i >= 0; i-- {
		carry, m.k1[i] = m.k1[i]>>7, m.k1[i]<<1|carry
	}
	m.k1[len(m.k1)-1] ^= carry * 0x87
	return m
}

func (m *master) derive(prefix [12]byte) cipher.AEAD {
	var key [KeySize]byte
	for i := range 2 {
		half := key[i*aes.BlockSize : (i+1)*aes.BlockSize]
		copy(half, []byte{0, byte(i + 1), 'X', 0})
		copy(half[4:], prefix[:])
		for j := range half {
			half[j] ^= m.k1[j]
		}
		m.block.Encrypt(half, half)
	}
	block, err := aes.NewCipher(key[:])
	if err != nil {
		panic("vault: AES refused a derived key: " + err.Error())
	}
	aead, err := cipher.NewGCM(block)
	if err != nil {
		panic("vault: GCM refused AES: " + err.Error())
	}
	return aead
}
