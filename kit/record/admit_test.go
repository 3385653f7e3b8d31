package record

import (
	"context"
	"strings"
	"testing"
	"time"

	"golang.org/x/mod/sumdb/tlog"

	"milieu/kit/clock"
	"milieu/kit/fault"
)

var night = time.Date(2026, 11, 21, 22, 0, 0, 0, time.UTC)

type note struct {
	Text  string `json:"text"`
	After string `json:"after,omitempty"`
}

func (n *note) Validate(*Entry) error {
	var c fault.Check
	c.Want(n.Text != "", "text", "write something")
	return c.Err()
}

func (n *note) WhyAfter() string { return n.After }

type anyone struct{}

func (anyone) Knows(ID) bool { return true }

func (anyone) Labels(_ *Kind, e *Entry) ([]string, error) { return e.Labels, nil }

func (anyone) MayFile(context.Context, Sender, *Kind, *Entry) (string, []string, error) {
	return "nurse", nil, nil
}

func admission(t testing.TB) *Admission {
	t.Helper()
	line := func(*Entry, Body) Line { return Line{Key: "x"} }
	raises := func(e *Entry, b Body) []*Entry {
		if b.(*note).Text != "hazard" {
			return nil
		}
		return []*Entry{{ID: DeriveID(e.ID.String(), "work"), Chart: e.Chart, Kind: "test.own", Body: []byte(`{"text":"mend it"}`)}}
	}
	ks, err := NewKinds(OwnKinds(), []Kind{
		{Name: "test.noted", Version: 1, Chart: "any", Action: "test.note", Example: &note{Text: "x"}, Line: line, AfterFact: true, Raises: raises},
		{Name: "test.own", Version: 1, Chart: "any", Own: true, Example: &note{Text: "x"}, Line: line},
	})
	if err != nil {
		t.Fatal(err)
	}
	return &Admission{Kinds: ks, Judge: anyone{}, Clock: clock.NewFake(night)}
}

func noted(happened, written time.Duration, body string) *Entry {
	return &Entry{ID: NewID(night), Chart: name("chart"), Kind: "test.noted", Version: 1, Happened: night.Add(happened), Written: night.Add(written), Body: []byte(body)}
}

func TestAdmit(t *testing.T) {
	const plainBody = `{"text":"x"}`
	for _, c := range []struct {
		says   string
		sender Sender
		change func(*Entry)
		field  string // of the refusal; "" for none
		marks  string
	}{
		{"now", Sender{Via: ViaPage}, nil, "", ""},
		{"a minute ahead, as clocks differ", Sender{Via: ViaPage}, func(e *Entry) { e.Happened, e.Written = night.Add(time.Minute), night.Add(time.Minute) }, "", ""},
		{"ahead", Sender{Via: ViaPage}, func(e *Entry) { e.Happened = night.Add(3 * time.Minute) }, "happened", ""},
		{"written ahead", Sender{Via: ViaPage}, func(e *Entry) { e.Written = night.Add(3 * time.Minute) }, "written", ""},
		{"written before it happened", Sender{Via: ViaPage}, func(e *Entry) { e.Written = night.Add(-5 * time.Minute) }, "happened", ""},
		{"imported as written before it happened", Sender{Via: ViaImport}, func(e *Entry) { e.Written = night.Add(-5 * time.Minute) }, "", ""},
		{"without a time", Sender{Via: ViaPage}, func(e *Entry) { e.Happened = time.Time{} }, "happened", ""},
		{"two hundred years ago", Sender{Via: ViaImport}, func(e *Entry) { e.Happened = night.AddDate(-300, 0, 0) }, "happened", ""},
		{"long after, without a reason", Sender{Via: ViaPage}, func(e *Entry) { e.Happened = night.Add(-time.Hour) }, "after", ""},
		{"long after, with one", Sender{Via: ViaPage}, func(e *Entry) {
			e.Happened, e.Body = night.Add(-time.Hour), []byte(`{"text":"x","after":"an emergency"}`)
		}, "", MarkEnteredAfter},
		{"waited on a device", Sender{Via: ViaOutbox}, func(e *Entry) { e.Happened, e.Written = night.Add(-time.Hour), night.Add(-time.Hour) }, "", MarkReceivedLate},
		{"carried by another", Sender{Via: ViaOutbox, Carried: true}, nil, "", MarkUnattended},
		{"a clock wrong by little", Sender{Via: ViaOutbox, Skew: 4 * time.Second}, nil, "", ""},
		{"a clock three hours ahead", Sender{Via: ViaOutbox, Skew: -3 * time.Hour}, func(e *Entry) { e.Happened, e.Written = night.Add(3*time.Hour), night.Add(3*time.Hour) }, "", MarkSkewed},
		{"no ID", Sender{Via: ViaPage}, func(e *Entry) { e.ID = Zero }, "id", ""},
		{"no chart", Sender{Via: ViaPage}, func(e *Entry) { e.Chart = Zero }, "chart", ""},
		{"amends itself", Sender{Via: ViaPage}, func(e *Entry) { e.Amends, e.Amendment = e.ID, Correction }, "amends", ""},
		{"amends without saying how", Sender{Via: ViaPage}, func(e *Entry) { e.Amends = name("x") }, "amendment", ""},
		{"an unknown amendment", Sender{Via: ViaPage}, func(e *Entry) { e.Amends, e.Amendment = name("x"), "undone" }, "amendment", ""},
		{"a label with a space", Sender{Via: ViaPage}, func(e *Entry) { e.Labels = []string{"a b"} }, "labels", ""},
		{"a device's name with a line break", Sender{Via: ViaPage, Device: "a\nb"}, nil, "device", ""},
		{"an unknown field", Sender{Via: ViaPage}, func(e *Entry) { e.Body = []byte(`{"text":"x","more":1}`) }, "more", ""},
		{"a wrong type", Sender{Via: ViaPage}, func(e *Entry) { e.Body = []byte(`{"text":5}`) }, "text", ""},
		{"an empty text", Sender{Via: ViaPage}, func(e *Entry) { e.Body = []byte(`{"text":""}`) }, "text", ""},
	} {
		e := noted(0, 0, plainBody)
		if c.change != nil {
			c.change(e)
		}
		p, err := admission(t).Admit(t.Context(), c.sender, e)
		switch {
		case c.field == "" && err != nil:
			t.Errorf("%s: %v", c.says, err)
		case c.field == "":
			if got := strings.Join(p.Entry.Marks, " "); got != c.marks || p.Entry.Happened.After(night.Add(AheadLimit)) {
				t.Errorf("%s: marks %q, happened %s", c.says, got, p.Entry.Happened)
			}
		case fault.KindOf(err) != fault.Invalid || !names(err, c.field):
			t.Errorf("%s: %v", c.says, err)
		}
	}
	for says, body := range map[string]string{"a NUL": "{\"text\":\"a\x00\"}", "an escaped NUL": `{"text":"a\u0000"}`, "cut": `{"text":"a`, "doubled": `{"text":"a","text":"b"}`,
		"not UTF-8": "{\"text\":\"\xff\"}", "too deep": strings.Repeat("[", 200_000), "nothing": ""} {
		if _, err := admission(t).Admit(t.Context(), Sender{Via: ViaAPI}, noted(0, 0, body)); fault.KindOf(err) != fault.Invalid && fault.KindOf(err) != fault.TooLarge {
			t.Errorf("%s: %v", says, err)
		}
	}
	if _, err := admission(t).Admit(t.Context(), Sender{Via: ViaAPI}, noted(0, 0, `{"text":"a backslash: \\u0000"}`)); err != nil {
		t.Errorf("ordinary text that looks like an escape: %v", err)
	}
	own := noted(0, 0, plainBody)
	own.Kind = "test.own"
	if _, err := admission(t).Admit(t.Context(), Sender{Via: ViaAPI}, own); fault.KindOf(err) != fault.Denied {
		t.Errorf("a kind of the program's own: %v", err)
	}
}

func names(err error, field string) bool {
	for _, f := range fault.Of(err).Fields {
		if f.Name == field {
			return true
		}
	}
	return false
}

func TestWhatIsRaisedGoesWithIt(t *testing.T) {
	a := admission(t)
	e := noted(-time.Hour, -time.Hour, `{"text":"hazard"}`)
	again := *e
	p, err := a.Admit(t.Context(), Sender{Via: ViaOutbox}, e)
	if err != nil || len(p.Raised) != 1 {
		t.Fatal(p, err)
	}
	r := p.Raised[0].Entry
	if !r.Happened.Equal(e.Happened) || r.Role != "nurse" || !r.HasMark(MarkReceivedLate) || string(r.Body) != `{"text":"mend it"}` {
		t.Errorf("raised %+v", r)
	}
	q, err := a.Admit(t.Context(), Sender{Via: ViaOutbox, Skew: time.Minute}, &again)
	if err != nil || q.Digest != p.Digest || q.Raised[0].Digest != p.Raised[0].Digest || p.Digest == p.Raised[0].Digest {
		t.Errorf("the same again is not recognised: %v", err)
	}
}

// The stored hashes and roots are those of the published algorithm.
func TestFrontierIsRFC6962(t *testing.T) {
	var f Frontier
	var stored []tlog.Hash
	hashes := tlog.HashReaderFunc(func(at []int64) ([]tlog.Hash, error) {
		out := make([]tlog.Hash, len(at))
		for i, n := range at {
			out[i] = stored[n]
		}
		return out, nil
	})
	for n := range int64(300) {
		leaf := tlog.RecordHash([]byte{byte(n), byte(n >> 8)})
		want, err := tlog.StoredHashesForRecordHash(n, leaf, hashes)
		if err != nil {
			t.Fatal(err)
		}
		stored = append(stored, want...)
		var done []tlog.Hash
		f, done = f.Append(n, leaf)
		if string(PackHashes(done)) != string(PackHashes(want)) {
			t.Fatalf("leaf %d completes other hashes", n)
		}
		f = UnpackHashes(f.Pack())
		root, err := tlog.TreeHash(n+1, hashes)
		if err != nil || root != f.Root() {
			t.Fatalf("root of %d: %v", n+1, err)
		}
	}
}

func FuzzParse(f *testing.F) {
	f.Add([]byte(`{"text":"x"}`))
	f.Add([]byte(`{"text":"\ud800"}`))
	f.Add([]byte(`{"text":"\\\u0000"}`))
	k, err := admission(f).Kinds.Find("test.noted")
	if err != nil {
		f.Fatal(err)
	}
	f.Fuzz(func(t *testing.T, raw []byte) {
		b, err := k.Parse(raw)
		if err != nil {
			return
		}
		if strings.ContainsRune(b.(*note).Text+b.(*note).After, 0) {
			t.Fatalf("a NUL came through: %q", raw)
		}
		once, err := Canonical(b)
		if err != nil {
			t.Fatal(err)
		}
		again, err := k.Parse(once)
		if err != nil {
			t.Fatalf("%q was read, and %q is not: %v", raw, once, err)
		}
		if twice, err := Canonical(again); err != nil || string(twice) != string(once) {
			t.Fatalf("%q became %q", once, twice)
		}
	})
}

func FuzzParseID(f *testing.F) {
	f.Add(name("x").String())
	f.Add("0192f1c0-0000-7000-8000-00000000000-")
	f.Fuzz(func(t *testing.T, s string) {
		if id, err := ParseID(s); err == nil && !strings.EqualFold(id.String(), s) && !id.IsZero() {
			t.Fatalf("%q became %s", s, id)
		}
	})
}
