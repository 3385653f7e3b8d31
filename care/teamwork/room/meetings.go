package room

import (
	"context"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	jsonv2 "github.com/go-json-experiment/json"

	"milieu/care/teamwork"
	"milieu/house/clients"
	"milieu/house/places"
	"milieu/house/staff"
	"milieu/kit/clock"
	"milieu/kit/db"
	"milieu/kit/record"
	"milieu/kit/ui"
	"milieu/kit/web"
)

// meeting is a meeting as it was written down.
type meeting struct {
	ID, Chart, Author record.ID
	At                time.Time
	teamwork.MeetingHeld
	With, About, By string
	Tasks           []taskLine
}

// taskLine is a decision with how its task stands.
type taskLine struct{ What, Line, Href string }

// mostMeetings is how many are listed: older ones are in the charts.
const mostMeetings = 30

// meetings gives the newest meetings in some charts that the reader may see.
func meetings(c *web.Ctx, charts []record.ID) ([]meeting, error) {
	q := c.Read()
	var out []meeting
	for part := range slices.Chunk(charts, 64) {
		args := make([]any, len(part))
		for i := range part {
			args[i] = part[i][:]
		}
		err := db.Each(q, "SELECT chart, happened, id, author, body FROM teamwork_meeting_v1 WHERE chart IN ("+db.Places(1, len(part))+fmt.Sprintf(") ORDER BY happened DESC LIMIT %d", mostMeetings), args, func(r db.Row) error {
			var m meeting
			var happened int64
			var body []byte
			if err := r.Scan(&m.Chart, &happened, &m.ID, &m.Author, &body); err != nil {
				return err
			}
			m.At = clock.FromMicros(happened)
			out = append(out, m)
			return jsonv2.Unmarshal(body, &out[len(out)-1].MeetingHeld)
		})
		if err != nil {
			return nil, fmt.Errorf("reading the meetings of %d charts: %w", len(part), err)
		}
	}
	sights, err := c.Directory.Sights(q, c.Scope, charts...)
	if err != nil {
		return nil, err
	}
	out = slices.DeleteFunc(out, func(m meeting) bool { return !sights.Sees(m.Chart, m.ID) })
	slices.SortFunc(out, func(a, b meeting) int { return b.At.Compare(a.At) })
	out = out[:min(len(out), mostMeetings)]
	for i := range out {
		out[i].name(c)
	}
	return out, sights.Err()
}

// name puts names on a meeting, of those people alone whom the reader sees.
func (m *meeting) name(c *web.Ctx) {
	var with, about []string
	for _, id := range m.MeetingHeld.With {
		if name := nameOf(c, id); name != "" {
			with = append(with, name)
		}
	}
	if m.Guests != "" {
		with = append(with, m.Guests)
	}
	for _, id := range m.MeetingHeld.About {
		if c.Directory.KindOf(id) == "client" && c.Directory.Sees(c.Scope, id) == nil {
			about = append(about, clients.NameOf(c.Read(), id))
		}
	}
	m.With, m.About, m.By = strings.Join(with, ", "), strings.Join(about, ", "), nameOf(c, m.Author)
}

type meetingsView struct {
	List []meeting
	May  bool
}

// showMeetings is what was said and decided together: GET /meetings.
func showMeetings(c *web.Ctx) error {
	ctx := c.Context()
	unit, err := c.Unit()
	if err != nil {
		return err
	}
	v := meetingsView{May: c.Scope.May(teamwork.ActionMeeting)}
	page := ui.Page{Title: ui.T(ctx, "teamwork.page.meetings")}
	if !unit.ID.IsZero() {
		c.SawUnit(unit.ID)
		charts := append(c.Directory.ChartsIn(unit.ID, "client"), unit.ID)
		if v.List, err = meetings(c, charts); err != nil {
			return err
		}
		tasks, err := tasksOf(c.Read(), charts...)
		if err != nil {
			return err
		}
		sights, err := c.Directory.Sights(c.Read(), c.Scope, charts...)
		if err != nil {
			return err
		}
		for i := range v.List {
			v.List[i].follow(c, tasks, sights.Sees)
		}
		if sights.Err() != nil {
			return sights.Err()
		}
	}
	return c.Show(page, meetingsPage(v))
}

// follow puts beside each decision what has become of it.
func (m *meeting) follow(c *web.Ctx, tasks []teamwork.Task, sees func(chart, entry record.ID) bool) {
	ctx := c.Context()
	for i, d := range m.Decisions {
		line := taskLine{What: d.What, Line: ui.T(ctx, "teamwork.page.decided", ownerWords(c, d.Owner), ui.WhenText(ctx, d.Until))}
		id := record.DeriveID(teamwork.KindTaskSet, m.ID.String(), strconv.Itoa(i))
		if at := slices.IndexFunc(tasks, func(t teamwork.Task) bool { return t.ID == id && sees(t.Chart, t.ID) }); at >= 0 {
			t := &tasks[at]
			line.Href = taskPath(t.Chart, t.ID)
			if t.Closed != nil {
				line.Line = closedWords(c, t)
			}
		}
		m.Tasks = append(m.Tasks, line)
	}
}

// newMeeting is the form for a meeting.
type newMeeting struct {
	Unit   web.Unit
	For    record.ID // the client of a case conference; zero: of the unit
	Name   string
	With   []ui.Choice
	About  []ui.Choice
	Owners []ui.Choice
	Times  []ui.Choice
}

// rows is how many decisions a meeting's page has room for; a fuller meeting is written down in two.
const rows = 6

// showNewMeeting asks what was said and decided: GET /meetings/new.
func showNewMeeting(c *web.Ctx) error {
	ctx := c.Context()
	unit, err := c.Unit()
	if err != nil {
		return err
	}
	v := newMeeting{Unit: unit}
	if v.For, err = about(c); err != nil {
		return err
	}
	if c.Directory.KindOf(v.For) == "client" {
		v.Name = c.NameOf(c.Read(), v.For)
	} else {
		v.For = record.Zero
	}
	title := ui.T(ctx, "teamwork.page.new_meeting")
	if unit.ID.IsZero() {
		return c.Show(ui.Page{Title: title}, noUnit())
	}
	c.SawUnit(unit.ID)
	duty, err := staff.OnShift(c.Read(), unit.ID, c.Now)
	if err != nil {
		return err
	}
	for _, d := range duty {
		v.With = append(v.With, ui.Choice{Value: d.Person.String(), Label: d.Name, Checked: d.Person == c.Scope.Person})
	}
	whole, err := whom(c, unit, v.For)
	if err != nil {
		return err
	}
	v.About = whole[1:]
	if v.Owners, err = owners(c, unit.ID, "", true); err != nil {
		return err
	}
	house, err := places.HouseOf(c.Read())
	if err != nil {
		return err
	}
	v.Times = times(ctx, house, c.Now)
	return c.Show(ui.Page{Title: title}, newMeetingPage(v))
}

func (v *newMeeting) form() ui.EntryForm {
	chart := v.Unit.ID
	if !v.For.IsZero() {
		chart = v.For
	}
	return ui.EntryForm{ID: "meeting", Kind: teamwork.KindMeeting, Chart: chart.String(), Class: "stack measure", Needs: "sort", Hidden: []ui.Pair{{Name: "then", Value: "/meetings"}}}
}

func (v *newMeeting) sorts(ctx context.Context) []ui.Choice {
	var out []ui.Choice
	for _, s := range teamwork.Sorts {
		out = append(out, ui.Choice{Value: s, Label: ui.T(ctx, "teamwork.sort."+s), Checked: s == "case" && !v.For.IsZero()})
	}
	return out
}

func rowName(i int, field string) string { return "decisions." + strconv.Itoa(i) + "." + field }
