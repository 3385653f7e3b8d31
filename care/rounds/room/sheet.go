package room

import (
	"context"
	"slices"
	"strconv"

	"github.com/a-h/templ"

	"milieu/care/rounds"
	"milieu/house/places"
	"milieu/house/staff"
	"milieu/kit/due"
	"milieu/kit/record"
	"milieu/kit/ui"
	"milieu/kit/web"
)

// checkView is the sheet on which one look is written down. Nothing on it is chosen beforehand.
type checkView struct {
	Row
	Rules    rounds.HouseRules
	InCharge string // who is in charge now, if anybody was named
	Said     *ui.Toast
	Paper    bool // entered from a sheet of paper afterwards
}

// showCheck is the sheet for one person: GET /rounds/{chart}/check.
func showCheck(c *web.Ctx) error {
	r, rules, err := rowFor(c)
	if err != nil {
		return err
	}
	v := checkView{Row: r, Rules: rules, Paper: c.R.URL.Query().Get("from") == "paper"}
	if v.InCharge, err = inCharge(c, r.Unit); err != nil {
		return err
	}
	return beside(c, &r, checkSheet(v))
}

// inCharge is the name of who is in charge of a unit now; empty when nobody was named.
func inCharge(c *web.Ctx, unit record.ID) (string, error) {
	who, err := staff.InCharge(c.Read(), unit, c.Now)
	return nameOf(c.Directory, who), err
}

// sheet is the frame: who, when next, and the button that says what it saves.
func (v *checkView) sheet(ctx context.Context) ui.Sheet {
	s := ui.Sheet{ID: "check", Title: v.Name, PII: true, Sub: v.sub(ctx), Said: v.Said, Close: "/rounds", Row: rowID(v.ID), Clock: true,
		Form: ui.EntryForm{Kind: rounds.KindChecked, Chart: v.ID.String(), Swap: "#sheet", Needs: "place,state,reason", Else: []ui.KindWhen{{When: "_seen=no", Kind: rounds.KindNotSeen}}},
		Save: ui.T(ctx, "rounds.page.save_seen"), Needs: ui.T(ctx, "rounds.page.needs_where"),
		Else: []ui.SaveWords{{When: "state=breathing_not_seen", Save: ui.T(ctx, "rounds.page.save_help_call"), Needs: ui.T(ctx, "rounds.page.needs_where")}, {When: "_seen=no", Save: ui.T(ctx, "rounds.page.save_not_seen"), Needs: ui.T(ctx, "rounds.page.needs_why")}}}
	if v.Level.Code != "" {
		s.Form.Hidden = append(s.Form.Hidden, ui.Pair{Name: "level", Value: v.Level.Code})
	}
	if v.Mode == rounds.Intervals {
		ring := ringOf(ctx, v.Window)
		s.Ring = &ring
	}
	return s
}

// sub says where the person sleeps and when they were seen last: that, not how, so that nothing invites to copy it.
func (v *checkView) sub(ctx context.Context) string {
	var parts []string
	if v.Room != "" {
		parts = append(parts, v.Room)
	}
	if v.Pronouns != "" {
		parts = append(parts, v.Pronouns)
	}
	if !v.Data.At.IsZero() && v.Mode == rounds.Intervals && v.Data.Reason == "" {
		parts = append(parts, ui.T(ctx, "rounds.page.seen_ago", ui.AgoText(ctx, v.Data.At)))
	}
	return join(parts, " · ")
}

func join(parts []string, by string) string {
	out := ""
	for i, p := range parts {
		if i > 0 {
			out += by
		}
		out += p
	}
	return out
}

// answers are the whole answers that the house offers, each in its hours, always in the same order.
func (v *checkView) answers(ctx context.Context) []ui.Answer {
	var out []ui.Answer
	for _, w := range v.Rules.Filled().Whole {
		a := ui.Answer{Label: ui.Capital(ui.T(ctx, "rounds.state."+w.State)), Detail: ui.Capital(ui.T(ctx, "rounds.place."+w.Place)), Icon: "eye", Set: []ui.Pair{{Name: "place", Value: w.Place}, {Name: "state", Value: w.State}}}
		if rounds.StateOf(w.State).Asleep {
			a.Icon = "bed"
		}
		if w.From != w.Until {
			a.Hours = strconv.Itoa(w.From) + "-" + strconv.Itoa(w.Until)
		}
		out = append(out, a)
	}
	return out
}

func chips(ctx context.Context, prefix string, codes []string) []ui.Choice {
	out := make([]ui.Choice, len(codes))
	for i, code := range codes {
		out[i] = ui.Choice{Value: code, Label: ui.Capital(ui.T(ctx, prefix+code))}
	}
	return out
}

func (v *checkView) places(ctx context.Context) []ui.Choice {
	return chips(ctx, "rounds.place.", complete(v.Rules.Filled().Places, rounds.Places))
}

// states are the answers in the house's order; breathing not seen stands last and wide, so that no thumb meets it by chance.
func (v *checkView) states(ctx context.Context) []ui.Choice {
	var all, last []string
	for _, s := range rounds.States {
		all = append(all, s.Code)
	}
	codes := complete(v.Rules.Filled().States, all)
	kept := codes[:0:0]
	for _, code := range codes {
		if rounds.StateOf(code).Help {
			last = append(last, code)
		} else {
			kept = append(kept, code)
		}
	}
	out := chips(ctx, "rounds.state.", append(kept, last...))
	for i := range out {
		s := rounds.StateOf(out[i].Value)
		out[i].Wide = i == 0 && s.Asleep || s.Help
		if s.Help {
			out[i].Icon = "warn"
		}
	}
	return out
}

// complete puts what a house has left out behind what it ordered: an answer that is true can always be given.
func complete(chosen, all []string) []string {
	var out []string
	for _, code := range chosen {
		if !slices.Contains(out, code) {
			out = append(out, code)
		}
	}
	for _, code := range all {
		if !slices.Contains(out, code) {
			out = append(out, code)
		}
	}
	return out
}

func reasons(ctx context.Context) []ui.Choice {
	var codes []string
	for _, r := range rounds.Reasons {
		codes = append(codes, r.Code)
	}
	return chips(ctx, "rounds.reason.", codes)
}

// coded is the condition under which a room's code is asked for; empty when this unit uses none. Where it is asked for always, it can be
// said that it cannot be read: nobody must be unable to write down that somebody was seen.
func (v *checkView) coded() string {
	switch v.Rules.Filled().Presence {
	case rounds.PresenceOptional:
		return "_with=code"
	case rounds.PresenceRequired:
		return "!_with=code"
	}
	return ""
}

func (v *checkView) uncoded() string {
	when := v.coded()
	switch {
	case when == "":
		return "!_seen=no"
	case when[0] == '!':
		return when[1:] + " !_seen=no"
	}
	return "!" + when + " !_seen=no"
}

// codeWords are on the chip that asks for a code, or says that there is none to be read.
func (v *checkView) codeWords(ctx context.Context) string {
	if v.Rules.Presence == rounds.PresenceRequired {
		return ui.T(ctx, "rounds.page.no_code")
	}
	return ui.T(ctx, "rounds.page.code_chip")
}

// whyNot is the question behind "not seen", and who will hear.
func (v *checkView) whyNot(ctx context.Context) string {
	if v.InCharge == "" {
		return ui.T(ctx, "rounds.page.why_not")
	}
	return ui.T(ctx, "rounds.page.why_not_told", v.InCharge)
}

// saidChecked says a look back on top of the next person's sheet. A look that calls help is answered with the call.
func saidChecked(c *web.Ctx, e *record.Entry, b record.Body) (templ.Component, error) {
	x := b.(*rounds.Checked)
	if rounds.StateOf(x.State).Help {
		return helpNow(c, e, b)
	}
	t := c.Toast(e, b)
	ctx := c.Context()
	if x.Seen() {
		t.What = ui.T(ctx, "rounds.page.said_seen", ui.ClockText(ctx, e.Happened), ui.T(ctx, "rounds.place."+x.Place), ui.T(ctx, "rounds.state."+x.State))
	}
	var more []string
	if e.HasMark(record.MarkEnteredAfter) {
		more = append(more, ui.T(ctx, "rounds.page.said_after"))
	}
	if x.Hazard != nil {
		more = append(more, ui.T(ctx, "rounds.page.said_hazard"))
	}
	if x.Declined != "" {
		more = append(more, ui.Capital(ui.T(ctx, "rounds.declined."+x.Declined)))
	}
	if proof, err := proofWords(c, e, x); err != nil {
		return nil, err
	} else if proof != "" {
		more = append(more, proof)
	}
	t.Detail = join(more, ". ")
	return next(c, e.Chart, t)
}

// proofWords say what a typed or read code proves: a device at a place, if it is that unit's code at all.
func proofWords(c *web.Ctx, e *record.Entry, x *rounds.Checked) (string, error) {
	if x.Proof == "" {
		return "", nil
	}
	unit := c.Directory.UnitOf(e.Chart)
	id, err := places.RoomOfCode(c.Read(), unit, x.Proof, e.Happened)
	if err != nil {
		return "", err
	}
	if id.IsZero() {
		return ui.T(c.Context(), "rounds.page.code_unknown"), nil
	}
	rooms, err := places.Rooms(c.Read(), unit)
	for _, r := range rooms {
		if r.ID == id {
			return ui.T(c.Context(), "rounds.page.code_read", r.Name), err
		}
	}
	return "", err
}

func saidNotSeen(c *web.Ctx, e *record.Entry, b record.Body) (templ.Component, error) {
	x := b.(*rounds.NotSeen)
	ctx := c.Context()
	t := c.Toast(e, b)
	t.What = ui.T(ctx, "rounds.page.said_not_seen", ui.ClockText(ctx, e.Happened), ui.T(ctx, "rounds.reason."+x.Reason))
	if rounds.ReasonOf(x.Reason).Search {
		who, err := inCharge(c, c.Directory.UnitOf(e.Chart))
		if err != nil {
			return nil, err
		}
		t.Detail = ui.T(ctx, "rounds.page.search_begins")
		if who != "" {
			t.Detail = ui.T(ctx, "rounds.page.search_told", who)
		}
	}
	return next(c, e.Chart, t)
}

// next answers with the row just written and the sheet of whoever is due next; when nobody is due soon the sheet closes.
func next(c *web.Ctx, done record.ID, t ui.Toast) (templ.Component, error) {
	unit := c.Directory.UnitOf(done)
	rows, err := Rows(c.Read(), unit)
	if err != nil {
		return nil, err
	}
	ctx := c.Context()
	var parts []templ.Component
	var after, later *Row
	for i := range rows {
		r := &rows[i]
		switch {
		case r.ID == done:
			parts = append(parts, ui.RoundItem(roundRow(ctx, c.Directory, r)))
		case r.Mode != rounds.Intervals || r.Search != nil || r.Help != nil:
		case after == nil && r.Window.At(c.Now) != due.StateNext:
			after = r
		case later == nil:
			later = r
		}
	}
	if after == nil {
		if later != nil && t.Detail == "" {
			t.Detail = ui.T(ctx, "rounds.page.next_is", later.Name, ui.WhenText(ctx, later.Window.Due))
		}
		return templ.Join(append(parts, ui.FloatingToast(t), ui.Remove("check"))...), nil
	}
	v := checkView{Row: *after, Said: &t}
	if v.Rules, err = HouseRules(c.Read(), unit); err != nil {
		return nil, err
	}
	if v.InCharge, err = inCharge(c, unit); err != nil {
		return nil, err
	}
	return templ.Join(append(parts, checkSheet(v))...), nil
}

// saidAndClosed says an entry back, brings the person's row up to date and closes the sheet.
func saidAndClosed(c *web.Ctx, e *record.Entry, b record.Body) (templ.Component, error) {
	row, err := freshRow(c, e.Chart)
	if err != nil {
		return nil, err
	}
	return templ.Join(row, ui.FloatingToast(c.Toast(e, b)), ui.Remove("check")), nil
}

func freshRow(c *web.Ctx, chart record.ID) (templ.Component, error) {
	r, _, err := RowOf(c.Read(), chart)
	if err != nil {
		return nil, err
	}
	return ui.RoundItem(roundRow(c.Context(), c.Directory, &r)), nil
}

// whyAfter are the reasons offered for what is entered afterwards; they stand in the record in these words.
func whyAfter(ctx context.Context) []ui.Choice {
	var out []ui.Choice
	for _, key := range []string{"rounds.page.after_busy", "rounds.page.after_device", "rounds.page.after_paper", "rounds.page.after_forgot"} {
		out = append(out, ui.Choice{Value: ui.T(ctx, key), Label: ui.T(ctx, key)})
	}
	return out
}
