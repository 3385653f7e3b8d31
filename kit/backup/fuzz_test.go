package backup

import (
	"bufio"
	"bytes"
	"reflect"
	"testing"

	"filippo.io/age"
)

// Whatever stands behind the seal is read or refused, never worse.
func FuzzArchive(f *testing.F) {
	id, err := age.NewScryptRecipient("x")
	if err != nil {
		f.Fatal(err)
	}
	id.SetWorkFactor(1)
	var sealed bytes.Buffer
	w, err := newWriter(&sealed, []age.Recipient{id}, header{})
	if err != nil {
		f.Fatal(err)
	}
	var plain bytes.Buffer
	w.out = bufio.NewWriter(&plain)
	rows := [][]any{{int64(-5), nil, 1.5, []byte{}, "ü"}, {int64(1) << 62, "x", -0.25, []byte{0, 255}, ""}}
	if err := w.table("a", []string{"i", "n", "f", "b", "t"}); err != nil {
		f.Fatal(err)
	}
	for _, r := range rows {
		if err := w.row(r); err != nil {
			f.Fatal(err)
		}
	}
	if err := w.end(); err != nil {
		f.Fatal(err)
	}
	f.Add(plain.Bytes())
	f.Add([]byte("T\x01a\xff\xff\xff\xff\x0f"))
	f.Add([]byte("T\x01a\x01\x01bRb\xff\xff\xff\xff\x03"))
	f.Fuzz(func(t *testing.T, b []byte) {
		r := &reader{in: bufio.NewReader(bytes.NewReader(b))}
		var got [][]any
		for {
			row, err := r.next()
			if err != nil {
				return
			}
			if row == nil {
				break
			}
			got = append(got, row)
		}
		if bytes.Equal(b, plain.Bytes()) && !reflect.DeepEqual(got, rows) {
			t.Fatalf("read %v", got)
		}
	})
}
