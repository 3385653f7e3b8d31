package room

import (
	"context"
	"embed"
	"net/url"

	"milieu/care/teamwork"
	"milieu/kit/db"
	"milieu/kit/record"
	"milieu/kit/room"
	"milieu/kit/ui"
	"milieu/kit/web"
)

//go:embed messages/*.json
var messages embed.FS

func init() { ui.Register(messages, "messages") }

// actionRead is what the pages of tasks, messages and meetings ask for.
const actionRead = "teamwork.read"

// newsView is the live view of pages that show how much is unread: of a unit, and of one person.
const newsView = "news"

// Def is the room of teamwork.
func Def() room.Def {
	get := func(pattern, action string, h web.Handler) web.Route {
		return web.Route{Method: "GET", Pattern: pattern, Action: action, Handle: h}
	}
	return room.Def{
		Name:        "teamwork",
		Reads:       []string{"clients.merged", "clients.unmerged", "access.relabelled", "staff.joined", "staff.changed", "staff.left", "staff.returned"},
		Kinds:       teamwork.Kinds(),
		Projections: Projections(),
		Rules:       Rules(),
		Routes: []web.Route{
			get("/tasks", actionRead, showTasks),
			get("/tasks/new", teamwork.ActionTask, showNewTask),
			get("/tasks/{chart}/{task}", actionRead, showTask),
			get("/messages", actionRead, showMessages),
			get("/messages/new", teamwork.ActionMessage, showNewMessage),
			get("/meetings", actionRead, showMeetings),
			get("/meetings/new", teamwork.ActionMeeting, showNewMeeting),
		},
		Nav:   []web.Place{{Key: "teamwork.page.team", Href: "/tasks", Also: []string{"/messages", "/meetings"}, Icon: "work", Action: actionRead, Desk: true, Order: 37}},
		Views: map[string]room.ViewMaker{"tasks": liveAfresh, "messages": liveAfresh, newsView: liveNews},
		Faces: faces(),
		Acts: []room.Act{
			{Key: "teamwork.page.act_task", Icon: "work", Action: teamwork.ActionTask, Order: 60, Href: func(chart record.ID) string { return "/tasks/new?for=" + chart.String() }},
			{Key: "teamwork.page.act_message", Icon: "message", Action: teamwork.ActionMessage, Order: 70, Href: func(chart record.ID) string { return "/messages/new?for=" + chart.String() }},
		},
		Shapes: map[string]room.Shape{"teamwork": {Icon: "work"}, teamwork.KindMessage: {Icon: "message"}, teamwork.KindRead: {Icon: "message"}, teamwork.KindMeeting: {Icon: "people"}},
		Pack:   []room.PackPart{{Name: "teamwork", Pages: pack}},
	}
}

// tabs are the team's pages, side by side.
func tabs(ctx context.Context, current string) []ui.Tab {
	var out []ui.Tab
	for _, one := range []string{"tasks", "messages", "meetings"} {
		out = append(out, ui.Tab{Label: ui.T(ctx, "teamwork.page."+one), Href: "/" + one, Current: one == current})
	}
	return out
}

// pack names what is done without a network: the unit's tasks, a new one, and what was written to whom.
func pack(c *web.Ctx, _ db.Querier, _ record.ID) ([]url.URL, error) {
	if !c.Scope.May(actionRead) {
		return nil, nil
	}
	pages := []url.URL{{Path: "/tasks"}, {Path: "/messages"}}
	if c.Scope.May(teamwork.ActionTask) {
		pages = append(pages, url.URL{Path: "/tasks/new"})
	}
	if c.Scope.May(teamwork.ActionMessage) {
		pages = append(pages, url.URL{Path: "/messages/new"})
	}
	return pages, nil
}
