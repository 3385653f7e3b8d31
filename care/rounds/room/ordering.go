package room

import (
	"context"
	"slices"
	"strconv"
	"time"

	"github.com/a-h/templ"

	"milieu/care/rounds"
	"milieu/kit/db"
	"milieu/kit/record"
	"milieu/kit/ui"
	"milieu/kit/web"
)

// ordersView is everything ordered for one person's rounds, and the forms that order more.
type ordersView struct {
	Row
	Terms    rounds.Terms
	Order    *rounds.Ordered
	Night    *rounds.Night
	MayRaise bool
	MayLower bool
	Now      time.Time
	Strip    *ui.StripRow // the last day
	Axis     ui.Strip
}

// showOrders is one person's orders: GET /rounds/{chart}/orders.
func showOrders(c *web.Ctx) error {
	r, _, err := rowFor(c)
	if err != nil {
		return err
	}
	v := ordersView{Row: r, MayRaise: c.Scope.May(rounds.ActionRaise), MayLower: c.Scope.May(rounds.ActionLower), Now: c.Now}
	if v.Terms, err = TermsOf(c.Read(), r.ID); err != nil {
		return err
	}
	v.Order = v.Terms.InForce(c.Now)
	for i := range v.Terms.Nights {
		if n := &v.Terms.Nights[i]; !n.Happened.After(c.Now) {
			v.Night = n
		}
	}
	if v.Night != nil && (v.Night.End || !v.Night.Until.IsZero() && c.Now.After(v.Night.Until)) {
		v.Night = nil
	}
	track, err := TrackOf(c.Read(), r.ID, c.Now.Add(-24*time.Hour), c.Now)
	if err != nil {
		return err
	}
	if len(track.Line) > 0 {
		v.Axis = axis(c.Context(), c.Now.Add(-24*time.Hour), c.Now)
		row := stripRow(c.Context(), &track, v.Axis, "")
		v.Strip = &row
	}
	return c.Show(ui.Page{Title: r.Name}, ordersPage(v))
}

// history is every order with its reason, the newest first.
func (v *ordersView) history(ctx context.Context) ui.TableData {
	t := ui.TableData{Caption: ui.T(ctx, "rounds.page.history"), Columns: []ui.Column{{Title: ui.T(ctx, "rounds.page.from_when")}, {Title: ui.T(ctx, "rounds.page.what_ordered")}, {Title: ui.T(ctx, "rounds.page.reason")}, {Title: ui.T(ctx, "rounds.page.review_short")}}}
	type line struct {
		at   time.Time
		row  ui.TableRow
		sort record.ID
	}
	var lines []line
	for _, o := range v.Terms.Orders {
		key := "rounds.page.ordered_lowered"
		if o.Raise {
			key = "rounds.page.ordered_raised"
		}
		review := ""
		if !o.Review.IsZero() {
			review = ui.WhenText(ctx, o.Review)
		}
		what := ui.T(ctx, key, ui.T(ctx, "rounds.level."+o.Level))
		if !o.Until.IsZero() {
			what = ui.T(ctx, "rounds.page.for_a_while", what, ui.WhenText(ctx, o.Until))
		}
		lines = append(lines, line{o.Happened, ui.TableRow{ID: "order-" + o.ID.String(), Cells: []ui.Cell{{Text: ui.WhenText(ctx, o.Happened)}, {Text: what}, {Text: o.Reason}, {Text: review}}}, o.ID})
	}
	for _, n := range v.Terms.Nights {
		what := ui.T(ctx, "rounds.line.night_ended")
		if !n.End {
			what = ui.T(ctx, "rounds.line.night", n.Minutes, n.From, n.To)
		}
		lines = append(lines, line{n.Happened, ui.TableRow{ID: "order-" + n.ID.String(), Cells: []ui.Cell{{Text: ui.WhenText(ctx, n.Happened)}, {Text: what}, {Text: n.Reason}, {}}}, n.ID})
	}
	slices.SortFunc(lines, func(a, b line) int {
		if c := b.at.Compare(a.at); c != 0 {
			return c
		}
		return slices.Compare(b.sort[:], a.sort[:])
	})
	for _, l := range lines {
		t.Rows = append(t.Rows, l.row)
	}
	return t
}

func (v *ordersView) form(kind, needs string) ui.EntryForm {
	return ui.EntryForm{Kind: kind, Chart: v.ID.String(), Class: "stack", Needs: needs, Hidden: []ui.Pair{{Name: "then", Value: path(v.ID, "orders")}}}
}

// minutes are the intervals offered for the night.
func minutes(ctx context.Context) []ui.Choice {
	var out []ui.Choice
	for _, m := range []int{30, 60, 90, 120} {
		out = append(out, ui.Choice{Value: strconv.Itoa(m), Label: ui.SpanText(ctx, time.Duration(m)*time.Minute)})
	}
	return out
}

// stops are the states that may end protected sleep for the night.
func stops(ctx context.Context) []ui.Choice {
	var codes []string
	for _, s := range rounds.States {
		if !s.Asleep && s.Code != "awake_quiet" || s.Upset && !s.Help {
			codes = append(codes, s.Code)
		}
	}
	return chips(ctx, "rounds.state.", codes)
}

// lowers are the levels below the one in force, for a while.
func (v *ordersView) lowers(ctx context.Context) []ui.Choice {
	var codes []string
	for _, l := range rounds.Levels {
		if l.Rank < rounds.LevelOf(v.Level.Code).Rank {
			codes = append(codes, l.Code)
		}
	}
	return chips(ctx, "rounds.level.", codes)
}

// panelLevel is what a client's chart shows of rounds: the level, since when, and the last day as it was.
func panelLevel(c *web.Ctx, q db.Querier, chart record.ID) (templ.Component, error) {
	terms, err := TermsOf(q, chart)
	if err != nil {
		return nil, err
	}
	track, err := TrackOf(q, chart, c.Now.Add(-24*time.Hour), c.Now)
	if err != nil || len(track.Line) == 0 {
		return nil, err
	}
	ctx := c.Context()
	regime := terms.At(c.Now)
	a := axis(ctx, c.Now.Add(-24*time.Hour), c.Now)
	return levelPanel(chart, regime, stripRow(ctx, &track, a, "")), nil
}

func regimeWords(ctx context.Context, r rounds.Regime) string {
	switch r.Mode {
	case rounds.Intervals:
		return levelWords(ctx, r.Level, &rounds.Data{Minutes: int(r.Every / time.Minute)})
	case rounds.Out:
		return ui.T(ctx, "rounds.page.out")
	}
	return levelWords(ctx, r.Level, nil)
}
