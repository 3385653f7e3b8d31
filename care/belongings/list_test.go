package belongings

import (
	"math/rand/v2"
	"testing"
	"time"

	"milieu/kit/fault"
	"milieu/kit/record"
)

var begun = time.Date(2026, 11, 19, 10, 0, 0, 0, time.UTC)

func filed(minutes int, b record.Body) Filed {
	at := begun.Add(time.Duration(minutes) * time.Minute)
	return Filed{ID: record.DeriveID("test", at.String()), At: at, Body: b}
}

// What is here is what came in less what went out; a count that differs shows, and is over once the thing changed after it.
func TestWhatIsStillHere(t *testing.T) {
	in := filed(0, &TakenIn{Items: []Item{{What: "Socks, pair", Count: 4, Kept: "locker"}, {What: "Ring", Count: 1, Kept: "safe"}, {What: "Book", Count: 1, Kept: "with_client"}}})
	socks, ring := Ref(in.ID, 0), Ref(in.ID, 1)
	entries := []Filed{in,
		filed(10, &GivenBack{Parts: []Part{{socks, 2}}}),
		filed(20, &Disposed{Parts: []Part{{socks, 1}}}),
		filed(30, &Counted{Parts: []Part{{socks, 1}, {ring, 0}}}),
		filed(40, &GivenBack{Parts: []Part{{Ref(record.NewID(begun), 0), 1}}}), // of a list nobody knows
	}
	for range 20 {
		rand.Shuffle(len(entries), func(i, j int) { entries[i], entries[j] = entries[j], entries[i] })
		things := Of(entries)
		if len(things) != 3 || things[0].Here() != 1 || things[0].Differs() || things[1].Here() != 1 || !things[1].Differs() || *things[1].Found != 0 {
			t.Fatalf("got %+v", things)
		}
		if len(Still(things)) != 3 || len(Held(things)) != 2 {
			t.Fatalf("still here %d, in keeping %d", len(Still(things)), len(Held(things)))
		}
	}
	things := Of(append(entries, filed(50, &GivenBack{Parts: []Part{{ring, 1}}})))
	if things[1].Here() != 0 || things[1].Differs() || len(Still(things)) != 2 {
		t.Errorf("the ring was found and given back: %+v", things[1])
	}
	things = Of(append(entries, filed(50, &GivenBack{Parts: []Part{{socks, 3}}})))
	if things[0].Here() != -2 || !things[0].Differs() {
		t.Errorf("more went out than came in: %+v", things[0])
	}
}

func TestBodies(t *testing.T) {
	good := func() *TakenIn { return &TakenIn{Items: []Item{{What: "Coat", Count: 1, Kept: "locker"}}} }
	ref := Ref(record.NewID(begun), 0)
	with := func(change func(*TakenIn)) *TakenIn { b := good(); change(b); return b }
	for name, test := range map[string]struct {
		b   record.Body
		bad string
	}{
		"a coat":              {good(), ""},
		"nothing":             {&TakenIn{}, "items.0.what"},
		"a thing of no name":  {with(func(b *TakenIn) { b.Items[0].What = " " }), "items.0.what"},
		"none of it":          {with(func(b *TakenIn) { b.Items[0].Count = 0 }), "items.0.count"},
		"kept nowhere":        {with(func(b *TakenIn) { b.Items[0].Kept = "" }), "items.0.kept"},
		"money":               {with(func(b *TakenIn) { b.Items[0].Value = &Money{1250, "EUR"} }), ""},
		"money of no country": {with(func(b *TakenIn) { b.Items[0].Value = &Money{1250, "XXX"} }), "items.0.value.currency"},
		"less than no money":  {with(func(b *TakenIn) { b.Items[0].Value = &Money{-1, "EUR"} }), "items.0.value.amount"},
		"an empty signature":  {with(func(b *TakenIn) { b.Witness = &record.Signature{Name: "Jo"} }), "witness.drawn"},
		"back, unsigned":      {&GivenBack{Parts: []Part{{ref, 1}}, To: "her"}, "unsigned"},
		"back, and why not":   {&GivenBack{Parts: []Part{{ref, 1}}, To: "her", Unsigned: "Left without a word"}, ""},
		"back, to nobody":     {&GivenBack{Parts: []Part{{ref, 1}}, Unsigned: "x"}, "to"},
		"back, no thing":      {&GivenBack{Parts: []Part{{"the coat", 1}}, To: "her", Unsigned: "x"}, "parts.0.item"},
		"back, twice":         {&GivenBack{Parts: []Part{{ref, 1}, {ref, 1}}, To: "her", Unsigned: "x"}, "parts.1.item"},
		"gone, no reason":     {&Disposed{Parts: []Part{{ref, 1}}}, "reason"},
		"none found":          {&Counted{Parts: []Part{{ref, 0}}}, ""},
		"no photo":            {&Photographed{Item: ref, Blob: "x"}, "blob"},
	} {
		err := test.b.Validate(&record.Entry{})
		if test.bad == "" && err != nil || test.bad != "" && (err == nil || fault.Of(err).Fields[0].Name != test.bad) {
			t.Errorf("%s: want %q refused, got %v", name, test.bad, err)
		}
	}
}
