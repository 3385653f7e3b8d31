package room_test

import (
	"context"
	"fmt"
	"slices"
	"testing"
	"time"

	"milieu/house/places"
	"milieu/house/staff"
	"milieu/house/staff/credentials"
	"milieu/kit/access"
	"milieu/kit/due"
	"milieu/kit/record"
	"milieu/kit/testkit"
)

// BenchmarkUnitOfAPage is what every page asks before it is drawn: the house, the running shift, the unit.
func BenchmarkUnitOfAPage(b *testing.B) {
	h := furnish(testkit.New(b, policies(b), defs()...))
	jo := colleague(h, "Jo", access.Worker)
	h.Must(testkit.Program(), "staff.shift_started", jo, &staff.ShiftStarted{Unit: cedar})
	q := h.DB.Read(context.Background())
	for b.Loop() {
		if _, err := places.HouseOf(q); err != nil {
			b.Fatal(err)
		}
		if _, _, err := staff.Running(q, jo, h.Clock.Now()); err != nil {
			b.Fatal(err)
		}
		if _, err := places.UnitOf(q, cedar); err != nil {
			b.Fatal(err)
		}
	}
}

// BenchmarkManyPeople draws the pages of a house of 2,000 people with three certificates each, over HTTP.
func BenchmarkManyPeople(b *testing.B) {
	h := furnish(testkit.New(b, policies(b), defs()...))
	boss := testkit.Program()
	ada := colleague(h, "Ada", access.Administrator)
	h.Must(boss, credentials.KindRequired, due.House, &credentials.RequirementSet{What: "cpr_first_aid", Roles: []access.Role{access.Worker}, Actions: []string{"ward.drive"}, Accepted: ada, Basis: "policy"})
	var entries []*record.Entry
	for i := range 2000 {
		who := record.DeriveID("many", fmt.Sprint(i))
		name := fmt.Sprintf("Person %04d of many", i)
		entries = append(entries, h.Entry("staff.joined", who, &staff.Joined{Details: staff.Details{Name: name, Role: access.Roles[i%8], SignIn: fmt.Sprintf("p%04d", i)}}),
			h.Entry("staff.assigned", who, &staff.Assignment{Unit: []record.ID{elm, cedar}[i%40/39]}),
			h.Entry(credentials.KindRecorded, who, &credentials.Recorded{What: "cpr_first_aid", Until: h.Clock.Now().AddDate(0, 0, i%700-20).Format(time.DateOnly), Vouched: "original"}),
			h.Entry(credentials.KindRecorded, who, &credentials.Recorded{What: "crisis_prevention", Until: h.Clock.Now().AddDate(0, 0, i%300).Format(time.DateOnly), Vouched: "issuer"}),
			h.Entry(credentials.KindRecorded, who, &credentials.Recorded{What: "driver", Number: "A-1"}))
	}
	for part := range slices.Chunk(entries, 500) {
		for _, o := range h.Committer.File(context.Background(), boss, part...) {
			if o.Err != nil {
				b.Fatal(o.Err)
			}
		}
	}
	browser := h.Browse(ada)
	one := record.DeriveID("many", "7").String()
	for _, path := range []string{"/staff", "/staff?q=0042", "/staff?who=lapsing", "/staff?page=12&sort=team", "/staff/certificates", "/staff/certificates?show=all", "/staff/requirements", "/staff/roles", "/staff/" + one, "/staff/" + one + "/cover", "/rota?unit=" + cedar.String()} {
		b.Run(path, func(b *testing.B) {
			for b.Loop() {
				if code, _ := browser.Page(path); code != 200 {
					b.Fatal(code)
				}
			}
		})
	}
}

// BenchmarkEverybodyAnew is what setting a requirement costs: everybody's dues and bars are worked out again before it is answered.
func BenchmarkEverybodyAnew(b *testing.B) {
	h := furnish(testkit.New(b, policies(b), defs()...))
	boss := testkit.Program()
	var entries []*record.Entry
	for i := range 2000 {
		entries = append(entries, h.Entry("staff.joined", record.DeriveID("many", fmt.Sprint(i)), &staff.Joined{Details: staff.Details{Name: fmt.Sprint(i), Role: access.Worker}}))
	}
	h.Committer.File(context.Background(), boss, entries...)
	for b.Loop() {
		h.Must(boss, credentials.KindRequired, due.House, &credentials.RequirementSet{What: "driver", Roles: []access.Role{access.Worker}, Actions: []string{"ward.drive"}, Accepted: record.DeriveID("many", "1"), Basis: "policy"})
	}
}
