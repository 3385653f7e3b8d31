package vault

import (
	"bytes"
	"crypto/sha3"
	"encoding/hex"
	"fmt"
	"testing"
)

// xaes is the whole construction as the specification states it, for its vectors.
func xaes(key [32]byte, nonce [24]byte, plain, aad []byte) []byte {
	return newMaster(key).derive([12]byte(nonce[:12])).Seal(nil, nonce[12:], plain, aad)
}

func TestPublishedVectors(t *testing.T) {
	var nonce [24]byte
	copy(nonce[:], "ABCDEFGHIJKLMNOPQRSTUVWX")
	for _, c := range []struct {
		key       byte
		aad, want string
	}{
		{1, "", "ce546ef63c9cc60765923609b33a9a1974e96e52daf2fcf7075e2271"},
		{3, "c2sp.org/XAES-256-GCM", "986ec1832593df5443a179437fd083bf3fdb41abd740a21f71eb769d"},
	} {
		got := xaes([32]byte(bytes.Repeat([]byte{c.key}, 32)), nonce, []byte("XAES-256-GCM"), []byte(c.aad))
		if hex.EncodeToString(got) != c.want {
			t.Errorf("key %d: %x, published %s", c.key, got, c.want)
		}
	}
}

// The published accumulated vector: 10,000 random inputs drawn from SHAKE128, their
// outputs hashed together.
func TestPublishedAccumulatedVector(t *testing.T) {
	source, sum := sha3.NewSHAKE128(), sha3.NewSHAKE128()
	draw := func() []byte {
		var n [1]byte
		source.Read(n[:])
		b := make([]byte, n[0])
		source.Read(b)
		return b
	}
	for range 10_000 {
		var key [32]byte
		var nonce [24]byte
		source.Read(key[:])
		source.Read(nonce[:])
		plain := draw()
		sum.Write(xaes(key, nonce, plain, draw()))
	}
	var out [32]byte
	sum.Read(out[:])
	const want = "e6b9edf2df6cec60c8cbd864e2211b597fb69a529160cd040d56c0c210081939"
	if hex.EncodeToString(out[:]) != want {
		t.Errorf("accumulated %x, published %s", out, want)
	}
}

func testKeys(t testing.TB, fill byte) Keys {
	t.Helper()
	k, err := OneKey(bytes.Repeat([]byte{fill}, KeySize))
	if err != nil {
		t.Fatal(err)
	}
	return k
}

func TestUnitIsBoundToItsPlace(t *testing.T) {
	s, err := newSealer(testKeys(t, 7))
	if err != nil {
		t.Fatal(err)
	}
	var d desk
	home := place{kindPage, 12, identity{1}}
	plain := bytes.Repeat([]byte("words "), 675)[:bodySize]
	unit := make([]byte, PageSize)
	s.seal(&d, unit, plain, home, 5)
	if got, err := s.open(&d, bytes.Clone(unit), home); err != nil || !bytes.Equal(got, plain) {
		t.Fatalf("open in place: %v", err)
	}
	for name, p := range map[string]place{
		"another page":     {kindPage, 13, identity{1}},
		"another kind":     {kindFrame, 12, identity{1}},
		"another database": {kindPage, 12, identity{2}},
	} {
		if _, err := s.open(&d, bytes.Clone(unit), p); err == nil {
			t.Errorf("the unit opened as %s", name)
		}
	}
	for i := range unit {
		u := bytes.Clone(unit)
		u[i] ^= 1 << (i % 8)
		if _, err := s.open(&d, u, home); err == nil {
			t.Fatalf("a flipped bit in byte %d went unnoticed", i)
		}
		if bytes.Contains(u, []byte("words words")) {
			t.Fatalf("a refused unit (byte %d) left plain text behind", i)
		}
	}
	other, _ := newSealer(testKeys(t, 8))
	if _, err := other.open(&d, bytes.Clone(unit), home); err == nil {
		t.Error("another key opened the unit")
	}
}

func TestNoncesDiffer(t *testing.T) {
	s, _ := newSealer(testKeys(t, 7))
	var d desk
	unit := make([]byte, 64+Reserved)
	seen := map[string]bool{}
	for range 20_000 {
		s.seal(&d, unit, make([]byte, 64), place{kind: kindPage}, 0)
		n := string(unit[64+tagSize : 64+tagSize+nonceSize])
		if seen[n] {
			t.Fatal("a nonce came twice")
		}
		seen[n] = true
	}
	first := s.writer.Load()
	first.used.Store(subkeyLimit - 1)
	s.seal(&d, unit, make([]byte, 64), place{kind: kindPage}, 0)
	if s.writer.Load() == first {
		t.Error("the derived key was kept past its limit")
	}
}

func TestKeysAreNotPrinted(t *testing.T) {
	k := testKeys(t, 'S')
	for _, v := range []any{k, &k, k.current, []Key{k.current}, struct{ K Key }{k.current}} {
		for _, f := range []string{"%v", "%+v", "%#v", "%s", "%x", "%d"} {
			s := fmt.Sprintf(f, v)
			if bytes.Contains([]byte(s), []byte("SSSS")) || bytes.Contains([]byte(s), []byte("5353")) || bytes.Contains([]byte(s), []byte("83 83")) {
				t.Errorf("%s of %T shows the secret: %s", f, v, s)
			}
		}
	}
}

func BenchmarkSeal(b *testing.B) {
	s, _ := newSealer(testKeys(b, 7))
	var d desk
	plain, unit := make([]byte, bodySize), make([]byte, PageSize)
	b.SetBytes(PageSize)
	b.ReportAllocs()
	for b.Loop() {
		s.seal(&d, unit, plain, place{kind: kindPage}, 0)
	}
}

func BenchmarkOpen(b *testing.B) {
	s, _ := newSealer(testKeys(b, 7))
	var d desk
	plain, unit, copied := make([]byte, bodySize), make([]byte, PageSize), make([]byte, PageSize)
	s.seal(&d, unit, plain, place{kind: kindPage}, 0)
	b.SetBytes(PageSize)
	b.ReportAllocs()
	for b.Loop() {
		copy(copied, unit)
		if _, err := s.open(&d, copied, place{kind: kindPage}); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkFreshSubkey(b *testing.B) {
	m := newMaster([32]byte{1})
	b.ReportAllocs()
	for b.Loop() {
		m.derive([12]byte{1, 2})
	}
}
