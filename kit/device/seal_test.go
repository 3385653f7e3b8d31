package device

import (
	"encoding/hex"
	"encoding/json"
	"os"
	"slices"
	"testing"

	"pgregory.net/rapid"

	"milieu/kit/record"
)

// kept is what web/test/hpke.test.mjs sealed with the device's own code.
type kept struct{ Private, Grant, Secret, Item, Sealed string }

func readKept(t *testing.T) (k kept) {
	t.Helper()
	raw, err := os.ReadFile("testdata/sealed.json")
	if err == nil {
		err = json.Unmarshal(raw, &k)
	}
	if err != nil {
		t.Fatal(err)
	}
	return k
}

func unhex(t *testing.T, s string) []byte {
	t.Helper()
	b, err := hex.DecodeString(s)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func TestWhatTheDeviceSealedOpens(t *testing.T) {
	k := readKept(t)
	kem, _, _ := suite()
	private, err := kem.NewPrivateKey(unhex(t, k.Private))
	if err != nil {
		t.Fatal(err)
	}
	grant, secret, sealed := record.ID(unhex(t, k.Grant)), unhex(t, k.Secret), unhex(t, k.Sealed)
	item, text, err := unseal(private, grant, secret, sealed)
	if err != nil || string(text) != k.Item {
		t.Fatalf("opened %q, %v; want %q", text, err, k.Item)
	}
	if item.Path != "/entries/walk.seen" || item.Fields[0] != [2]string{"note", "möglich — 日本"} || *item.Off != 1500 {
		t.Errorf("read as %+v", item)
	}
	other := grant
	other[15]++
	for name, try := range map[string]func() error{
		"another grant":  func() error { _, _, err := unseal(private, other, secret, sealed); return err },
		"another secret": func() error { _, _, err := unseal(private, grant, slices.Repeat([]byte{8}, 32), sealed); return err },
		"cut":            func() error { _, _, err := unseal(private, grant, secret, sealed[:len(sealed)-1]); return err },
		"nothing":        func() error { _, _, err := unseal(private, grant, secret, nil); return err },
	} {
		if try() == nil {
			t.Errorf("%s: it opened", name)
		}
	}
}

func TestSealedAndOpenedIsTheSame(t *testing.T) {
	kem, _, _ := suite()
	private, err := kem.GenerateKey()
	if err != nil {
		t.Fatal(err)
	}
	rapid.Check(t, func(t *rapid.T) {
		var grant record.ID
		copy(grant[:], rapid.SliceOfN(rapid.Byte(), 16, 16).Draw(t, "grant"))
		secret := rapid.SliceOfN(rapid.Byte(), 32, 32).Draw(t, "secret")
		off := rapid.Int64().Draw(t, "off")
		item := Item{Path: rapid.String().Draw(t, "path"), Fields: [][2]string{{"note", rapid.String().Draw(t, "note")}}, Off: &off}
		sealed, err := Seal(private.PublicKey().Bytes(), grant, secret, item)
		if err != nil {
			t.Fatal(err)
		}
		got, _, err := unseal(private, grant, secret, sealed)
		if err != nil || got.Path != item.Path || got.Fields[0] != item.Fields[0] || *got.Off != off {
			t.Fatalf("got %+v, %v; want %+v", got, err, item)
		}
		sealed[rapid.IntRange(0, len(sealed)-1).Draw(t, "byte")] ^= 1 << rapid.IntRange(0, 7).Draw(t, "bit")
		if _, _, err := unseal(private, grant, secret, sealed); err == nil {
			t.Fatal("an item changed on the way was opened")
		}
	})
}

func FuzzUnseal(f *testing.F) {
	kem, _, _ := suite()
	private, err := kem.GenerateKey()
	if err != nil {
		f.Fatal(err)
	}
	good, err := Seal(private.PublicKey().Bytes(), record.ID{1}, []byte("secret"), Item{Path: "/entries/a.b"})
	if err != nil {
		f.Fatal(err)
	}
	f.Add(good)
	f.Add([]byte{4})
	f.Fuzz(func(t *testing.T, sealed []byte) {
		if _, _, err := unseal(private, record.ID{1}, []byte("secret"), sealed); err == nil && !slices.Equal(sealed, good) {
			t.Error("something that was never sealed was opened")
		}
	})
}
