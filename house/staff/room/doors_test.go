package room_test

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"testing"
	"time"

	placesroom "milieu/house/places/room"
	"milieu/house/staff"
	staffroom "milieu/house/staff/room"
	"milieu/kit/access"
	"milieu/kit/clock"
	"milieu/kit/commit"
	"milieu/kit/db"
	"milieu/kit/device"
	"milieu/kit/record"
	"milieu/kit/room"
	"milieu/kit/testkit"
	"milieu/kit/testkit/pgtest"
	"milieu/kit/web"
)

// withPhones are the rooms of a house in which phones carry entries.
func withPhones(t testing.TB) ([]room.Def, []string) {
	t.Helper()
	rooms := []room.Def{placesroom.Def(), staffroom.Def()}
	rooms = append(rooms, device.Def(rooms))
	return rooms, append(testkit.PolicyFor(t, "../../../app/policy", rooms...), "administrator may api.file anywhere") // so that every door can be tried
}

// sender files one statement by one of the doors and says whether it was taken, with all that it was told.
type sender func(kind string, chart record.ID, form url.Values) (taken bool, told string)

// doors are all ways by which a person's statement comes in.
func doors(t *testing.T, h *testkit.House, person record.ID) map[string]sender {
	t.Helper()
	b := h.Browse(person)
	token, err := web.NewAPIToken(context.Background(), h.Committer, h.Clock, person, "test", time.Hour)
	if err != nil {
		t.Fatal(err)
	}
	post := func(path, contentType, bearer string, body []byte) (int, string) {
		t.Helper()
		req, err := http.NewRequest(http.MethodPost, b.URL+path, bytes.NewReader(body))
		if err != nil {
			t.Fatal(err)
		}
		req.Header.Set("Content-Type", contentType)
		client := b.Client
		if bearer != "" {
			req.Header.Set("Authorization", "Bearer "+bearer)
			client = &http.Client{}
		}
		res, err := client.Do(req)
		if err != nil {
			t.Fatal(err)
		}
		defer res.Body.Close()
		text, err := io.ReadAll(res.Body)
		if err != nil {
			t.Fatal(err)
		}
		return res.StatusCode, string(text)
	}
	var lent struct {
		Grant          record.ID
		Key            int64
		Public, Secret []byte
	}
	if code, text := post("/device/take", "application/json", "", fmt.Appendf(nil, `{"clock":%d}`, h.Clock.Now().UnixMilli())); code != http.StatusOK || json.Unmarshal([]byte(text), &lent) != nil {
		t.Fatalf("taking a phone: %d %s", code, text)
	}
	form := func(chart record.ID, form url.Values) url.Values {
		out := url.Values{"chart": {chart.String()}, "id": {record.NewID(h.Clock.Now()).String()}}
		for k, v := range form {
			out[k] = v
		}
		return out
	}
	return map[string]sender{
		"the page": func(kind string, chart record.ID, f url.Values) (bool, string) {
			path := "/entries/" + kind
			switch kind {
			case "staff.joined":
				path = "/staff"
			case "staff.changed":
				path = "/staff/" + chart.String()
			}
			code, text := b.Send(path, form(chart, f))
			return code == http.StatusOK, text
		},
		"the form of any kind": func(kind string, chart record.ID, f url.Values) (bool, string) {
			code, text := b.Send("/entries/"+kind, form(chart, f))
			return code == http.StatusOK, text
		},
		"the machine interface": func(kind string, chart record.ID, f url.Values) (bool, string) {
			now := h.Clock.Now().Format(time.RFC3339)
			one := map[string]any{"id": record.NewID(h.Clock.Now()), "chart": chart, "kind": kind, "version": 1, "happened": now, "written": now}
			body := map[string]string{}
			for k, v := range f {
				if k == "amends" || k == "amendment" {
					one[k] = v[0]
				} else {
					body[k] = v[0]
				}
			}
			one["body"] = body
			raw, err := json.Marshal([]any{one})
			if err != nil {
				t.Fatal(err)
			}
			_, text := post("/api/entries", "application/json", token, raw)
			return strings.Contains(text, `"accepted"`), text
		},
		"the outbox": func(kind string, chart record.ID, f url.Values) (bool, string) {
			at := h.Clock.Now().Format(time.RFC3339Nano)
			item := device.Item{Path: "/entries/" + kind, Fields: [][2]string{{"written", at}, {"happened", at}}}
			for k, v := range form(chart, f) {
				item.Fields = append(item.Fields, [2]string{k, v[0]})
			}
			sealed, err := device.Seal(lent.Public, lent.Grant, lent.Secret, item)
			if err != nil {
				t.Fatal(err)
			}
			raw, err := json.Marshal(map[string]any{"clock": h.Clock.Now().UnixMilli(), "items": []any{map[string]any{"n": 1, "grant": lent.Grant, "key": lent.Key, "sealed": sealed}}})
			if err != nil {
				t.Fatal(err)
			}
			_, text := post("/outbox", "application/json", "", raw)
			if strings.Contains(text, `"accepted"`) {
				return true, text
			}
			kept, err := commit.Tray(h.DB.Read(context.Background()), person, 100)
			if err != nil || len(kept) == 0 {
				return false, fmt.Sprintf("not in the tray: %v", err)
			}
			return false, kept[len(kept)-1].Reason
		},
	}
}

// onBothWithPhones runs a test in a house with phones on SQLite and on PostgreSQL; second opens it once more, as another process does, where
// there can be two.
func onBothWithPhones(t *testing.T, do func(t *testing.T, h *testkit.House, second func() *testkit.House)) {
	t.Run("SQLite", func(t *testing.T) {
		defs, policies := withPhones(t)
		h := furnish(testkit.New(t, policies, defs...))
		do(t, h, func() *testkit.House { return h })
	})
	t.Run("PostgreSQL", func(t *testing.T) {
		at := pgtest.Database(t)
		open := func() *testkit.House {
			d, err := db.OpenPostgres(context.Background(), at)
			if err != nil {
				t.Fatal(err)
			}
			t.Cleanup(func() {
				if err := d.Close(); err != nil {
					t.Errorf("closing the database: %v", err)
				}
			})
			defs, policies := withPhones(t)
			return testkit.Open(t, d, clock.NewFake(testkit.Start), policies, defs...)
		}
		h := furnish(open())
		do(t, h, open)
	})
}

func details(name, role, signIn string) url.Values {
	return url.Values{"name": {name}, "role": {role}, "sign_in": {signIn}}
}

// Whatever door a statement comes by: a sign-in name that somebody works with is not given to another, and nobody changes their own role.
func TestNoDoorGoesRoundTheRules(t *testing.T) {
	onBothWithPhones(t, func(t *testing.T, h *testkit.House, _ func() *testkit.House) {
		ada := colleague(h, "Ada", access.Nurse)
		q := h.DB.Read(context.Background())
		for n, door := range []string{"the page", "the form of any kind", "the machine interface"} {
			boss := colleague(h, fmt.Sprintf("Boss%d", n), access.Supervisor)
			h.Clock.Advance(time.Second)
			self := func(role, pronouns string) url.Values {
				f := details("Boss", role, fmt.Sprintf("boss%d", n))
				f.Set("pronouns", pronouns)
				return f
			}
			raised := h.Must(testkit.Program(), "staff.changed", boss, &staff.Changed{Details: staff.Details{Name: "Boss", Role: access.Administrator, SignIn: fmt.Sprintf("boss%d", n)}})
			send := doors(t, h, boss)[door]
			h.Clock.Advance(time.Second)
			name, bert, i := fmt.Sprintf("adam%d", n), fmt.Sprintf("bert%d", n), 0
			fresh := func() record.ID { i++; return record.DeriveID("test", "staff", door, fmt.Sprint(i)) }
			refused := func(what, why, kind string, chart record.ID, form url.Values) {
				t.Helper()
				before := h.Committer.Seq()
				if taken, told := send(kind, chart, form); taken || !strings.Contains(told, why) {
					t.Errorf("%s, %s: taken %v, told %.300s", door, what, taken, told)
				}
				if got := h.Committer.Seq(); got != before {
					t.Errorf("%s, %s: %d entries were filed", door, what, got-before)
				}
			}
			taken := func(what, kind string, chart record.ID, form url.Values) {
				t.Helper()
				if ok, told := send(kind, chart, form); !ok {
					t.Errorf("%s, %s: refused: %.300s", door, what, told)
				}
			}
			refused("a newcomer with a name that is taken", "taken", "staff.joined", fresh(), details("Adam", "worker", "ADA"))
			other := fresh()
			h.Must(testkit.Program(), "staff.joined", other, &staff.Joined{Details: staff.Details{Name: "Adam", Role: access.Worker, SignIn: name}})
			refused("a colleague with a name that is taken", "taken", "staff.changed", other, details("Adam", "worker", "aDa"))
			h.Clock.Advance(time.Second)
			taken("a name of their own", "staff.changed", other, details("Adam", "peer", bert))

			// A name that was free while its holder was away is not free for both.
			h.Clock.Advance(time.Second)
			left := h.Must(testkit.Program(), "staff.left", other, &staff.Left{})
			h.Clock.Advance(time.Second)
			taken("a name whose holder has left", "staff.joined", fresh(), details("Bert", "worker", bert))
			refused("coming back to a name that was given away", "taken", "staff.returned", other, nil)
			refused("taking the leaving back", "taken", "record.withdrawn", other, url.Values{"amends": {left.ID.String()}, "amendment": {"entered_in_error"}, "reason": {"still here"}})

			refused("one's own role", "own role", "staff.changed", boss, self("nurse", ""))
			if door != "the page" { // whose form begins a chart of its own
				refused("one's own role by joining again", "own role", "staff.joined", boss, self("nurse", ""))
			}
			refused("one's own role by taking back what gave it", "own role", "record.withdrawn", boss, url.Values{"amends": {raised.ID.String()}, "amendment": {"entered_in_error"}, "reason": {"x"}})
			taken("one's own pronouns", "staff.changed", boss, self("administrator", "they"))
			if p, err := staff.Find(q, boss); err != nil || p.Role != access.Administrator || p.Pronouns != "they" {
				t.Errorf("%s: the administrator is now %+v, %v", door, p, err)
			}
		}
		if p, err := staff.BySignIn(q, "ada"); err != nil || p.ID != ada {
			t.Errorf("ada is now %+v, %v", p, err)
		}

		// What gives or takes accounts is said where one can show who one is, and so is taking it back: no phone brings it.
		boss := colleague(h, "Chief", access.Administrator)
		h.Clock.Advance(time.Second)
		left := h.Must(testkit.Program(), "staff.left", ada, &staff.Left{})
		before, send := h.Committer.Seq(), doors(t, h, boss)["the outbox"]
		for kind, form := range map[string]url.Values{"staff.joined": details("Adam", "worker", "adam"), "staff.changed": details("Ada", "worker", "ada"), "staff.returned": nil,
			"record.withdrawn": {"amends": {left.ID.String()}, "amendment": {"entered_in_error"}, "reason": {"still here"}}} {
			if taken, told := send(kind, ada, form); taken || !strings.Contains(told, "with a network") {
				t.Errorf("the outbox, %s: taken %v, told %.300s", kind, taken, told)
			}
		}
		if got := h.Committer.Seq(); got != before {
			t.Errorf("the outbox: %d entries were filed", got-before)
		}
	})
}

// The last administrator does not go, by whatever door and in whatever way; the last but one may.
func TestSomebodyCanAlwaysAdminister(t *testing.T) {
	onBothWithPhones(t, func(t *testing.T, h *testkit.House, _ func() *testkit.House) {
		people, err := staff.All(h.DB.Read(context.Background()))
		if err != nil {
			t.Fatal(err)
		}
		h.Clock.Advance(time.Second)
		boss := colleague(h, "Boss", access.Administrator)
		h.Clock.Advance(time.Second)
		for _, p := range people {
			if p.Role == access.Administrator && p.Active() {
				h.Must(testkit.Program(), "staff.left", p.ID, &staff.Left{})
			}
		}
		h.Clock.Advance(time.Second)
		all := doors(t, h, boss)
		for _, door := range []string{"the form of any kind", "the machine interface"} {
			if taken, told := all[door]("staff.left", boss, nil); taken || !strings.Contains(told, "last administrator") {
				t.Errorf("%s: taken %v, told %.300s", door, taken, told)
			}
		}
		h.Clock.Advance(time.Second)
		colleague(h, "Second", access.Administrator)
		h.Clock.Advance(time.Second)
		if taken, told := all["the machine interface"]("staff.left", boss, nil); !taken {
			t.Errorf("another is there, and still refused: %.300s", told)
		}
	})
}

// Two give the same name in the same moment, in one process and in two: one of them is told, and nobody signs in as somebody else.
func TestOneNameIsNotGivenTwiceAtOnce(t *testing.T) {
	onBothWithPhones(t, func(t *testing.T, h *testkit.House, second func() *testkit.House) {
		boss := colleague(h, "Boss", access.Administrator)
		houses := []*testkit.House{h, second()}
		for round := range 15 {
			name := fmt.Sprintf("kim%d", round)
			begin := make(chan struct{})
			var all sync.WaitGroup
			outcomes := make([]commit.Outcome, 6)
			for i := range outcomes {
				house := houses[i%2]
				chart := record.DeriveID("kim", fmt.Sprint(round, i))
				e := house.Entry("staff.joined", chart, &staff.Joined{Details: staff.Details{Name: name, Role: access.Worker, SignIn: name}})
				all.Go(func() {
					<-begin
					outcomes[i] = house.Committer.File(context.Background(), testkit.As(boss), e)[0]
				})
			}
			close(begin)
			all.Wait()
			accepted := 0
			for _, o := range outcomes {
				switch {
				case o.Status == commit.Accepted:
					accepted++
				case o.Err == nil || !strings.Contains(o.Err.Error(), "taken"):
					t.Fatalf("%s: %s %v", name, o.Status, o.Err)
				}
			}
			if accepted != 1 {
				t.Fatalf("%s was given to %d people at once", name, accepted)
			}
		}
	})
}
