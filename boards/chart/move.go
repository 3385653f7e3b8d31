package chart

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"

	"milieu/house/clients"
	clientsroom "milieu/house/clients/room"
	"milieu/kit/fault"
	"milieu/kit/record"
	"milieu/kit/ui"
	"milieu/kit/web"
)

// moveView asks into whose chart an entry belongs.
type moveView struct {
	*clientsroom.Page
	Entry  *record.Entry
	Item   ui.TimelineItem
	People []ui.Choice
	Reason string
	Error  string
}

// movable says whether an entry of a kind can be filed again as it is in another chart: what somebody said or saw of a person can, what makes the
// chart itself, or speaks of another entry of it, cannot.
func movable(k *record.Kind, e *record.Entry) bool {
	return k.Chart == "client" && !k.Own && !k.Begins && k.About == nil && k.Into == nil && e.Amendment == "" && len(e.Body) > 0
}

// movedID is the ID under which an entry of the wrong chart is filed again in another: a second touch files nothing more.
func movedID(e, to record.ID) record.ID { return record.DeriveID("moved", e.String(), to.String()) }

// showMove asks where an entry belongs: GET /clients/{chart}/entries/{entry}/move.
func (b *board) showMove(c *web.Ctx) error {
	v, err := b.moving(c)
	if err != nil {
		return err
	}
	return c.Show(ui.Page{Title: ui.T(c.Context(), "chart.wrong_chart")}, movePage(*v))
}

func (b *board) moving(c *web.Ctx) (*moveView, error) {
	p, e, _, err := b.open(c)
	if err != nil {
		return nil, err
	}
	may := entryView{Page: p, Entry: e}
	if err := may.offer(c); err != nil {
		return nil, err
	}
	if !may.Move {
		return nil, fault.New(fault.Denied, "this cannot be filed again in another chart")
	}
	v := &moveView{Page: p, Entry: e}
	if v.Item, err = b.item(c, p, e, nil, nil); err != nil {
		return nil, err
	}
	unit, err := c.Unit()
	if err != nil || unit.ID.IsZero() || !c.Scope.Sees(unit.ID) {
		return v, err
	}
	list, err := clients.Cards(c.Read(), unit.ID)
	if err != nil {
		return nil, err
	}
	var seen []record.ID
	for _, one := range list {
		if one.ID != p.ID {
			seen = append(seen, one.ID)
			v.People = append(v.People, ui.Choice{Value: one.ID.String(), Label: ui.Joined(" · ", one.Name, one.Room)})
		}
	}
	c.SawUnit(unit.ID, seen...)
	return v, nil
}

// move takes an entry out of this chart and files it again where it belongs, under the name of who does so and citing this one; both charts say
// what was done. It is first filed there: if that is refused, nothing is taken out here.
func (b *board) move(c *web.Ctx) error {
	v, err := b.moving(c)
	if err != nil {
		return err
	}
	if err := c.R.ParseForm(); err != nil {
		return fault.Wrap(fault.Malformed, err, "the form could not be read")
	}
	v.Reason = strings.TrimSpace(c.R.PostForm.Get("reason"))
	to, err := record.ParseID(c.R.PostForm.Get("to"))
	if err != nil || v.Reason == "" {
		return v.again(c, ui.T(c.Context(), "chart.move_needs"))
	}
	if err := c.See(to); err != nil {
		return err
	}
	if slices.Contains(v.Charts(), to) {
		return v.again(c, ui.T(c.Context(), "chart.move_needs"))
	}
	for i := range v.People {
		v.People[i].Checked = v.People[i].Value == to.String()
	}
	e := v.Entry
	if err := c.Signs(e.Kind); err != nil {
		return err
	}
	k, err := c.Committer.Kinds().Find(e.Kind)
	if err != nil {
		return err
	}
	body, err := explained(k, e, v.Reason)
	if err != nil {
		return err
	}
	there := &record.Entry{ID: movedID(e.ID, to), Chart: to, Kind: e.Kind, Version: k.Version, Happened: e.Happened, Written: c.Now, Labels: e.Labels, Cites: []record.ID{e.ID}, Body: body}
	raw, err := record.Canonical(&record.Moved{To: to, Reason: v.Reason})
	if err != nil {
		return err
	}
	here := &record.Entry{ID: record.NewID(c.Now), Chart: e.Chart, Kind: "record.moved", Version: 1, Happened: c.Now, Written: c.Now, Amends: e.ID, Amendment: record.WrongChart, Body: raw}
	for _, one := range []*record.Entry{there, here} {
		if _, err := record.Find(c.Read(), one.ID); err == nil { // filed there by an earlier touch that came no further
			continue
		}
		o := c.Committer.File(c.Context(), c.Sender(record.ViaPage), one)[0]
		if o.Err == nil {
			continue
		}
		if said := (*fault.Error)(nil); errors.As(o.Err, &said) && said.Kind != fault.Internal {
			return v.again(c, said.Text)
		}
		return fmt.Errorf("filing an entry in the chart it belongs in: %w", o.Err)
	}
	return c.Redirect(path(v.ID, "/entries/", e.ID.String()))
}

func (v *moveView) again(c *web.Ctx, text string) error {
	v.Error = text
	return c.ShowAs(http.StatusUnprocessableEntity, ui.Page{Title: ui.T(c.Context(), "chart.wrong_chart")}, movePage(*v))
}

// explained is the entry's body as it is filed again. Kinds that ask why they come so long after they happened are told.
func explained(k *record.Kind, e *record.Entry, reason string) (json.RawMessage, error) {
	if !k.AfterFact {
		return e.Body, nil
	}
	var fields map[string]json.RawMessage
	if err := json.Unmarshal(e.Body, &fields); err != nil {
		return nil, fmt.Errorf("reading entry %s to file it again: %w", e.ID, err)
	}
	if _, said := fields["after"]; said {
		return e.Body, nil
	}
	text, err := json.Marshal(reason)
	if err != nil {
		return nil, fmt.Errorf("saying why an entry is filed again: %w", err)
	}
	fields["after"] = text
	body, err := json.Marshal(fields)
	if err != nil {
		return nil, fmt.Errorf("saying why an entry is filed again: %w", err)
	}
	if _, err := k.Parse(body); err != nil { // its body has no place for it
		return e.Body, nil //nolint:nilerr // it goes as it is
	}
	return body, nil
}
