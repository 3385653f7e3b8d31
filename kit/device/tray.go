package device

import (
	"context"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"net/url"
	"sort"
	"strings"
	"time"

	"milieu/kit/access"
	"milieu/kit/clock"
	"milieu/kit/commit"
	"milieu/kit/db"
	"milieu/kit/fault"
	"milieu/kit/record"
	"milieu/kit/ui"
	"milieu/kit/web"
)

// shownAtOnce is how many refused entries a page lists; the oldest come first, so that the rest follow when these are dealt with.
const shownAtOnce = 100

// refused is an entry that could not be filed, as a page shows it.
type refused struct {
	Address  string // of the door for what is done about it
	Author   string
	Person   string // whose chart; empty where the reader may not see it
	What     string // in words; empty where what it says is not the reader's to see
	Fields   []ui.Pair
	Happened time.Time
	Received time.Time
	Reason   string
	Fix      string // the page of the form that it was written in; empty when unknown
	Refill   string // what that form is filled with, as a query string
	ID       string // of the entry, under which the corrected one goes
	Again    bool   // it can be sent again as it is
	Handed   bool   // it is with a supervisor
	Mine     bool
	Open     bool // what it says is shown
}

// show works out what a page says of a kept submission. Its author sees all of it; others what was given to them, and never of a chart that
// they may not see.
func (d *devices) show(c *web.Ctx, k commit.Kept) (refused, error) {
	e := k.Entry
	r := refused{Address: "/waiting/" + k.ID.String() + "/" + hex.EncodeToString(k.Digest[:]), Received: k.Received, Reason: k.Reason, Handed: k.Handed, Mine: k.Author == c.Scope.Person, ID: k.ID.String()}
	author := c.Directory.Person(k.Author)
	if author != nil {
		r.Author = author.Name
	}
	sees := c.Directory.Sees(c.Scope, e.Chart) == nil
	nobodys := e.Chart.IsZero() && c.Scope.May("see.client") // it does not say whose chart it is for: who sees charts at all must find out
	r.Open = r.Mine || (sees || nobodys) && (k.Handed || orphan(author)) && unlabelled(c, k)
	if !r.Open {
		r.Reason = ""
		return r, nil
	}
	if sees && c.NameOf != nil {
		r.Person = c.NameOf(c.Read(), e.Chart)
		c.Saw(e.Chart)
	}
	if !e.Happened.IsZero() {
		r.Happened = e.Happened.Add(time.Duration(e.Skew))
	}
	r.Fields = fieldsOf(e.Body)
	if k.Text != "" {
		r.Fields = []ui.Pair{{Name: "", Value: k.Text}}
	}
	r.What = inWords(c, e)
	r.Again = k.Text == "" && !e.Chart.IsZero() && e.Version > 0 && !k.Known && (r.Mine || sees)
	if !r.Mine {
		return r, nil
	}
	page, err := pageOf(c.Read(), k.ID)
	if err != nil {
		return r, err
	}
	if r.Fix = page; page != "" {
		r.Refill = refill(k).Encode()
	}
	return r, nil
}

// unlabelled says that what an entry carries, or would carry once filed, keeps nothing of it from the reader.
func unlabelled(c *web.Ctx, k commit.Kept) bool {
	labels := k.Entry.Labels
	if kind, err := c.Committer.Kinds().Find(k.Entry.Kind); err == nil {
		if labels, err = c.Directory.Labels(kind, k.Entry); err != nil {
			return false // what it would carry cannot be read: it is not shown
		}
	}
	return len(labels) == 0 || c.Directory.SeesEntry(c.Scope, access.Labelled{Entry: k.ID, Chart: k.Entry.Chart, Author: k.Author, Happened: k.Entry.Happened, Labels: labels})
}

// orphan says that nobody will look after an author's refused entries: the account has ended, or it is a machine's.
func orphan(p *access.Person) bool {
	return p == nil || !p.Disabled.IsZero() || p.Role.Machine()
}

// inWords is the line in which a kept entry would have been said back; empty when its body says nothing that its kind can put in words.
func inWords(c *web.Ctx, e *record.Entry) string {
	kind, err := c.Committer.Kinds().Find(e.Kind)
	if err != nil || e.Version != kind.Version {
		return ""
	}
	copied := *e
	body, err := kind.Parse(e.Body)
	if err != nil || body.Validate(&copied) != nil {
		return ""
	}
	line := kind.Line(&copied, body)
	return ui.T(c.Context(), line.Key, line.Args...)
}

// fieldsOf lists what a body holds under the names that its form's fields have, in order of name.
func fieldsOf(body []byte) []ui.Pair {
	var in any
	if json.Unmarshal(body, &in) != nil {
		return nil
	}
	var out []ui.Pair
	flatten("", in, &out)
	return out
}

func flatten(name string, in any, out *[]ui.Pair) {
	switch v := in.(type) {
	case nil:
	case map[string]any:
		names := make([]string, 0, len(v))
		for n := range v {
			names = append(names, n)
		}
		sort.Strings(names)
		for _, n := range names {
			flatten(strings.TrimPrefix(name+"."+n, "."), v[n], out)
		}
	case []any:
		for _, one := range v {
			flatten(name, one, out)
		}
	default:
		*out = append(*out, ui.Pair{Name: name, Value: fmt.Sprint(v)})
	}
}

// refill is what the form of a kept entry is filled with. Its own ID goes along, so that the record shows that this is it, put right; where the
// record has other content under that ID, the corrected one is a new entry.
func refill(k commit.Kept) url.Values {
	form := url.Values{"chart": {k.Entry.Chart.String()}, "_kind": {k.Entry.Kind}}
	if !k.Known {
		form.Set("id", k.ID.String())
	}
	if !k.Entry.Happened.IsZero() {
		form.Set("happened", k.Entry.Happened.Add(time.Duration(k.Entry.Skew)).Format(time.RFC3339Nano))
	}
	for _, f := range fieldsOf(k.Entry.Body) {
		form.Add(f.Name, f.Value)
	}
	return form
}

// pageOf gives the page that an entry's form stood on; empty when no device said so.
func pageOf(q db.Querier, entry record.ID) (page string, err error) {
	err = q.QueryRow("SELECT page FROM device_form WHERE entry = $1", entry[:]).Scan(&page)
	if err == db.ErrNoRows {
		return "", nil
	}
	if err != nil {
		return "", fmt.Errorf("reading where a form stood: %w", err)
	}
	return page, nil
}

// remember notes the page that a refused entry's form stood on.
func remember(c *web.Ctx, entry record.ID, page string) {
	if !samePlace(page) || entry.IsZero() {
		return
	}
	err := c.Committer.Upkeep(context.WithoutCancel(c.Context()), func(tx db.Tx) error {
		return tx.Exec("INSERT INTO device_form (entry, page, at) VALUES ($1, $2, $3) ON CONFLICT (entry) DO NOTHING", entry[:], page, clock.Micros(c.Now))
	})
	if err != nil {
		c.Log.Warn("where a refused form stood was not noted", "error", err) // the entry itself is kept; only the way back to its form is not
	}
}

// samePlace says that an address is a page of ours and leads nowhere else.
func samePlace(page string) bool {
	at, err := url.Parse(page)
	return err == nil && len(page) <= 500 && at.Scheme == "" && at.Host == "" && at.Fragment == "" && strings.HasPrefix(page, "/") && !strings.HasPrefix(page, "//") && !strings.ContainsRune(page, '\\')
}

// showWaiting is the page of what waits and what was refused: GET /waiting.
func (d *devices) showWaiting(c *web.Ctx) error {
	list, err := d.list(c, c.Scope.Person)
	if err != nil {
		return err
	}
	return c.Show(ui.Page{Title: ui.T(c.Context(), "device.waiting")}, waitingPage(list, c.Scope.May("device.oversee")))
}

func (d *devices) list(c *web.Ctx, author record.ID) ([]refused, error) {
	kept, err := commit.Tray(c.Read(), author, shownAtOnce)
	if err != nil {
		return nil, err
	}
	out := make([]refused, len(kept))
	for i, k := range kept {
		if out[i], err = d.show(c, k); err != nil {
			return nil, err
		}
	}
	return out, nil
}

// deal does something about a refused entry: POST /waiting/{id}/{digest}, do=again, hand or settle.
func (d *devices) deal(c *web.Ctx) error {
	k, r, err := d.find(c)
	if err != nil {
		return err
	}
	if err := c.R.ParseForm(); err != nil {
		return fault.Wrap(fault.Malformed, err, "the form could not be read")
	}
	back := "/waiting"
	if !r.Mine {
		back = "/waiting/house"
	}
	note := strings.TrimSpace(c.R.PostForm.Get("note"))
	switch do := c.R.PostForm.Get("do"); {
	case do == "again" && r.Again:
		err = d.sendAgain(c, k)
	case do == "hand" && r.Mine:
		if err = c.Committer.Step(c.Context(), k.ID, k.Digest, c.Scope.Person, commit.StepHanded, short(note)); err == nil {
			c.Say(ui.Toast{What: ui.T(c.Context(), "device.handed")})
		}
	case do == "settle" && !r.Mine:
		if note == "" {
			return fault.New(fault.Invalid, "%s", ui.T(c.Context(), "device.settle_why"))
		}
		if err = c.Committer.Step(c.Context(), k.ID, k.Digest, c.Scope.Person, commit.StepSettled, short(note)); err == nil {
			c.Say(ui.Toast{What: ui.T(c.Context(), "device.settled")})
		}
	default:
		return fault.New(fault.Invalid, "this cannot be done with this entry")
	}
	if err != nil {
		return err
	}
	return c.Redirect(back)
}

// find gives the submission that the address names, if what it says is the reader's to see.
func (d *devices) find(c *web.Ctx) (commit.Kept, refused, error) {
	nothing := fault.New(fault.NotFound, "there is nothing here that you may see")
	id, err := c.ID("id")
	if err != nil {
		return commit.Kept{}, refused{}, err
	}
	raw, err := hex.DecodeString(c.R.PathValue("digest"))
	if err != nil || len(raw) != 32 {
		return commit.Kept{}, refused{}, nothing
	}
	k, err := commit.TrayItem(c.Read(), id, [32]byte(raw))
	if err != nil {
		return k, refused{}, err
	}
	r, err := d.show(c, k)
	if err == nil && (!r.Open || !r.Mine && !c.Scope.May("device.oversee")) {
		err = nothing
	}
	return k, r, err
}

// sendAgain files a kept entry as it stands, in its author's name. What is refused again waits on, with the new reason.
func (d *devices) sendAgain(c *web.Ctx, k commit.Kept) error {
	e := *k.Entry
	e.Skew, e.Seq, e.Number, e.Received = 0, 0, 0, time.Time{}
	from := record.Sender{Person: k.Author, Device: c.Scope.Device, Via: record.ViaPage, Skew: time.Duration(k.Entry.Skew), Carried: c.Scope.Person != k.Author}
	o := c.Committer.File(c.Context(), from, &e)[0]
	if o.Err == nil {
		c.Say(ui.Toast{What: ui.T(c.Context(), "device.filed_now")})
		return nil
	}
	if fault.KindOf(o.Err) == fault.Internal || became(c, o.Err) == isAgain {
		return o.Err
	}
	if err := c.Committer.Step(c.Context(), k.ID, k.Digest, c.Scope.Person, commit.StepAgain, fault.Of(o.Err).Public()); err != nil {
		return err
	}
	c.Say(ui.Toast{What: ui.T(c.Context(), "device.refused_again"), Detail: fault.Of(o.Err).Public()})
	return nil
}

// short is a note of a length that is kept.
func short(note string) string {
	runes := []rune(strings.ReplaceAll(note, "\x00", ""))
	return string(runes[:min(len(runes), 2000)])
}

// takeNote takes over what only the author's device can still read: POST /waiting/note. It is kept for a supervisor as if it had been refused.
func (d *devices) takeNote(c *web.Ctx) error {
	var item Item
	if err := readJSON(c, &item); err != nil {
		return err
	}
	text, err := json.Marshal(item)
	if err != nil {
		return fmt.Errorf("writing a note: %w", err)
	}
	e, err := formEntry(c.Committer.Kinds(), item)
	if err != nil {
		e = asWritten(item, text)
	}
	why := fault.New(fault.Malformed, "%s", ui.T(c.Context(), "device.note_reason"))
	if err := c.Committer.Hand(context.WithoutCancel(c.Context()), c.Scope.Person, e, why); err != nil {
		return err
	}
	return writeJSON(c, map[string]string{"status": isKept})
}
