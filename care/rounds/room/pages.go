package room

import (
	"embed"
	"net/url"

	"milieu/care/rounds"
	"milieu/kit/access"
	"milieu/kit/db"
	"milieu/kit/due"
	"milieu/kit/record"
	"milieu/kit/room"
	"milieu/kit/ui"
	"milieu/kit/web"
)

//go:embed messages/*.json
var messages embed.FS

func init() { ui.Register(messages, "messages") }

// Actions of the pages, beside those of the kinds.
const (
	actionRead   = "rounds.read"   // the round of one's unit
	actionReport = "rounds.report" // how rounds were walked, and what is worth a question
)

func routes() []web.Route {
	get := func(pattern, action string, h web.Handler) web.Route {
		return web.Route{Method: "GET", Pattern: pattern, Action: action, Handle: h}
	}
	vital := func(pattern, action string, h web.Handler) web.Route {
		return web.Route{Method: "GET", Pattern: pattern, Action: action, Vital: true, Handle: h}
	}
	return []web.Route{
		vital("/rounds", actionRead, showRound),
		vital("/rounds/{chart}/check", rounds.ActionCheck, showCheck),
		vital("/rounds/{chart}/help", rounds.ActionHelp, showHelp),
		vital("/rounds/{chart}/search", rounds.ActionCheck, showSearch),
		vital("/rounds/{chart}/relief", rounds.ActionRelieve, showRelief),
		vital("/rounds/{chart}/level", rounds.ActionRaise, showLevel),
		vital("/rounds/{chart}/orders", actionRead, showOrders),
		get("/rounds/environment", rounds.ActionEnvironment, showWalk),
		get("/rounds/hazards", actionRead, showHazards),
		get("/rounds/night", actionRead, showNight),
		vital("/rounds/paper", actionRead, showPaper),
		get("/rounds/rules", rounds.ActionHouse, showRules),
	}
}

func nav() []web.Place {
	return []web.Place{
		{Key: "rounds.page.nav", Href: "/rounds", Icon: "round", Action: actionRead, Order: 10},
		{Key: "rounds.page.night_nav", Href: "/rounds/night", Icon: "strip", Action: actionReport, Desk: true, Order: 40},
		{Key: "rounds.page.paper_nav", Href: "/rounds/paper", Icon: "print", Action: actionRead, Desk: true, Order: 50},
	}
}

func said() map[string]web.Said {
	return map[string]web.Said{
		rounds.KindChecked:      saidChecked,
		rounds.KindNotSeen:      saidNotSeen,
		rounds.KindRelieved:     saidAndClosed,
		rounds.KindHelpAnswered: saidAndClosed,
		rounds.KindSearchEnded:  saidAndClosed,
		rounds.KindRaised:       saidAndClosed,
		rounds.KindLowered:      saidAndClosed,
	}
}

// pack names the pages that a round needs without a network: the round, and for each person the sheets to check and to raise a level.
func pack() []room.PackPart {
	return []room.PackPart{{Name: "rounds", Pages: func(c *web.Ctx, q db.Querier, unit record.ID) ([]url.URL, error) {
		if !c.Scope.May(actionRead) {
			return nil, nil
		}
		pages := []url.URL{{Path: "/rounds"}, {Path: "/rounds/hazards"}, {Path: "/rounds/environment"}, {Path: "/rounds/paper"}}
		charts := c.Directory.ChartsIn(unit, "client")
		for _, chart := range charts {
			for _, one := range []struct{ page, action string }{{"check", rounds.ActionCheck}, {"level", rounds.ActionRaise}} {
				if c.Scope.May(one.action) {
					pages = append(pages, url.URL{Path: path(chart, one.page)})
				}
			}
		}
		open, err := due.Of(q, charts...)
		for _, w := range open {
			if w.Rule == rounds.RuleRelief && c.Scope.May(rounds.ActionRelieve) {
				pages = append(pages, url.URL{Path: path(w.Chart, "relief")})
			}
		}
		return pages, err
	}}}
}

// path is the address of one of a person's pages of this room.
func path(chart record.ID, page string) string { return "/rounds/" + chart.String() + "/" + page }

// nameOf is the name of somebody of the staff; empty when unknown.
func nameOf(d *access.Directory, person record.ID) string {
	if p := d.Person(person); p != nil {
		return p.Name
	}
	return ""
}

func panels() []room.Panel {
	return []room.Panel{{Name: "rounds", Action: actionRead, Order: 10, Show: panelLevel}}
}
