package device

import (
	"context"
	"fmt"
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

// unreadAtOnce is how many sealed items a page lists.
const unreadAtOnce = 200

// Unread is a sealed item that could not be opened. Nothing of what it holds is known here.
type Unread struct {
	ID       record.ID
	Grant    record.ID // as the item names it
	Author   record.ID // whose grant it was; zero when the house does not know the grant
	Unit     record.ID // of the grant
	Carrier  record.ID // in whose session it came
	Device   string    // on which it came
	Received time.Time
	Reason   string
}

// ListUnread gives the sealed items that nobody has dealt with, oldest first, at most limit.
func ListUnread(q db.Querier, limit int) ([]Unread, error) {
	var out []Unread
	err := db.Each(q, `SELECT u.id, u.grant_id, u.carrier, u.device, u.received, u.reason, g.person, g.unit
FROM device_unread u LEFT JOIN device_grant g ON g.id = u.grant_id
WHERE NOT EXISTS (SELECT 1 FROM device_unread_step s WHERE s.id = u.id) ORDER BY u.received, u.id LIMIT $1`, []any{limit}, func(r db.Row) error {
		var u Unread
		var at int64
		if err := r.Scan(&u.ID, &u.Grant, &u.Carrier, &u.Device, &at, &u.Reason, &u.Author, &u.Unit); err != nil {
			return err
		}
		u.Received = clock.FromMicros(at)
		out = append(out, u)
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("listing what could not be opened: %w", err)
	}
	return out, nil
}

// unreadID is how an item that could not be opened is known: the same bytes again are the same item.
func unreadID(p posted) record.ID {
	return record.DeriveID("device unread", p.Grant.String(), string(p.Sealed))
}

// settleUnread notes what was done about a sealed item; it stays, and waits no longer.
func settleUnread(ctx context.Context, w web.Writer, id, by record.ID, note string, at time.Time) error {
	return w.Upkeep(ctx, func(tx db.Tx) error {
		return tx.Exec("INSERT INTO device_unread_step (id, at, person, note) VALUES ($1, $2, $3, $4) ON CONFLICT (id) DO NOTHING", id[:], clock.Micros(at), by[:], note)
	})
}

// sealedLine is an unread item as the page shows it.
type sealedLine struct {
	Address, Who, Carrier, Device, Why string
	Received                           time.Time
}

// showHouse is the page for those who answer for the unit: entries given to them, refused ones that wait with their authors, and sealed items
// that could not be opened: GET /waiting/house.
func (d *devices) showHouse(c *web.Ctx) error {
	all, err := d.list(c, record.Zero)
	if err != nil {
		return err
	}
	var v houseView
	for _, r := range all {
		switch {
		case r.Mine:
		case r.Open:
			v.Given = append(v.Given, r)
		default:
			v.Elsewhere = append(v.Elsewhere, r)
		}
	}
	unread, err := ListUnread(c.Read(), unreadAtOnce)
	if err != nil {
		return err
	}
	for _, u := range unread {
		if !c.Scope.All && !u.Unit.IsZero() && !c.Scope.Sees(u.Unit) {
			continue
		}
		line := sealedLine{Address: "/waiting/house/" + u.ID.String(), Device: deviceWord(u.Device), Why: ui.T(c.Context(), reasonKey(u.Reason)), Received: u.Received}
		if p := c.Directory.Person(u.Author); p != nil {
			line.Who = p.Name
		}
		if p := c.Directory.Person(u.Carrier); p != nil && u.Carrier != u.Author {
			line.Carrier = p.Name
		}
		v.Sealed = append(v.Sealed, line)
	}
	return c.Show(ui.Page{Title: ui.T(c.Context(), "device.house")}, housePage(v))
}

type houseView struct {
	Given     []refused
	Elsewhere []refused
	Sealed    []sealedLine
}

// deviceWord is what tells one device from others on a page: the end of its name.
func deviceWord(device string) string {
	word := strings.ReplaceAll(device, "-", "")
	return strings.ToUpper(word[max(0, len(word)-4):])
}

// reasonKey is the catalogue's key for why an item could not be opened.
func reasonKey(reason string) string {
	switch reason {
	case errNoKey.Error():
		return "device.unread_no_key"
	case errForged.Error():
		return "device.unread_forged"
	}
	return "device.unread_broken"
}

// dealSealed tries a sealed item again, or notes what was done about it: POST /waiting/house/{id}, do=again or settle.
func (d *devices) dealSealed(c *web.Ctx) error {
	id, err := c.ID("id")
	if err != nil {
		return err
	}
	if err := c.R.ParseForm(); err != nil {
		return fault.Wrap(fault.Malformed, err, "the form could not be read")
	}
	var p posted
	err = c.Read().QueryRow("SELECT grant_id, sealed FROM device_unread WHERE id = $1", id[:]).Scan(&p.Grant, &p.Sealed)
	if err == db.ErrNoRows {
		return fault.New(fault.NotFound, "there is nothing here that you may see")
	}
	if err != nil {
		return fmt.Errorf("reading a sealed item: %w", err)
	}
	note := short(strings.TrimSpace(c.R.PostForm.Get("note")))
	switch c.R.PostForm.Get("do") {
	case "again":
		err = d.openAgain(c, id, p)
	case "settle":
		if note == "" {
			return fault.New(fault.Invalid, "%s", ui.T(c.Context(), "device.settle_why"))
		}
		if err = settleUnread(c.Context(), c.Committer, id, c.Scope.Person, note, c.Now); err == nil {
			c.Say(ui.Toast{What: ui.T(c.Context(), "device.settled")})
		}
	default:
		return fault.New(fault.Invalid, "this cannot be done with this item")
	}
	if err != nil {
		return err
	}
	return c.Redirect("/waiting/house")
}

// openAgain tries every key the house has: one may have come back with a restored backup.
func (d *devices) openAgain(c *web.Ctx, id record.ID, p posted) error {
	newest, _, err := d.keys.newest(c.Context(), c.Read(), c.Committer, c.Clock)
	if err != nil {
		return err
	}
	for p.Key = newest; p.Key > 0; p.Key-- {
		o, err := d.openItem(c, p, nil)
		var become string
		switch {
		case err == nil:
			answers := make([]answer, 1)
			d.file(c, []opened{o}, answers)
			become = answers[0].Status
		case o.grant != nil && fault.KindOf(err) != fault.Internal:
			become = d.tray(c, o, err)
		case fault.KindOf(err) == fault.Unavailable:
			return err
		default:
			continue
		}
		if become == isAgain {
			return fault.New(fault.Unavailable, "the record is busy: nothing was saved, try again in a moment")
		}
		c.Say(ui.Toast{What: ui.T(c.Context(), "device.sealed_"+become)})
		return settleUnread(c.Context(), c.Committer, id, c.Scope.Person, become, c.Now)
	}
	c.Say(ui.Toast{What: ui.T(c.Context(), "device.sealed_still")})
	return nil
}

// opensNow notes that an item which could not be opened once was opened after all.
func (d *devices) opensNow(c *web.Ctx, p posted) {
	id := unreadID(p)
	waits, err := db.Exists(c.Read(), "SELECT 1 FROM device_unread WHERE id = $1", id[:])
	if err == nil && waits {
		err = settleUnread(context.WithoutCancel(c.Context()), c.Committer, id, c.Scope.Person, isAccepted, c.Now)
	}
	if err != nil {
		c.Log.Warn("an item that was opened after all still stands among the unopened", "error", err)
	}
}

// mineToLook counts what waits in a person's own tray, to be said on their pages.
func mineToLook(q db.Querier, person record.ID) (int, error) {
	kept, err := commit.Tray(q, person, shownAtOnce)
	if err != nil {
		return 0, err
	}
	n := 0
	for _, k := range kept {
		if !k.Handed {
			n++
		}
	}
	return n, nil
}
