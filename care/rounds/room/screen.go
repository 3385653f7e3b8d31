package room

import (
	"context"
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/a-h/templ"

	"milieu/care/rounds"
	"milieu/house/clients"
	"milieu/kit/access"
	"milieu/kit/db"
	"milieu/kit/due"
	"milieu/kit/fault"
	"milieu/kit/record"
	"milieu/kit/ui"
	"milieu/kit/web"
)

// soonMinutes is what the heading of the round calls soon.
const soonMinutes = 3

// screen is the round of a unit, perhaps with a sheet open beside it. It knows nothing of who looks on but what they may: it is drawn once for
// all who may the same.
type screen struct {
	Unit      record.ID
	Rows      []ui.RoundRow // at intervals and in sight
	Out       []ui.RoundRow
	Helps     int // calls for help
	Lost      int // not found
	Late      int
	Soon      int
	Here      int
	Hazards   int
	Sheet     templ.Component
	MayReport bool
	MayRule   bool
}

// showRound is everybody of the unit, by next due: GET /rounds.
func showRound(c *web.Ctx) error {
	unit, err := c.Unit()
	if err != nil {
		return err
	}
	if unit.ID.IsZero() {
		return showScreen(c, unit.ID, noUnit())
	}
	c.SawUnit(unit.ID)
	v := newScreen(c, unit.ID)
	page, err := c.Drawn(unit.ID, "round", func(ctx context.Context, q db.Querier) (templ.Component, error) {
		rows, err := Rows(q, unit.ID)
		v.fill(ctx, c.Directory, rows, record.Zero)
		return roundPage(v), err
	})
	if err != nil {
		return err
	}
	return showScreen(c, unit.ID, page)
}

func showScreen(c *web.Ctx, unit record.ID, page templ.Component) error {
	p := ui.Page{Title: ui.T(c.Context(), "rounds.page.nav")}
	if !unit.IsZero() {
		p.Live = []string{"round/" + unit.String()}
	}
	return c.Show(p, page)
}

func newScreen(c *web.Ctx, unit record.ID) screen {
	return screen{Unit: unit, MayReport: c.Scope.May(actionReport), MayRule: c.Scope.May(rounds.ActionHouse)}
}

// fill puts everybody where they stand now. The current person's row is shown as the one being worked on.
func (v *screen) fill(ctx context.Context, d *access.Directory, rows []Row, current record.ID) {
	now := ui.From(ctx).Now
	for i := range rows {
		r := &rows[i]
		line := roundRow(ctx, d, r)
		line.Current = r.ID == current
		switch {
		case r.Help != nil:
			v.Helps++
		case r.Search != nil:
			v.Lost++
		}
		if r.Mode == rounds.Out || r.Mode == rounds.None {
			v.Out = append(v.Out, line)
			continue
		}
		v.Here++
		v.Rows = append(v.Rows, line)
		if w := r.Window; r.Mode == rounds.Intervals {
			switch {
			case w.At(now) == due.StateLate:
				v.Late++
			case w.Due.Sub(now) <= soonMinutes*time.Minute:
				v.Soon++
			}
		}
	}
}

// heading is the answer to the question with which one opens the page.
func (v *screen) heading(ctx context.Context) string {
	var parts []string
	if v.Helps > 0 {
		parts = append(parts, ui.T(ctx, "js.tally_help", v.Helps))
	}
	if v.Lost > 0 {
		parts = append(parts, ui.T(ctx, "js.tally_lost", v.Lost))
	}
	if v.Late > 0 {
		parts = append(parts, ui.T(ctx, "js.tally_late", v.Late))
	}
	if v.Soon > 0 {
		parts = append(parts, ui.T(ctx, "js.tally_soon", v.Soon, soonMinutes))
	}
	if len(parts) == 0 {
		return ui.T(ctx, "js.tally_none", soonMinutes)
	}
	return strings.Join(parts, ", ")
}

func rowID(chart record.ID) string { return "round-" + chart.String() }

// roundRow is one person as the list shows them.
func roundRow(ctx context.Context, d *access.Directory, r *Row) ui.RoundRow {
	id := rowID(r.ID)
	row := ui.RoundRow{ID: id, Order: ui.Order(r.place(), id), List: "rounds", Name: r.Name, Place: r.Room, Pips: r.Level.Pips, Level: levelWords(ctx, r.Level, &r.Data), Href: path(r.ID, "check"), Swap: "#sheet"}
	row.Attrs = templ.Attributes{}
	switch {
	case r.Help != nil:
		row.Attrs["data-call"] = "help"
		row.Badge, row.Href = ui.Badge(ui.Bad, "warn", ui.T(ctx, "rounds.page.help_called")), path(r.ID, "help")
	case r.Search != nil:
		row.Attrs["data-call"] = "lost"
		row.Badge, row.Href = ui.Badge(ui.Bad, "search", ui.T(ctx, "rounds.page.searched")), path(r.ID, "search")
	case r.Data.Night:
		row.Badge = ui.Badge(ui.Quiet, "night", ui.T(ctx, "rounds.page.protected"))
	}
	switch r.Mode {
	case rounds.Intervals:
		row.Ring = ringOf(ctx, r.Window)
		row.Last = lastWords(ctx, &r.Data)
		maps.Copy(row.Attrs, settled(r.ID, &r.Data))
	case rounds.Continuous:
		row.Ring = ui.Ring{State: ui.Eyes, Word: ui.T(ctx, "rounds.page.eyes"), Under: ui.T(ctx, "rounds.page.eyes_on")}
		row.Last = watchWords(ctx, d, r)
		if r.Help == nil && r.Search == nil {
			row.Href = path(r.ID, "relief")
		}
		if r.Data.By.IsZero() {
			row.Badge = ui.Badge(ui.Bad, "eye", ui.T(ctx, "rounds.page.nobody_watches"))
		}
	default:
		row.Ring = ui.Ring{State: ui.Off, Word: ui.T(ctx, "rounds.page.out"), Under: ui.T(ctx, "rounds.page.out."+awayWord(r.Away))}
		row.Last = outWords(ctx, r)
		row.List = "rounds-out"
	}
	return row
}

// ringOf counts down to the time at which a look is asked for; from its limit on it is late.
func ringOf(ctx context.Context, w *due.Window) ui.Ring {
	return ui.RingUntil(ctx, w.Opens, w.Due.Add(-due.Soon), w.Due, w.Late)
}

// settled says to the device which entries settle the row, and what follows: data, not a rule.
func settled(chart record.ID, d *rounds.Data) templ.Attributes {
	draws := make([]string, 0, len(d.Draws)+1)
	for _, draw := range d.Draws {
		draws = append(draws, strconv.Itoa(draw))
	}
	if len(draws) == 0 && d.Minutes > 0 {
		draws = append(draws, strconv.Itoa(d.Minutes*60))
	}
	return templ.Attributes{"data-chart": chart.String(), "data-settled-by": rounds.KindChecked, "data-draws": strings.Join(draws, ","), "data-limit": strconv.Itoa(d.Minutes * 60)}
}

// place is where a row stands in time: help and searches before everything, those in sight and out behind it.
func (r *Row) place() time.Time {
	switch r.rank() {
	case 0:
		return r.Help.Opens.AddDate(-50, 0, 0)
	case 1:
		return r.Search.Opens.AddDate(-25, 0, 0)
	case 2:
		return r.Window.Due
	case 3:
		return time.Date(2200, 1, 1, 0, 0, 0, 0, time.UTC)
	}
	return time.Date(2300, 1, 1, 0, 0, 0, 0, time.UTC)
}

// levelWords are the level as a worker says it: "Every 15", "Hourly", "In sight".
func levelWords(ctx context.Context, l rounds.Level, d *rounds.Data) string {
	if l.Code == "" {
		return ""
	}
	if l.Continuous {
		return ui.T(ctx, "rounds.level_short."+l.Code)
	}
	minutes := int(l.Every / time.Minute)
	if d != nil && d.Minutes > 0 {
		minutes = d.Minutes
	}
	if minutes == 60 {
		return ui.T(ctx, "rounds.page.hourly")
	}
	return ui.T(ctx, "rounds.page.every", minutes)
}

// lastWords are when, where and how somebody was seen last, and that they were looked for since.
func lastWords(ctx context.Context, d *rounds.Data) string {
	var out string
	switch {
	case d.At.IsZero():
		out = ui.T(ctx, "rounds.page.never_seen")
	case d.Reason != "":
		out = ui.T(ctx, "rounds.page.last_reason", ui.WhenText(ctx, d.At), ui.T(ctx, "rounds.reason."+d.Reason))
	default:
		out = ui.T(ctx, "rounds.page.last", ui.WhenText(ctx, d.At), ui.T(ctx, "rounds.place."+d.Place), ui.T(ctx, "rounds.state."+d.State))
	}
	if !d.Tried.IsZero() && d.Why != "" {
		out += " · " + ui.T(ctx, "rounds.page.tried", ui.WhenText(ctx, d.Tried), ui.T(ctx, "rounds.reason."+d.Why))
	}
	return out
}

func watchWords(ctx context.Context, d *access.Directory, r *Row) string {
	if r.Data.By.IsZero() {
		return ui.T(ctx, "rounds.page.watch_open", ui.WhenText(ctx, r.Window.Opens))
	}
	return ui.T(ctx, "rounds.page.watched_by", nameOf(d, r.Data.By), ui.WhenText(ctx, r.Window.Opens), ui.WhenText(ctx, r.Window.Late))
}

func awayWord(kind string) string {
	if slices.Contains([]string{"leave", "court", "appointment", "hospital", "absent"}, kind) {
		return kind
	}
	return "other"
}

func outWords(ctx context.Context, r *Row) string {
	if !r.In() || r.Where == clients.Here {
		return ui.T(ctx, "rounds.page.no_rounds")
	}
	if r.Expected.IsZero() {
		return ui.T(ctx, "rounds.page.out_since", ui.WhenText(ctx, r.Since))
	}
	return ui.T(ctx, "rounds.page.out_until", ui.WhenText(ctx, r.Since), ui.WhenText(ctx, r.Expected))
}

// RowOf gives one person as the round screen shows them, with the rules of their unit.
func RowOf(q db.Querier, chart record.ID) (Row, rounds.HouseRules, error) {
	card, err := clients.CardOf(q, chart)
	if err == db.ErrNoRows {
		return Row{}, rounds.HouseRules{}, fault.New(fault.NotFound, "there is nobody of that name here")
	}
	if err != nil {
		return Row{}, rounds.HouseRules{}, err
	}
	r := Row{Card: card}
	rules, err := HouseRules(q, card.Unit)
	if err != nil {
		return r, rules, err
	}
	windows, err := due.Of(q, card.ID)
	if err != nil {
		return r, rules, err
	}
	for i := range windows {
		if err := r.take(&windows[i], rules); err != nil {
			return r, rules, err
		}
	}
	if r.Mode == "" {
		err = r.without(q)
	}
	return r, rules, err
}

// beside answers with a sheet: alone for a script that asked for it, beside the round otherwise.
func beside(c *web.Ctx, r *Row, sheet templ.Component) error {
	if c.Scripted() {
		return c.Fragment(sheet)
	}
	if r.Unit.IsZero() {
		return showScreen(c, r.Unit, noUnit())
	}
	c.SawUnit(r.Unit)
	rows, err := Rows(c.Read(), r.Unit)
	if err != nil {
		return err
	}
	v := newScreen(c, r.Unit)
	v.fill(c.Context(), c.Directory, rows, r.ID)
	v.Sheet = sheet
	return showScreen(c, r.Unit, roundPage(v))
}

// rowFor reads the person named in the path.
func rowFor(c *web.Ctx) (Row, rounds.HouseRules, error) {
	chart, err := c.Chart("chart")
	if err != nil {
		return Row{}, rounds.HouseRules{}, err
	}
	return RowOf(c.Read(), chart)
}
