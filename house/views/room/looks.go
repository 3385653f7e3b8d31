package room

import (
	"cmp"
	"context"
	"slices"
	"strings"
	"time"

	"github.com/a-h/templ"

	"milieu/house/clients"
	"milieu/house/views"
	"milieu/kit/db"
	"milieu/kit/fault"
	"milieu/kit/record"
	"milieu/kit/ui"
	"milieu/kit/view"
	"milieu/kit/web"
)

// looksSpan is how many days one page of who looked covers.
const looksSpan = 7

// looksView is who looked at one chart, day by day.
type looksView struct {
	Chart    record.ID
	Name     string
	From     time.Time
	To       time.Time // the last day
	Days     []looksDay
	Roles    bool
	Earlier  string
	Later    string
	Refused  int
	Charts   bool // reads charts: a client has a page of their own instead
	Protects bool // may put the record on the house's list of those that are looked after
}

type looksDay struct {
	Day  time.Time
	Rows []looksRow
}

// looksRow is one person's looks of a day under one relation.
type looksRow struct {
	Who, Role, Why string
	Chart, Boards  int // how often the chart itself, and boards with the person on them
	First, Last    time.Time
}

type looksKey struct {
	day          string
	person, unit record.ID
	role, under  string
}

// chartOf reads the client in the path.
func chartOf(c *web.Ctx) (*clients.Client, error) {
	id, err := c.Chart("chart")
	if err != nil {
		return nil, err
	}
	client, err := clients.Of(c.Read(), id)
	if err == db.ErrNoRows {
		return nil, fault.New(fault.NotFound, "there is nothing here that you may see")
	}
	return client, err
}

// showLooks is who looked at a chart: GET /clients/{chart}/looks?to=2026-11-19. It is for the client to read as much as for anybody.
func showLooks(c *web.Ctx) error {
	client, err := chartOf(c)
	if err != nil {
		return err
	}
	house, err := views.HouseOf(c.Read())
	if err != nil {
		return err
	}
	// Where the house keeps names back it does so for clients and their people. Those who answer for it see who it was.
	roles := house.Roles && !c.Scope.May(views.ActionReview)
	w, err := wordsFor(c, roles)
	if err != nil {
		return err
	}
	v := looksView{Chart: client.ID, Name: client.Name, To: day(c, "to"), Roles: roles, Charts: c.Scope.May("clients.read"), Protects: c.Scope.May(views.ActionHouse)}
	zone := ui.From(c.Context()).Zone
	today := midnight(c.Now.In(zone))
	if v.To.IsZero() || v.To.After(today) {
		v.To = today
	}
	v.From = v.To.AddDate(0, 0, 1-looksSpan)
	if err := v.read(c, w, append([]record.ID{client.ID}, client.Merged...)); err != nil {
		return err
	}
	here := "/clients/" + client.ID.String() + "/looks?to="
	v.Earlier = here + v.From.AddDate(0, 0, -1).Format(time.DateOnly)
	if v.To.Before(today) {
		v.Later = here + v.To.AddDate(0, 0, looksSpan).Format(time.DateOnly)
	}
	return c.Show(ui.Page{Title: ui.T(c.Context(), "views.page.looks")}, looksPage(v))
}

func midnight(t time.Time) time.Time {
	return time.Date(t.Year(), t.Month(), t.Day(), 0, 0, 0, 0, t.Location())
}

// read sums up the rows of a stretch of days.
func (v *looksView) read(c *web.Ctx, w *words, charts []record.ID) error {
	rows := map[looksKey]*looksRow{}
	for _, chart := range charts {
		err := view.Each(c.ViewRows(), view.Query{Chart: chart, From: v.From, Until: v.To.AddDate(0, 0, 1)}, func(r *view.Row) bool {
			if r.Kind == view.Refused {
				v.Refused++
				return true
			}
			unit := r.Unit
			k := looksKey{r.At.In(v.To.Location()).Format(time.DateOnly), r.Person, unit, r.Role, r.Under}
			if v.Roles {
				k.person = record.Zero
			}
			one := rows[k]
			if one == nil {
				one = &looksRow{Who: w.person(r.Person, r.Role), Role: w.role(r.Role), Why: w.why(r.Under, unit), First: r.At, Last: r.At}
				rows[k] = one
			}
			if r.Chart == chart {
				one.Chart++
			} else {
				one.Boards++
			}
			if r.At.Before(one.First) {
				one.First = r.At
			}
			if r.At.After(one.Last) {
				one.Last = r.At
			}
			return true
		})
		if err != nil {
			return err
		}
	}
	for at := v.To; !at.Before(v.From); at = at.AddDate(0, 0, -1) {
		d := looksDay{Day: at}
		for k, one := range rows {
			if k.day == at.Format(time.DateOnly) {
				d.Rows = append(d.Rows, *one)
			}
		}
		slices.SortFunc(d.Rows, func(a, b looksRow) int { return cmp.Or(b.Last.Compare(a.Last), cmp.Compare(a.Who, b.Who)) })
		if len(d.Rows) > 0 {
			v.Days = append(v.Days, d)
		}
	}
	return nil
}

func (r *looksRow) called(ctx context.Context) string {
	if r.Who == r.Role {
		return r.Role
	}
	return ui.T(ctx, "views.page.who_as", r.Who, r.Role)
}

// counted says how often and when.
func (r *looksRow) counted(ctx context.Context) string {
	var parts []string
	if r.Chart > 0 {
		parts = append(parts, ui.T(ctx, "views.page.opened", r.Chart))
	}
	if r.Boards > 0 {
		parts = append(parts, ui.T(ctx, "views.page.on_lists", r.Boards))
	}
	when := ui.ClockText(ctx, r.First)
	if last := ui.ClockText(ctx, r.Last); last != when {
		when = ui.T(ctx, "views.page.between", when, last)
	}
	return strings.Join(append(parts, when), " · ")
}

// panel leads from the chart to who looked at it.
func panel(_ *web.Ctx, _ db.Querier, chart record.ID) (templ.Component, error) {
	return looksPanel(chart), nil
}
