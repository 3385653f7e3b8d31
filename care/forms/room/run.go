package room

import (
	"context"
	"slices"
	"strconv"
	"strings"

	"milieu/care/forms"
	"milieu/kit/record"
	"milieu/kit/ui"
	"milieu/kit/web"
)

// runView is one form of one person, as it stands and as it goes on.
type runView struct {
	*person
	*forms.Run
	Known map[string]forms.Known
	// Charted is what the chart says itself, by fact.
	Charted map[string]charted
	Again   string    // the section that is asked once more, as a whole
	At      string    // the section at which the reader goes on
	Fix     *fixing   // nil: nothing is being corrected
	Path    string    // of the run's page
	chart   record.ID // where entries go
}

// runOf finds the run of a page, also one that nobody has begun yet.
func runOf(c *web.Ctx) (*runView, error) {
	p, err := whose(c)
	if err != nil {
		return nil, err
	}
	id, err := c.ID("run")
	if err != nil {
		return nil, err
	}
	f := forms.Current(c.R.PathValue("form"))
	if f == nil {
		return nil, nothing()
	}
	v := &runView{person: p, Run: &forms.Run{ID: id, Form: f}, Known: forms.Knowledge(p.Runs), chart: p.ID, Path: runPath(p.ID, f.ID, id)}
	if v.Charted, err = chartedOf(c.Read(), p.ID, c.Directory.May(c.Scope, "clients.describe", p.ID)); err != nil {
		return nil, err
	}
	for _, r := range p.Runs {
		if r.ID == id && r.Form.ID == f.ID {
			v.Run = r
		}
	}
	return v, nil
}

// showRun is a form's page, section by section: GET /clients/{chart}/forms/{form}/{run}. The query's again names a section to ask once more,
// at the one that was saved just now.
func showRun(c *web.Ctx) error {
	v, err := runOf(c)
	if err != nil {
		return err
	}
	query := c.R.URL.Query()
	v.Again, v.At = query.Get("again"), query.Get("at")
	return c.Show(ui.Page{Title: text(c.Context(), v.Form.Title)}, runPage(v))
}

// showPaper is a form as paper: GET /clients/{chart}/forms/{form}/{run}/paper.
func showPaper(c *web.Ctx) error {
	v, err := runOf(c)
	if err != nil {
		return err
	}
	return c.Show(ui.Page{Title: text(c.Context(), v.Form.Title)}, paperPage(v))
}

// fills says whether the reader goes on with the form.
func (v *runView) fills() bool { return v.May && v.Open() }

// rows are the items of a section about which something was said, and those still to be asked.
func (v *runView) rows(s *forms.Section) (said, open []forms.Status) {
	for i := range s.Items {
		st := v.Status(&s.Items[i])
		if st.Now != nil || st.State == forms.Skipped && len(st.Also) > 0 {
			said = append(said, st)
		}
		if st.Now == nil || v.Again == s.Code || st.State == forms.NotAsked {
			open = append(open, st)
		}
	}
	return said, open
}

// form is the entry form of a section.
func (v *runView) form(s *forms.Section) ui.EntryForm {
	f := ui.EntryForm{ID: "answer-" + s.Code, Kind: forms.KindAnswered, Chart: v.chart.String(), Class: "stack", Draft: forms.KindAnswered + " " + v.Run.ID.String() + " " + s.Code,
		Swap: "#kept-" + s.Code, Hidden: append(v.names(s.Code), ui.Pair{Name: "then", Value: v.Path + "?at=" + s.Code})}
	if v.Fix != nil {
		v.corrects(&f)
	}
	return f
}

// names are the fields that say which section of which run an entry is of.
func (v *runView) names(section string) []ui.Pair {
	return []ui.Pair{{Name: "run", Value: v.Run.ID.String()}, {Name: "form", Value: v.Form.ID}, {Name: "version", Value: strconv.Itoa(v.Form.Version)}, {Name: "section", Value: section}}
}

// take is the form that takes a known answer over, by one touch, as a new answer that cites the old one.
func (v *runView) take(s *forms.Section, o *forms.Offer) ui.EntryForm {
	hidden := append(v.names(s.Code), ui.Pair{Name: "then", Value: v.Path + "?at=" + s.Code}, ui.Pair{Name: "cites", Value: o.ID.String()}, ui.Pair{Name: "taken." + o.For.Code, Value: o.ID.String()})
	field := "answers."
	if o.For.Type == forms.Several {
		field = "chosen."
	}
	for _, value := range o.Values {
		hidden = append(hidden, ui.Pair{Name: field + o.For.Code, Value: value})
	}
	return ui.EntryForm{Kind: forms.KindAnswered, Chart: v.chart.String(), Draft: "take " + v.Run.ID.String() + " " + o.For.Code, Keep: ui.Nothing, Swap: "#kept-" + s.Code, Hidden: hidden}
}

// when is the condition under which an item is shown within the section's form: by an answer of the same form, where it is asked there.
func (v *runView) when(s *forms.Section, it *forms.Item) (when string, shown bool) {
	if it.When == "" {
		return "", true
	}
	code, value, _ := strings.Cut(it.When, "=")
	on := s.Item(code)
	st := v.Status(v.Form.Item(code))
	holds := st.State == forms.Answered && slices.Contains(st.Now.Values, value)
	if on == nil || st.Now != nil && v.Again != s.Code && v.Fix == nil {
		return "", holds
	}
	field := "answers."
	if on.Type == forms.Several {
		field = "chosen."
	}
	return field + code + "=" + value, true
}

// unsaid are the conditions under which an answer is asked for: while nobody has said why there is none.
func unsaid(when, code string) string {
	for _, s := range forms.Saying {
		when += " !states." + code + "=" + string(s)
	}
	if when[0] == ' ' {
		when = when[1:]
	}
	return when
}

// saying are the reasons why there is no answer, with the first for there being one.
func (v *runView) saying(ctx context.Context, code string) []ui.Choice {
	out := []ui.Choice{{Value: "", Label: ui.T(ctx, "forms.page.has_answer"), Checked: true}}
	for _, s := range forms.Saying {
		one := ui.Choice{Value: string(s), Label: ui.T(ctx, "forms.state."+string(s))}
		if v.Fix != nil && v.Fix.States[code] == s {
			one.Checked, out[0].Checked = true, false
		}
		out = append(out, one)
	}
	return out
}

// choices are the answers offered for an item.
func (v *runView) choices(ctx context.Context, it *forms.Item) []ui.Choice {
	var had []string
	if v.Fix != nil {
		had = append(slices.Clone(v.Fix.Chosen[it.Code]), v.Fix.Answers[it.Code])
	}
	var out []ui.Choice
	add := func(code, label string) {
		out = append(out, ui.Choice{Value: code, Label: label, Checked: slices.Contains(had, code)})
	}
	switch it.Type {
	case forms.YesNo:
		add(forms.Yes, ui.T(ctx, "forms.value.yes"))
		add(forms.No, ui.T(ctx, "forms.value.no"))
	case forms.Statement:
		add(forms.WasRead, ui.T(ctx, "forms.value.read"))
		add(forms.AsksOn, ui.T(ctx, "forms.value.questions"))
	case forms.Step:
		add(forms.Done, ui.T(ctx, "forms.value.done"))
	}
	for _, c := range it.Choices {
		add(c.Code, text(ctx, c.Text))
	}
	return out
}

// had is what a correction begins with.
func (v *runView) had(code string) string {
	if v.Fix == nil {
		return ""
	}
	return v.Fix.Answers[code]
}

// allRead fills all statements of a section at once: they were read one after another.
func (v *runView) allRead(open []forms.Status) (set []ui.Pair) {
	for _, st := range open {
		if st.Item.Type == forms.Statement {
			set = append(set, ui.Pair{Name: "answers." + st.Item.Code, Value: forms.WasRead})
		}
	}
	return set
}

// lead is the page on which something is dealt with; empty when there is none.
func (v *runView) lead(code string) string {
	switch code {
	case "allergies":
		return "/clients/" + v.ID.String() + "/health"
	case "contacts":
		return "/clients/" + v.ID.String() + "/contacts"
	case "level":
		return "/rounds/" + v.ID.String() + "/level"
	}
	return ""
}

// languages are those in which the form can be read, and another one.
func (v *runView) languages(ctx context.Context) []ui.Choice {
	now := "en"
	if heard := v.Heard(); len(heard) > 0 {
		now = heard[len(heard)-1].Language
	}
	if v.Fix != nil {
		now = v.Fix.Language
	}
	var out []ui.Choice
	for _, code := range append(v.Form.Languages(), "other") {
		out = append(out, ui.Choice{Value: code, Label: ui.T(ctx, "forms.language."+code), Checked: code == now})
	}
	return out
}

func (v *runView) modes(ctx context.Context) []ui.Choice {
	var out []ui.Choice
	for _, m := range forms.Modes {
		out = append(out, ui.Choice{Value: m, Label: ui.T(ctx, "forms.mode."+m), Checked: v.Fix != nil && v.Fix.Mode == m})
	}
	return out
}

// heard says how a part was spoken.
func heard(ctx context.Context, s *forms.Said) string {
	language := s.Spoken
	if s.Language != "" && s.Language != "other" {
		language = ui.T(ctx, "forms.language."+s.Language)
	}
	mode := ""
	if s.Mode != "" {
		mode = ui.Joined(" ", ui.T(ctx, "forms.mode."+s.Mode), s.Name)
	}
	return ui.Joined(" · ", language, mode)
}

// reading is the condition under which a statement shows in a language: the chosen one, and English where it cannot be read in that.
func reading(v *runView, language string) string {
	if language != "en" {
		return "language=" + language
	}
	when := ""
	for _, other := range v.Form.Languages()[1:] {
		when = ui.Joined(" ", when, "!language="+other)
	}
	return when
}

// signer is the name of who is known to sign: the person whose form it is.
func (v *runView) signer(it *forms.Item) string {
	if it.Signer == "person" {
		return v.Name
	}
	return ""
}

// ended is how an item stands once nobody goes on: what was not come to was not asked.
func (v *runView) ended(s forms.State) forms.State {
	if s == forms.Open && !v.Open() {
		return forms.NotAsked
	}
	return s
}
