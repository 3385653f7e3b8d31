package clients_test

import (
	"context"
	"fmt"
	"math/rand"
	"testing"
	"time"

	"pgregory.net/rapid"

	"milieu/house/clients"
	"milieu/kit/db"
	"milieu/kit/record"
)

// anything draws a body of some kind about a few items and charts, so that entries meet.
func anything(t *rapid.T, items []record.ID) (string, record.Body) {
	item := clients.Item{}
	if rapid.Bool().Draw(t, "changes") {
		item.Item = rapid.SampledFrom(items).Draw(t, "item")
	}
	word := rapid.SampledFrom([]string{"Rafi Haddad", "Rafael Hadad", "Amara Osei", "Mei-Lin Tsay", "רחל"}).Draw(t, "word")
	end := &clients.Ended{Item: rapid.SampledFrom(items).Draw(t, "ended"), Reason: "over"}
	other := chart(byte(rapid.IntRange(1, 3).Draw(t, "other")))
	unit := rapid.SampledFrom([]record.ID{cedar, birch}).Draw(t, "unit")
	bodies := []struct {
		kind string
		body record.Body
	}{
		{"clients.registered", &clients.Registered{Identity: clients.Identity{Names: clients.Names{Used: word, Previous: []string{"Jo"}}, Speech: clients.Speech{Language: "ar"}}, Unit: unit}},
		{"clients.described", &clients.Described{Part: clients.PartNames, Identity: clients.Identity{Names: clients.Names{Used: word}}}},
		{"clients.described", &clients.Described{Part: clients.PartSpeech, Identity: clients.Identity{Speech: clients.Speech{Interpreter: "always"}}}},
		{"clients.photo_set", &clients.PhotoSet{Blob: fmt.Sprintf("%064x", unit[15]), Consent: "yes"}},
		{"clients.photo_removed", &clients.PhotoRemoved{}},
		{"clients.allergy_noted", &clients.AllergyNoted{Item: item, Substance: word}}, {"clients.allergy_ended", end},
		{"clients.precaution_set", &clients.PrecautionSet{Item: item, Code: "fall", Helps: word}}, {"clients.precaution_lifted", end},
		{"clients.flag_set", &clients.FlagSet{Item: item, Text: word}}, {"clients.flag_lifted", end},
		{"clients.contact_set", &clients.ContactSet{Item: item, Name: word}}, {"clients.contact_ended", end},
		{"clients.legal_status_set", &clients.LegalStatusSet{Status: "voluntary", Words: word}},
		{"clients.admitted", &clients.Admitted{Unit: unit}}, {"clients.transferred", &clients.Transferred{Unit: unit}},
		{"clients.left", &clients.Left{Kind: "hospital"}}, {"clients.returned", &clients.Returned{}}, {"clients.discharged", &clients.DischargedTo{Destination: "home"}},
		{"clients.merged", &clients.Merged{Into: other, Reason: "same"}},
		{"clients.unmerged", &clients.Unmerged{Merge: rapid.SampledFrom(items).Draw(t, "merge"), From: other, Reason: "not"}},
		{"clients.imported", &clients.Imported{Key: word, Fingerprint: "f", SHA256: "s", Text: "{}"}},
	}
	b := rapid.SampledFrom(bodies).Draw(t, "body")
	return b.kind, b.body
}

type drawn struct {
	entry *record.Entry
	body  record.Body
	falls bool // it is withdrawn again
}

var tables = []string{"clients_fact_v1", "clients_merge_v1", "clients_card_v1", "clients_term_v1", "clients_near_v1", "clients_source_v1"}

// The same entries give the same tables, whatever the order in which they arrive and whatever was withdrawn in between.
func TestOrderOfArrivalDoesNotMatter(t *testing.T) {
	h := house(t)
	puts := map[string]record.Projection{}
	for _, p := range clients.Projections() {
		for _, k := range p.Kinds {
			puts[k] = p
		}
	}
	apply := func(list []drawn, order *rand.Rand, withdrawn bool) string {
		err := h.DB.Write(context.Background(), func(tx db.Tx) error {
			for _, name := range tables {
				if err := tx.Exec("DELETE FROM " + name); err != nil {
					return err
				}
			}
			type step struct {
				drawn
				drop bool
			}
			var steps []step
			for _, i := range order.Perm(len(list)) {
				if !list[i].falls || withdrawn {
					steps = append(steps, step{list[i], false})
				}
			}
			if withdrawn { // each falls at some point after it was put
				for _, d := range list {
					if !d.falls {
						continue
					}
					for i := range steps {
						if steps[i].entry == d.entry && !steps[i].drop {
							at := i + 1 + order.Intn(len(steps)-i)
							steps = append(steps[:at], append([]step{{d, true}}, steps[at:]...)...)
							break
						}
					}
				}
			}
			for _, s := range steps {
				do := puts[s.entry.Kind].Put
				if s.drop {
					do = puts[s.entry.Kind].Drop
				}
				if err := do(tx, s.entry, s.body); err != nil {
					return err
				}
			}
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
		return h.Dump(tables...)
	}
	rapid.Check(t, func(rt *rapid.T) {
		var list []drawn
		var ids []record.ID
		for i := range rapid.IntRange(1, 14).Draw(rt, "entries") {
			ids = append(ids, record.ID{0x02, 6: 0x70, 8: 0x80, 15: byte(i)})
		}
		for i, id := range ids {
			kind, body := anything(rt, ids)
			when := at(10, rapid.IntRange(0, 4).Draw(rt, "minute"))
			e := &record.Entry{ID: id, Chart: chart(byte(rapid.IntRange(1, 3).Draw(rt, "chart"))), Kind: kind, Version: 1, Happened: when, Written: when.Add(time.Duration(i%3) * time.Second), Author: worker}
			list = append(list, drawn{e, body, rapid.IntRange(0, 4).Draw(rt, "falls") == 0})
		}
		seed := rapid.Int64().Draw(rt, "order")
		first := apply(list, rand.New(rand.NewSource(seed)), false)
		for i := range int64(2) {
			if again := apply(list, rand.New(rand.NewSource(seed+i+1)), true); again != first {
				rt.Fatalf("another order gives other tables:\n%s\n--- and\n%s", first, again)
			}
		}
	})
}
