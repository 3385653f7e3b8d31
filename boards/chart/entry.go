package chart

import (
	"context"
	"errors"
	"slices"
	"strings"
	"time"

	"milieu/house/clients"
	clientsroom "milieu/house/clients/room"
	"milieu/kit/access"
	"milieu/kit/fault"
	"milieu/kit/record"
	"milieu/kit/ui"
	"milieu/kit/web"
)

// entryView is one entry with everything that is known of how it came to be here, and what was said of it since.
type entryView struct {
	*clientsroom.Page
	Entry   *record.Entry
	Item    ui.TimelineItem
	Facts   []ui.Fact
	Since   []ui.Cite // what amends it, each with its own page
	CitedBy []ui.Cite
	Filed   *ui.Cite // where it was filed again after it had been in the wrong chart
	Source  string   // as another system sent it
	Add     bool
	Back    bool
	Move    bool
}

func notHere() error { return fault.New(fault.NotFound, "there is nothing here that you may see") }

// open reads the client and the entry of the page's address. An entry that the reader may not see is not there.
func (b *board) open(c *web.Ctx) (*clientsroom.Page, *record.Entry, *access.Sight, error) {
	p, err := b.people.Open(c, "timeline")
	if err != nil {
		return nil, nil, nil, err
	}
	id, err := c.ID("entry")
	if err != nil {
		return nil, nil, nil, err
	}
	e, err := record.Find(c.Read(), id)
	if err != nil || !slices.Contains(p.Charts(), e.Chart) {
		return nil, nil, nil, notHere()
	}
	sight, err := p.Sees(c, e.Chart)
	if err != nil {
		return nil, nil, nil, err
	}
	if !sight.Sees(e) {
		return nil, nil, nil, errors.Join(sight.Err(), notHere())
	}
	return p, e, sight, sight.Err()
}

// showEntry is one entry: GET /clients/{chart}/entries/{entry}.
func (b *board) showEntry(c *web.Ctx) error {
	p, e, _, err := b.open(c)
	if err != nil {
		return err
	}
	v := entryView{Page: p, Entry: e, Facts: facts(c.Context(), e)}
	body, err := c.Committer.Kinds().Decode(e)
	if err != nil && err != record.ErrDestroyed {
		return err
	}
	if i, ok := body.(*clients.Imported); ok {
		data, err := i.Bytes(c.Read())
		if err != nil {
			return err
		}
		v.Source = strings.ToValidUTF8(string(data), "\uFFFD")
	}
	amends, err := b.amends(c, p, []*record.Entry{e})
	if err != nil {
		return err
	}
	if v.Item, err = b.item(c, p, e, amends, nil); err != nil {
		return err
	}
	v.Item.Href = ""
	for _, a := range amends[e.ID] {
		v.Since = append(v.Since, ui.Cite{At: a.Written, Label: ui.T(c.Context(), "chart.kind_of."+string(a.Amendment)), Href: path(p.ID, "/entries/", a.ID.String())})
		if m, ok := bodyOf(c, a).(*record.Moved); ok {
			if err := b.filedAgain(c, p, &v, m); err != nil {
				return err
			}
		}
	}
	by, err := citing(c.Read(), e.ID)
	if err != nil {
		return err
	}
	if v.CitedBy, err = b.cites(c, p, by); err != nil {
		return err
	}
	if err := v.offer(c); err != nil {
		return err
	}
	return c.Show(p.Shell(c), entryPage(v))
}

func bodyOf(c *web.Ctx, e *record.Entry) record.Body {
	b, err := c.Committer.Kinds().Decode(e)
	if err != nil {
		return nil
	}
	return b
}

// filedAgain says where a statement that was in the wrong chart was filed again, to who may see it there.
func (b *board) filedAgain(c *web.Ctx, p *clientsroom.Page, v *entryView, m *record.Moved) error {
	sight, root, err := b.sightOf(c, p, m.To)
	if err != nil || sight == nil {
		return err
	}
	again, err := record.Find(c.Read(), movedID(v.Entry.ID, m.To))
	if err != nil || !sight.Sees(again) {
		return sight.Err()
	}
	c.Saw(m.To)
	v.Filed = &ui.Cite{At: again.Happened, Label: ui.T(c.Context(), "chart.filed_again", clients.NameOf(c.Read(), m.To)), Href: path(root, "/entries/", again.ID.String())}
	return nil
}

// offer says what the reader may do about the entry.
func (v *entryView) offer(c *web.Ctx) error {
	e := v.Entry
	k, err := c.Committer.Kinds().Find(e.Kind)
	if err != nil || k.Own || e.Amendment == record.InError || e.Amendment == record.WrongChart {
		return nil //nolint:nilerr // of a kind no longer known nothing can be said
	}
	family, err := record.ReadFamily(c.Read(), c.Committer.Kinds(), e.Chart, e.ID)
	if err != nil {
		return err
	}
	if !family.Stands(e.ID) {
		return nil
	}
	v.Add = v.May("record.add")
	withdraw := "record.withdraw"
	if k.Withdraw != "" {
		withdraw = k.Withdraw
	}
	v.Back = v.May(withdraw) && v.May("record.withdraw") && (e.Author == c.Scope.Person || v.May("record.withdraw.others"))
	v.Move = v.Back && movable(k, e)
	return nil
}

// facts are the three times of an entry, each with how long after the one before, who wrote it, as what and on what.
func facts(ctx context.Context, e *record.Entry) []ui.Fact {
	after := func(t, before time.Time) string {
		if d := t.Sub(before); d >= time.Minute {
			return ui.T(ctx, "chart.later", ui.SpanText(ctx, d))
		}
		return ui.T(ctx, "chart.at_once")
	}
	out := []ui.Fact{
		{Label: ui.T(ctx, "chart.happened"), Text: ui.ExactText(ctx, e.Happened)},
		{Label: ui.T(ctx, "chart.written"), Text: ui.ExactText(ctx, e.Written), Detail: after(e.Written, e.Happened)},
		{Label: ui.T(ctx, "chart.received"), Text: ui.ExactText(ctx, e.Received), Detail: after(e.Received, e.Written)},
		{Label: ui.T(ctx, "chart.as"), Text: roleWords(ctx, e.Role)},
	}
	if e.Skew != 0 {
		out = append(out, ui.Fact{Label: ui.T(ctx, "chart.skew"), Text: ui.SpanText(ctx, time.Duration(e.Skew)), Detail: ui.T(ctx, "chart.skew_text")})
	}
	if e.Device != "" {
		out = append(out, ui.Fact{Label: ui.T(ctx, "chart.device"), Text: e.Device})
	}
	return out
}
