package app_test

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"milieu/kit/access"
	"milieu/kit/due"
	"milieu/kit/record"
)

// What an answer comes to, in a word.
func outcome(out *httptest.ResponseRecorder) string {
	switch code := out.Code; {
	case code == http.StatusSeeOther && strings.HasPrefix(out.Header().Get("Location"), "/confirm"):
		return "confirm" // they may, once they have shown who they are
	case code == http.StatusSeeOther && strings.HasPrefix(out.Header().Get("Location"), "/sign-in"):
		return "signed out"
	case code < 400:
		return "shown"
	case code == http.StatusForbidden || code == http.StatusUnauthorized:
		return "refused"
	case code == http.StatusNotFound:
		return "absent"
	case code == http.StatusTooManyRequests || code >= 500:
		return fmt.Sprint(code)
	default:
		return "asked" // let in, and told what is missing in an empty form
	}
}

// better orders outcomes: of several addresses that fit a pattern, the one that is somebody's own counts.
func better(a, b string) string {
	order := []string{"shown", "confirm", "asked", "absent", "refused", ""}
	if slices.Index(order, a) <= slices.Index(order, b) {
		return a
	}
	return b
}

// TestEveryDoorForEveryRole walks every route as every role, at what is on their unit and at what is on another, and compares what came of it with the
// reviewed file: testdata/doors.txt. What the table refuses is refused, what is another unit's is absent, and whoever sees every unit sees it.
func TestEveryDoorForEveryRole(t *testing.T) {
	w := furnish(t, 2)
	if err := w.home.LetIn(t.Context()); err != nil { // guests too
		t.Fatal(err)
	}
	foreign := w.names(w.away.Client[:1])
	mine := w.ids().own
	theirs := []string{w.away.Client[0].String(), w.away.Unit.String()}
	var b strings.Builder
	b.WriteString("# What every role gets at every door: on their own unit, and on a unit that is not theirs where the address names something.\n")
	b.WriteString("# shown; asked (let in, and an empty form is not enough); confirm (let in once they have shown who they are); refused; absent.\n")
	for _, r := range w.routes() {
		name := r.Method + " " + r.Pattern
		if r.Public || r.Stream {
			continue
		}
		rows := map[string][]string{}
		var order []string
		allowed, denied := 0, 0
		for _, role := range access.AllRoles {
			if role == access.Integration && !r.Token && !r.Either || role.Guest() && r.Token {
				continue
			}
			pattern := r.Pattern
			for place, value := range spoken {
				pattern = strings.ReplaceAll(pattern, place, value)
			}
			ask := func(path string) *httptest.ResponseRecorder {
				c := w.as(r, role, path)
				if !r.Token {
					c.cookies = w.signIn(w.home.Staff[role]) // another door may have ended the session
				}
				out := w.do(c)
				if outcome(out) == "signed out" {
					t.Errorf("%s as %s at %s leads to signing in", name, role, path)
				}
				return out
			}
			home, away := "", ""
			for _, path := range w.paths(pattern, mine) {
				home = better(home, outcome(ask(path)))
			}
			if strings.Contains(r.Pattern, "{") && !strings.HasSuffix(r.Pattern, "{$}") {
				for _, path := range w.paths(pattern, theirs) {
					if strings.Contains(path, w.home.Client[0].String()) || strings.Contains(path, w.home.Unit.String()) {
						continue // of two places one is their own
					}
					out := ask(path)
					away = better(away, outcome(out))
					if everywhere := w.plan.Policy.Ties(role, "see.client", "", false).Has(access.House); !everywhere {
						for _, who := range foreign {
							if strings.Contains(out.Body.String(), who) {
								t.Errorf("%s as %s at %s names %s", name, role, path, who)
							}
						}
						if out.Code < 300 && strings.Contains(path, theirs[0]) && r.Method == http.MethodGet {
							t.Errorf("%s as %s at %s: %d", name, role, path, out.Code)
						}
					}
				}
			}
			if !w.plan.Policy.Allows(role, r.Action) {
				denied++
				if r.Pattern != "/{$}" && (home != "refused" && home != "absent" || away != "" && away != "refused" && away != "absent") {
					t.Errorf("%s as %s, who may not %s: %s, %s", name, role, r.Action, home, away)
				}
			} else if home != "refused" && home != "absent" {
				allowed++
			}
			cell := home
			if away != "" {
				cell += "/" + away
			}
			if rows[cell] == nil {
				order = append(order, cell)
			}
			rows[cell] = append(rows[cell], string(role))
		}
		if allowed == 0 && !slices.Contains(onlyWithContent, name) {
			t.Errorf("%s lets nobody in", name)
		}
		if denied == 0 && !slices.Contains(forAll, r.Action) {
			t.Errorf("%s lets everybody in, and %s is not among what everybody may", name, r.Action)
		}
		fmt.Fprintf(&b, "%s\n", name)
		for _, cell := range order {
			fmt.Fprintf(&b, "    %-18s %s\n", cell, strings.Join(rows[cell], " "))
		}
	}
	w.quiet()
	path := filepath.Join("testdata", "doors.txt")
	if *update {
		if err := os.WriteFile(path, []byte(b.String()), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if string(want) != b.String() {
		t.Errorf("what comes of the walk is not in the reviewed file:\n%s", differ(string(want), b.String()))
	}
}

// spoken fill places of addresses that are no IDs.
var spoken = map[string]string{"{topic}": "allergy", "{part}": "names", "{as}": "care_team", "{form}": "intake", "{item}": "life_now"}

// onlyWithContent are doors to something that must have been made first; each has a test of its own that goes through it.
var onlyWithContent = []string{
	"GET /tasks/{chart}/{task}",
	"GET /clients/{chart}/entries/{entry}/labels", "GET /clients/{chart}/entries/{entry}/move", "POST /clients/{chart}/entries/{entry}/move", "GET /access/glass/{glass}", "GET /staff/{chart}/custodian",
	"POST /entries/{kind}", "POST /unit", "GET /clients/{chart}/end/{topic}", "GET /clients/{chart}/entries/{entry}", "GET /clients/{chart}/photo.jpg", "GET /clients/{chart}/belongings/photos/{blob}",
	"POST /staff/{chart}/certificates/{credential}/evidence", "GET /staff/{chart}/certificates/{credential}/evidence/{file}",
	"GET /clients/{chart}/notes/{note}", "GET /clients/{chart}/notes/{note}/correct", "GET /clients/{chart}/notes/{note}/files/{file}",
	"POST /waiting/{id}/{digest}", "POST /waiting/house/{id}", "POST /tokens/{id}/revoke",
	"GET /clients/{chart}/forms/{form}/{run}/correct/{entry}", "GET /forms/critical/{chart}/{entry}/{item}",
	"GET /account/passkeys/{key}", "POST /account/passkeys/{key}/name", "POST /account/passkeys/{key}/remove",
}

// forAll is what everybody may who works here: their own account, their own writing, finding their way.
var forAll = []string{"account.keep", "staff.credential.record", "entries.file", "live.listen", "draft.keep", "device.take", "device.carry", "api.read", "places.read", "staff.read"}

// names are the names by which people are shown.
func (w *town) names(charts []record.ID) (out []string) {
	for _, c := range charts {
		if name := w.NameOf(w.DB.Read(w.t.Context()), c); name != "" {
			out = append(out, name)
		}
	}
	if len(out) != len(charts) {
		w.t.Fatalf("of %d people %d have names", len(charts), len(out))
	}
	return out
}

// TestEveryKindByEveryRole files every kind as every role, by a page's form and by the machine interface, into charts of their own unit and of
// another: who is let in is who the table lets in. What a rule then says of the entry itself is another matter.
func TestEveryKindByEveryRole(t *testing.T) {
	w := furnish(t, 2)
	for _, role := range access.Roles {
		may, may_not := 0, 0
		for _, k := range lastly(w.Kinds.All()) {
			if k.Own || k.Chart == "any" || k.Name == "clients.merged" || k.Name == "clients.unmerged" {
				continue // what speaks of two charts has tests of its own
			}
			charts := map[string][]record.ID{"client": {w.home.Client[1], w.away.Client[1]}, "staff": {w.home.Floor[len(w.home.Floor)-1], w.home.Staff[role]}, "place": {w.home.Unit, w.away.Unit}, "house": {due.House}}[k.Chart]
			for _, chart := range charts {
				if k.Name == "staff.left" && chart == w.home.Staff[role] {
					continue // they would be gone
				}
				s, err := w.Directory.Scope(w.home.Staff[role], "")
				if err != nil {
					t.Fatalf("%s, before %s: %v", role, k.Name, err)
				}
				want := w.Directory.Sees(s, chart) == nil && w.Directory.May(s, k.Action, chart)
				if !want && k.Begins && w.plan.Policy.Allows(role, k.Action) {
					continue // beginning a chart that is there has its own test
				}
				if want {
					may++
				} else {
					may_not++
				}
				if w.plan.Policy.Allows(role, "api.file") {
					got := w.send(w.entryAt(k, chart), role)
					if let := got.Error.Kind != "denied" && got.Error.Kind != "not_found"; let != want && !w.raises(k, got) {
						t.Errorf("%s as %s by the machine interface: %+v, the table says %v", k.Name, role, got, want)
					}
				}
				if role != access.Integration {
					out := w.tryEntry(k, w.entryAt(k, chart), role)
					if let := out.Code != http.StatusForbidden && out.Code != http.StatusNotFound; let != want && !strings.Contains(out.Body.String(), "raised by") {
						t.Errorf("%s as %s by a form: %d %.200s, the table says %v", k.Name, role, out.Code, out.Body, want)
					}
				}
				w.clock.Advance(time.Second)
			}
		}
		if role != access.Auditor && role != access.Screen && may == 0 || may_not == 0 { // these write nothing
			t.Errorf("%s: %d allowed, %d denied: one of each is needed", role, may, may_not)
		}
		w.emptyTray()
	}
	w.quiet()
}

var unitField = regexp.MustCompile(`"unit":"[^"]*"`)

// entryAt is a kind's example in a chart; where it speaks of a unit, it is the first one.
func (w *town) entryAt(k *record.Kind, chart record.ID) *record.Entry {
	e := sample(w.t, k, chart, w.clock.Now())
	e.Body = unitField.ReplaceAll(e.Body, []byte(`"unit":"`+w.home.Unit.String()+`"`))
	return e
}

// raises says that the entry itself would have been let in, and what it gives rise to elsewhere is not this person's to say.
func (w *town) raises(k *record.Kind, got apiAnswer) bool {
	return k.Raises != nil && strings.Contains(got.Error.Text, "raised by")
}
