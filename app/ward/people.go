package ward

import (
	"context"
	"fmt"

	"milieu/house/clients"
	"milieu/kit/record"
)

// Names of made-up clients are drawn from two short lists; they belong to nobody.
var (
	given  = []string{"Amara", "Tomás", "Mei-Lin", "Dariusz", "Rafi", "Wren", "Odette", "Kofi", "Ingrid", "Luis", "Elliot", "Noor", "Sunniva", "Jomo", "Petra", "Anselm", "Yara", "Casimir", "Thandi", "Ludo", "Marit", "Idris", "Solveig", "Bao", "Ottilie", "Ravi", "Imke", "Tariq", "Linnea", "Osman", "Greta", "Kwame"}
	family = []string{"Osei", "Vidal", "Tsay", "Wilk", "Haddad", "Castellan", "Marchal", "Mensa-Hale", "Solpark", "Arrieta", "Bramley", "Farouk", "Aune", "Barasa", "Lindqvist", "Rehm", "Sabbagh", "Nowak", "Dlamini", "Ferrer", "Holm", "Karimi", "Eide", "Tran", "Winter", "Menon", "Janssen", "Aziz", "Berg", "Demir", "Vogel", "Asante"}
)

// MoveInMadeUp registers n invented people and admits each to a free bed while there are any.
func (w *Ward) MoveInMadeUp(ctx context.Context, n int) error {
	var entries []*record.Entry
	var charts []record.ID
	for i := range n {
		id := record.NewID(w.H.Clock.Now())
		name := fmt.Sprintf("%s %s", given[w.rng.IntN(len(given))], family[w.rng.IntN(len(family))])
		body := &clients.Registered{Unit: w.Unit}
		body.Identity.Names = clients.Names{Used: name, Legal: name}
		body.Identity.Birth = clients.Birth{BirthDate: fmt.Sprintf("%d-%02d-%02d", 1948+w.rng.IntN(60), 1+w.rng.IntN(12), 1+w.rng.IntN(28))}
		admitted := &clients.Admitted{Unit: w.Unit, From: "home"}
		if i < len(w.Beds) {
			admitted.Room, admitted.Bed = w.Beds[i].Room, w.Beds[i].ID
		}
		entries = append(entries, w.entry("clients.registered", id, body), w.entry("clients.admitted", id, admitted))
		charts = append(charts, id)
	}
	if err := w.file(ctx, w.program(), entries...); err != nil {
		return fmt.Errorf("moving in: %w", err)
	}
	return w.Settle(ctx, charts)
}
