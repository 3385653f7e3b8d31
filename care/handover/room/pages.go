package room

import (
	"context"
	"slices"
	"strings"
	"time"

	"github.com/a-h/templ"

	"milieu/care/handover"
	"milieu/care/teamwork"
	"milieu/house/clients"
	"milieu/house/staff"
	"milieu/kit/fault"
	"milieu/kit/record"
	"milieu/kit/room"
	"milieu/kit/ui"
	"milieu/kit/web"
)

// What a list of people is narrowed to.
const (
	onlyWatch = "watch"
	onlyOpen  = "open"
)

// view is the page of a handover, for one reader, with one person open.
type view struct {
	*sheet
	Me       record.ID
	Now      time.Time
	Only     string
	Shown    []*person // of the list
	Person   *person   // nil: nobody is there
	Next     *person   // the next whom nobody has taken over; nil: nobody is left
	Ask      record.ID // of the outgoing, whom to ask
	AskName  string
	From, To string // names
	MayTake  bool
	MayGive  bool
	MayRule  bool
	MayWrite bool
	Owners   []ui.Choice
	name     func(record.ID) string
}

// show is the unit's handover, with the first person open whom nobody has taken over: GET /handover.
func (h *handovers) show(c *web.Ctx) error {
	unit, err := c.Unit()
	if err != nil {
		return err
	}
	s, ok, err := h.sheetFor(c, unit)
	if err != nil || !ok {
		return orNothing(c, unit, err)
	}
	v, err := newView(c, s)
	if err != nil {
		return err
	}
	v.open(v.first())
	return v.answer(c)
}

// showPerson is the handover with one person open: GET /handover/{chart}.
func (h *handovers) showPerson(c *web.Ctx) error {
	chart, err := c.Chart("chart")
	if err != nil {
		return err
	}
	unit, err := c.Unit()
	if err != nil {
		return err
	}
	s, ok, err := h.sheetFor(c, unit)
	if err != nil || !ok {
		return orNothing(c, unit, err)
	}
	v, err := newView(c, s)
	if err != nil {
		return err
	}
	if family, err := clients.Family(c.Read(), chart); err != nil {
		return err
	} else if p := s.called[family[0]]; p != nil {
		v.open(p)
		return v.answer(c)
	}
	return fault.New(fault.NotFound, "there is nothing here that you may see")
}

func (h *handovers) sheetFor(c *web.Ctx, unit web.Unit) (*sheet, bool, error) {
	if unit.ID.IsZero() {
		return nil, false, nil
	}
	c.SawUnit(unit.ID)
	return h.current(c, unit)
}

func orNothing(c *web.Ctx, unit web.Unit, err error) error {
	if err != nil {
		return err
	}
	return c.Show(ui.Page{Title: ui.T(c.Context(), "handover.page.nav")}, nothing(unit.ID.IsZero()))
}

func newView(c *web.Ctx, s *sheet) (view, error) {
	v := view{sheet: s, Me: c.Scope.Person, Now: c.Now, MayTake: c.Scope.May(handover.ActionTake), MayGive: c.Scope.May(handover.ActionGive), MayRule: c.Scope.May(handover.ActionHouse), MayWrite: c.Scope.May(teamwork.ActionMessage)}
	v.name = func(id record.ID) string {
		if p := c.Directory.Person(id); p != nil {
			return p.Name
		}
		return ""
	}
	if only := c.R.URL.Query().Get("only"); only == onlyWatch || only == onlyOpen {
		v.Only = only
	}
	for _, p := range s.People {
		if v.Only == "" || v.Only == onlyWatch && p.State != ui.Next || v.Only == onlyOpen && p.open() > 0 {
			v.Shown = append(v.Shown, p)
		}
	}
	if err := v.hands(c); err != nil {
		return v, err
	}
	var err error
	v.Owners, err = colleagues(c, s.Unit.ID)
	return v, err
}

// hands says from whom to whom the unit goes: who said so, or else who is in charge before and after the change.
func (v *view) hands(c *web.Ctx) error {
	out, err := staff.InCharge(c.Read(), v.Unit.ID, v.Change.Add(-time.Minute))
	if err != nil {
		return err
	}
	in, err := staff.InCharge(c.Read(), v.Unit.ID, v.Change.Add(time.Minute))
	if err != nil {
		return err
	}
	v.Ask = out
	if n := len(v.Given); n > 0 {
		v.Ask = v.Given[n-1].Author
	}
	if n := len(v.Taken); n > 0 {
		in = v.Taken[n-1].Author
	}
	v.AskName, v.From, v.To = given(v.name(v.Ask)), v.name(v.Ask), v.name(in)
	return nil
}

// given is somebody's given name, as colleagues call each other.
func given(name string) string {
	first, _, _ := strings.Cut(name, " ")
	return first
}

// first is the first person of the list whom nobody has taken over; the first of all when everybody has been.
func (v *view) first() *person {
	if i := slices.IndexFunc(v.Shown, func(p *person) bool { return !p.taken() && !p.IsUnit }); i >= 0 {
		return v.Shown[i]
	}
	if len(v.Shown) > 0 {
		return v.Shown[0]
	}
	return nil
}

// open puts somebody on the page, and finds who comes after them.
func (v *view) open(p *person) {
	v.Person = p
	if p == nil {
		return
	}
	at := slices.Index(v.Shown, p)
	for i := 1; i <= len(v.Shown); i++ {
		if next := v.Shown[(at+i+len(v.Shown))%len(v.Shown)]; next != p && !next.taken() && !next.IsUnit {
			v.Next = next
			return
		}
	}
}

func (v *view) answer(c *web.Ctx) error {
	if c.Scripted() {
		return c.Fragment(personPart(*v))
	}
	return c.Show(ui.Page{Title: ui.T(c.Context(), "handover.page.nav"), Live: []string{"handover/" + v.Unit.ID.String()}}, handoverPage(*v))
}

// colleagues are those to whom an item is passed on.
func colleagues(c *web.Ctx, unit record.ID) ([]ui.Choice, error) {
	ctx := c.Context()
	out := []ui.Choice{{Value: "", Label: ui.T(ctx, "handover.page.unit_owner")}}
	duty, err := staff.OnShift(c.Read(), unit, c.Now)
	for _, d := range duty {
		if d.Person != c.Scope.Person {
			out = append(out, ui.Choice{Value: d.Person.String(), Label: d.Name})
		}
	}
	for _, role := range []string{"nurse", "case_manager", "clinician", "prescriber"} {
		out = append(out, ui.Choice{Value: role, Label: ui.T(ctx, "web.role."+role)})
	}
	return out, err
}

func (v *view) segments(ctx context.Context) []ui.Segment {
	watch, open := 0, 0
	for _, p := range v.People {
		if p.State != ui.Next {
			watch++
		}
		if p.open() > 0 {
			open++
		}
	}
	return []ui.Segment{
		{Label: ui.T(ctx, "handover.page.all"), Href: "/handover", Current: v.Only == ""},
		{Label: ui.T(ctx, "handover.page.only_watch"), Count: watch, Href: "/handover?only=watch", Current: v.Only == onlyWatch},
		{Label: ui.T(ctx, "handover.page.only_open"), Count: open, Href: "/handover?only=open", Current: v.Only == onlyOpen},
	}
}

// to is the address of somebody's part, within the list as it is narrowed.
func (v *view) to(p *person) string {
	if v.Only != "" {
		return path(p.ID) + "?only=" + v.Only
	}
	return path(p.ID)
}

func (v *view) title(ctx context.Context) string {
	return ui.T(ctx, "handover.page.title", v.Out, v.In)
}

func (v *view) lede(ctx context.Context) string {
	var out string
	switch {
	case v.From != "" && v.To != "" && v.From != v.To:
		out = ui.T(ctx, "handover.page.from_to", v.From, v.To)
	case v.From != "":
		out = ui.T(ctx, "handover.page.from", v.From)
	}
	return ui.Joined(", ", out, ui.T(ctx, "handover.page.entries", v.Entries))
}

func (v *view) progressWords(ctx context.Context) string {
	taken, all := v.progress()
	return ui.T(ctx, "handover.page.progress", taken, all)
}

// stamp is the change as forms carry it.
func (v *view) stamp(ctx context.Context) string { return ui.Stamp(ctx, v.Change) }

// coming is the change that words written now are for: this one while it is not yet late to take it, and then the next.
func (v *view) coming() time.Time {
	if v.Now.Before(v.Change.Add(v.Rules.Late())) {
		return v.Change
	}
	return v.sheet.Next
}

func (v *view) change(ctx context.Context) ui.Pair {
	return ui.Pair{Name: "change", Value: v.stamp(ctx)}
}

// readyForm says that the outgoing are ready.
func (v *view) readyForm(ctx context.Context) ui.EntryForm {
	return ui.EntryForm{Kind: handover.KindGiven, Chart: v.Unit.ID.String(), Hidden: []ui.Pair{v.change(ctx)}}
}

// unitForm takes the unit over.
func (v *view) unitForm(ctx context.Context) ui.EntryForm {
	return ui.EntryForm{Kind: handover.KindTaken, Chart: v.Unit.ID.String(), Hidden: []ui.Pair{v.change(ctx)}}
}

func (v *view) isReady() bool {
	return slices.ContainsFunc(v.Given, func(s handover.Said) bool { return s.Author == v.Me })
}

func itemID(chart record.ID, key string) string {
	return "item-" + record.DeriveID("handover item", chart.String(), key).String()
}

func (v *view) itemPairs(ctx context.Context, it *item) []ui.Pair {
	pairs := []ui.Pair{v.change(ctx), {Name: "key", Value: it.Key}}
	if it.Due.Rule != "" {
		pairs = append(pairs, ui.Pair{Name: "rule", Value: it.Due.Rule}, ui.Pair{Name: "anchor", Value: it.Due.Anchor.String()})
		if it.Due.Slot != "" {
			pairs = append(pairs, ui.Pair{Name: "slot", Value: it.Due.Slot})
		}
	}
	return pairs
}

func (v *view) accept(ctx context.Context, it *item) ui.Action {
	a := ui.Files(ui.T(ctx, "handover.page.accept"), ui.EntryForm{Kind: handover.KindAccepted, Chart: v.Person.ID.String(), Hidden: v.itemPairs(ctx, it)})
	a.Kind, a.For = ui.Soft, it.Text
	return a
}

func (v *view) passForm(ctx context.Context, it *item) ui.EntryForm {
	return ui.EntryForm{Kind: handover.KindPassed, Chart: v.Person.ID.String(), Class: "stack-s", Draft: "pass " + itemID(v.Person.ID, it.Key), Hidden: v.itemPairs(ctx, it)}
}

// settled says to a device that an acceptance made there settles the item, in the words that stand ready.
func (v *view) settled(it *item) templ.Attributes {
	a := ui.Settles(v.Person.ID.String(), []string{handover.KindAccepted, handover.KindPassed})
	a["data-settled-about"] = "key=" + it.Key
	return a
}

// standing says how an item stands: who has it, to whom it was passed, how often it was carried forward.
func (v *view) standing(ctx context.Context, it *item) string {
	var parts []string
	if it.Times > 0 {
		parts = append(parts, ui.T(ctx, "handover.page.carried", it.Times, ui.WhenText(ctx, it.First)))
	}
	if s := it.Status.Passed; s != nil {
		to := ui.T(ctx, "handover.page.unit_owner")
		if who := s.Owner.Person(); !who.IsZero() {
			to = v.name(who)
		} else if s.Owner != "" {
			to = ui.T(ctx, "web.role."+s.Owner.Role())
		}
		parts = append(parts, ui.T(ctx, "handover.page.passed", v.name(s.Author), to))
		if s.Words != "" {
			parts = append(parts, s.Words)
		}
	}
	return strings.Join(parts, ". ")
}

func (v *view) acceptedBy(ctx context.Context, it *item) string {
	var names []string
	for _, id := range it.Status.By {
		names = append(names, given(v.name(id)))
	}
	return ui.T(ctx, "handover.page.accepted_by", strings.Join(names, ui.T(ctx, "handover.page.and")))
}

// takeForm takes the person over, with what the receiver has understood.
func (v *view) takeForm(ctx context.Context) ui.EntryForm {
	f := ui.EntryForm{ID: "take", Kind: handover.KindTaken, Chart: v.Person.ID.String(), Class: "take-form", Hidden: []ui.Pair{v.change(ctx)}}
	if v.asksBack() {
		f.Needs = "synthesis"
	}
	then := "/handover"
	if v.Next != nil {
		then = v.to(v.Next)
	}
	f.Hidden = append(f.Hidden, ui.Pair{Name: "then", Value: then})
	return f
}

// asksBack says that whoever takes the person over says back what they have understood.
func (v *view) asksBack() bool { return v.Rules.Asks(v.Person.State != ui.Next) }

func (v *view) wordsForm(ctx context.Context) ui.EntryForm {
	return ui.EntryForm{ID: "add-words", Kind: handover.KindWords, Chart: v.Person.ID.String(), Class: "stack-s", Needs: "text", Hidden: []ui.Pair{{Name: "change", Value: ui.Stamp(ctx, v.coming())}}}
}

func headings(ctx context.Context) []ui.Choice {
	var out []ui.Choice
	for _, h := range handover.Headings {
		out = append(out, ui.Choice{Value: h, Label: ui.T(ctx, "handover.page.heading."+h), Checked: h == room.Situation})
	}
	return out
}

func (v *view) askHref() string {
	to := "/messages/new?to=" + v.Ask.String()
	if v.Person != nil && !v.Person.IsUnit {
		to += "&for=" + v.Person.ID.String()
	}
	return to
}

func stateWords(ctx context.Context, s ui.State) string {
	return ui.T(ctx, "handover.page.state_"+string(s))
}

// ids are who it is, in the line under the name.
func (p *person) ids(ctx context.Context) string {
	parts := []string{p.Pronouns, p.Room}
	if p.Where != clients.Here && !p.IsUnit {
		parts = append(parts, ui.T(ctx, "handover.page.away", ui.WhenText(ctx, p.Since)))
	}
	if p.Interpreter {
		parts = append(parts, ui.T(ctx, "handover.page.interpreter"))
	}
	return ui.Joined(", ", parts...)
}

func (p *person) openWords(ctx context.Context) string {
	if n := p.open(); n > 0 {
		return ui.T(ctx, "handover.page.n_open", n)
	}
	return ui.T(ctx, "handover.page.none_open")
}

// pick is how the person stands in the list.
func (p *person) pick() ui.State {
	switch {
	case len(p.late()) > 0:
		return ui.Late
	case p.taken():
		return ui.Done
	case p.State != ui.Next:
		return p.State
	}
	return ui.Next
}

// tookIt says that the reader has taken the person over already.
func (v *view) tookIt() bool {
	return slices.ContainsFunc(v.Person.Taken, func(s handover.Said) bool { return s.Author == v.Me })
}

func takenOf(v *view) int { n, _ := v.progress(); return n }

func allOf(v *view) int { _, n := v.progress(); return max(n, 1) }

// unitButton takes the unit over: the loud act of the page once everybody has been taken over.
func unitButton(ctx context.Context, v *view) ui.Action {
	a := ui.Files(ui.T(ctx, "handover.page.take_unit"), v.unitForm(ctx))
	if taken, all := v.progress(); taken == all {
		a.Kind = ui.Main
	}
	return a
}
