package device

import (
	"context"
	"encoding/json"
	"fmt"
	"net/url"
	"strings"
	"time"

	"milieu/kit/clock"
	"milieu/kit/commit"
	"milieu/kit/db"
	"milieu/kit/fault"
	"milieu/kit/record"
	"milieu/kit/ui"
	"milieu/kit/web"
)

// Limits of one delivery.
const (
	maxItems    = 200
	maxSealed   = 128 << 10
	maxDelivery = 8 << 20
	maxUnread   = 1000 // items that nobody could read, from one device
)

// delivery is what a device posts: items in the order of writing, and its clock as it sends.
type delivery struct {
	Clock int64    `json:"clock"` // ms since 1970 by the device
	Items []posted `json:"items"`
}

type posted struct {
	N      int64     `json:"n"` // the device's own number, given back in the answer
	Grant  record.ID `json:"grant"`
	Key    int64     `json:"key"`
	Sealed []byte    `json:"sealed"`
}

// What becomes of an item. The device lets go of it for any answer but again; what is unread it sets apart, for its author to look at.
const (
	isAccepted  = "accepted"
	isDuplicate = "duplicate"
	isKept      = "kept"   // not filed as it is: in its author's tray
	isUnread    = "unread" // nobody can open it here: set apart
	isAgain     = "again"  // nothing is wrong with it: send it once more later
)

type answer struct {
	N      int64  `json:"n"`
	Status string `json:"status"`
}

// opened is an item that could be read.
type opened struct {
	at     int // among the answers
	grant  *Grant
	entry  *record.Entry
	text   []byte
	page   string // where its form stood
	sender record.Sender
}

// outbox takes a delivery in: POST /outbox.
func (d *devices) outbox(c *web.Ctx) error {
	var in delivery
	if err := readJSON(c, &in); err != nil {
		return err
	}
	if len(in.Items) > maxItems {
		return fault.New(fault.TooLarge, "send at most %d items at a time", maxItems)
	}
	if err := d.hear(c, record.Zero); err != nil {
		return err
	}
	at := time.UnixMilli(in.Clock).UTC()
	answers := make([]answer, len(in.Items))
	var ready []opened
	for i, p := range in.Items {
		answers[i].N = p.N
		o, err := d.openItem(c, p, &at)
		switch {
		case err != nil && fault.KindOf(err) != fault.Internal:
			answers[i].Status = d.tray(c, o, err)
		case err != nil && o.grant == nil:
			answers[i].Status = d.setApart(c, p, err)
		case err != nil:
			return err
		default:
			o.at = i
			ready = append(ready, o)
			d.opensNow(c, p)
		}
	}
	for from := 0; from < len(ready); {
		to := from + 1
		for to < len(ready) && ready[to].sender == ready[from].sender {
			to++
		}
		d.file(c, ready[from:to], answers)
		from = to
	}
	return writeJSON(c, map[string]any{"answers": answers})
}

// openItem reads one item. An error without a grant means that it could not be read; with one, that its author must look at it.
func (d *devices) openItem(c *web.Ctx, p posted, at *time.Time) (o opened, err error) {
	if len(p.Sealed) > maxSealed {
		return o, errBroken
	}
	g, err := findGrant(c.Read(), p.Grant)
	if err != nil {
		return o, fault.Wrap(fault.Unavailable, err, "the grant could not be read")
	}
	key, err := d.keys.find(c.Read(), p.Key)
	if err != nil {
		return o, fault.Wrap(fault.Unavailable, err, "the key could not be read")
	}
	if g == nil || key == nil {
		return o, errNoKey
	}
	item, text, err := unseal(key, g.ID, g.Secret, p.Sealed)
	if err != nil {
		return o, err
	}
	o.grant, o.text, o.page = g, text, item.From
	o.entry, err = formEntry(c.Committer.Kinds(), item)
	if err != nil {
		o.entry = asWritten(item, text)
		return o, err
	}
	if c.Scope.Device != g.Device {
		at = nil
	}
	var measured *time.Duration
	if item.Off != nil {
		off := time.Duration(*item.Off) * time.Millisecond
		measured = &off
	}
	o.sender = record.Sender{Person: g.Person, Device: g.Device, Via: record.ViaOutbox, Carried: c.Scope.Person != g.Person,
		Skew: Correction(g, measured, o.entry.Written, c.Now, at)}
	happened := o.entry.Happened.Add(o.sender.Skew)
	if happened.After(g.Until) {
		return o, fault.New(fault.Denied, "this was written on the device after its shift had ended (%s)", g.Until.Format(time.RFC3339))
	}
	return o, nil
}

// formEntry reads the form in an item as the one door for entries reads it. On a device the id and the times were put in when it was sealed.
func formEntry(kinds *record.Kinds, item Item) (*record.Entry, error) {
	name, ok := strings.CutPrefix(item.Path, "/entries/")
	if !ok {
		return nil, fault.New(fault.Invalid, "this is no form for an entry")
	}
	k, err := kinds.Find(name)
	if err != nil {
		return nil, err
	}
	form := url.Values{}
	for _, f := range item.Fields {
		form.Add(f[0], f[1])
	}
	if err := ui.Unfold(form); err != nil {
		return nil, fault.Wrap(fault.Invalid, err, "the form could not be read")
	}
	e, err := web.Decode(k, form)
	if err != nil {
		return nil, err
	}
	var check fault.Check
	check.Want(!e.ID.IsZero(), "id", "an entry needs its ID")
	check.Want(!e.Written.IsZero(), "written", "say when it was written")
	check.Want(!e.Happened.IsZero(), "happened", "say when it happened")
	return e, check.Err()
}

// asWritten is a form that is no entry as it stands, to be kept: what can be read of it, and everything it said under the names of its fields.
func asWritten(item Item, text []byte) *record.Entry {
	e := &record.Entry{ID: record.DeriveID("device tray", string(text)), Kind: strings.TrimPrefix(item.Path, "/entries/")}
	said := map[string][]string{}
	for _, f := range item.Fields {
		name, value := f[0], f[1]
		switch name {
		case "id":
			if id, err := record.ParseID(value); err == nil && !id.IsZero() {
				e.ID = id
			}
		case "chart":
			e.Chart, _ = record.ParseID(value) // zero when it cannot be read: the rest is kept all the same
		case "happened":
			e.Happened, _ = time.Parse(time.RFC3339Nano, value)
		case "written":
			e.Written, _ = time.Parse(time.RFC3339Nano, value)
		default:
			said[name] = append(said[name], value)
		}
	}
	body, err := json.Marshal(said)
	if err != nil {
		body = text
	}
	e.Body = body
	return e
}

// file files items of one sender, in their order.
func (d *devices) file(c *web.Ctx, items []opened, answers []answer) {
	entries := make([]*record.Entry, len(items))
	for i, o := range items {
		entries[i] = o.entry
	}
	for i, o := range c.Committer.File(context.WithoutCancel(c.Context()), items[0].sender, entries...) {
		a := &answers[items[i].at]
		switch {
		case o.Status == commit.Accepted:
			a.Status = isAccepted
		case o.Status == commit.Duplicate:
			a.Status = isDuplicate
		default:
			a.Status = became(c, o.Err) // the committer has kept it in the tray, or says here why not
			if a.Status == isKept {
				remember(c, items[i].entry.ID, items[i].page)
			}
		}
	}
}

// tray keeps what could be read and is no form for an entry, for its author.
func (d *devices) tray(c *web.Ctx, o opened, reason error) string {
	if became(c, reason) == isAgain {
		return isAgain
	}
	e := o.entry
	if o.sender.Skew.Abs() >= record.SkewLimit {
		e.Skew = record.Offset(o.sender.Skew)
	}
	if err := c.Committer.Keep(context.WithoutCancel(c.Context()), o.grant.Person, e, reason); err != nil {
		return became(c, err)
	}
	remember(c, e.ID, o.page)
	return isKept
}

// became says what a refused item has become. What failed for no fault of its own stays on the device.
func became(c *web.Ctx, reason error) string {
	switch fault.KindOf(reason) {
	case fault.Unavailable, fault.Full, fault.TooMany, fault.Internal:
		c.Log.Warn("an item from an outbox was put off", "error", reason)
		return isAgain
	}
	return isKept
}

// setApart keeps an item that nobody can read here, as it came: a key may turn up, and nothing is thrown away.
func (d *devices) setApart(c *web.Ctx, p posted, reason error) string {
	now := clock.Micros(c.Now)
	id := unreadID(p)
	err := c.Committer.Upkeep(context.WithoutCancel(c.Context()), func(tx db.Tx) error {
		var n int64
		if err := tx.QueryRow("SELECT count(*) FROM device_unread u WHERE device = $1 AND NOT EXISTS (SELECT 1 FROM device_unread_step s WHERE s.id = u.id)", c.Scope.Device).Scan(&n); err != nil {
			return fmt.Errorf("counting what could not be read: %w", err)
		}
		if n >= maxUnread {
			return fault.New(fault.TooMany, "too much from this device could not be read")
		}
		return tx.Exec("INSERT INTO device_unread (id, grant_id, carrier, device, received, reason, sealed) VALUES ($1, $2, $3, $4, $5, $6, $7) ON CONFLICT (id) DO NOTHING",
			id[:], p.Grant, c.Scope.Person[:], c.Scope.Device, now, reason.Error(), append([]byte{}, p.Sealed[:min(len(p.Sealed), maxSealed)]...))
	})
	if err != nil {
		c.Log.Warn("an item from an outbox could not be set apart", "error", err)
		return isAgain
	}
	return isUnread
}

func readJSON(c *web.Ctx, into any) error {
	if err := json.NewDecoder(c.R.Body).Decode(into); err != nil {
		return fault.Wrap(fault.Malformed, err, "this is not what a device sends")
	}
	return nil
}

func writeJSON(c *web.Ctx, v any) error {
	c.W.Header().Set("Content-Type", "application/json")
	c.W.Header().Set("Cache-Control", "no-store")
	_ = json.NewEncoder(c.W).Encode(v) // whoever asked has gone
	return nil
}
