package room

import (
	"context"
	"fmt"
	"strings"

	"milieu/house/clients"
	"milieu/house/clients/names"
	"milieu/kit/clock"
	"milieu/kit/db"
	"milieu/kit/due"
	"milieu/kit/record"
	"milieu/kit/ui"
)

// The ways in which a unit's people are listed; the first of each is the usual one.
var (
	sorts = []string{"name", "room", "level", "since"}
	shows = []string{"all", "here", "out"}
)

// order is one way of listing people: how they are sorted, and who is shown.
type order struct{ Sort, Show string }

// view is the name of the live view that draws rows in this order.
func (o order) view() string { return "people-" + o.Sort + "-" + o.Show }

// shows says whether somebody who belongs to the unit now is in the list.
func (o order) shows(c *clients.Card) bool {
	return c.In() && (o.Show == "all" || (o.Show == "here") == (c.Where == clients.Here))
}

// The live lists of the page: those of the unit, those awaited, and those who left lately.
const (
	listNow     = "people"
	listAwaited = "people-awaited"
	listFormer  = "people-former"
)

// row is somebody's line in the list to which they belong, with the key by which it stands there.
func (o order) row(ctx context.Context, c *clients.Card, m mark) ui.Person {
	p := person(ctx, c, m.words)
	switch c.Where {
	case clients.Expected:
		p.In, p.Order = listAwaited, newest(clock.Micros(c.Since), c)
	case clients.Discharged:
		p.Line = ui.T(ctx, "clients.page.left_on", ui.DayText(ctx, c.Since))
		p.In, p.Order = listFormer, newest(clock.Micros(c.Since), c)
	default:
		p.In, p.Order = listNow, o.key(c, m)
	}
	return p
}

// key sorts by the name that is used, by room as people count, by how closely somebody is watched, or by when they came.
func (o order) key(c *clients.Card, m mark) string {
	name := names.Fold(c.Name) + " " + c.ID.String()
	switch o.Sort {
	case "room":
		return counted(c.Room) + " " + counted(c.Bed) + " " + name
	case "level":
		return fmt.Sprintf("%03d ", 999-m.rank) + name
	case "since":
		return newest(clock.Micros(c.Admitted), c)
	}
	return name
}

// newest sorts later times first.
func newest(micros int64, c *clients.Card) string {
	return fmt.Sprintf("%019d %s", 1<<62-micros, c.ID)
}

// counted writes the numbers in a name so that they sort as people count; no name comes last.
func counted(name string) string {
	if name == "" {
		return "\uffff"
	}
	var out strings.Builder
	digits := ""
	flush := func() {
		if digits != "" {
			digits = strings.TrimLeft(digits, "0")
			out.WriteString(strings.Repeat("0", max(0, 9-len(digits))) + digits)
			digits = ""
		}
	}
	for _, r := range name {
		if r >= '0' && r <= '9' {
			digits += string(r)
			continue
		}
		flush()
		out.WriteRune(r)
	}
	flush()
	return out.String()
}

// mark is what a room's dues say of somebody in a list: how closely they are watched.
type mark struct {
	words string
	rank  int
}

// marks reads what the rooms' faces say of people, the closest of each.
func (r *Room) marks(ctx context.Context, q db.Querier, list []clients.Card) (map[record.ID]mark, error) {
	charts := make([]record.ID, len(list))
	for i := range list {
		charts[i] = list[i].ID
	}
	windows, err := due.Of(q, charts...)
	out := map[record.ID]mark{}
	for _, w := range windows {
		face, ok := r.Faces[w.Rule]
		if !ok {
			continue
		}
		if s := face.Show(ctx, w); s.Mark != "" && s.Rank > out[w.Chart].rank {
			out[w.Chart] = mark{s.Mark, s.Rank}
		}
	}
	return out, err
}
