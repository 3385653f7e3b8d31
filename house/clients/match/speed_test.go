package match_test

import (
	"context"
	"fmt"
	"testing"

	"milieu/house/clients"
	"milieu/house/clients/match"
	"milieu/kit/db"
	"milieu/kit/record"
)

var givenNames = []string{"Amara", "Dariusz", "Luis", "Rafi", "Mei-Lin", "Tomás", "Kofi", "Elliot", "Odette", "Ingrid", "Wren", "June", "Maria", "Yusuf", "Chen", "Fatima", "John", "Ada", "Priya", "Noah"}

// crowd registers and admits n people of made-up names straight into the tables, 48 to a unit.
func crowd(t testing.TB, d *db.DB, n int) (units []record.ID) {
	t.Helper()
	p := clients.Projections()[0]
	for from := 0; from < n; from += 2000 {
		err := d.Write(context.Background(), func(tx db.Tx) error {
			for i := from; i < min(from+2000, n); i++ {
				unit := record.DeriveID("unit", fmt.Sprint(i/48))
				if i%48 == 0 {
					units = append(units, unit)
				}
				e := &record.Entry{ID: record.DeriveID("e", fmt.Sprint(i)), Chart: record.DeriveID("c", fmt.Sprint(i)), Kind: "clients.registered", Version: 1, Happened: at(1, 0), Written: at(1, 0)}
				name := fmt.Sprintf("%s %s%s", givenNames[i%len(givenNames)], syllable(i/20), syllable(i/7919+i))
				if err := p.Put(tx, e, &clients.Registered{Identity: clients.Identity{Names: clients.Names{Used: name}, Birth: clients.Birth{BirthDate: fmt.Sprintf("19%02d-%02d-%02d", 30+i%70, 1+i%12, 1+i%28)}}, Unit: unit}); err != nil {
					return err
				}
				a := &record.Entry{ID: record.DeriveID("a", fmt.Sprint(i)), Chart: e.Chart, Kind: "clients.admitted", Version: 1, Happened: at(2, 0), Written: at(2, 0)}
				if err := p.Put(tx, a, &clients.Admitted{Unit: unit}); err != nil {
					return err
				}
			}
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	return units
}

func syllable(i int) string {
	parts := []string{"ba", "do", "ki", "lem", "mor", "ne", "pash", "ro", "sti", "tul", "ver", "wa", "zan", "gri", "hol", "fe", "cas", "jun", "qua", "yel"}
	return parts[i%20] + parts[(i/20)%20]
}

func BenchmarkAmong100000(b *testing.B) {
	h := house(b)
	units := crowd(b, h.DB, 100_000)
	q := h.DB.Read(context.Background())
	all := scope(b, h, supervisor)
	b.Run("cards of 48", func(b *testing.B) {
		for b.Loop() {
			if list, err := clients.Cards(q, units[7]); err != nil || len(list) != 48 {
				b.Fatal(len(list), err)
			}
		}
	})
	for _, text := range []string{"amara", "amarra", "amara badobado", "amra bdobado", "lembaba", "zzzz"} {
		b.Run("search "+text, func(b *testing.B) {
			for b.Loop() {
				if _, err := match.Search(q, all, text); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
	b.Run("duplicates", func(b *testing.B) {
		for b.Loop() {
			if _, err := match.Duplicates(q, match.Candidate{Names: clients.Names{Used: "Amara Badobado"}, Birth: "1980-03-03"}); err != nil {
				b.Fatal(err)
			}
		}
	})
}
