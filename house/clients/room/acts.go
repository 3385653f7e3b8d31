package room

import (
	"context"
	"slices"

	"milieu/house/clients"
	roomkit "milieu/kit/room"
	"milieu/kit/ui"
)

// act is something that can be done for the client now; Form when pressing it files it at once.
type act struct {
	ui.Action
	Form ui.EntryForm
}

// How many acts stand open on a chart; the rest lie under More.
const (
	phoneActs = 2
	deskActs  = 5
)

// acts are what the person may do for the client now: first what brings somebody in, then what other rooms begin, then what takes somebody away.
func (r *Room) acts(ctx context.Context, h *head) []act {
	in, out := h.moves(ctx)
	others := slices.Clone(r.Acts)
	slices.SortStableFunc(others, func(a, b roomkit.Act) int { return a.Order - b.Order })
	for _, a := range others {
		if h.May(a.Action) {
			in = append(in, linked(ctx, a.Key, a.Icon, a.Href(h.ID), ui.Plain))
		}
	}
	return append(in, out...)
}

// moves are the acts about where the client is: those that bring somebody in, and those that take somebody away.
func (h *head) moves(ctx context.Context) (in, out []act) {
	away := h.In() && h.Where != clients.Here
	if !h.In() && h.May("clients.admit") {
		in = append(in, linked(ctx, "clients.page.admit", "bed", path(h.ID, "/admit"), ui.Main))
	}
	if away && h.May("clients.leave") {
		in = append(in, act{
			Action: ui.Action{Label: ui.T(ctx, "clients.page.is_back"), Icon: "check", Kind: ui.Main, Submit: true},
			Form:   ui.EntryForm{Kind: "clients.returned", Chart: h.ID.String(), Hidden: then(path(h.ID))},
		})
	}
	if h.In() && !away && h.May("clients.leave") {
		out = append(out, linked(ctx, "clients.page.leaves", "door", path(h.ID, "/leave"), ui.Plain))
	}
	if h.In() && h.May("clients.transfer") {
		out = append(out, linked(ctx, "clients.page.move", "bed", path(h.ID, "/move"), ui.Plain))
	}
	if h.In() && h.May("clients.discharge") {
		out = append(out, linked(ctx, "clients.page.discharge", "signout", path(h.ID, "/discharge"), ui.Plain))
	}
	return in, out
}

func linked(ctx context.Context, key, icon, to string, kind ui.ButtonKind) act {
	return act{Action: ui.Action{Label: ui.T(ctx, key), Icon: icon, Kind: kind, Href: to}}
}
