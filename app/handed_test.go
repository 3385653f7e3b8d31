package app_test

import (
	"context"
	"fmt"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"
	"time"

	"milieu/app"
	"milieu/care/belongings"
	"milieu/care/contacts"
	"milieu/care/discharge"
	careforms "milieu/care/forms"
	"milieu/house/clients"
	"milieu/house/places"
	"milieu/house/staff"
	"milieu/kit/access"
	"milieu/kit/due"
	"milieu/kit/record"
	"milieu/kit/room"
	"milieu/kit/ui"
	"milieu/kit/web"
)

// handing is a unit with somebody on it, of whom rooms hand something over.
type handing struct {
	*house
	unit, jo record.ID
	chart    record.ID
	from     time.Time
	unseen   map[record.ID]bool // entries that the reader may not see
}

func newHanding(t *testing.T) *handing {
	h := &handing{house: open(t), unit: record.NewID(begun), jo: record.NewID(begun), unseen: map[record.ID]bool{}}
	h.says("places.house_set", due.House, &places.House{Name: "Alder House", Zone: "UTC", Language: "en", Shifts: places.DefaultHouse().Shifts})
	h.says("places.unit_opened", h.unit, &places.UnitOpened{Name: "Alder", Kind: "ward"})
	h.says("staff.joined", h.jo, &staff.Joined{Details: staff.Details{Name: "Jo Ferrand", Role: access.Worker, SignIn: "jo"}})
	return h
}

// comes brings somebody else; the shift begins with that.
func (h *handing) comes() {
	h.chart = record.NewID(h.clock.Now())
	h.says("clients.registered", h.chart, &clients.Registered{Identity: clients.Identity{Names: clients.Names{Used: "Rafi Haddad"}}, Unit: h.unit})
	h.says("clients.admitted", h.chart, &clients.Admitted{Unit: h.unit})
	h.from = h.clock.Now()
}

// says files a body a minute later.
func (h *handing) says(kind string, chart record.ID, b record.Body) record.ID {
	h.t.Helper()
	h.clock.Advance(time.Minute)
	raw, err := record.Canonical(b)
	if err != nil {
		h.t.Fatal(err)
	}
	now := h.clock.Now()
	e := &record.Entry{ID: record.NewID(now), Chart: chart, Kind: kind, Version: 1, Happened: now, Written: now, Body: raw}
	if o := h.Committer.File(context.Background(), record.Sender{Person: h.jo, Role: "program", Via: record.ViaProgram}, e)[0]; o.Err != nil {
		h.t.Fatalf("filing %s: %v", kind, o.Err)
	}
	return e.ID
}

func (h *handing) of(kind string, b record.Body) record.ID { return h.says(kind, h.chart, b) }

// lines are what one room hands over of the person: heading, text, and whether it is open.
func (h *handing) lines(name string) (out []string) {
	h.t.Helper()
	ctx := ui.With(context.Background(), ui.Env{Locale: "en", Zone: time.UTC, Now: h.clock.Now()})
	c := &web.Ctx{Site: h.Site, R: httptest.NewRequest("GET", "/handover", nil).WithContext(ctx), Now: h.clock.Now()}
	span := room.Span{Unit: h.unit, Charts: []record.ID{h.chart}, From: h.from, Until: h.clock.Now(), Sees: func(_, entry record.ID) bool { return !h.unseen[entry] }}
	for _, def := range app.Rooms(nil) {
		for _, part := range def.Handover {
			if part.Name != name {
				continue
			}
			all, err := part.Lines(c, h.DB.Read(ctx), span)
			if err != nil {
				h.t.Fatal(err)
			}
			for _, l := range all[h.chart] {
				if l.Href == "" || l.Key == "" || l.At.IsZero() {
					h.t.Errorf("%s leads nowhere, has no name or no time: %+v", l.Text, l)
				}
				text := strings.ReplaceAll(l.Text, ui.WhenText(ctx, c.Now), "now")
				out = append(out, fmt.Sprintf("%s: %s%s", l.Heading, text, map[bool]string{true: " (open)"}[l.Open]))
			}
		}
	}
	slices.Sort(out)
	return out
}

// TestWhatRoomsHandOver: each room's lines as the next shift reads them.
func TestWhatRoomsHandOver(t *testing.T) {
	h := newHanding(t)
	talked := func(words string) record.ID {
		now := h.clock.Now()
		return h.of(contacts.KindHeld, &contacts.Held{Type: "one_to_one", Mode: "in_person", Started: now.Add(-10 * time.Minute), Stopped: now, Purposes: []string{"worry"}, Responses: []string{"calmer"}, Words: words, Meaningful: contacts.Yes})
	}
	tried := func() record.ID {
		return h.of(contacts.KindAttempted, &contacts.Attempted{Mode: "in_person", Reason: "asleep", Next: "After supper"})
	}
	ring := func() string {
		return belongings.Ref(h.of(belongings.KindTakenIn, &belongings.TakenIn{Items: []belongings.Item{{What: "Ring", Count: 2, Kept: "safe"}}, Unsigned: "x"}), 0)
	}
	plan := func() record.ID {
		return h.of(discharge.KindPlanned, &discharge.Planned{Date: "2026-11-24", Destination: "home", Plan: "To my sister"})
	}
	yes := func() record.ID {
		return h.of(careforms.KindAnswered, &careforms.Said{Run: record.NewID(begun), Form: "risk_screen", Version: 1, Section: "now", Answers: map[string]string{"life_now": "yes"}})
	}
	// Of a unit that has set no rules, the forms of the program's own list are asked for in the first days.
	asked := []string{"actions: First questions about safety: 1 of 11 (open)", "actions: Intake: not begun yet (open)", "actions: Orientation: not begun yet (open)", "actions: Rights and house rules: not begun yet (open)"}
	for _, c := range []struct {
		name, room string
		say        func()
		want       []string
	}{
		{"came from another unit", "transfer", func() {
			birch := record.NewID(h.clock.Now())
			h.says("places.unit_opened", birch, &places.UnitOpened{Name: "Birch", Kind: "ward"})
			h.of("clients.transferred", &clients.Transferred{Unit: birch, Reason: "x"})
			h.of("clients.transferred", &clients.Transferred{Unit: h.unit, Reason: "x"})
		}, []string{"person: Came from Birch: see what goes on"}},
		{"talked with", "contacts", func() { talked("“I slept”") }, []string{"person: One-to-one, 10 min · a worry · calmer after: “I slept”"}},
		{"not reached", "contacts", func() { tried() }, []string{"actions: Tried to reach (in person): asleep. Next: After supper (open)"}},
		{"reached later", "contacts", func() { tried(); h.clock.Advance(time.Hour); talked("") }, []string{"person: One-to-one, 10 min · a worry · calmer after", "person: Tried to reach (in person): asleep. Next: After supper"}},
		{"not to be seen", "contacts", func() { h.unseen[talked("x")] = true }, nil},
		{"of the shift before", "contacts", func() { talked("x"); h.from = h.clock.Now().Add(time.Minute); h.clock.Advance(time.Hour) }, nil},
		{"brought", "belongings", func() { ring() }, []string{"person: Belongings taken in: 1 thing"}},
		{"brought what may not be here", "belongings", func() {
			h.of(belongings.KindTakenIn, &belongings.TakenIn{Items: []belongings.Item{{What: "Lighter", Count: 1, Kept: "store", Contraband: "kept_until_leaving"}}, Unsigned: "x"})
		}, []string{"situation: Belongings taken in: 1 thing · Lighter: Kept until leaving"}},
		{"one is missing", "belongings", func() {
			item := ring()
			h.from = h.clock.Now().Add(time.Second) // the list is older than the shift
			h.of(belongings.KindCounted, &belongings.Counted{Parts: []belongings.Part{{Item: item, Count: 1}}})
		}, []string{"actions: Ring: Counted 1, the list says 2 (now, Jo Ferrand) (open)"}},
		{"given back", "belongings", func() {
			item := ring()
			h.from = h.clock.Now().Add(time.Second)
			h.of(belongings.KindGivenBack, &belongings.GivenBack{Parts: []belongings.Part{{Item: item, Count: 2}}, To: "him", Unsigned: "x"})
		}, []string{"person: Belongings given back: 1 thing"}},
		{"leaves without a follow-up", "discharge", func() { plan() }, []string{"actions: Leaves Tue 24 Nov. No follow-up booked, and no reason said (open)"}},
		{"leaves with one", "discharge", func() {
			plan()
			h.of(discharge.KindBooked, &discharge.FollowUpBooked{What: "therapy", With: "x", At: time.Date(2026, 11, 27, 10, 0, 0, 0, time.UTC)})
		}, []string{"situation: Leaves Tue 24 Nov"}},
		{"has left", "discharge", func() { plan(); h.of("clients.discharged", &clients.DischargedTo{Destination: "home"}) }, nil},
		{"a plan not to be seen", "discharge", func() { h.unseen[plan()] = true }, nil},
		{"in danger", "forms", func() { yes() }, append(slices.Clone(asked), "illness: Answered yes to “Are you having thoughts of ending your life now?” (First questions about safety) (open)")},
		{"somebody came", "forms", func() {
			h.of(careforms.KindCriticalAnswered, &careforms.CriticalAnswered{Answer: yes(), Item: "life_now", Done: "stayed", Words: "Sat together"})
		}, append(slices.Clone(asked), "illness: Answered yes to “Are you having thoughts of ending your life now?” (First questions about safety); stayed with them: Sat together")},
	} {
		t.Run(c.name, func(t *testing.T) {
			h.t = t
			h.comes()
			c.say()
			if got := h.lines(c.room); !slices.Equal(got, c.want) {
				t.Errorf("handed over:\n%s\nwant:\n%s", strings.Join(got, "\n"), strings.Join(c.want, "\n"))
			}
		})
	}
}
