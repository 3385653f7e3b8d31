package views

import (
	"slices"
	"testing"
	"time"

	"milieu/kit/record"
	"milieu/kit/view"
)

func pid(n string) record.ID { return record.DeriveID("views", n) }

// TestPatterns: each pattern finds what it is about and nothing beside it.
func TestPatterns(t *testing.T) {
	zone := time.UTC
	night := time.Date(2026, 11, 19, 23, 30, 0, 0, zone)
	noon := time.Date(2026, 11, 19, 12, 0, 0, 0, zone)
	people := map[record.ID]*Someone{
		pid("jo"): {Name: "Jo Ferreira", Role: "nurse"}, pid("ada"): {Name: "Ada Lund", Role: "nurse"}, pid("sam"): {Name: "Sam Okafor", Role: "worker", Family: []record.ID{pid("kin")}},
	}
	clients := map[record.ID]*Someone{
		pid("rui"): {Name: "Rui Ferreira"}, pid("ada2"): {Name: "Ada Lund"}, pid("kin"): {Name: "Tobi"}, pid("far"): {Name: "Lou Brand", Discharged: noon.AddDate(0, 0, -30)}, pid("one"): {Name: "Mina Roy"},
	}
	for i := range 40 {
		clients[pid("c"+string(rune('A'+i)))] = &Someone{Name: "Client"}
	}
	look := func(who, whom string, at time.Time) view.Row {
		return view.Row{Kind: view.Seen, Seat: view.Seat{Person: pid(who)}, Chart: pid(whom), At: at}
	}
	var bulk, few []view.Row
	for i := range 30 {
		bulk = append(bulk, look("jo", "c"+string(rune('A'+i)), night.Add(time.Duration(i)*5*time.Minute)))
	}
	few = append(bulk[:29:29], look("jo", "cZ"+"", noon))
	for _, c := range []struct {
		name  string
		house House
		rows  []view.Row
		want  []string
	}{
		{"same surname", House{}, []view.Row{look("jo", "rui", noon), look("ada", "rui", noon)}, []string{"same_surname"}},
		{"switched off", House{Off: []string{"same_surname"}}, []view.Row{look("jo", "rui", noon)}, nil},
		{"a colleague", House{}, []view.Row{look("jo", "ada2", noon)}, []string{"colleague"}},
		{"own family", House{}, []view.Row{look("sam", "kin", noon), look("jo", "kin", noon)}, []string{"own_family"}},
		{"protected", House{Protected: []record.ID{pid("one")}}, []view.Row{look("jo", "one", noon), look("ada", "rui", noon)}, []string{"protected"}},
		{"long after discharge", House{}, []view.Row{look("jo", "far", noon)}, []string{"after_discharge"}},
		{"thirty in one night, across midnight", House{}, bulk, []string{"night_bulk"}},
		{"one fewer", House{}, few, nil},
		{"boards and refusals say nothing", House{}, []view.Row{{Kind: view.Refused, Seat: view.Seat{Person: pid("jo")}, Chart: pid("rui"), At: noon}, {Kind: view.Seen, Seat: view.Seat{Person: pid("jo")}, Set: view.NewSet(pid("rui")), At: noon}}, nil},
	} {
		f := &Finder{House: c.house, Zone: zone, People: people, Clients: clients}
		for i := range c.rows {
			f.Take(&c.rows[i])
		}
		var got []string
		for _, one := range f.Findings() {
			got = append(got, one.Rule)
		}
		if !slices.Equal(got, c.want) {
			t.Errorf("%s: %v, not %v", c.name, got, c.want)
		}
	}
}

// TestWhatIsSaidIsWhole: a disclosure without its recipient, matter, reason or purpose is no account of it.
func TestWhatIsSaidIsWhole(t *testing.T) {
	whole := Disclosed{Recipient: "Court", What: "dates of stay", Purpose: "court", Why: "order 12/26"}
	if err := whole.Validate(nil); err != nil {
		t.Error(err)
	}
	for _, change := range []func(*Disclosed){func(d *Disclosed) { d.Recipient = " " }, func(d *Disclosed) { d.What = "" }, func(d *Disclosed) { d.Why = "" }, func(d *Disclosed) { d.Purpose = "because" }} {
		d := whole
		if change(&d); d.Validate(nil) == nil {
			t.Errorf("%+v is taken in", d)
		}
	}
}
