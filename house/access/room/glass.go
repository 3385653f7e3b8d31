package room

import (
	"context"
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/a-h/templ"

	houseaccess "milieu/house/access"
	"milieu/house/clients"
	"milieu/house/clients/match"
	"milieu/kit/access"
	"milieu/kit/db"
	"milieu/kit/record"
	"milieu/kit/ui"
	"milieu/kit/view"
	"milieu/kit/web"
)

// breakView is the page on which a chart is opened in an emergency.
type breakView struct {
	clients.Card
	Told, Birth string // what was looked for
	Seen        bool   // theirs to see already: only what a programme wrote is left to open
	Limits      houseaccess.GlassLimits
}

// reachable makes sure that a client may be opened in an emergency: one whom the reader sees, or whom the look for an earlier record gives for
// what they told of the person. An address alone opens nothing, and tells nothing.
func reachable(c *web.Ctx) (v breakView, err error) {
	id, err := c.ID("chart")
	if err != nil {
		return v, err
	}
	v.Told, v.Birth = c.Words("told"), c.Words("told_birth")
	v.Seen = c.Directory.KindOf(id) == "client" && c.Directory.Sees(c.Scope, id) == nil
	if !v.Seen {
		found := []match.Duplicate{}
		if v.Told != "" && c.Scope.May("clients.match") {
			if found, err = match.Duplicates(c.Read(), match.Candidate{Names: clients.Names{Used: v.Told}, Birth: v.Birth}); err != nil {
				return v, err
			}
		}
		if !slices.ContainsFunc(found, func(d match.Duplicate) bool { return d.ID == id }) {
			c.Refused(id)
			return v, notHere()
		}
	}
	v.Card, err = clients.CardOf(c.Read(), id)
	if err == db.ErrNoRows {
		return v, notHere()
	}
	return v, err
}

func showBreak(c *web.Ctx) error {
	v, err := reachable(c)
	if err != nil {
		return err
	}
	held, err := houseaccess.GlassLimitsAt(c.Read(), c.Now)
	if err != nil {
		return err
	}
	v.Limits = held.GlassLimits
	c.Saw(v.ID)
	return c.Show(ui.Page{Title: ui.T(c.Context(), "access.break")}, breakPage(v))
}

func (v breakView) form() ui.EntryForm {
	return ui.EntryForm{Kind: "access.glass_broken", Action: "/access/break/" + v.ID.String(), Chart: v.ID.String(), Class: "stack", Needs: "reason,words,minutes",
		Hidden: []ui.Pair{{Name: "told", Value: v.Told}, {Name: "told_birth", Value: v.Birth}}}
}

func (v breakView) reasons(ctx context.Context) []ui.Choice {
	var out []ui.Choice
	for _, r := range houseaccess.GlassReasons {
		if v.Seen && r != "medical_emergency" {
			continue
		}
		out = append(out, ui.Choice{Value: r, Label: ui.T(ctx, "access.reason."+r), Checked: v.Seen})
	}
	return out
}

func (v breakView) lengths(ctx context.Context) []ui.Choice {
	var out []ui.Choice
	all := v.Limits.Lengths()
	for i, m := range all {
		out = append(out, ui.Choice{Value: strconv.Itoa(m), Label: lengthText(ctx, m), Checked: i == min(1, len(all)-1)})
	}
	return out
}

// lengthText says a time to choose exactly: in hours where it is whole ones.
func lengthText(ctx context.Context, minutes int) string {
	if minutes%60 == 0 {
		return ui.SpanText(ctx, time.Duration(minutes)*time.Minute)
	}
	return ui.T(ctx, "js.span_minutes", minutes)
}

// breakGlass opens a chart for a while.
func breakGlass(c *web.Ctx) error {
	if err := c.R.ParseForm(); err != nil {
		return notHere()
	}
	v, err := reachable(c)
	if err != nil {
		return err
	}
	whole := c.R.PostForm // what was told of the person is no part of the entry, and comes along where the browser is led back here
	defer func() { c.R.PostForm = whole }()
	c.R.PostForm = maps.Clone(whole)
	delete(c.R.PostForm, "told")
	delete(c.R.PostForm, "told_birth")
	_, err = c.FileForm("access.glass_broken", func(e *record.Entry, _ record.Body) error {
		e.Chart = v.ID
		return nil
	})
	if err != nil {
		return err
	}
	return c.Go(chartPath(v.ID, ""))
}

// glassRow is one opening as a list shows it.
type glassRow struct {
	houseaccess.Glass
	Client, Name, Role, Unit string
	IsOpen                   bool
}

func glassRowOf(c *web.Ctx, g houseaccess.Glass) glassRow {
	q := c.Read()
	return glassRow{Glass: g, Client: c.NameOf(q, g.Chart), Name: nameOf(c, g.Person), Role: roleOf(c, g.Person), Unit: c.UnitName(c.Directory.UnitOf(g.Chart)), IsOpen: g.Open(c.Now)}
}

func glassFor(c *web.Ctx, chart record.ID) ([]glassRow, error) {
	list, err := houseaccess.GlassOf(c.Read(), chart)
	var out []glassRow
	for _, g := range list {
		out = append(out, glassRowOf(c, g))
	}
	slices.Reverse(out)
	return out, err
}

func (r glassRow) words(ctx context.Context) string {
	return line(ctx, ui.T(ctx, "access.reason."+r.Reason), ui.T(ctx, "access.from_until", ui.WhenText(ctx, r.From), ui.WhenText(ctx, r.Until)))
}

func (r glassRow) state(ctx context.Context) templ.Component {
	switch {
	case r.IsOpen:
		return ui.StateWord(ui.Now, ui.T(ctx, "access.glass_open"))
	case !r.Reviewed():
		return ui.StateWord(ui.Late, ui.T(ctx, "access.glass_waits"))
	}
	return ui.StateWord(ui.Done, ui.T(ctx, "access.finding."+r.Reviews[len(r.Reviews)-1].Finding))
}

// glassKept is how far back the list of openings goes.
const glassKept = 366 * 24 * time.Hour

func showGlasses(c *web.Ctx) error {
	list, err := houseaccess.GlassSince(c.Read(), c.Now.Add(-glassKept))
	if err != nil {
		return err
	}
	var open, waits, done []glassRow
	var charts []record.ID
	slices.SortFunc(list, func(a, b houseaccess.Glass) int { return b.From.Compare(a.From) })
	for _, g := range list {
		if c.Directory.Sees(c.Scope, g.Chart) != nil {
			continue
		}
		charts = append(charts, g.Chart)
		r := glassRowOf(c, g)
		switch {
		case r.IsOpen:
			open = append(open, r)
		case !r.Reviewed():
			waits = append(waits, r)
		default:
			done = append(done, r)
		}
	}
	held, err := houseaccess.GlassLimitsAt(c.Read(), c.Now)
	if err != nil {
		return err
	}
	c.Saw(charts...)
	return c.Show(ui.Page{Title: ui.T(c.Context(), "access.glass_nav")}, glassesPage(open, waits, done, limitsView{SetLimits: held}, c.Scope.May("access.limits")))
}

// glassView is one opening with what came of it.
type glassView struct {
	glassRow
	Looks     []view.Row
	More      bool
	Filed     []filedRow
	MayReview bool
	MayReturn bool
	Reviewers map[record.ID]string
}

type filedRow struct {
	At    time.Time
	Words string
}

// mostLooks is how many views one page lists.
const mostLooks = 200

func showGlass(c *web.Ctx) error {
	id, err := c.ID("glass")
	if err != nil {
		return err
	}
	q := c.Read()
	g, err := houseaccess.FindGlass(q, id)
	if err != nil {
		return err
	}
	if err := c.See(g.Chart); err != nil {
		return err
	}
	v := glassView{glassRow: glassRowOf(c, *g), MayReview: g.Person != c.Scope.Person, Reviewers: map[record.ID]string{}}
	v.MayReturn = v.IsOpen && c.Scope.May("access.return")
	for _, r := range g.Reviews {
		v.Reviewers[r.Author] = nameOf(c, r.Author)
	}
	if c.Views != nil {
		if v.Looks, v.More, err = view.Search(c.Views.Read(c.Context()), view.Query{Glass: g.Root, Limit: mostLooks}); err != nil {
			return err
		}
	}
	sight, err := c.Directory.Sight(q, c.Scope, g.Chart)
	if err != nil {
		return err
	}
	filed, err := record.Latest(q, g.Chart, 0, mostLooks, func(e *record.Entry) bool {
		return e.Author == g.Person && e.HasMark(record.MarkGlass) && !e.Happened.Before(g.From) && !e.Happened.After(g.Until.Add(access.RelationGrace)) && sight.Sees(e)
	})
	if err != nil {
		return err
	}
	for _, e := range filed {
		k, err := c.Committer.Kinds().Find(e.Kind)
		if err != nil {
			continue
		}
		b, err := c.Committer.Kinds().Decode(e)
		if err != nil {
			continue // destroyed: nothing is left to show of it
		}
		l := k.Line(e, b)
		v.Filed = append(v.Filed, filedRow{e.Happened, ui.T(c.Context(), l.Key, l.Args...)})
	}
	if err := sight.Err(); err != nil {
		return err
	}
	return c.Show(ui.Page{Title: ui.T(c.Context(), "access.glass_nav")}, glassPage(v))
}

func (v glassView) review() ui.EntryForm {
	return ui.EntryForm{Kind: "access.glass_reviewed", Chart: v.Chart.String(), Draft: "access.glass_reviewed " + v.Root.String(), Class: "stack", Needs: "finding",
		Hidden: then("/access/glass", ui.Pair{Name: "glass", Value: v.Root.String()})}
}

func giveBack(g *houseaccess.Glass, to string) ui.EntryForm {
	return ui.EntryForm{Kind: "access.glass_returned", Chart: g.Chart.String(), Keep: ui.Nothing, Hidden: then(to, ui.Pair{Name: "glass", Value: g.Root.String()})}
}

func findings(ctx context.Context) []ui.Choice {
	var out []ui.Choice
	for _, f := range houseaccess.Findings {
		out = append(out, ui.Choice{Value: f, Label: ui.T(ctx, "access.finding."+f)})
	}
	return out
}

func pathWords(r *view.Row) string {
	_, path, ok := strings.Cut(r.Route, " ")
	if !ok {
		return r.Route
	}
	return path
}

// around is what stands on every page of a client's chart that somebody has opened in an emergency.
func around(c *web.Ctx, chart record.ID) (templ.Component, error) {
	via := c.Directory.Glass(c.Scope, chart)
	if via.IsZero() {
		return nil, nil
	}
	g, err := houseaccess.FindGlass(c.Read(), via)
	if err != nil {
		return nil, err
	}
	return glassBanner(g, c.Now), nil
}
