package room

import (
	"embed"
	"net/url"
	"time"

	"milieu/care/forms"
	"milieu/house/clients"
	"milieu/kit/db"
	"milieu/kit/record"
	"milieu/kit/room"
	"milieu/kit/ui"
	"milieu/kit/web"
)

//go:embed messages/*.json
var messages embed.FS

func init() { ui.Register(messages, "messages") }

// actionRead is what reading somebody's forms needs.
const actionRead = "forms.read"

// Def is the room of forms.
func Def() room.Def {
	get := func(pattern, action string, h web.Handler) web.Route {
		return web.Route{Method: "GET", Pattern: pattern, Action: action, Handle: h}
	}
	return room.Def{
		Name:        "forms",
		Reads:       stayKinds,
		Kinds:       forms.Kinds(),
		Projections: Projections(),
		Rules:       Rules(),
		Guards:      Guards(),
		Routes: []web.Route{
			get("/clients/{chart}/forms", actionRead, showForms),
			get("/clients/{chart}/forms/{form}/{run}", actionRead, showRun),
			get("/clients/{chart}/forms/{form}/{run}/paper", actionRead, showPaper),
			get("/clients/{chart}/forms/{form}/{run}/correct/{entry}", forms.ActionFill, showCorrect),
			{Method: "GET", Pattern: "/forms/critical/{chart}/{entry}/{item}", Action: actionRead, Vital: true, Handle: showCriticalAnswer},
			get("/forms/rules", actionRead, showRules),
		},
		Nav:      []web.Place{{Key: "forms.page.rules_nav", Href: "/forms/rules", Icon: "file", Action: actionRead, Desk: true, Order: 70}},
		Faces:    faces(),
		Tabs:     []room.Tab{{Name: "forms", Key: "forms.page.tab", Action: actionRead, Order: 40, Href: tabPath}},
		Acts:     []room.Act{{Key: "forms.page.act", Icon: "file", Action: forms.ActionFill, Order: 40, Href: tabPath}},
		Shapes:   map[string]room.Shape{"forms": {Icon: "file", Body: shape}},
		Handover: []room.HandoverPart{{Name: "forms", Order: 45, Lines: handover}},
		Pack:     []room.PackPart{{Name: "forms", Pages: pack}},
	}
}

func tabPath(chart record.ID) string { return "/clients/" + chart.String() + "/forms" }

func runPath(chart record.ID, form string, run record.ID) string {
	return tabPath(chart) + "/" + form + "/" + run.String()
}

func criticalPath(chart, entry record.ID, item string) string {
	return "/forms/critical/" + chart.String() + "/" + entry.String() + "/" + item
}

// pack names the pages that forms need without a network: for everybody who is here, what is open and what the unit asks for.
func pack(c *web.Ctx, q db.Querier, unit record.ID) ([]url.URL, error) {
	if unit.IsZero() || !c.Scope.May(actionRead) || !c.Scope.Sees(unit) {
		return nil, nil
	}
	cards, err := clients.Cards(q, unit)
	if err != nil {
		return nil, err
	}
	rules, err := RulesOf(q, unit)
	if err != nil {
		return nil, err
	}
	var pages []url.URL
	for i := range cards {
		card := &cards[i]
		said, err := Of(q, card.ID)
		if err != nil {
			return nil, err
		}
		open := pending(forms.Runs(said), card, &rules, c.Now)
		if len(open) == 0 {
			continue
		}
		pages = append(pages, url.URL{Path: tabPath(card.ID)})
		for _, r := range open {
			pages = append(pages, url.URL{Path: runPath(card.ID, r.Form.ID, r.ID)})
		}
	}
	return pages, nil
}

// pending are the runs to work on: those that are open, and those that the unit asks for and nobody has begun.
func pending(runs []*forms.Run, card *clients.Card, rules *UnitRules, now time.Time) []*forms.Run {
	var out []*forms.Run
	for _, r := range runs {
		if r.Open() {
			out = append(out, r)
		}
	}
	if card.Where != clients.Here || card.Episode.IsZero() {
		return out
	}
	for _, f := range rules.wants(card, now) {
		if finished(forms.Of(runs, f.ID, card.Admitted)) {
			continue
		}
		if r := forms.Next(runs, f.ID, card.ID, card.Episode, card.Admitted); r.First == nil {
			out = append(out, r)
		}
	}
	return out
}
