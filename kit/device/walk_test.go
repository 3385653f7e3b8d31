package device_test

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"testing"
	"time"

	"milieu/kit/access"
	"milieu/kit/db"
	"milieu/kit/device"
	"milieu/kit/fault"
	"milieu/kit/record"
	"milieu/kit/room"
	"milieu/kit/signin"
	"milieu/kit/testkit"
	"milieu/kit/web"
)

// seen is a small kind of its own: somebody was seen on a walk.
type seen struct {
	Note string `json:"note"`
}

func (s *seen) Validate(*record.Entry) error {
	var c fault.Check
	c.Want(s.Note != "", "note", "say how they were")
	return c.Err()
}

var (
	unit   = record.DeriveID("walk", "unit")
	client = record.DeriveID("walk", "client")
	ana    = record.DeriveID("walk", "ana")
	ben    = record.DeriveID("walk", "ben")
	sue    = record.DeriveID("walk", "sue")  // answers for the unit
	adam   = record.DeriveID("walk", "adam") // sees no charts
)

// folk are the people and charts of the test, in memory.
type folk struct{ people map[record.ID]*access.Person }

func (f *folk) source() access.Source {
	client := &access.Chart{ID: client, Kind: "client", Stays: []access.Stay{{Unit: unit, From: testkit.Start.Add(-1000 * time.Hour)}}}
	return access.Source{
		Kinds:  []string{"walk.changed"},
		Person: func(_ db.Querier, id record.ID) (*access.Person, error) { return f.people[id], nil },
		Chart: func(_ db.Querier, id record.ID) (*access.Chart, error) {
			if id == client.ID {
				return client, nil
			}
			return nil, nil
		},
		All: func(db.Querier) (people, charts []record.ID, err error) {
			for id := range f.people {
				people = append(people, id)
			}
			return people, []record.ID{client.ID}, nil
		},
	}
}

func newFolk() *folk {
	f := &folk{map[record.ID]*access.Person{}}
	for id, name := range map[record.ID]string{ana: "Ana Ruiz", ben: "Ben Oduya"} {
		f.people[id] = &access.Person{ID: id, Name: name, Role: access.Worker, Relations: []access.Relation{{Unit: unit, What: access.Team, From: testkit.Start.Add(-1000 * time.Hour)}}}
	}
	f.people[sue] = &access.Person{ID: sue, Name: "Sue Lindqvist", Role: access.Supervisor}
	f.people[adam] = &access.Person{ID: adam, Name: "Adam Farkas", Role: access.Auditor}
	return f
}

// walk is the room of the test.
func walk(f *folk) room.Def {
	line := func(*record.Entry, record.Body) record.Line { return record.Line{Key: "record.withdrawn"} }
	return room.Def{
		Name:    "walk",
		Kinds:   []record.Kind{{Name: "walk.seen", Version: 1, Chart: "client", Action: "walk.see", Example: &seen{"well"}, Line: line}},
		Sources: []access.Source{f.source()},
		Hub: room.Hub{NameOf: func(_ db.Querier, chart record.ID) string {
			if chart == client {
				return "Rafi Haddad"
			}
			return ""
		}, UnitFor: func(*web.Ctx) (web.Unit, error) {
			return web.Unit{ID: unit, Name: "Willow", Until: testkit.Start.Add(5 * time.Hour)}, nil
		}},
		Pack: []room.PackPart{{Name: "walk", Pages: func(*web.Ctx, db.Querier, record.ID) ([]url.URL, error) {
			return []url.URL{{Path: "/walk"}, {Path: "/walk"}, {Path: "/walk/sheet", RawQuery: "of=1"}}, nil
		}}},
	}
}

const policy = `
worker may walk.see on their unit
everyone may device.take, device.carry for themselves
worker may device.watch on their unit
supervisor, auditor may device.oversee, device.lock_screen.set anywhere
worker, supervisor may see.client on their unit
supervisor sees every unit
`

func house(t testing.TB) (*testkit.House, *folk) {
	t.Helper()
	f := newFolk()
	w := walk(f)
	desk := signin.Def(signin.Options{Key: bytes.Repeat([]byte("k"), 32), Factors: []signin.Factor{device.Factor()}})
	return testkit.New(t, []string{policy}, w, device.Def([]room.Def{w}), desk), f
}

// phone is a device in the hands of a person.
type phone struct {
	*testkit.Browser
	t     testing.TB
	h     *testkit.House
	clock time.Duration // the device's clock less the true one
	lent  struct {
		Grant  record.ID
		Reader record.ID
		Until  int64
		Now    int64
		Key    int64
		Public []byte
		Secret []byte
		Drafts []byte
		Pages  []string
	}
	n int64
}

func take(t testing.TB, h *testkit.House, person record.ID, clock time.Duration) *phone {
	t.Helper()
	p := &phone{Browser: h.Browse(person), t: t, h: h, clock: clock}
	p.take()
	return p
}

func (p *phone) take() {
	p.t.Helper()
	p.post("/device/take", map[string]any{"clock": p.now().UnixMilli(), "pack": true}, &p.lent)
}

func (p *phone) now() time.Time { return p.h.Clock.Now().Add(p.clock) }

func (p *phone) post(path string, in, out any) int {
	p.t.Helper()
	raw, err := json.Marshal(in)
	if err != nil {
		p.t.Fatal(err)
	}
	res, err := p.Post(p.URL+path, "application/json", bytes.NewReader(raw))
	if err != nil {
		p.t.Fatal(err)
	}
	defer res.Body.Close()
	body, err := io.ReadAll(res.Body)
	if err != nil {
		p.t.Fatal(err)
	}
	if res.StatusCode == http.StatusOK && out != nil {
		if err := json.Unmarshal(body, out); err != nil {
			p.t.Fatalf("%s: %v in %s", path, err, body)
		}
	} else if res.StatusCode >= 500 {
		p.t.Fatalf("%s: %d %s", path, res.StatusCode, body)
	}
	return res.StatusCode
}

// item is one sealed form as it waits on a device.
type item struct {
	N      int64     `json:"n"`
	Grant  record.ID `json:"grant"`
	Key    int64     `json:"key"`
	Sealed []byte    `json:"sealed"`
}

// write fills in a form without a network: it is sealed with the device's own times.
func (p *phone) write(note string, more ...[2]string) item {
	p.t.Helper()
	at := p.now().Format(time.RFC3339Nano)
	off := -p.clock.Milliseconds()
	fields := append([][2]string{{"id", record.NewID(p.now()).String()}, {"chart", client.String()}, {"written", at}, {"happened", at}, {"note", note}}, more...)
	return p.seal(device.Item{Path: "/entries/walk.seen", Fields: fields, Off: &off})
}

func (p *phone) seal(in device.Item) item {
	p.t.Helper()
	sealed, err := device.Seal(p.lent.Public, p.lent.Grant, p.lent.Secret, in)
	if err != nil {
		p.t.Fatal(err)
	}
	p.n++
	return item{p.n, p.lent.Grant, p.lent.Key, sealed}
}

// deliver posts items and gives what became of each.
func (p *phone) deliver(items ...item) []string {
	p.t.Helper()
	var out struct {
		Answers []struct {
			N      int64
			Status string
		}
	}
	if code := p.post("/outbox", map[string]any{"clock": p.now().UnixMilli(), "items": items}, &out); code != http.StatusOK {
		p.t.Fatalf("the outbox was answered with %d", code)
	}
	var statuses []string
	for i, a := range out.Answers {
		if a.N != items[i].N {
			p.t.Fatalf("answer %d is for item %d, want %d", i, a.N, items[i].N)
		}
		statuses = append(statuses, a.Status)
	}
	return statuses
}

// notes gives the filed notes of the client's chart, in order of filing.
func notes(t testing.TB, h *testkit.House) (entries []*record.Entry, texts []string) {
	t.Helper()
	all, err := record.Chart(h.DB.Read(context.Background()), client, 0, 10_000)
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range all {
		var b seen
		if err := json.Unmarshal(e.Body, &b); err != nil {
			t.Fatal(err)
		}
		entries, texts = append(entries, e), append(texts, b.Note)
	}
	return entries, texts
}

func want(t testing.TB, got any, wanted string) {
	t.Helper()
	if s := fmt.Sprint(got); s != wanted {
		t.Errorf("got %s, want %s", s, wanted)
	}
}
