package web

import (
	"github.com/a-h/templ"

	"milieu/kit/commit"
	"milieu/kit/record"
)

// FileForm files the request's form as an entry of a kind, once prepare has completed and judged it: for the entry that begins a chart, which
// nobody can see yet, and for one that needs a look at other charts first. Prepare must make sure itself that the person may see the chart.
func (c *Ctx) FileForm(kind string, prepare func(e *record.Entry, b record.Body) error) (*record.Entry, error) {
	if err := c.R.ParseForm(); err != nil {
		return nil, formError(err)
	}
	e, err := c.decode(kind, c.R.PostForm)
	if err != nil {
		return nil, err
	}
	k, err := c.Committer.Kinds().Find(kind)
	if err != nil {
		return nil, err
	}
	b, err := k.Parse(e.Body)
	if err != nil {
		return nil, err
	}
	if err := prepare(e, b); err != nil {
		return nil, err
	}
	if err := c.Signs(kind); err != nil {
		return nil, err
	}
	from := c.Sender(record.ViaPage)
	from.Skew = c.skew()
	o := c.Committer.File(c.Context(), from, e)[0]
	if o.Err != nil {
		return nil, o.Err
	}
	if o.Status != commit.Duplicate {
		t := c.Toast(o.Entry, b)
		t.Undo = nil // the page that opens shows what there is to be done about it
		c.Say(t)
	}
	return o.Entry, nil
}

// Go sends the browser on to a path of our own, whether a page's script asked or the browser itself.
func (c *Ctx) Go(to string) error {
	if !c.Scripted() {
		return c.Redirect(to)
	}
	c.W.Header().Set("Milieu-Location", to)
	return c.Fragment(templ.NopComponent)
}
