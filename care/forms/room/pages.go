package room

import (
	"context"
	"slices"
	"strings"
	"time"

	"github.com/a-h/templ"

	"milieu/care/forms"
	"milieu/house/clients"
	"milieu/kit/access"
	"milieu/kit/db"
	"milieu/kit/fault"
	"milieu/kit/record"
	"milieu/kit/ui"
	"milieu/kit/web"
)

// person is whose forms a page shows.
type person struct {
	clients.Card
	Head  templ.Component
	Said  []*forms.Put
	Runs  []*forms.Run
	Rules UnitRules
	Rings rings
	Hits  []forms.Hit // critical answers about which nothing has been said
	May   bool        // fill forms
	Calm  bool        // answer critical answers
	dir   *access.Directory
}

// whose reads the person of a page and makes sure that the reader may see them. Forms of all their charts come along.
func whose(c *web.Ctx) (*person, error) {
	chart, err := c.Chart("chart")
	if err != nil {
		return nil, err
	}
	q := c.Read()
	p := &person{dir: c.Directory}
	if p.Card, err = clients.CardOf(q, chart); err == db.ErrNoRows {
		return nil, nothing() // a chart, and nobody's
	} else if err != nil {
		return nil, err
	}
	if p.Said, err = Of(q, chart); err != nil {
		return nil, err
	}
	if p.Rules, err = RulesOf(q, p.Unit); err != nil {
		return nil, err
	}
	if p.Rings, err = ringsFor(q, chart); err != nil {
		return nil, err
	}
	p.Runs = forms.Runs(p.Said)
	p.Hits = forms.Unsettled(forms.Hits(p.Said, p.Rings), p.Said)
	p.May, p.Calm = c.Directory.May(c.Scope, forms.ActionFill, p.ID), c.Directory.May(c.Scope, forms.ActionCritical, p.ID)
	p.Head, err = c.Head(c, p.ID, "forms")
	return p, err
}

func nothing() error { return fault.New(fault.NotFound, "there is nothing here that you may see") }

// who is the name of somebody of the staff; empty when unknown.
func (p *person) who(id record.ID) string {
	if one := p.dir.Person(id); one != nil {
		return one.Name
	}
	return ""
}

// formsView is the page of one person's forms.
type formsView struct {
	*person
	Open   []*forms.Run // begun, or asked for and not yet begun
	Closed []*forms.Run
	Blank  []*forms.Run // whatever else may be begun

}

// showForms is one person's forms: GET /clients/{chart}/forms.
func showForms(c *web.Ctx) error {
	p, err := whose(c)
	if err != nil {
		return err
	}
	v := formsView{person: p, Open: pending(p.Runs, &p.Card, &p.Rules, c.Now)}
	for _, r := range p.Runs {
		if !r.Open() {
			v.Closed = append(v.Closed, r)
		}
	}
	for _, f := range forms.Forms() {
		if !slices.ContainsFunc(v.Open, func(r *forms.Run) bool { return r.Form.ID == f.ID }) {
			v.Blank = append(v.Blank, forms.Next(p.Runs, f.ID, p.ID, p.Episode, p.Admitted))
		}
	}
	return c.Show(ui.Page{Title: ui.T(c.Context(), "forms.page.tab")}, formsPage(&v))
}

// state says in words how far a run is.
func (p *person) state(ctx context.Context, r *forms.Run) string {
	switch {
	case r.First == nil && finished(forms.Of(p.Runs, r.Form.ID, p.Admitted)):
		return ui.T(ctx, "forms.page.once_more")
	case r.First == nil:
		by := ""
		for _, f := range p.Rules.wants(&p.Card, ui.From(ctx).Now) {
			if f.ID == r.Form.ID {
				by = ui.T(ctx, "forms.page.wanted_by", ui.WhenText(ctx, p.Admitted.Add(time.Duration(f.Hours)*time.Hour)))
			}
		}
		return ui.Joined(" · ", ui.T(ctx, "forms.page.not_begun"), by)
	case r.Finished != nil && len(r.Missing()) > 0:
		return ui.Joined(" · ", ui.T(ctx, "forms.page.finished_by", ui.WhenText(ctx, r.Finished.Happened), p.who(r.Finished.Author)), ui.T(ctx, "forms.page.has_missing"))
	case r.Finished != nil:
		return ui.T(ctx, "forms.page.finished_by", ui.WhenText(ctx, r.Finished.Happened), p.who(r.Finished.Author))
	case r.Stopped != nil:
		return ui.T(ctx, "forms.page.stopped_by", ui.WhenText(ctx, r.Stopped.Happened), p.who(r.Stopped.Author), stopped(ctx, r.Stopped.Body.(*forms.Stopped)))
	}
	done, asked := r.Progress()
	return ui.Joined(" · ", ui.T(ctx, "forms.page.progress", done, asked), ui.T(ctx, "forms.page.last_by", ui.WhenText(ctx, r.Last.Happened), p.who(r.Last.Author)))
}

// values says an answer in the words of its form.
func values(ctx context.Context, it *forms.Item, a *forms.Answer) string {
	if a == nil {
		return ""
	}
	if a.State != forms.Answered {
		return ui.T(ctx, "forms.state."+string(a.State))
	}
	language := ui.From(ctx).Locale
	words := make([]string, len(a.Values))
	for i, v := range a.Values {
		switch it.Type {
		case forms.YesNo, forms.Statement, forms.Step, forms.Sign:
			words[i] = ui.T(ctx, "forms.value."+v)
		case forms.One, forms.Several:
			words[i] = it.Choice(v, language)
		case forms.Number:
			words[i] = ui.Joined(" ", v, it.Unit)
		case forms.Date:
			words[i] = v
			if day, err := time.Parse(time.DateOnly, v); err == nil {
				words[i] = ui.DateText(ctx, day.Add(12*time.Hour)) // noon: the same day in any zone
			}
		default:
			words[i] = v
		}
	}
	return strings.Join(words, ", ")
}

// text is a text of a form in the reader's language.
func text(ctx context.Context, t forms.Text) string { return t.In(ui.From(ctx).Locale) }

// stopped says why a form was stopped.
func stopped(ctx context.Context, s *forms.Stopped) string {
	if s.Words != "" {
		return s.Words
	}
	return ui.T(ctx, "forms.stopped."+s.Reason)
}

// reasons are why a form may be stopped.
func reasons(ctx context.Context) []ui.Choice {
	var out []ui.Choice
	for _, r := range forms.Reasons {
		out = append(out, ui.Choice{Value: r, Label: ui.T(ctx, "forms.stopped."+r)})
	}
	return out
}
