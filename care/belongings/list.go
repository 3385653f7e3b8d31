package belongings

import (
	"slices"
	"time"

	"milieu/kit/record"
)

// Filed is one entry of the room as filed.
type Filed struct {
	ID    record.ID
	Chart record.ID
	At    time.Time
	By    record.ID
	Body  record.Body
}

// Thing is one item of a list, and what became of it.
type Thing struct {
	Ref     string
	Taken   Filed // the entry that took it in
	Item    Item
	Back    int       // given back
	Gone    int       // disposed of
	Found   *int      // by the latest count since it last changed; nil: none
	FoundAt time.Time // when that was
	FoundBy record.ID
	Photos  []string
	changed time.Time
}

// Here is how many are still here by the list. Below zero more went out than came in.
func (t *Thing) Here() int { return t.Item.Count - t.Back - t.Gone }

// Differs says that a count found another number than the list has, or that more went out than came in: somebody is to look.
func (t *Thing) Differs() bool { return t.Here() < 0 || t.Found != nil && *t.Found != t.Here() }

// Held says that the house still has it in keeping: what stayed with its owner need not be given back.
func (t *Thing) Held() bool {
	return t.Here() > 0 && t.Item.Kept != "with_client" && t.Item.Kept != "sent_home"
}

// Of gives the things of a person in the order in which they came, whatever the order in which the entries did.
func Of(filed []Filed) []Thing {
	filed = slices.Clone(filed)
	slices.SortFunc(filed, func(a, b Filed) int {
		if c := a.At.Compare(b.At); c != 0 {
			return c
		}
		return slices.Compare(a.ID[:], b.ID[:])
	})
	var out []Thing
	at := map[string]int{}
	for _, f := range filed {
		if t, ok := f.Body.(*TakenIn); ok {
			for i, item := range t.Items {
				ref := Ref(f.ID, i)
				at[ref] = len(out)
				out = append(out, Thing{Ref: ref, Taken: f, Item: item, changed: f.At})
			}
		}
	}
	went := func(list []Part, f Filed, out []Thing, add func(*Thing, int)) {
		for _, p := range list {
			if i, ok := at[p.Item]; ok {
				add(&out[i], p.Count)
				out[i].changed = f.At
			}
		}
	}
	for _, f := range filed {
		switch b := f.Body.(type) {
		case *GivenBack:
			went(b.Parts, f, out, func(t *Thing, n int) { t.Back += n })
		case *Disposed:
			went(b.Parts, f, out, func(t *Thing, n int) { t.Gone += n })
		case *Photographed:
			if i, ok := at[b.Item]; ok {
				out[i].Photos = append(out[i].Photos, b.Blob)
			}
		}
	}
	for _, f := range filed {
		if b, ok := f.Body.(*Counted); ok {
			for _, p := range b.Parts {
				if i, ok := at[p.Item]; ok && !f.At.Before(out[i].changed) {
					out[i].Found, out[i].FoundAt, out[i].FoundBy = &p.Count, f.At, f.By
				}
			}
		}
	}
	return out
}

// Still gives those that are still here.
func Still(things []Thing) []Thing {
	return slices.DeleteFunc(slices.Clone(things), func(t Thing) bool { return t.Here() == 0 && !t.Differs() })
}

// Held gives those that the house has in keeping, to be given back when their owner goes.
func Held(things []Thing) []Thing {
	return slices.DeleteFunc(slices.Clone(things), func(t Thing) bool { return !t.Held() })
}
