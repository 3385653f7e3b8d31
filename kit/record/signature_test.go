package record

import (
	"testing"

	"milieu/kit/fault"
)

// A signature is one of two things, drawn or typed, by somebody with a name, and no larger than a hand makes it.
func TestSignatures(t *testing.T) {
	drawn := &Drawing{Lines: [][]int{{10, 20, 30, 40}, {600, 200}}}
	long := make([]int, maxSignatureNums+2)
	many := make([][]int, maxSignatureLines+1)
	for i := range many {
		many[i] = []int{1, 1}
	}
	for name, test := range map[string]struct {
		sign *Signature
		bad  string // the field named; empty: none
	}{
		"none":            {nil, ""},
		"drawn":           {&Signature{Name: "Ana Reyes", Drawn: drawn}, ""},
		"typed":           {&Signature{Name: "Ana Reyes", Typed: true}, ""},
		"nobody":          {&Signature{Name: " ", Drawn: drawn}, "witness.name"},
		"neither":         {&Signature{Name: "Ana Reyes"}, "witness.drawn"},
		"both":            {&Signature{Name: "Ana Reyes", Typed: true, Drawn: drawn}, "witness.drawn"},
		"no line":         {&Signature{Name: "Ana Reyes", Drawn: &Drawing{}}, "witness.drawn"},
		"a single point":  {&Signature{Name: "Ana Reyes", Drawn: &Drawing{Lines: [][]int{{5, 5}}}}, "witness.drawn"},
		"half a point":    {&Signature{Name: "Ana Reyes", Drawn: &Drawing{Lines: [][]int{{5, 5, 6}}}}, "witness.drawn"},
		"right of it":     {&Signature{Name: "Ana Reyes", Drawn: &Drawing{Lines: [][]int{{601, 5, 6, 6}}}}, "witness.drawn"},
		"below it":        {&Signature{Name: "Ana Reyes", Drawn: &Drawing{Lines: [][]int{{5, 201, 6, 6}}}}, "witness.drawn"},
		"above it":        {&Signature{Name: "Ana Reyes", Drawn: &Drawing{Lines: [][]int{{5, -1, 6, 6}}}}, "witness.drawn"},
		"too many points": {&Signature{Name: "Ana Reyes", Drawn: &Drawing{Lines: [][]int{long}}}, "witness.drawn"},
		"too many lines":  {&Signature{Name: "Ana Reyes", Drawn: &Drawing{Lines: many}}, "witness.drawn"},
	} {
		t.Run(name, func(t *testing.T) {
			var c fault.Check
			test.sign.Check(&c, "witness")
			err := c.Err()
			if test.bad == "" {
				if err != nil {
					t.Fatalf("refused: %v", err)
				}
				return
			}
			if err == nil || fault.Of(err).Fields[0].Name != test.bad {
				t.Fatalf("want %s refused, got %v", test.bad, err)
			}
		})
	}
}
