package shift

import (
	"context"
	"maps"
	"slices"
	"strconv"
	"time"

	"github.com/a-h/templ"

	contactsroom "milieu/care/contacts/room"
	dischargeroom "milieu/care/discharge/room"
	formsroom "milieu/care/forms/room"
	teamworkroom "milieu/care/teamwork/room"
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

// standing is what everybody on a unit's shift has before them: read once for all who may see the same, and changed by nobody.
type standing struct {
	people  *people
	windows []due.Window // of the unit and its clients, by time
	on      []staff.OnDuty
	talked  map[record.ID]contactsroom.Last
}

// lists are dues as they stand at one moment.
type lists struct {
	Family string // of the lists: the unit's, or one person's
	Late   []ui.DueRow
	Now    []ui.DueRow
	Next   []ui.DueRow
	Later  int
}

// count is how many dues are late, now and later, and who is next.
type count struct {
	Late, Now int
	First     string // who is next when nothing is late or now
	Open      [2]int // late or now: of the unit, of mine
}

// page is the board of one unit at one moment, for one person.
type page struct {
	Unit   record.ID
	Mine   bool
	Family string
	Count  count
	On     []staff.OnDuty
	Quiet  templ.Component // silent phones, for those who watch them
	News   teamworkroom.News
	Me     record.ID
	Dues   templ.Component // the lists: the same for all on the unit, where nothing on them is one's own
	About  templ.Component // the unit
}

// aside is what stands beside the dues for everybody: how many are here, and what is good to know of them.
type aside struct {
	Name       string
	Here, Away int
	Know       []know
	Talked     []talked
}

// talked is when somebody last had a meaningful contact.
type talked struct {
	Name, Href string
	At         time.Time // zero: none is written down
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
	c.SawUnit(unit.ID)
	p, err := b.page(c, unit)
	if err != nil {
		return err
	}
	topics := append([]string{"shift/" + unit.ID.String()}, p.News.Live...)
	if c.Scope.All {
		topics = append(topics, web.HeldView+"/house")
	}
	return c.Show(ui.Page{Title: title, Live: topics}, boardPage(p))
}

// page puts the board together: what is everybody's is read and drawn once for all, and what is one's own beside it.
func (b *board) page(c *web.Ctx, unit web.Unit) (page, error) {
	p := page{Unit: unit.ID, Me: c.Scope.Person, Mine: c.R.URL.Query().Get("whose") == "mine", Family: "dues"}
	if p.Mine {
		p.Family = mineFamily(p.Me)
	}
	all, err := standingOf(c, unit)
	if err != nil {
		return p, err
	}
	p.On = all.on
	own, err := due.Of(c.Read(), p.Me)
	if err != nil {
		return p, err
	}
	held, who, err := b.heldFor(c, all.people)
	if err != nil {
		return p, err
	}
	left, err := leftOf(c, unit.ID)
	if err != nil {
		return p, err
	}
	if len(left.charts) > 0 {
		open, err := due.Of(c.Read(), left.charts...)
		if err != nil {
			return p, err
		}
		held, who = slices.Concat(held, open), who.with(left)
	}
	windows := all.windows
	if len(own)+len(held) > 0 {
		windows = slices.Concat(byTime(slices.Concat(windows, held)), byTime(own)) // people first, then one's own papers: a certificate never stands above a check
	}
	p.Count = b.count(c.Context(), who, windows, p.Me, p.Mine, c.Now)
	if p.Mine || len(own)+len(held) > 0 {
		p.Dues = dueLists(b.sort(c.Context(), who, windows, p.Me, p.Mine, c.Now))
	} else {
		p.Dues, err = c.Drawn(unit.ID, "shift dues", func(ctx context.Context, _ db.Querier) (templ.Component, error) {
			all, err := standingOf(c, unit) // as of now: what was read before may just have been forgotten
			if err != nil {
				return nil, err
			}
			return dueLists(b.sort(ctx, all.people, all.windows, record.Zero, false, ui.From(ctx).Now)), nil
		})
		if err != nil {
			return p, err
		}
	}
	p.About, err = c.Drawn(unit.ID, "shift aside", func(ctx context.Context, _ db.Querier) (templ.Component, error) {
		all, err := standingOf(c, unit)
		if err != nil {
			return nil, err
		}
		return aboutUnit(asideOf(ctx, all)), nil
	})
	if err == nil {
		p.News, err = teamworkroom.NewsFor(c, unit.ID)
	}
	if err == nil && c.Scope.May("device.watch") {
		p.Quiet, err = device.Phones(c, unit.ID)
	}
	return p, err
}

func standingOf(c *web.Ctx, unit web.Unit) (*standing, error) {
	return web.Remember(c, unit.ID, "shift", func() (*standing, error) { return readStanding(c.Read(), c.Directory, unit, c.Now) })
}

func readStanding(q db.Querier, d *access.Directory, unit web.Unit, now time.Time) (*standing, error) {
	people, err := peopleOf(q, d, unit.ID, unit.Name)
	if err != nil {
		return nil, err
	}
	s := &standing{people: people}
	if s.windows, err = due.Of(q, append(slices.Clone(people.charts), unit.ID)...); err != nil {
		return nil, err
	}
	byTime(s.windows)
	if s.talked, err = contactsroom.LastIn(q, unit.ID); err != nil {
		return nil, err
	}
	s.on, err = staff.OnShift(q, unit.ID, now)
	return s, err
}

func byTime(windows []due.Window) []due.Window {
	slices.SortStableFunc(windows, func(x, y due.Window) int { return x.Due.Compare(y.Due) })
	return windows
}

func asideOf(ctx context.Context, all *standing) aside {
	people := all.people
	a := aside{Name: people.name}
	for _, card := range people.cards {
		if card.Where == clients.Here {
			a.Here++
			a.Talked = append(a.Talked, talked{Name: card.Name, Href: "/clients/" + card.ID.String(), At: all.talked[card.ID].At})
		} else {
			a.Away++
		}
		if len(card.Helps)+len(card.Care) > 0 {
			k := know{Name: card.Name, Room: card.Room, Href: "/clients/" + card.ID.String(), Helps: card.Helps}
			for _, one := range card.Care {
				k.Care = append(k.Care, ui.T(ctx, "clients.precaution."+one.Code))
			}
			a.Know = append(a.Know, k)
		}
	}
	slices.SortStableFunc(a.Talked, func(x, y talked) int { return x.At.Compare(y.At) }) // the longest without one first
	return a
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

func peopleOf(q db.Querier, d *access.Directory, unit record.ID, name string) (*people, error) {
	cards, err := clients.Cards(q, unit)
	p := &people{cards: cards, byID: map[record.ID]*clients.Card{}, unit: unit, name: name, staff: staffName(d)}
	for i := range cards {
		p.charts = append(p.charts, cards[i].ID)
		p.byID[cards[i].ID] = &cards[i]
	}
	return p, err
}

// leftOf are those who are not in the unit and have something open there, of their discharge or because an answer of theirs rings, as far as the reader still sees them: that is each reader's own.
func leftOf(c *web.Ctx, unit record.ID) (people, error) {
	left := people{byID: map[record.ID]*clients.Card{}}
	charts, err := dischargeroom.Unfinished(c.Read(), unit)
	if err != nil {
		return left, err
	}
	calling, err := formsroom.Calling(c.Read(), unit)
	if err != nil {
		return left, err
	}
	for _, chart := range append(charts, calling...) {
		if left.byID[chart] != nil || c.Directory.Sees(c.Scope, chart) != nil {
			continue
		}
		card, err := clients.BareCard(c.Read(), chart)
		if err != nil {
			return left, err
		}
		c.Saw(chart)
		left.charts = append(left.charts, chart)
		left.byID[chart] = &card
	}
	return left, nil
}

// with are people and some more whose dues are shown with theirs.
func (p *people) with(more people) *people {
	out := *p
	out.byID = maps.Clone(p.byID)
	maps.Copy(out.byID, more.byID)
	return &out
}

// called is the name of whom or what a chart is about.
func (p *people) called(chart record.ID) string {
	switch card := p.byID[chart]; {
	case card != nil:
		return card.Name
	case chart == p.unit:
		return p.name
	}
	return p.staff(chart)
}

func staffName(d *access.Directory) func(record.ID) string {
	return func(id record.ID) string {
		if p := d.Person(id); p != nil {
			return p.Name
		}
		return ""
	}
}

// count goes through windows, which stand by time, without drawing any.
func (b *board) count(ctx context.Context, people *people, windows []due.Window, me record.ID, mine bool, now time.Time) count {
	var n count
	for i := range windows {
		w := &windows[i]
		state, own := w.At(now), ofPerson(w, me)
		if state != due.StateNext {
			n.Open[0]++
			if own {
				n.Open[1]++
			}
		}
		switch {
		case mine && !own:
		case state == due.StateLate:
			n.Late++
		case state == due.StateNow:
			n.Now++
		case n.First == "" && !w.Due.After(now.Add(ahead)):
			n.First = ui.T(ctx, "shift.first", people.called(w.Chart), ui.WhenText(ctx, w.Due))
		}
	}
	if n.Late+n.Now > 0 {
		n.First = ""
	}
	return n
}

func ofPerson(w *due.Window, me record.ID) bool {
	return w.Owner == me || w.Taken == me || w.Chart == me
}

// sort puts windows where they stand now: late first by how late, then now, then next, by time. They stand by time already.
func (b *board) sort(ctx context.Context, people *people, windows []due.Window, me record.ID, mine bool, now time.Time) lists {
	l := lists{Family: "dues"}
	if mine {
		l.Family = mineFamily(me)
	}
	for i := range windows {
		w := &windows[i]
		if mine && !ofPerson(w, me) {
			continue
		}
		switch state := w.At(now); {
		case state == due.StateLate:
			l.Late = append(l.Late, b.row(ctx, people, w, now))
		case state == due.StateNow:
			l.Now = append(l.Now, b.row(ctx, people, w, now))
		case w.Opens.After(now.Add(ahead)): // nobody is asked for it yet
		case w.Due.After(now.Add(ahead)):
			l.Later++
		default:
			l.Next = append(l.Next, b.row(ctx, people, w, now))
		}
	}
	return l
}

// mineFamily names the lists on which one person's own dues stand.
func mineFamily(person record.ID) string { return "mine-" + person.String() }

// rowID is the row's name on every screen; all rows of a chart begin alike, so that they can be swept together. What is held is not swept: it does
// not come again with what everybody is told.
func (b *board) rowID(w *due.Window) string {
	id := prefix(w.Chart) + w.Rule
	if b.faces[w.Rule].For != nil {
		id = "held-" + id
	}
	if w.Key != "" {
		id += "-" + w.Key
	}
	return id
}

func prefix(chart record.ID) string { return "due-" + chart.String() + "-" }

// row draws one window by its rule's face. A rule without a face still shows that something is due.
func (b *board) row(ctx context.Context, people *people, w *due.Window, now time.Time) ui.DueRow {
	row := ui.DueRow{ID: b.rowID(w), List: "dues", State: ui.State(w.At(now)), At: w.Due, NowAt: w.Due.Add(-due.Soon), LateAt: w.Late}
	row.Who = people.called(w.Chart)
	if people.byID[w.Chart] != nil {
		row.WhoHref = "/clients/" + w.Chart.String()
	} else {
		row.NotPII = true
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
	switch {
	case s.File != nil:
		act := ui.Files(s.Act, *s.File)
		row.Action = &act
	case s.Href != "":
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
	n, err := web.Remember(c, unit, "shift late", func() (int, error) {
		return due.CountLate(c.Read(), c.Now, append(c.Directory.ChartsIn(unit, "client"), unit)...)
	})
	if err != nil {
		c.Log.Error("counting what is late", "error", err)
	}
	return n
}

// heading is the answer: what is late and what is now.
func (p *page) heading(ctx context.Context) string {
	late, now := p.Count.Late, p.Count.Now
	switch {
	case late > 0 && now > 0:
		return ui.T(ctx, "js.sum_late_now", late, now)
	case late > 0:
		return ui.T(ctx, "js.sum_late", late)
	case now > 0:
		return ui.T(ctx, "js.sum_now", now)
	}
	return ui.T(ctx, "js.sum_none")
}

func (p *page) whose(ctx context.Context) []ui.Segment {
	return []ui.Segment{
		{Label: ui.T(ctx, "shift.unit"), Count: p.Count.Open[0], Href: "/", Current: !p.Mine},
		{Label: ui.T(ctx, "shift.mine"), Count: p.Count.Open[1], Href: "/?whose=mine", Current: p.Mine},
	}
}

func (l *lists) group(ctx context.Context, state ui.State, rows []ui.DueRow) ui.DueList {
	return ui.DueList{List: l.Family, State: state, Title: ui.T(ctx, "shift.group_"+string(state)), Rows: rows}
}

func (a *aside) tally(ctx context.Context) []ui.Count {
	return []ui.Count{{Value: strconv.Itoa(a.Here), Label: ui.T(ctx, "shift.here")}, {Value: strconv.Itoa(a.Away), Label: ui.T(ctx, "shift.away")}}
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
