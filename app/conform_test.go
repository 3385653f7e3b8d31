package app_test

import (
	"context"
	"encoding/json"
	"flag"
	"fmt"
	"math/rand/v2"
	"net/url"
	"os"
	"path/filepath"
	"reflect"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"milieu/kit/commit"
	"milieu/kit/due"
	"milieu/kit/record"
	"milieu/kit/ui"
	"milieu/kit/web"
)

var update = flag.Bool("update", false, "write the reviewed files under testdata afresh")

// sample is a kind's example as an entry; dress gives it what its Validate asks of the entry around it.
func sample(t testing.TB, k *record.Kind, chart record.ID, at time.Time) *record.Entry {
	t.Helper()
	raw, err := record.Canonical(k.Example)
	if err != nil {
		t.Fatalf("%s: %v", k.Name, err)
	}
	return dress(&record.Entry{ID: record.NewID(at), Chart: chart, Kind: k.Name, Version: k.Version, Happened: at, Written: at, Body: raw}, record.NewID(at))
}

func dress(e *record.Entry, target record.ID) *record.Entry {
	switch e.Kind {
	case "record.withdrawn":
		e.Amends, e.Amendment = target, record.InError
	case "record.moved":
		e.Amends, e.Amendment = target, record.WrongChart
	case "record.added":
		e.Amends, e.Amendment = target, record.Addendum
	case "record.destroyed":
		e.Cites = []record.ID{target}
	}
	return e
}

// TestEveryKindsExample: valid, stable when written and read again, as its schema says, the same from a form, and said in words.
func TestEveryKindsExample(t *testing.T) {
	for _, k := range thePlan(t).Kinds.All() {
		t.Run(k.Name, func(t *testing.T) {
			e := sample(t, k, record.NewID(begun), begun)
			b, err := k.Parse(e.Body)
			if err != nil {
				t.Fatalf("its example cannot be read: %v", err)
			}
			if err := b.Validate(e); err != nil {
				t.Fatalf("its example is not valid: %v", err)
			}
			again, err := record.Canonical(b)
			if err != nil || string(again) != string(e.Body) {
				t.Errorf("written again it is %s, was %s (%v)", again, e.Body, err)
			}
			if err := accepts(record.JSONSchema(k.Type()), e.Body); err != nil {
				t.Errorf("its schema refuses its example: %v", err)
			}
			if !k.Own {
				overForm(t, k, e)
			}
			words(t, k, e, b)
		})
	}
}

// overForm sends the example as a form and expects the same body.
func overForm(t *testing.T, k *record.Kind, e *record.Entry) {
	t.Helper()
	form := url.Values{"id": {e.ID.String()}, "chart": {e.Chart.String()}, "happened": {e.Happened.Format(time.RFC3339Nano)}, "written": {e.Written.Format(time.RFC3339Nano)}}
	var body map[string]any
	if err := json.Unmarshal(e.Body, &body); err != nil {
		t.Fatal(err)
	}
	fields(form, "", k.Type(), body)
	got, err := web.Decode(k, form)
	if err != nil {
		t.Errorf("its form %v cannot be read: %v", form, err)
		return
	}
	b, err := k.Parse(got.Body)
	if err != nil {
		t.Errorf("from its form comes %s: %v", got.Body, err)
		return
	}
	raw, err := record.Canonical(b)
	if err != nil || string(raw) != string(e.Body) {
		t.Errorf("from its form comes %s, want %s (%v)", raw, e.Body, err)
	}
}

// fields writes a body as the fields of a form.
func fields(form url.Values, at string, t reflect.Type, body map[string]any) {
	for name, v := range body {
		f, ok := fieldOf(t, name)
		if !ok {
			continue
		}
		switch v := v.(type) {
		case map[string]any:
			if f.Kind() == reflect.Struct {
				fields(form, at+name+".", f, v)
			} else {
				form.Set(at+name, text(v))
			}
		case []any:
			for i, one := range v {
				if row, ok := one.(map[string]any); ok && f.Kind() == reflect.Slice {
					fields(form, fmt.Sprintf("%s%s.%d.", at, name, i), f.Elem(), row)
				} else {
					form.Add(at+name, text(one))
				}
			}
		default:
			form.Set(at+name, text(v))
		}
	}
}

func text(v any) string {
	if s, ok := v.(string); ok {
		return s
	}
	b, _ := json.Marshal(v)
	return string(b)
}

// fieldOf finds the type of a struct's field by its JSON name, pointers followed.
func fieldOf(t reflect.Type, name string) (reflect.Type, bool) {
	for f := range t.Fields() {
		tag, _, _ := strings.Cut(f.Tag.Get("json"), ",")
		if f.Anonymous && tag == "" {
			if inner, ok := fieldOf(f.Type, name); ok {
				return inner, true
			}
		}
		if tag == name {
			if f.Type.Kind() == reflect.Pointer {
				return f.Type.Elem(), true
			}
			return f.Type, true
		}
	}
	return nil, false
}

func words(t *testing.T, k *record.Kind, e *record.Entry, b record.Body) {
	t.Helper()
	ctx := ui.With(context.Background(), ui.Env{Locale: "en", Zone: time.UTC, Now: begun})
	line := k.Line(e, b)
	if !ui.Has(ctx, line.Key) {
		t.Errorf("its line %q is not in the catalogue", line.Key)
		return
	}
	said := ui.T(ctx, line.Key, line.Args...)
	if strings.TrimSpace(said) == "" || strings.ContainsAny(said, "⟦⟧{}") || strings.Contains(said, "%!") {
		t.Errorf("its line says %q", said)
	}
}

// accepts checks a value by a JSON Schema as far as the kinds' schemas go: types, required and unknown members, allowed words.
func accepts(schema map[string]any, raw []byte) error {
	var v any
	if err := json.Unmarshal(raw, &v); err != nil {
		return err
	}
	return fits(schema, v, "")
}

func fits(schema map[string]any, v any, at string) error {
	want, _ := schema["type"].(string)
	if got := typeOf(v); want != "" && got != want && !(want == "number" && got == "integer") {
		return fmt.Errorf("%s is a %s, the schema says %s", at, got, want)
	}
	if enum, ok := schema["enum"].([]string); ok && !slices.Contains(enum, fmt.Sprint(v)) {
		return fmt.Errorf("%s is %v, the schema says one of %v", at, v, enum)
	}
	switch v := v.(type) {
	case map[string]any:
		props, _ := schema["properties"].(map[string]any)
		if required, ok := schema["required"].([]string); ok {
			for _, r := range required {
				if _, ok := v[r]; !ok {
					return fmt.Errorf("%s lacks %s", at, r)
				}
			}
		}
		for name, one := range v {
			inner, ok := props[name].(map[string]any)
			if more, isMap := schema["additionalProperties"].(map[string]any); !ok && isMap {
				inner, ok = more, true
			}
			if !ok {
				return fmt.Errorf("%s.%s is unknown to the schema", at, name)
			}
			if err := fits(inner, one, at+"."+name); err != nil {
				return err
			}
		}
	case []any:
		inner, _ := schema["items"].(map[string]any)
		for i, one := range v {
			if err := fits(inner, one, at+"."+strconv.Itoa(i)); err != nil {
				return err
			}
		}
	}
	return nil
}

func typeOf(v any) string {
	switch v := v.(type) {
	case map[string]any:
		return "object"
	case []any:
		return "array"
	case string:
		return "string"
	case bool:
		return "boolean"
	case float64:
		if v == float64(int64(v)) {
			return "integer"
		}
		return "number"
	}
	return "null"
}

// TestWhoMayDoWhat compares what the policies come to with the reviewed matrix: for every action, label and consent, each role's ties. A change of
// a policy is seen here as a diff: run `go test ./app -run TestWhoMayDoWhat -update` and read what changed.
func TestWhoMayDoWhat(t *testing.T) {
	plan := thePlan(t)
	var b strings.Builder
	b.WriteString("# Who may do what, worked out from app/policy: action [label] +consent, then each role and the ties under which it may.\n")
	b.WriteString("# any: no tie is needed. unit: shift, team, covering. care: unit, care_team, caseload, glass, emergency. mine: care, self.\n")
	b.WriteString(plan.Policy.Matrix())
	if nobody := plan.Policy.Nobody(); len(nobody) > 0 {
		t.Errorf("nobody may %v", nobody)
	}
	path := filepath.Join("testdata", "matrix.txt")
	if *update {
		if err := os.WriteFile(path, []byte(b.String()), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	for _, line := range without(strings.Split(b.String(), "\n"), strings.Split(string(want), "\n")) {
		t.Errorf("not in the reviewed matrix: %s", line)
	}
	for _, line := range without(strings.Split(string(want), "\n"), strings.Split(b.String(), "\n")) {
		t.Errorf("no longer so: %s", line)
	}
}

// history is a set of entries of every kind: each in two charts of its sort, at different times, some corrected, some taken back, some of that
// taken back again.
func history(t testing.TB, kinds *record.Kinds, rng *rand.Rand) []*record.Entry {
	charts := map[string][]record.ID{"house": {due.House}, "any": {due.House}}
	for _, sort := range []string{"client", "staff", "place"} {
		for range 2 {
			charts[sort] = append(charts[sort], record.NewID(begun))
		}
	}
	var out []*record.Entry
	at := func() time.Time { return begun.Add(-time.Duration(rng.IntN(40*60*60)) * time.Second) }
	for _, k := range kinds.All() {
		in := charts[k.Chart]
		if k.Chart == "any" {
			in = append(slices.Clone(charts["client"]), due.House)
		}
		for _, chart := range in {
			for range 2 {
				e := sample(t, k, chart, at())
				if len(out) > 0 && !e.Amends.IsZero() {
					target := out[rng.IntN(len(out))]
					e.Amends, e.Chart = target.ID, target.Chart
				}
				refer(k, e, rng, charts, out)
				out = append(out, e)
			}
		}
	}
	for range len(out) / 6 {
		target := out[rng.IntN(len(out))]
		k, err := kinds.Find(target.Kind)
		if err != nil || strings.HasPrefix(target.Kind, "record.") {
			continue
		}
		e := sample(t, k, target.Chart, at())
		e.Amends, e.Amendment = target.ID, []record.Amendment{record.Correction, record.InError, record.Addendum}[rng.IntN(3)]
		out = append(out, e)
	}
	return out
}

var idText = regexp.MustCompile(`[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}`)

// refer makes an example speak of the charts and entries there are instead of its own invented ones, where that stays valid.
func refer(k *record.Kind, e *record.Entry, rng *rand.Rand, charts map[string][]record.ID, before []*record.Entry) {
	body := idText.ReplaceAllFunc(e.Body, func(old []byte) []byte {
		to := charts[[]string{"client", "staff", "place"}[rng.IntN(3)]][rng.IntN(2)]
		if len(before) > 0 && rng.IntN(2) == 0 {
			to = before[rng.IntN(len(before))].ID
			for range 20 { // rather one of the same chart and room: what an end ends, what an answer answers
				if o := before[rng.IntN(len(before))]; o.Chart == e.Chart && o.Kind[:4] == e.Kind[:4] {
					to = o.ID
					break
				}
			}
		}
		return []byte(to.String())
	})
	if b, err := k.Parse(body); err == nil && b.Validate(e) == nil {
		e.Body = body
	}
}

// file files entries as the program itself, in pieces of the given sizes: what a group holds must not matter either.
func (h *house) file(entries []*record.Entry, piece func() int) {
	h.t.Helper()
	for len(entries) > 0 {
		n := min(len(entries), piece())
		part := make([]*record.Entry, n)
		for i, e := range entries[:n] {
			one := *e
			one.Labels, one.Cites = slices.Clone(e.Labels), slices.Clone(e.Cites)
			part[i] = &one
		}
		for i, o := range h.Committer.File(context.Background(), due.Program(), part...) {
			if o.Status != commit.Accepted {
				h.t.Fatalf("filing %s: %s: %v", part[i].Kind, o.Status, o.Err)
			}
		}
		entries = entries[n:]
	}
}

// TestAnyOrderGivesTheSame files the same entries of every kind in different orders and pieces, and compares every table that is worked out.
func TestAnyOrderGivesTheSame(t *testing.T) {
	if err := flag.Set("rapid.checks", strconv.Itoa(repeat(3, 60))); err != nil {
		t.Fatal(err)
	}
	rapid.Check(t, func(rt *rapid.T) {
		rng := rand.New(rand.NewPCG(rapid.Uint64().Draw(rt, "seed"), 1))
		entries := history(t, thePlan(t).Kinds, rng)
		first := open(t)
		first.file(entries, func() int { return len(entries) })
		want := first.dump()
		shuffled := slices.Clone(entries)
		rng.Shuffle(len(shuffled), func(i, j int) { shuffled[i], shuffled[j] = shuffled[j], shuffled[i] })
		second := open(t)
		second.file(shuffled, func() int { return 1 + rng.IntN(40) })
		same(t, "another order", want, second.dump())
		if t.Failed() {
			rt.FailNow()
		}
	})
}

// TestReplayEqualsLive files entries of every kind, works all tables out afresh from the log, and compares.
func TestReplayEqualsLive(t *testing.T) {
	h := open(t)
	rng := rand.New(rand.NewPCG(7, 7))
	h.file(history(t, h.Kinds, rng), func() int { return 1 + rng.IntN(60) })
	h.replay("a replay")
}

// replay works every table out afresh and compares with what stood before.
func (h *house) replay(what string) {
	h.t.Helper()
	want := h.dump()
	rows := 0
	for _, text := range want {
		rows += strings.Count(text, "\n")
	}
	if rows == 0 {
		h.t.Error("there was nothing to compare")
	}
	ctx := context.Background()
	if err := commit.Rebuild(ctx, h.DB, h.plan.Projections, due.Tables()); err != nil {
		h.t.Fatal(err)
	}
	// A committer that starts on emptied tables fills them; it is closed again before anybody files by it.
	again, err := commit.Open(ctx, commit.Config{DB: h.DB, Kinds: h.plan.Kinds, Judge: h.Directory, Clock: h.Clock, Projections: h.plan.Projections, Derived: h.plan.Derived})
	if err != nil {
		h.t.Fatal(err)
	}
	defer again.Close()
	same(h.t, what, want, h.dump())
}
