package signin

import (
	"context"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"milieu/kit/access"
	"milieu/kit/due"
	"milieu/kit/fault"
	"milieu/kit/record"
	"milieu/kit/ui"
	"milieu/kit/web"
)

func nav() []web.Place {
	return []web.Place{
		{Key: "signin.limits_nav", Href: "/sign-in/limits", Icon: "clock", Action: "signin.limits", Desk: true, Order: 96},
		{Key: "signin.tokens_nav", Href: "/tokens", Icon: "link", Action: "signin.tokens", Desk: true, Order: 97},
	}
}

func administration() []web.Route {
	return []web.Route{
		{Method: "GET", Pattern: "/sign-in/limits", Action: "signin.limits", Handle: showLimits},
		{Method: "GET", Pattern: "/tokens", Action: "signin.tokens", Handle: func(c *web.Ctx) error { return tokensPageOf(c, &tokenForm{}) }},
		{Method: "POST", Pattern: "/tokens", Action: "signin.tokens", Fresh: true, MaxBody: 64 << 10, Handle: makeToken},
		{Method: "POST", Pattern: "/tokens/{id}/revoke", Action: "signin.tokens", MaxBody: smallForm, Handle: revokeToken},
	}
}

// limitsView is what the page of limits shows.
type limitsView struct {
	rules []Rule
	names map[record.ID]string // of units
	units []record.ID
}

func (v *limitsView) chart() string { return due.House.String() }

func showLimits(c *web.Ctx) error {
	v := &limitsView{}
	var err error
	if v.rules, err = Rules(c.Read()); err != nil {
		return err
	}
	v.units, v.names = unitsOf(c)
	return c.Show(title(c, "signin.limits"), limitsPage(v))
}

// unitsOf lists the house's units, by name.
func unitsOf(c *web.Ctx) (ids []record.ID, names map[record.ID]string) {
	names = map[record.ID]string{}
	for _, id := range c.Directory.Charts("place") {
		if c.NameOf == nil {
			break
		}
		if name := c.NameOf(c.Read(), id); name != "" {
			ids, names[id] = append(ids, id), name
		}
	}
	slices.SortFunc(ids, func(a, b record.ID) int { return strings.Compare(names[a], names[b]) })
	return ids, names
}

// about says of whom a rule is, in words.
func (v *limitsView) about(ctx context.Context, r Rule) string {
	who := ui.T(ctx, "signin.everybody")
	if r.Role != "" {
		who = ui.T(ctx, "web.role."+string(r.Role))
	}
	if r.Unit.IsZero() {
		return who
	}
	return ui.T(ctx, "signin.on_unit", who, v.names[r.Unit])
}

func roleChoices(ctx context.Context) []ui.Choice {
	out := []ui.Choice{{Value: "", Label: ui.T(ctx, "signin.everybody"), Checked: true}}
	for _, r := range access.Roles {
		if !r.Machine() {
			out = append(out, ui.Choice{Value: string(r), Label: ui.T(ctx, "web.role."+string(r))})
		}
	}
	return out
}

func (v *limitsView) unitChoices(ctx context.Context) []ui.Choice {
	out := []ui.Choice{{Value: "", Label: ui.T(ctx, "signin.everywhere"), Checked: true}}
	for _, id := range v.units {
		out = append(out, ui.Choice{Value: id.String(), Label: v.names[id]})
	}
	return out
}

// tokenForm is what was chosen for a token that is about to be made.
type tokenForm struct {
	wrong   string
	person  string
	name    string
	days    string
	actions []string
	units   []string
	made    string // the token's text, shown this once
}

// tokenLine is a token in the list.
type tokenLine struct {
	web.Token
	who   string
	units string
}

type tokensView struct {
	*tokenForm
	people  []*access.Person // the programs that may be given one
	may     []string         // actions to choose from
	names   map[record.ID]string
	unitIDs []record.ID
	tokens  []tokenLine
}

func tokensPageOf(c *web.Ctx, f *tokenForm) error {
	v := &tokensView{tokenForm: f}
	v.unitIDs, v.names = unitsOf(c)
	for _, p := range c.Directory.People() {
		if p.Role == access.Integration && p.Disabled.IsZero() {
			v.people = append(v.people, p)
		}
	}
	v.may = actionsOf(c, v.people)
	all, err := web.Tokens(c.Read(), c.Now)
	if err != nil {
		return err
	}
	for _, t := range all {
		line := tokenLine{Token: t}
		if p := c.Directory.Person(t.Person); p != nil {
			line.who = p.Name
		}
		var units []string
		for _, u := range t.Units {
			units = append(units, v.names[u])
		}
		line.units = strings.Join(units, ", ")
		v.tokens = append(v.tokens, line)
	}
	return show(c, f.wrong, ui.T(c.Context(), "signin.tokens"), tokensPage(v))
}

// actionsOf lists what programs may do at all: what a token can be narrowed to.
func actionsOf(c *web.Ctx, people []*access.Person) (out []string) {
	all := append(access.Actions(c.Committer.Kinds()), "api.read", "api.file", "live.listen")
	for _, p := range people {
		scope, err := c.Directory.Scope(p.ID, "")
		if err != nil {
			continue
		}
		for _, a := range all {
			if scope.May(a) && !strings.HasPrefix(a, "see.") && !slices.Contains(out, a) {
				out = append(out, a)
			}
		}
	}
	slices.Sort(out)
	return out
}

// longestToken is how long a token may be good for: someone looks at each of them once a year.
const longestToken = 366

// makeToken makes a token for a program and shows it this once.
func makeToken(c *web.Ctx) error {
	if err := c.R.ParseForm(); err != nil {
		return fault.Wrap(fault.Malformed, err, "the form could not be read")
	}
	form := c.R.PostForm
	f := &tokenForm{person: form.Get("person"), name: strings.TrimSpace(form.Get("name")), days: form.Get("days"), actions: form["actions"], units: form["units"]}
	t, wrong := readToken(c, f)
	if wrong != "" {
		f.wrong = ui.T(c.Context(), wrong)
		return tokensPageOf(c, f)
	}
	text, err := web.MakeToken(c.Context(), c.Committer, c.Now, t)
	if err != nil {
		return err
	}
	c.Log.Info("a token was made", "person", t.Person, "by", c.Scope.Person)
	return tokensPageOf(c, &tokenForm{made: text})
}

// readToken judges what was chosen. Wrong is a key of the catalogue.
func readToken(c *web.Ctx, f *tokenForm) (t web.Token, wrong string) {
	id, err := record.ParseID(f.person)
	p := c.Directory.Person(id)
	if err != nil || p == nil || p.Role != access.Integration || !p.Disabled.IsZero() {
		return t, "signin.token_whose"
	}
	days, err := strconv.Atoi(f.days)
	if err != nil || days < 1 || days > longestToken {
		return t, "signin.token_days"
	}
	if f.name == "" || len(f.name) > 100 {
		return t, "signin.token_name"
	}
	t = web.Token{Person: id, Name: f.name, Until: c.Now.Add(time.Duration(days) * 24 * time.Hour), By: c.Scope.Person}
	may := actionsOf(c, []*access.Person{p})
	for _, a := range f.actions {
		if !slices.Contains(may, a) {
			return t, "signin.token_action"
		}
		t.Actions = append(t.Actions, a)
	}
	for _, u := range f.units {
		unit, err := record.ParseID(u)
		if err != nil || !slices.Contains(c.Directory.Charts("place"), unit) {
			return t, "signin.token_unit"
		}
		t.Units = append(t.Units, unit)
	}
	return t, ""
}

func revokeToken(c *web.Ctx) error {
	id, err := c.ID("id")
	if err != nil {
		return err
	}
	t, err := web.RevokeToken(c.Context(), c.Committer, c.Read(), c.Now, id)
	if err != nil {
		return err
	}
	c.Log.Info("a token was revoked", "person", t.Person, "by", c.Scope.Person)
	c.Say(ui.Toast{What: ui.T(c.Context(), "signin.token_revoked", t.Name)})
	return c.Go("/tokens")
}

// minutes says a length of time as people say it.
func minutes(ctx context.Context, n int) string {
	if n%60 == 0 && n >= 60 {
		return ui.T(ctx, "signin.hours", n/60)
	}
	if n > 60 {
		return fmt.Sprintf("%s %s", ui.T(ctx, "signin.hours", n/60), ui.T(ctx, "signin.minutes", n%60))
	}
	return ui.T(ctx, "signin.minutes", n)
}

func (v *tokensView) peopleChoices() (out []ui.Choice) {
	for _, p := range v.people {
		out = append(out, ui.Choice{Value: p.ID.String(), Label: p.Name, Checked: p.ID.String() == v.person || len(v.people) == 1})
	}
	return out
}

func (v *tokensView) dayChoices(ctx context.Context) (out []ui.Choice) {
	for _, n := range []int{30, 90, 365} {
		text := strconv.Itoa(n)
		out = append(out, ui.Choice{Value: text, Label: ui.T(ctx, "signin.days", n), Checked: text == v.days || v.days == "" && n == 90})
	}
	return out
}

func (v *tokensView) unitChoices() (out []ui.Choice) {
	for _, id := range v.unitIDs {
		out = append(out, ui.Choice{Value: id.String(), Label: v.names[id], Checked: slices.Contains(v.units, id.String())})
	}
	return out
}

func (v *tokensView) actionChoices() (out []ui.Choice) {
	for _, a := range v.may {
		out = append(out, ui.Choice{Value: a, Label: a, Checked: slices.Contains(v.actions, a)})
	}
	return out
}
