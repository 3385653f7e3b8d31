package wall

import (
	"bytes"
	"context"
	"embed"
	"fmt"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"milieu/care/rounds"
	roundsroom "milieu/care/rounds/room"
	"milieu/house/clients"
	"milieu/house/places"
	"milieu/house/staff"
	"milieu/kit/db"
	"milieu/kit/due"
	"milieu/kit/live"
	"milieu/kit/record"
	"milieu/kit/room"
	"milieu/kit/ui"
	"milieu/kit/web"
)

//go:embed messages/*.json
var messages embed.FS

func init() { ui.Register(messages, "messages") }

const actionRead = "wall.read"

// Def offers the board.
func Def() room.Def {
	return room.Def{
		Name:   "wall",
		Routes: []web.Route{{Method: "GET", Pattern: "/wall", Action: actionRead, Handle: show}},
		Nav:    []web.Place{{Key: "wall.nav", Href: "/wall", Icon: "wall", Action: actionRead, Desk: true, Order: 55}},
		Views:  map[string]room.ViewMaker{"wall": liveWall},
	}
}

// show is the whole board: GET /wall. A screen that nobody touches asks for it afresh by itself.
func show(c *web.Ctx) error {
	unit, err := c.Unit()
	if err != nil {
		return err
	}
	c.SawUnit(unit.ID)
	w, err := wallOf(c.Context(), c.Read(), unit.ID)
	if err != nil {
		return err
	}
	w.Title, w.Detail = unit.Name, unit.Shift
	w.Live = []string{"wall/" + unit.ID.String()}
	duty, err := staff.OnShift(c.Read(), unit.ID, c.Now)
	if err != nil {
		return err
	}
	c.W.Header().Set("Cache-Control", "no-store")
	return c.Fragment(wallPage(w, duty))
}

func wallOf(ctx context.Context, q db.Querier, unit record.ID) (ui.Wall, error) {
	var w ui.Wall
	rows, err := roundsroom.Rows(q, unit)
	if err != nil {
		return w, err
	}
	var late, now, out int
	for i := range rows {
		row := wallRow(ctx, &rows[i])
		switch row.State {
		case ui.Late:
			late++
		case ui.Now:
			now++
		case ui.Off:
			out++
		}
		w.Rows = append(w.Rows, row)
	}
	if err := empty(ctx, q, unit, &w); err != nil {
		return w, err
	}
	byRoom(w.Rows)
	w.Late, w.Now, w.Out = ui.T(ctx, "wall.late", late), ui.T(ctx, "wall.now", now), ui.T(ctx, "wall.out", out)
	return w, nil
}

func byRoom(rows []ui.WallRow) {
	for i := range rows {
		for j := i; j > 0 && rows[j].Order < rows[j-1].Order; j-- {
			rows[j], rows[j-1] = rows[j-1], rows[j]
		}
	}
}

// wallRow is one person as a visitor may see them.
func wallRow(ctx context.Context, r *roundsroom.Row) ui.WallRow {
	number := roomNumber(r.Room)
	row := ui.WallRow{ID: "wall-" + r.ID.String(), Order: natural(r.Room) + " " + r.ID.String(), Room: number, Name: short(r.Name), Hidden: initials(r.Name), Pips: r.Level.Pips}
	if r.Level.Continuous {
		row.Level = ui.T(ctx, "rounds.level_short."+r.Level.Code)
	} else if r.Level.Code != "" {
		row.Level, row.Every = strconv.Itoa(int(r.Level.Every/time.Minute)), ui.T(ctx, "wall.minutes")
	}
	switch r.Mode {
	case rounds.Continuous:
		row.State, row.Words = ui.Eyes, ui.T(ctx, "wall.eyes")
	case rounds.Intervals:
		looked(ctx, &row, r)
	default:
		row.State, row.Words = ui.Off, ui.T(ctx, "wall.away")
		if r.Where != clients.Here && !r.Expected.IsZero() {
			row.Where = ui.T(ctx, "wall.back", ui.WhenText(ctx, r.Expected))
		}
	}
	return row
}

// looked says how the watching stands: how late, how soon when it is soon, else only when the person was seen.
func looked(ctx context.Context, row *ui.WallRow, r *roundsroom.Row) {
	now := ui.From(ctx).Now
	if r.Data.Place != "" && r.Data.State != "" {
		row.Where = ui.T(ctx, "wall.place."+public(r.Data.Place))
	}
	switch r.Window.At(now) {
	case due.StateLate:
		row.State, row.Figure, row.Words = ui.Late, strconv.Itoa(int(now.Sub(r.Window.Late)/time.Minute)), ui.T(ctx, "wall.min_late")
	case due.StateNow:
		left := max(0, int((r.Window.Late.Sub(now)+time.Minute-1)/time.Minute))
		row.State, row.Figure, row.Words = ui.Now, strconv.Itoa(left), ui.T(ctx, "wall.min")
		if left > int(due.Soon/time.Minute) { // asked for early: that it is, and when it would be late, is nobody's business on a wall
			row.State, row.Figure, row.Words, row.Seen = ui.Next, "", ui.T(ctx, "wall.seen"), r.Data.At
		}
	default:
		row.State, row.Words, row.Seen = ui.Next, ui.T(ctx, "wall.seen"), r.Data.At
	}
}

// public is a place as a wall may say it: who is in a bathroom or sent to a quiet room is nobody's business.
func public(place string) string {
	switch place {
	case "bathroom", "quiet_room", "elsewhere":
		return "unit"
	}
	return place
}

// short is the given name and the initial of the last: "Dariusz W."
func short(name string) string {
	words := strings.Fields(name)
	if len(words) < 2 {
		return name
	}
	return words[0] + " " + string([]rune(words[len(words)-1])[:1]) + "."
}

// initials are what stands on the wall while names are hidden: "D. W.".
func initials(name string) string {
	var out []string
	for _, word := range strings.Fields(short(name)) {
		r, _ := utf8.DecodeRuneInString(word)
		out = append(out, string(r)+".")
	}
	return strings.Join(out, " ")
}

// empty adds the beds that nobody has, quietly.
func empty(ctx context.Context, q db.Querier, unit record.ID, w *ui.Wall) error {
	census, err := clients.CensusOf(q, unit)
	if err != nil {
		return err
	}
	for _, b := range census.Beds {
		if len(b.Clients) == 0 {
			w.Rows = append(w.Rows, ui.WallRow{ID: "wall-" + b.Bed.ID.String(), Order: natural(b.Bed.RoomName) + " " + b.Bed.ID.String(), Room: roomNumber(b.Bed.RoomName), Name: ui.T(ctx, "wall.free"), State: ui.Off, Free: true})
		}
	}
	return nil
}

// roomNumber is the end of a room's name: "5" of "Room 5".
func roomNumber(name string) string {
	words := strings.Fields(name)
	if len(words) == 0 {
		return "–"
	}
	return words[len(words)-1]
}

// natural is a name as it sorts: numbers in it count as numbers.
func natural(name string) string {
	n := roomNumber(name)
	if v, err := strconv.Atoi(n); err == nil {
		return fmt.Sprintf("%s%06d", strings.TrimSuffix(name, n), v)
	}
	return name
}

// liveWall sends the whole board's rows again when anything on the unit changes: it is small, and looked at by few.
func liveWall(s *web.Site) live.View {
	return func(ctx context.Context, t live.Topic, changed []live.Signal) ([]byte, error) {
		house := s.House()
		ctx = ui.With(ctx, ui.Env{Locale: house.Locale, Zone: house.Zone, Now: s.Clock.Now()})
		q := s.DB.Read(ctx)
		w, err := wallOf(ctx, q, t.Of)
		if err != nil {
			return nil, err
		}
		u, err := places.UnitOf(q, t.Of)
		if err != nil {
			return nil, err
		}
		w.Title = u.Name
		var out bytes.Buffer
		if err := ui.WallSum(w).Render(ctx, &out); err != nil {
			return nil, err
		}
		for _, row := range w.Rows {
			if err := ui.WallItem(row).Render(ctx, &out); err != nil {
				return nil, err
			}
		}
		err = ui.Sweep("wall-").Render(ctx, &out)
		return out.Bytes(), err
	}
}
