package record

import (
	stdjson "encoding/json"
	"reflect"
	"testing"
	"time"

	jsonv2 "github.com/go-json-experiment/json"
)

func TestAnEntryIsJSONAndBack(t *testing.T) {
	at := time.Date(2026, 11, 21, 22, 0, 0, 123456000, time.UTC)
	whole := Entry{Seq: 7, ID: name("e"), Chart: name("c"), Number: 3, Kind: "ward.seen", Version: 2, Happened: at, Written: at.Add(1), Received: at.Add(time.Hour), Skew: Offset(-3*time.Hour - time.Microsecond),
		Author: name("a"), Role: "nurse", Device: "phone", Amends: name("f"), Amendment: Correction, Cites: []ID{name("g")}, Labels: []string{"personal"}, Marks: []string{MarkSkewed}, Body: []byte(`{"place":"x"}`)}
	for _, e := range []Entry{whole, {ID: name("e"), Author: name("a"), Chart: name("c"), Kind: "x.y"}} {
		for what, c := range map[string]struct {
			out func(any) ([]byte, error)
			in  func([]byte, any) error
		}{
			"v2": {func(v any) ([]byte, error) { return jsonv2.Marshal(v) }, func(b []byte, v any) error { return jsonv2.Unmarshal(b, v) }},
			"v1": {stdjson.Marshal, stdjson.Unmarshal},
		} {
			text, err := c.out(&e)
			if err != nil {
				t.Fatalf("%s: %v", what, err)
			}
			var back Entry
			if err := c.in(text, &back); err != nil {
				t.Fatalf("%s: %s: %v", what, text, err)
			}
			if !reflect.DeepEqual(back, e) {
				t.Errorf("%s: %s came back as %+v", what, text, back)
			}
		}
	}
}
