package web

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"slices"
	"strconv"
	"time"

	jsonv2 "github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"

	"milieu/kit/commit"
	"milieu/kit/due"
	"milieu/kit/fault"
	"milieu/kit/live"
	"milieu/kit/record"
)

// apiRoutes are the machine interface, documented in docs/api.md.
func apiRoutes() []Route {
	return []Route{
		{Method: "POST", Pattern: "/api/entries", Action: "api.file", Token: true, MaxBody: 8 << 20, Handle: apiFile},
		{Method: "GET", Pattern: "/api/charts/{chart}/entries", Action: "api.read", Token: true, Handle: apiChart},
		{Method: "GET", Pattern: "/api/kinds", Action: "api.read", Token: true, Handle: apiKinds},
		{Method: "GET", Pattern: "/api/dues", Action: "api.read", Token: true, Handle: apiDues},
	}
}

// Limits of one request of the machine interface.
const (
	maxBatch = 1000
	maxPage  = 1000
)

// submitted is an entry as a machine sends it.
type submitted struct {
	ID        record.ID        `json:"id"`
	Chart     record.ID        `json:"chart"`
	Kind      string           `json:"kind"`
	Version   int              `json:"version"`
	Happened  time.Time        `json:"happened"`
	Written   time.Time        `json:"written"`
	Amends    record.ID        `json:"amends,omitzero"`
	Amendment record.Amendment `json:"amendment,omitzero"`
	Cites     []record.ID      `json:"cites,omitempty"`
	Labels    []string         `json:"labels,omitempty"`
	Body      jsontext.Value   `json:"body"`
}

// answered is what the machine interface says of one entry.
type answered struct {
	ID     string        `json:"id"`
	Status commit.Status `json:"status"`
	Seq    int64         `json:"seq,omitempty"`
	Error  *apiError     `json:"error,omitempty"`
}

type apiError struct {
	Kind   string        `json:"kind"`
	Text   string        `json:"text"`
	Fields []fault.Field `json:"fields,omitempty"`
}

func apiFile(c *Ctx) error {
	raw, err := io.ReadAll(c.R.Body)
	if err != nil {
		return formError(err)
	}
	items, err := splitArray(raw)
	if err != nil {
		return err
	}
	out := make([]answered, len(items))
	batch := &apiBatch{c: c, out: out}
	for i, item := range items {
		e, err := readSubmitted(item)
		if e != nil {
			out[i].ID = e.ID.String()
		}
		if err == nil && batch.begins(e.Chart) { // whoever begins a chart may go on with it in the same request
			if err := batch.file(); err != nil {
				return err
			}
		}
		if err == nil {
			err = c.reaches(e)
		}
		if err != nil {
			out[i] = reject(out[i].ID, err)
			if kept := c.Committer.Keep(context.WithoutCancel(c.Context()), c.Scope.Person, e, err); kept != nil {
				return kept // neither filed nor kept: the sender must not forget it
			}
			continue
		}
		batch.entries, batch.at = append(batch.entries, e), append(batch.at, i)
	}
	if err := batch.file(); err != nil {
		return err
	}
	var buf bytes.Buffer
	if err := jsonv2.MarshalWrite(&buf, out); err != nil {
		return fmt.Errorf("writing the answer: %w", err)
	}
	c.W.Header().Set("Content-Type", "application/json")
	_, _ = c.W.Write(buf.Bytes()) // it fails when the sender has gone
	return nil
}

// apiBatch gathers the entries of a request that are filed together.
type apiBatch struct {
	c       *Ctx
	entries []*record.Entry
	at      []int // their places in the answer
	out     []answered
}

// begins says whether what waits to be filed begins a chart that is not there yet.
func (b *apiBatch) begins(chart record.ID) bool {
	return !b.c.Directory.Knows(chart) && slices.ContainsFunc(b.entries, func(e *record.Entry) bool {
		k, err := b.c.Committer.Kinds().Find(e.Kind)
		return err == nil && k.Begins && e.Chart == chart
	})
}

// file files what was gathered and notes the answers. An error is one of ours: the sender keeps everything and sends it again.
func (b *apiBatch) file() error {
	for j, o := range b.c.Committer.File(b.c.Context(), b.c.Sender(record.ViaAPI), b.entries...) {
		i := b.at[j]
		b.out[i] = answered{ID: o.ID.String(), Status: o.Status, Seq: o.Seq}
		if o.Err != nil {
			b.out[i] = reject(o.ID.String(), o.Err)
			b.out[i].Status, b.out[i].Seq = o.Status, o.Seq
			if k := fault.KindOf(o.Err); k == fault.Unavailable || k == fault.Full {
				return o.Err // nothing is wrong with what was sent: the sender keeps it and tries again
			}
		}
	}
	b.entries, b.at = nil, nil
	return nil
}

// splitArray takes the request apart into its entries without building a tree of it.
func splitArray(raw []byte) ([]jsontext.Value, error) {
	bad := func(err error) error {
		return fault.Wrap(fault.Malformed, err, "send a JSON array of entries")
	}
	dec := jsontext.NewDecoder(bytes.NewReader(raw), jsontext.AllowDuplicateNames(false))
	t, err := dec.ReadToken()
	if err != nil || t.Kind() != '[' {
		if err == nil {
			err = fmt.Errorf("it begins with %s", t.Kind())
		}
		return nil, bad(err)
	}
	var items []jsontext.Value
	for dec.PeekKind() != ']' {
		v, err := dec.ReadValue()
		if err != nil {
			return nil, bad(err)
		}
		if len(items) == maxBatch {
			return nil, fault.New(fault.TooLarge, "send at most %d entries at a time", maxBatch)
		}
		items = append(items, v.Clone())
	}
	if _, err := dec.ReadToken(); err != nil {
		return nil, bad(err)
	}
	if _, err := dec.ReadToken(); err != io.EOF {
		return nil, bad(fmt.Errorf("something follows the array"))
	}
	return items, nil
}

func readSubmitted(item jsontext.Value) (*record.Entry, error) {
	var s submitted
	err := jsonv2.Unmarshal(item, &s, jsonv2.RejectUnknownMembers(true))
	e := &record.Entry{ID: s.ID, Chart: s.Chart, Kind: s.Kind, Version: s.Version, Happened: s.Happened, Written: s.Written, Amends: s.Amends, Amendment: s.Amendment, Cites: s.Cites, Labels: s.Labels, Body: json.RawMessage(s.Body)}
	if err != nil {
		e.Body = json.RawMessage(item) // kept whole in the tray
		return e, fault.Wrap(fault.Invalid, err, "this is not an entry: it has id, chart, kind, version, happened, written, body, and perhaps amends, amendment, cites, labels")
	}
	if len(s.Body) == 0 {
		return e, fault.New(fault.Invalid, "an entry needs its body")
	}
	return e, nil
}

func reject(id string, err error) answered {
	f := fault.Of(err)
	return answered{ID: id, Status: commit.Rejected, Error: &apiError{f.Kind.String(), f.Text, f.Fields}}
}

func apiChart(c *Ctx) error {
	chart, err := c.Chart("chart")
	if err != nil {
		return err
	}
	after, limit := int64(0), maxPage
	if v := c.R.URL.Query().Get("after"); v != "" {
		if after, err = strconv.ParseInt(v, 10, 64); err != nil || after < 0 {
			return fault.New(fault.Invalid, "after is the seq of the last entry you have")
		}
	}
	if v := c.R.URL.Query().Get("limit"); v != "" {
		if limit, err = strconv.Atoi(v); err != nil || limit < 1 || limit > maxPage {
			return fault.New(fault.Invalid, "limit is 1 to %d", maxPage)
		}
	}
	entries, err := c.entries(chart, after, limit)
	if err != nil {
		return err
	}
	if entries == nil {
		entries = []*record.Entry{}
	}
	return c.json(entries)
}

// entries reads a chart's entries as the reader may see them: what is hidden is not there, and the others are numbered without it.
func (c *Ctx) entries(chart record.ID, after int64, limit int) ([]*record.Entry, error) {
	sight, err := c.Directory.Sight(c.Read(), c.Scope, chart)
	if err != nil {
		return nil, err
	}
	if sight.Whole() {
		out, err := record.Chart(c.Read(), chart, after, limit)
		for i, e := range out {
			out[i] = sight.Shown(e, e.Number)
		}
		return out, errors.Join(err, sight.Err())
	}
	var out []*record.Entry
	var number int64
	for from := int64(0); len(out) < limit; {
		part, err := record.Chart(c.Read(), chart, from, maxPage)
		if err != nil {
			return nil, err
		}
		if len(part) == 0 {
			break
		}
		for _, e := range part {
			from = e.Seq
			if !sight.Sees(e) {
				continue
			}
			if number++; e.Seq > after && len(out) < limit {
				out = append(out, sight.Shown(e, number))
			}
		}
	}
	return out, sight.Err()
}

func (c *Ctx) json(v any) error {
	b, err := jsonv2.Marshal(v, jsonv2.Deterministic(true))
	if err != nil {
		return fmt.Errorf("writing the answer: %w", err)
	}
	c.W.Header().Set("Cache-Control", "no-store")
	return c.write(http.StatusOK, "application/json", b)
}

func apiKinds(c *Ctx) error {
	type kind struct {
		Name    string         `json:"kind"`
		Version int            `json:"version"`
		Chart   string         `json:"chart"`
		Action  string         `json:"action,omitempty"`
		Own     bool           `json:"own,omitempty"`
		Begins  bool           `json:"begins,omitempty"`
		Schema  any            `json:"schema"`
		Example jsontext.Value `json:"example"`
	}
	var out []kind
	for _, k := range c.Committer.Kinds().All() {
		raw, err := record.Canonical(k.Example)
		if err != nil {
			return err
		}
		out = append(out, kind{k.Name, k.Version, k.Chart, k.Action, k.Own, k.Begins, record.JSONSchema(k.Type()), jsontext.Value(raw)})
	}
	return c.json(out)
}

func apiDues(c *Ctx) error {
	unit, err := record.ParseID(c.R.URL.Query().Get("unit"))
	if err != nil {
		return fault.New(fault.Invalid, "say which unit: ?unit=ID")
	}
	if !c.Scope.Sees(unit) {
		return notFound()
	}
	c.SawUnit(unit)
	windows, err := due.Of(c.Read(), append(c.Directory.ChartsIn(unit, "client"), unit)...)
	if err != nil {
		return err
	}
	type row struct {
		Chart  record.ID      `json:"chart"`
		Rule   string         `json:"rule"`
		Slot   string         `json:"slot,omitempty"`
		Anchor record.ID      `json:"anchor"`
		Opens  time.Time      `json:"opens"`
		Due    time.Time      `json:"due"`
		Late   time.Time      `json:"late"`
		State  due.State      `json:"state"`
		Owner  record.ID      `json:"owner,omitzero"`
		Role   string         `json:"role,omitempty"`
		Taken  record.ID      `json:"taken,omitzero"`
		Data   jsontext.Value `json:"data,omitempty"`
	}
	out := make([]row, 0, len(windows))
	for _, w := range windows {
		out = append(out, row{w.Chart, w.Rule, w.Key, w.Anchor, w.Opens, w.Due, w.Late, w.At(c.Now), w.Owner, w.Role, w.Taken, jsontext.Value(w.Data)})
	}
	return c.json(out)
}

// apiLive streams signals to a machine: of one unit, or of all that it may see.
func apiLive(c *Ctx) error {
	key := live.Topic{View: signalsView, Viewer: "machine"}
	if v := c.R.URL.Query().Get("unit"); v != "" {
		id, err := record.ParseID(v)
		if err != nil || !c.Scope.Sees(id) {
			return notFound()
		}
		key.Of = id
		c.attend(id)
	} else if !c.Scope.All {
		return fault.New(fault.Invalid, "say which unit: ?unit=ID")
	} else {
		c.SawAll()
	}
	var of []record.ID
	if !key.Of.IsZero() {
		of = append(of, key.Of)
	}
	ctx, done := c.Sessions.watch(c, of...)
	defer done()
	return c.Hub.Serve(c.W, c.R.WithContext(ctx), c.Scope.Person, key)
}

// signalsView is the live view for machines: which charts changed, by what kind of entry.
const signalsView = "signals"

// signals leaves out what carries labels: whoever may see it finds it when they read the chart.
func signals(_ context.Context, _ live.Topic, changed []live.Signal) ([]byte, error) {
	changed = slices.DeleteFunc(slices.Clone(changed), func(s live.Signal) bool { return s.Labelled })
	return jsonv2.Marshal(changed)
}
