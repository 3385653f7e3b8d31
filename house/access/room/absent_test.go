package room_test

import (
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"regexp"
	"strings"
	"testing"
	"time"

	"milieu/house/clients"
	"milieu/kit/access"
	"milieu/kit/commit"
	"milieu/kit/record"
	"milieu/kit/testkit"
	"milieu/kit/web"
)

var seq = regexp.MustCompile(`"seq":\d+`)

// chartByMachine is a chart as the machine interface gives it to somebody, without what differs between any two houses.
func chartByMachine(t testing.TB, h *testkit.House, who record.ID, limit int) string {
	t.Helper()
	token, err := web.NewAPIToken(t.Context(), h.Committer, h.Clock, who, "test", time.Hour)
	if err != nil {
		t.Fatal(err)
	}
	req := httptest.NewRequest(http.MethodGet, fmt.Sprintf("/api/charts/%s/entries?limit=%d", rafi, limit), nil)
	req.Header.Set("Authorization", "Bearer "+token)
	out := httptest.NewRecorder()
	h.Site.ServeHTTP(out, req)
	body, err := io.ReadAll(out.Result().Body)
	if err != nil || out.Code != http.StatusOK {
		t.Fatalf("%d %s %v", out.Code, body, err)
	}
	return seq.ReplaceAllString(settled(string(body)), `"seq":N`)
}

// step is one thing said about the client, which another house may be told without it.
type step struct {
	kind   string
	body   record.Body
	labels []string
	amends int // 0: none; n: withdraws the nth step
	of     int // n: ends, changes or relabels what the nth step said
}

// hidden says which steps nobody sees who is of no programme and has no consent.
func hidden(steps []step) []bool {
	out := make([]bool, len(steps))
	for i, s := range steps {
		for _, l := range s.labels {
			out[i] = out[i] || l == access.SubstanceUse
		}
		if n := max(s.amends, s.of); n > 0 && out[n-1] {
			out[i] = true
		}
	}
	return out
}

func randomly(rng *rand.Rand) []step {
	var out []step
	for i := range 10 {
		var labels []string
		if rng.IntN(2) == 0 {
			labels = []string{access.SubstanceUse}
		}
		secret := "open"
		if labels != nil {
			secret = "SECRET"
		}
		words := fmt.Sprintf("%s %d", secret, i)
		switch pick := rng.IntN(5); {
		case pick == 0 && i > 0:
			out = append(out, step{kind: "record.withdrawn", body: &record.Withdrawn{Reason: "by mistake"}, amends: 1 + rng.IntN(i)})
		case pick == 1 && i > 0 && out[i-1].kind == "clients.diagnosis_noted" && out[i-1].of == 0:
			out = append(out, step{kind: "clients.diagnosis_ended", body: &clients.Ended{}, of: i})
		case pick == 2 && i > 0 && out[i-1].kind == "clients.diagnosis_noted" && out[i-1].of == 0:
			if out[i-1].labels == nil {
				words = "SECRET if what it changes is"
			}
			out = append(out, step{kind: "clients.diagnosis_noted", body: &clients.DiagnosisNoted{Text: strings.TrimPrefix(words, "SECRET "), By: "Dr Raad"}, of: i})
		case pick == 3:
			out = append(out, step{kind: "clients.episode_noted", body: &clients.EpisodeNoted{Class: "inpatient", Place: words, From: "2025-02-01"}, labels: labels})
		default:
			out = append(out, step{kind: "clients.diagnosis_noted", body: &clients.DiagnosisNoted{Text: words, By: "Dr Raad"}, labels: labels})
		}
	}
	return out
}

// tell files the steps that are told; a step that is left out takes its second all the same.
func tell(t testing.TB, h *testkit.House, steps []step, without []bool) {
	t.Helper()
	filed := make([]record.ID, len(steps))
	for i, s := range steps {
		h.Clock.Advance(time.Second)
		if without != nil && without[i] {
			continue
		}
		body := s.body
		if s.of > 0 {
			switch b := body.(type) {
			case *clients.Ended:
				body = &clients.Ended{Item: filed[s.of-1]}
			case *clients.DiagnosisNoted:
				changed := *b
				changed.Item.Item = filed[s.of-1]
				body = &changed
			}
		}
		e := h.Entry(s.kind, rafi, body)
		e.Labels = s.labels
		if s.amends > 0 {
			e.Amends, e.Amendment = filed[s.amends-1], record.InError
		}
		if o := h.Committer.File(t.Context(), testkit.As(manager), e)[0]; o.Status != commit.Accepted {
			t.Fatalf("step %d, %s: %v", i, s.kind, o.Err)
		}
		filed[i] = e.ID
	}
}

// Whatever is hidden from somebody: every page and answer is as if it had never been said.
func TestHiddenIsAsIfNeverSaid(t *testing.T) {
	for seed := range uint64(6) {
		steps := randomly(rand.New(rand.NewPCG(seed, 7)))
		all, without := open(t), open(t)
		gone := hidden(steps)
		tell(t, all, steps, nil)
		tell(t, without, steps, gone)
		for _, who := range []record.ID{boss, second} {
			for _, limit := range []int{1000, 3} {
				x, y := chartByMachine(t, all, who, limit), chartByMachine(t, without, who, limit)
				if x != y {
					t.Errorf("seed %d, by machine: %s", seed, firstDifference(x, y))
				}
				hasNot(t, x, "SECRET")
			}
			a, b := all.Browse(who), without.Browse(who)
			for _, path := range []string{"", "/health", "/stays", "/contacts", "/let-in", "?of=clients"} {
				_, x := a.Page("/clients/" + rafi.String() + path)
				_, y := b.Page("/clients/" + rafi.String() + path)
				if x, y := settled(x), settled(y); x != y {
					t.Errorf("seed %d, %q: %s", seed, path, firstDifference(x, y))
				}
			}
		}
	}
}
