// Package ward is a made-up ward that lives: a house, its people, and staff who walk their rounds as people do, mostly in time. The demo shows
// it, load and endurance trials lean on it. It files through the same door as everybody, and only on data made for it.
package ward

import (
	"context"
	"fmt"
	"math/rand/v2"
	"time"

	"milieu/care/rounds"
	"milieu/house/places"
	"milieu/house/staff"
	"milieu/house/staff/credentials"
	"milieu/kit/access"
	"milieu/kit/record"
	"milieu/kit/room"
)

// Options say which ward.
type Options struct {
	House string // its name; empty: another unit of a house that stands already
	Zone  string // IANA
	Unit  string // the unit's name
	Beds  int
	Seed  uint64 // the same seed and people live the same nights
}

// Ward is a ward at work.
type Ward struct {
	Options
	H      *room.Building
	Unit   record.ID
	Staff  map[access.Role]record.ID // one of each role, on the unit's team
	Floor  []record.ID               // those who walk rounds
	Rooms  []places.Room
	Beds   []places.Bed
	Client []record.ID
	rng    *rand.Rand
	plans  map[record.ID]plan // what each client does next
	zone   *time.Location
	notes  *noting
	hands  hands // how far the handover under way has come
}

// colleague is one made-up member of staff.
type colleague struct {
	name   string
	role   access.Role
	signIn string
	task   string
}

// colleagues are invented; each role has one, and the floor has a few more.
var colleagues = []colleague{
	{"Jo Ferrand", access.Worker, "jo", "Rooms 1–8"},
	{"Yusuf Adeyin", access.Worker, "yusuf", "Rooms 9–16"},
	{"Dana Whitlow", access.Worker, "dana", "Rooms 17–24"},
	{"Marisol Quist", access.Worker, "marisol", "Relief"},
	{"Tove Kjell", access.Peer, "tove", ""},
	{"Bashir Nuri", access.Nurse, "bashir", "Nurse in charge"},
	{"Ines Okafor-Lind", access.CaseManager, "ines", ""},
	{"Henrik Vale", access.Clinician, "henrik", ""},
	{"Priya Sandoval", access.Prescriber, "priya", ""},
	{"Ruth Amsel", access.Supervisor, "ruth", "Supervisor"},
	{"Caspian Dorn", access.Coordinator, "caspian", ""},
	{"Lena Marsh", access.Administrator, "lena", ""},
	{"Otto Brandt", access.Auditor, "otto", ""},
	{"Bridge", access.Integration, "", ""},
	{"Wall by the office", access.Screen, "wall", ""},
}

// program files the ward's own beginnings.
func (w *Ward) program() record.Sender {
	return record.Sender{Person: w.Staff[access.Administrator], Role: string(access.Administrator), Via: record.ViaProgram}
}

// Furnish makes the house, the unit with its rooms and beds, and the staff, all at the building's present time.
func Furnish(ctx context.Context, h *room.Building, o Options) (*Ward, error) {
	w := &Ward{Options: o, H: h, Staff: map[access.Role]record.ID{}, plans: map[record.ID]plan{}}
	var err error
	if w.zone, err = time.LoadLocation(o.Zone); err != nil {
		return nil, fmt.Errorf("the ward's time zone: %w", err)
	}
	w.rng = rand.New(rand.NewPCG(o.Seed, 17))
	w.Unit = record.NewID(h.Clock.Now())
	w.Staff[access.Administrator] = record.DeriveID("ward", "administrator", w.Unit.String())
	house := places.House{Name: o.House, Zone: o.Zone, Language: "en", Shifts: []places.Shift{{Name: "Day", Start: "07:00", End: "15:00"}, {Name: "Evening", Start: "15:00", End: "23:00"}, {Name: "Night", Start: "23:00", End: "07:00"}}}
	entries := []*record.Entry{w.entry("places.unit_opened", w.Unit, &places.UnitOpened{Name: o.Unit, Kind: "ward"})}
	if o.House != "" {
		entries = append(entries, w.entry("places.house_set", houseChart, &house))
	}
	for i := range o.Beds {
		r := w.entry("places.room_added", w.Unit, &places.RoomAdded{Name: fmt.Sprintf("Room %d", i+1), Kind: "bedroom"})
		entries = append(entries, r, w.entry("places.bed_added", w.Unit, &places.BedAdded{Room: r.ID, Name: "A"}))
	}
	for _, r := range [][2]string{{"Day room", "day_room"}, {"Kitchen", "kitchen"}, {"Garden", "garden"}, {"Quiet room", "quiet_room"}, {"Bathroom, north", "bathroom"}, {"Hallway", "hallway"}} {
		entries = append(entries, w.entry("places.room_added", w.Unit, &places.RoomAdded{Name: r[0], Kind: r[1]}))
	}
	entries = append(entries, w.handsOver()...)
	entries = append(entries, w.entry("rounds.house_rules_set", w.Unit, &rounds.HouseRules{EnvironmentMinutes: 480}))
	for n, c := range colleagues {
		if o.House == "" {
			c.signIn = "" // taken by the first unit's
		}
		id := record.NewID(h.Clock.Now())
		if c.role == access.Administrator {
			id = w.Staff[c.role]
		}
		if w.Staff[c.role].IsZero() || c.role == access.Administrator {
			w.Staff[c.role] = id
		}
		entries = append(entries, w.entry("staff.joined", id, &staff.Joined{Details: staff.Details{Name: c.name, Role: c.role, SignIn: c.signIn}}))
		switch c.role {
		case access.Administrator, access.Auditor, access.Integration:
			continue
		case access.Worker:
			w.Floor = append(w.Floor, id)
		}
		entries = append(entries, w.entry("staff.assigned", id, &staff.Assignment{Unit: w.Unit}))
		if !c.role.Machine() {
			entries = append(entries, w.papers(id, c.role, n)...)
		}
		if c.task != "" {
			now := h.Clock.Now()
			entries = append(entries, w.entry("staff.shift_planned", id, &staff.ShiftPlanned{Unit: w.Unit, From: now.Add(-time.Hour), Until: now.Add(23 * time.Hour), Task: c.task, InCharge: c.role == access.Nurse}),
				w.entry("staff.shift_started", id, &staff.ShiftStarted{Unit: w.Unit, Task: c.task}))
		}
	}
	if err := w.file(ctx, w.program(), entries...); err != nil {
		return nil, fmt.Errorf("furnishing the ward: %w", err)
	}
	return w, w.look(ctx)
}

// papers are a colleague's certificates: all in order, and one of them to be renewed soon.
func (w *Ward) papers(id record.ID, role access.Role, n int) []*record.Entry {
	day := func(days int) string { return w.H.Clock.Now().AddDate(0, 0, days).Format(time.DateOnly) }
	good := 150 + 40*n
	if n == 1 {
		good = 20
	}
	out := []*record.Entry{w.entry(credentials.KindRecorded, id, &credentials.Recorded{What: "cpr_first_aid", IssuedBy: "Red Cross", From: day(good - 730), Until: day(good), Vouched: "original"}),
		w.entry(credentials.KindRecorded, id, &credentials.Recorded{What: "crisis_prevention", From: day(30*n - 300), Until: day(30*n + 65), Vouched: "original"})}
	switch role {
	case access.Nurse, access.Clinician, access.Prescriber:
		out = append(out, w.entry(credentials.KindRecorded, id, &credentials.Recorded{What: "licence", Number: fmt.Sprintf("A-%04d", 2100+n), Until: day(500 + n), Vouched: "register"}))
	}
	return out
}

// look reads the rooms and beds there are.
func (w *Ward) look(ctx context.Context) (err error) {
	q := w.H.DB.Read(ctx)
	if w.Rooms, err = places.Rooms(q, w.Unit); err != nil {
		return err
	}
	w.Beds, err = places.Beds(q, w.Unit)
	return err
}

func (w *Ward) entry(kind string, chart record.ID, b record.Body) *record.Entry {
	return w.entryAt(kind, chart, b, w.H.Clock.Now())
}

func (w *Ward) entryAt(kind string, chart record.ID, b record.Body, at time.Time) *record.Entry {
	raw, err := record.Canonical(b)
	if err != nil {
		panic(fmt.Sprintf("the ward's %s: %v", kind, err)) // a body of our own that cannot be written
	}
	return &record.Entry{ID: record.NewID(at), Chart: chart, Kind: kind, Version: 1, Happened: at, Written: at, Body: raw}
}

// file files entries; one that is refused is a defect of the ward.
func (w *Ward) file(ctx context.Context, s record.Sender, entries ...*record.Entry) error {
	for _, o := range w.H.Committer.File(ctx, s, entries...) {
		if o.Err != nil {
			return fmt.Errorf("entry %s: %w", o.ID, o.Err)
		}
	}
	return nil
}

// as is a member of staff as a sender.
func as(person record.ID) record.Sender {
	return record.Sender{Person: person, Device: "ward", Via: record.ViaPage}
}

// Run lets the ward live from now until its clock has reached `until`, a step at a time, moving the clock, which is one that can be moved. With
// no such time it lives on until ctx ends, and waits between steps by the clock.
func (w *Ward) Run(ctx context.Context, until time.Time) error {
	const step = 20 * time.Second
	moved, _ := w.H.Clock.(interface{ Advance(time.Duration) })
	for until.IsZero() || w.H.Clock.Now().Before(until) {
		if err := w.step(ctx); err != nil {
			return err
		}
		if moved == nil || until.IsZero() {
			select {
			case <-ctx.Done():
				return ctx.Err()
			case <-w.H.Clock.After(step):
			}
			continue
		}
		if ctx.Err() != nil {
			return ctx.Err()
		}
		moved.Advance(step)
		if _, err := w.H.Sweeper.Sweep(ctx); err != nil {
			return err
		}
	}
	return nil
}
