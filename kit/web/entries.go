package web

import (
	"net/url"
	"strings"
	"time"
	"unicode"

	"github.com/a-h/templ"

	"milieu/kit/commit"
	"milieu/kit/fault"
	"milieu/kit/record"
	"milieu/kit/ui"
)

// fileForm is POST /entries/{kind}: the one route by which every page files what a person wrote. The answer is what was said back, for a
// script to take in, or the page named by "then" for a browser without one.
func fileForm(c *Ctx) error {
	if err := c.R.ParseForm(); err != nil {
		return formError(err)
	}
	if c.othersPage() {
		return fault.New(fault.SignedOut, "somebody else is signed in here now")
	}
	e, err := c.decode(c.R.PathValue("kind"), c.R.PostForm)
	if err != nil {
		return err
	}
	if err := c.reaches(e); err != nil {
		return err
	}
	if err := c.Signs(e.Kind); err != nil {
		return err
	}
	if !e.Amends.IsZero() { // taking back asks for what saying it asked for
		if target, err := record.Find(c.Read(), e.Amends); err == nil {
			if err := c.Signs(target.Kind); err != nil {
				return err
			}
		}
	}
	from := c.Sender(record.ViaPage)
	from.Skew = c.skew()
	o := c.Committer.File(c.Context(), from, e)[0]
	if o.Err != nil {
		return o.Err
	}
	return c.saidBack(o)
}

// Signs makes sure that who files an entry of a kind by a page has shown who they are as lately as the kind asks for.
func (c *Ctx) Signs(kind string) error {
	k, err := c.Committer.Kinds().Find(kind)
	if err != nil || c.Fresh() {
		return nil // what is no kind is refused with the rest
	}
	if k.Fresh {
		return unconfirmed()
	}
	if asks := c.FreshIf[kind]; asks != nil {
		wanted, err := asks(c.Read(), c.Scope)
		if err != nil {
			return err
		}
		if wanted {
			return unconfirmed()
		}
	}
	return nil
}

// reaches says whether an entry may be offered to its chart, as far as who sends it may know.
func (c *Ctx) reaches(e *record.Entry) error {
	k, _ := c.Committer.Kinds().Find(e.Kind) // what is no kind is refused with the rest
	err := c.Directory.Reaches(c.Scope, k, e.Chart)
	if err != nil {
		c.Refused(e.Chart)
	}
	return err
}

func formError(err error) error {
	if _, ok := err.(*fault.Error); ok {
		return err
	}
	return fault.Wrap(fault.Malformed, err, "the form could not be read")
}

// decode reads a form of a kind. A browser without a script sends no id and no times: the server's stand in.
func (c *Ctx) decode(kind string, form url.Values) (*record.Entry, error) {
	k, err := c.Committer.Kinds().Find(kind)
	if err != nil {
		return nil, notFound()
	}
	if err := ui.Unfold(form); err != nil {
		return nil, fault.Wrap(fault.Malformed, err, "the form could not be read")
	}
	e, err := Decode(k, form)
	if err != nil {
		return nil, err
	}
	if e.ID.IsZero() {
		e.ID = record.NewID(c.Now)
	}
	if e.Happened.IsZero() {
		e.Happened = c.Now
	}
	if e.Written.IsZero() {
		e.Written = c.Now
	}
	return e, nil
}

func (c *Ctx) saidBack(o commit.Outcome) error {
	e := o.Entry
	b, err := c.Committer.Kinds().Decode(e)
	if err != nil {
		return err
	}
	then := c.R.PostForm.Get("then")
	switch {
	case !c.Scripted():
		if !OwnPath(then) {
			then = "/"
		}
		c.Say(c.Toast(e, b))
		return c.Redirect(then)
	case OwnPath(then):
		c.Say(c.Toast(e, b))
		c.W.Header().Set("Milieu-Location", then)
		return c.Fragment(templ.NopComponent)
	}
	if said := c.Said[e.Kind]; said != nil {
		part, err := said(c, e, b)
		if err != nil {
			return err
		}
		if part != nil {
			return c.Fragment(part)
		}
	}
	return c.Fragment(ui.FloatingToast(c.Toast(e, b)))
}

// othersPage says that a page of another person sends: in this browser somebody changed in meanwhile. What the page's person wrote is not filed
// under the name of who is here now; their device keeps it.
func (c *Ctx) othersPage() bool {
	reader := c.R.Header.Get("Milieu-Reader")
	return reader != "" && c.Scope != nil && reader != c.Scope.Person.String()
}

// Scripted says that a page's script asked: it takes fragments in, and errors as plain text.
func (c *Ctx) Scripted() bool { return c.R.Header.Get("Milieu-Fragment") != "" }

// ForDevice says that a device asks for the page to take it along for the shift: what needs the network has no use there.
func (c *Ctx) ForDevice() bool { return c.R.Header.Get("Milieu-Pack") != "" }

// Toast says an entry back in words, with undo: an honest withdrawal, offered to who may make it.
func (c *Ctx) Toast(e *record.Entry, b record.Body) ui.Toast {
	k, err := c.Committer.Kinds().Find(e.Kind)
	if err != nil {
		return ui.Toast{}
	}
	line := k.Line(e, b)
	ctx := c.R.Context()
	t := ui.Toast{ID: "said", What: ui.T(ctx, line.Key, line.Args...)}
	if c.NameOf != nil {
		t.Who = c.NameOf(c.Read(), e.Chart)
	}
	if e.Amendment == "" && (k.Withdraw == "" || c.Scope.May(k.Withdraw)) && c.Scope.May("record.withdraw") && c.R.PostForm.Get("then") == "" {
		t.Undo = &ui.EntryForm{Kind: "record.withdrawn", Chart: e.Chart.String(), Keep: ui.Nothing, Hidden: []ui.Pair{
			{Name: "amends", Value: e.ID.String()}, {Name: "amendment", Value: string(record.InError)}, {Name: "reason", Value: ui.T(ctx, "web.undo_reason")}}}
	}
	return t
}

// skew is how far the device's clock is off, when its script said what it shows: to be added to its times. Small differences are the network's.
func (c *Ctx) skew() time.Duration {
	sent, err := time.Parse(time.RFC3339Nano, c.R.Header.Get("Milieu-Sent"))
	if err != nil {
		return 0
	}
	if off := c.Now.Sub(sent); off.Abs() > record.SkewLimit {
		return off
	}
	return 0
}

// OwnPath says that an address leads to this site and nowhere else. Browsers take a backslash for a slash and leave control characters out
// before they look, so neither may stand in it.
func OwnPath(to string) bool {
	return strings.HasPrefix(to, "/") && !strings.HasPrefix(to, "//") && !strings.ContainsFunc(to, func(r rune) bool { return r == '\\' || unicode.IsControl(r) })
}
