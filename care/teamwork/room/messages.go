package room

import (
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/a-h/templ"

	"milieu/care/teamwork"
	"milieu/kit/clock"
	"milieu/kit/db"
	"milieu/kit/record"
	"milieu/kit/ui"
	"milieu/kit/web"
)

// keptFor is how far back messages are listed, and mostListed how many: older ones are in the charts.
const (
	keptFor    = 14 * 24 * time.Hour
	mostListed = 100
)

// message is a message as one person sees it.
type message struct {
	ID, Chart, Author, To, Unit, Reply record.ID
	Role, Words                        string
	At                                 time.Time
	Urgent                             bool
	Read                               bool // by who looks on
	Reads                              []receipt
	From, For                          string // names
	About                              string // the client's name; empty: about nobody
	Mine                               bool   // written by who looks on
}

type receipt struct {
	Person record.ID
	At     time.Time
}

// inbox gives the messages to somebody, to their role on a unit and to the unit, and their own, the newest first, with names and receipts.
func inbox(c *web.Ctx, unit record.ID) ([]message, error) {
	list, err := lettersTo(c, unit, false)
	for i := 0; err == nil && i < len(list); i++ {
		err = list[i].name(c, c.Read())
	}
	return list, err
}

// News is how many messages to somebody, to their role on a unit and to the unit they have not read, and how many of these are urgent; and what a
// page listens to, to hear of more.
type News struct {
	Unread, Urgent int
	Live           []string
}

// NewsFor gives the reader's news; who reads no messages has none.
func NewsFor(c *web.Ctx, unit record.ID) (News, error) {
	if !c.Scope.May(actionRead) {
		return News{}, nil
	}
	list, err := lettersTo(c, unit, true)
	n := News{Unread: len(list), Live: []string{newsView + "/" + unit.String(), newsView + "/" + c.Scope.Person.String()}}
	for i := range list {
		if list[i].Urgent {
			n.Urgent++
		}
	}
	return n, err
}

// lettersTo reads what inbox shows, or of it what somebody else wrote and the reader has not read. Left out is what they may not see: a message
// about a client is theirs no longer when the client is not.
func lettersTo(c *web.Ctx, unit record.ID, unread bool) ([]message, error) {
	q, me := c.Read(), c.Scope.Person
	var list []message
	ask := func(where string, args ...any) error {
		sql := "SELECT m.id, m.chart, m.happened, m.author, m.recipient, m.role, m.unit, m.urgent, m.reply, m.words FROM teamwork_message_v1 m WHERE m.happened >= $2 AND " + where
		if unread {
			sql += " AND NOT EXISTS (SELECT 1 FROM teamwork_read_v1 r WHERE r.message = m.id AND r.person = $1)"
		}
		return db.Each(q, sql+fmt.Sprintf(" ORDER BY m.happened DESC LIMIT %d", mostListed), append([]any{me[:], clock.Micros(c.Now.Add(-keptFor))}, args...), func(r db.Row) error {
			var m message
			var happened int64
			var urgent int
			err := r.Scan(&m.ID, &m.Chart, &happened, &m.Author, &m.To, &m.Role, &m.Unit, &urgent, &m.Reply, &m.Words)
			m.At, m.Urgent = clock.FromMicros(happened), urgent == 1
			list = append(list, m)
			return err
		})
	}
	err := ask("m.author <> $1 AND (m.recipient = $1 OR m.unit = $3 AND m.recipient IS NULL AND m.role IN ('', $4))", unit[:], string(c.Scope.Role))
	if !unread && err == nil {
		err = ask("m.author = $1")
	}
	if err != nil {
		return nil, fmt.Errorf("reading the messages of %s: %w", me, err)
	}
	if len(list) == 0 {
		return nil, nil
	}
	charts := make([]record.ID, len(list))
	for i := range list {
		charts[i] = list[i].Chart
	}
	sights, err := c.Directory.Sights(q, c.Scope, charts...)
	if err != nil {
		return nil, err
	}
	list = slices.DeleteFunc(list, func(m message) bool {
		client := c.Directory.KindOf(m.Chart) == "client"
		return client && c.Directory.Sees(c.Scope, m.Chart) != nil || !sights.Sees(m.Chart, m.ID)
	})
	slices.SortStableFunc(list, func(a, b message) int { return b.At.Compare(a.At) })
	return list[:min(len(list), mostListed)], sights.Err()
}

// name puts names and receipts on a message.
func (m *message) name(c *web.Ctx, q db.Querier) error {
	ctx := c.Context()
	m.Mine, m.From = m.Author == c.Scope.Person, nameOf(c, m.Author)
	to := teamwork.OwnedBy(m.To)
	if m.Role != "" {
		to = teamwork.Owner(m.Role)
	}
	m.For = ownerWords(c, to)
	if to == "" {
		m.For = ui.T(ctx, "teamwork.page.everybody")
	}
	if m.Mine {
		m.From = ui.T(ctx, "teamwork.page.you_from")
	}
	if c.Directory.KindOf(m.Chart) == "client" {
		m.About = c.NameOf(q, m.Chart)
		c.Saw(m.Chart)
	}
	return db.Each(q, "SELECT person, happened FROM teamwork_read_v1 WHERE message = $1 ORDER BY happened, id", []any{m.ID[:]}, func(r db.Row) error {
		var one receipt
		var happened int64
		err := r.Scan(&one.Person, &happened)
		one.At = clock.FromMicros(happened)
		m.Read = m.Read || one.Person == c.Scope.Person
		if !slices.ContainsFunc(m.Reads, func(o receipt) bool { return o.Person == one.Person }) {
			m.Reads = append(m.Reads, one)
		}
		return err
	})
}

// line says who has read it.
func (m *message) line(c *web.Ctx) string {
	var who string
	for _, r := range m.Reads {
		if r.Person == m.Author {
			continue
		}
		if who != "" {
			who += ", "
		}
		who += ui.T(c.Context(), "teamwork.page.read_by", nameOf(c, r.Person), ui.WhenText(c.Context(), r.At))
	}
	return who
}

// messagesView is the page of messages.
type messagesView struct {
	List   []message
	Lines  []string // who has read each
	Unread int
	May    bool
	Me     record.ID
}

// showMessages is what colleagues wrote to each other: GET /messages.
func showMessages(c *web.Ctx) error {
	unit, err := c.Unit()
	if err != nil {
		return err
	}
	v := messagesView{May: c.Scope.May(teamwork.ActionMessage), Me: c.Scope.Person}
	if v.List, err = inbox(c, unit.ID); err != nil {
		return err
	}
	for i := range v.List {
		m := &v.List[i]
		v.Lines = append(v.Lines, m.line(c))
		if !m.Mine && !m.Read {
			v.Unread++
		}
	}
	page := ui.Page{Title: ui.T(c.Context(), "teamwork.page.messages"), Live: []string{"messages/" + v.Me.String()}}
	if !unit.ID.IsZero() {
		page.Live = append(page.Live, "messages/"+unit.ID.String())
	}
	return c.Show(page, messagesPage(v))
}

func (v *messagesView) heading(ctx context.Context) string {
	if v.Unread > 0 {
		return ui.T(ctx, "teamwork.page.unread", v.Unread)
	}
	return ui.T(ctx, "teamwork.page.all_read")
}

// read files that the reader has read it.
func (m *message) readForm() ui.EntryForm {
	return ui.EntryForm{Kind: teamwork.KindRead, Chart: m.Chart.String(), Hidden: []ui.Pair{{Name: "message", Value: m.ID.String()}}}
}

// settled says to a device that its reader's receipt takes the button away.
func (m *message) settled() templ.Attributes {
	a := ui.Settles(m.Chart.String(), []string{teamwork.KindRead})
	a["data-settled-about"] = "message=" + m.ID.String()
	return a
}

// readButton is an act of the page: a device without a network takes it away itself.
func readButton(label string, m *message) ui.Action {
	a := ui.Files(label, m.readForm())
	a.Kind, a.For = ui.Soft, m.From
	return a
}

// task is where a task is made of it.
func (m *message) task() string {
	if m.About != "" {
		return "/tasks/new?for=" + m.Chart.String()
	}
	return "/tasks/new"
}

// hint says who will be able to read it.
func (v *newMessage) hint(ctx context.Context) string {
	if v.For.IsZero() {
		return ui.T(ctx, "teamwork.page.no_names")
	}
	return ui.T(ctx, "teamwork.page.in_chart", v.Name)
}

func (m *message) answer() string {
	to := "/messages/new?to=" + m.Author.String() + "&reply=" + m.ID.String()
	if m.About != "" {
		to += "&for=" + m.Chart.String()
	}
	return to
}

// newMessage is the form for a message.
type newMessage struct {
	For    record.ID // the client whom it is about; zero: nobody
	Name   string
	Unit   record.ID
	To     record.ID // to whom, where that is fixed
	ToName string
	Reply  record.ID
	Owners []ui.Choice
}

// showNewMessage asks for a message: GET /messages/new.
func showNewMessage(c *web.Ctx) error {
	ctx := c.Context()
	unit, err := c.Unit()
	if err != nil {
		return err
	}
	v := newMessage{Unit: unit.ID}
	if v.For, err = about(c); err != nil {
		return err
	}
	if c.Directory.KindOf(v.For) != "client" {
		v.For = record.Zero
	}
	query := c.R.URL.Query()
	if id, err := record.ParseID(query.Get("to")); err == nil && nameOf(c, id) != "" {
		v.To, v.ToName = id, nameOf(c, id)
	}
	if id, err := record.ParseID(query.Get("reply")); err == nil {
		v.Reply = id
	}
	if !v.For.IsZero() {
		v.Name = c.NameOf(c.Read(), v.For)
	}
	if v.Owners, err = owners(c, unit.ID, "", false); err != nil {
		return err
	}
	if !unit.ID.IsZero() {
		c.SawUnit(unit.ID)
	}
	return c.Show(ui.Page{Title: ui.T(ctx, "teamwork.page.new_message")}, newMessagePage(v))
}

// form files into the chart of the client whom the message is about; otherwise into the unit's, where everybody of the unit sees that it was sent and
// only who it is for is shown it.
func (v *newMessage) form() ui.EntryForm {
	f := ui.EntryForm{ID: "message", Kind: teamwork.KindMessage, Class: "stack measure", Needs: "text", Hidden: []ui.Pair{{Name: "then", Value: "/messages"}}}
	switch {
	case !v.For.IsZero():
		f.Chart = v.For.String()
	case !v.To.IsZero():
		f.Chart = v.To.String()
	default:
		f.Chart = v.Unit.String()
	}
	if !v.Unit.IsZero() {
		f.Hidden = append(f.Hidden, ui.Pair{Name: "unit", Value: v.Unit.String()})
	}
	if !v.To.IsZero() {
		f.Hidden = append(f.Hidden, ui.Pair{Name: "to", Value: v.To.String()})
	}
	if !v.Reply.IsZero() {
		f.Hidden = append(f.Hidden, ui.Pair{Name: "reply", Value: v.Reply.String()})
	}
	return f
}
