package shift

import (
	"context"
	"slices"
	"strconv"
	"time"

	"github.com/a-h/templ"

	"milieu/house/clients"
	"milieu/house/staff"
	"milieu/kit/access"
	"milieu/kit/db"
	"milieu/kit/device"
	"milieu/kit/due"
	"milieu/kit/record"
	"milieu/kit/ui"
	"milieu/kit/web"
)

// ahead is how far the board looks: what is asked for later than this stands behind a line that says how much there is.
const ahead = 12 * time.Hour

// page is the board of one unit at one moment.
type page struct {
	Unit   record.ID
	Name   string
	Mine   bool
	Family string // of the lists: the unit's, or one person's
	Late   []ui.DueRow
	Now    []ui.DueRow
	Next   []ui.DueRow
	Later  int
	First  string // who is next when nothing is late or now
	Counts [2]int // of the unit, of mine
	On     []staff.OnDuty
	Here   int
	Away   int
	Levels []ui.Count
	Know   []know
	Quiet  templ.Component // silent phones, for those who watch them
	Me     record.ID
}

// know is what is good to know of somebody: what helps, and what needs care.
type know struct {
	Name, Room, Href string
	Helps            []string
	Care             []string
}

func (b *board) show(c *web.Ctx) error {
	unit, err := c.Unit()
	if err != nil {
		return err
	}
	title := ui.T(c.Context(), "shift.nav")
	if unit.ID.IsZero() {
		return c.Show(ui.Page{Title: title}, noUnit())
	}
	p, err := b.page(c, unit)
	if err != nil {
		return err
	}
	return c.Show(ui.Page{Title: title, Live: []string{"shift/" + unit.ID.String()}}, boardPage(p))
}

func (b *board) page(c *web.Ctx, unit web.Unit) (page, error) {
	p := page{Unit: unit.ID, Name: unit.Name, Me: c.Scope.Person, Mine: c.R.URL.Query().Get("whose") == "mine", Family: "dues"}
	if p.Mine {
		p.Family = mineFamily(p.Me)
	}
	q := c.Read()
	people, err := peopleOf(c.Site, q, unit.ID, unit.Name)
	if err != nil {
		return p, err
	}
	windows, err := due.Of(q, append(people.charts, unit.ID, p.Me)...)
	if err != nil {
		return p, err
	}
	b.sort(c.Context(), &p, people, windows, c.Now)
	if p.On, err = staff.OnShift(q, unit.ID, c.Now); err != nil {
		return p, err
	}
	for _, card := range people.cards {
		if card.Where == clients.Here {
			p.Here++
		} else {
			p.Away++
		}
		if len(card.Helps)+len(card.Care) > 0 {
			k := know{Name: card.Name, Room: card.Room, Href: "/clients/" + card.ID.String(), Helps: card.Helps}
			for _, one := range card.Care {
				k.Care = append(k.Care, ui.T(c.Context(), "clients.precaution."+one.Code))
			}
			p.Know = append(p.Know, k)
		}
	}
	if c.Scope.May("device.watch") {
		p.Quiet, err = device.Phones(c, unit.ID)
	}
	return p, err
}

// people are those whose dues a unit's board shows, and what they are called.
type people struct {
	cards  []clients.Card
	charts []record.ID
	byID   map[record.ID]*clients.Card
	unit   record.ID
	name   string
	staff  func(record.ID) string
}

func peopleOf(s *web.Site, q db.Querier, unit record.ID, name string) (*people, error) {
	cards, err := web.Remember(s, "cards "+unit.String(), func() ([]clients.Card, error) { return clients.Cards(q, unit) })
	p := &people{cards: slices.Clone(cards), byID: map[record.ID]*clients.Card{}, unit: unit, name: name, staff: staffName(s.Directory)}
	for i := range cards {
		p.charts = append(p.charts, cards[i].ID)
		p.byID[cards[i].ID] = &p.cards[i]
	}
	return p, err
}

func staffName(d *access.Directory) func(record.ID) string {
	return func(id record.ID) string {
		if p := d.Person(id); p != nil {
			return p.Name
		}
		return ""
	}
}

// sort puts windows where they stand now: late first by how late, then now, then next, by time.
func (b *board) sort(ctx context.Context, p *page, people *people, windows []due.Window, now time.Time) {
	slices.SortStableFunc(windows, func(x, y due.Window) int { return x.Due.Compare(y.Due) })
	for i := range windows {
		w := &windows[i]
		mine := w.Owner == p.Me || w.Taken == p.Me || w.Chart == p.Me
		state := w.At(now)
		if state != due.StateNext {
			p.Counts[0]++
			if mine {
				p.Counts[1]++
			}
		}
		if p.Mine && !mine {
			continue
		}
		row := b.row(ctx, people, w, now)
		switch {
		case state == due.StateLate:
			p.Late = append(p.Late, row)
		case state == due.StateNow:
			p.Now = append(p.Now, row)
		case w.Due.After(now.Add(ahead)):
			p.Later++
		default:
			p.Next = append(p.Next, row)
		}
	}
	if len(p.Late)+len(p.Now) == 0 && len(p.Next) > 0 {
		p.First = ui.T(ctx, "shift.first", p.Next[0].Who, ui.WhenText(ctx, p.Next[0].At))
	}
}

// mineFamily names the lists on which one person's own dues stand.
func mineFamily(person record.ID) string { return "mine-" + person.String() }

// rowID is the row's name on every screen; all rows of a chart begin alike, so that they can be swept together.
func rowID(w *due.Window) string {
	id := prefix(w.Chart) + w.Rule
	if w.Key != "" {
		id += "-" + w.Key
	}
	return id
}

func prefix(chart record.ID) string { return "due-" + chart.String() + "-" }

// row draws one window by its rule's face. A rule without a face still shows that something is due.
func (b *board) row(ctx context.Context, people *people, w *due.Window, now time.Time) ui.DueRow {
	row := ui.DueRow{ID: rowID(w), List: "dues", State: ui.State(w.At(now)), At: w.Due, NowAt: w.Due.Add(-due.Soon), LateAt: w.Late}
	switch card := people.byID[w.Chart]; {
	case card != nil:
		row.Who, row.WhoHref = card.Name, "/clients/"+card.ID.String()
	case w.Chart == people.unit:
		row.Who, row.NotPII = people.name, true
	default:
		row.Who, row.NotPII = people.staff(w.Chart), true
	}
	if owner := first(w.Taken, w.Owner); !owner.IsZero() {
		row.Also = mineFamily(owner)
	} else if people.byID[w.Chart] == nil && w.Chart != people.unit {
		row.Also = mineFamily(w.Chart)
	}
	face, ok := b.faces[w.Rule]
	if !ok {
		row.What = ui.T(ctx, "shift.something", w.Rule)
		return row
	}
	s := face.Show(ctx, *w)
	row.What, row.Last, row.Icon = s.What, s.Last, face.Icon
	if !w.Taken.IsZero() {
		if name := people.staff(w.Taken); name != "" {
			row.Last = ui.T(ctx, "shift.taken", name)
		}
	}
	if s.Href != "" {
		row.Action = &ui.Action{Label: s.Act, Href: s.Href}
	}
	row.Attrs = s.Device
	return row
}

func first(ids ...record.ID) record.ID {
	for _, id := range ids {
		if !id.IsZero() {
			return id
		}
	}
	return record.Zero
}

// late counts what is late on a unit, for the mark in the navigation. The index on nothing but the charts of the unit answers it.
func late(c *web.Ctx, unit record.ID) int {
	if unit.IsZero() {
		return 0
	}
	n, err := due.CountLate(c.Read(), c.Now, append(c.Directory.ChartsIn(unit, "client"), unit)...)
	if err != nil {
		c.Log.Error("counting what is late", "error", err)
	}
	return n
}

// heading is the answer: what is late and what is now.
func (p *page) heading(ctx context.Context) string {
	switch {
	case len(p.Late) > 0 && len(p.Now) > 0:
		return ui.T(ctx, "js.sum_late_now", len(p.Late), len(p.Now))
	case len(p.Late) > 0:
		return ui.T(ctx, "js.sum_late", len(p.Late))
	case len(p.Now) > 0:
		return ui.T(ctx, "js.sum_now", len(p.Now))
	}
	return ui.T(ctx, "js.sum_none")
}

func (p *page) whose(ctx context.Context) []ui.Segment {
	return []ui.Segment{
		{Label: ui.T(ctx, "shift.unit"), Count: p.Counts[0], Href: "/", Current: !p.Mine},
		{Label: ui.T(ctx, "shift.mine"), Count: p.Counts[1], Href: "/?whose=mine", Current: p.Mine},
	}
}

func (p *page) list(ctx context.Context, state ui.State, rows []ui.DueRow) ui.DueList {
	return ui.DueList{List: p.Family, State: state, Title: ui.T(ctx, "shift.group_"+string(state)), Rows: rows}
}

func (p *page) tally(ctx context.Context) []ui.Count {
	return []ui.Count{{Value: strconv.Itoa(p.Here), Label: ui.T(ctx, "shift.here")}, {Value: strconv.Itoa(p.Away), Label: ui.T(ctx, "shift.away")}}
}

func (p *page) onShift(ctx context.Context) []ui.Person {
	var out []ui.Person
	for _, d := range p.On {
		line := ui.T(ctx, "web.role."+string(d.Role))
		switch {
		case d.Person == p.Me:
			line = ui.T(ctx, "shift.you")
		case !d.Started:
			line = ui.T(ctx, "shift.planned", line)
		}
		if d.Task != "" {
			line = ui.T(ctx, "shift.with_task", line, d.Task)
		}
		one := ui.Person{Name: d.Name, Line: line, Staff: true}
		if d.InCharge {
			one.Badge = ui.Badge(ui.Quiet, "", ui.T(ctx, "shift.in_charge"))
		}
		out = append(out, one)
	}
	return out
}

func (k know) line() string {
	out := ""
	for _, part := range append(append([]string{}, k.Helps...), k.Care...) {
		if out != "" {
			out += " · "
		}
		out += part
	}
	return out
}
