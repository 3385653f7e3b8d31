package ward

import (
	"context"
	"fmt"
	"math/rand/v2"
	"strings"
	"time"

	"milieu/care/notes"
	"milieu/kit/access"
	"milieu/kit/record"
)

// scene is what the ward's staff tell of a client: a note under its headings, and the few words of a quick note.
type scene struct{ behaviour, intervention, response, plan, quick string }

// scenes are invented, and about nobody.
var scenes = []scene{
	{"Came to the kitchen at {1} and set the table without being asked. Said the night had been “in pieces”.", "Asked what had woken them. Offered tea, and to move to the quiet side of the corridor tonight.",
		"Drank the tea by the window and talked about the garden at home. Smiled once.", "Look in with the light off. Ask in the morning how the night was.", "Set the table without being asked. “The nights are long.”"},
	{"Walked up and down the hallway for about 20 minutes after a phone call. Spoke quickly, hands in fists, did not want company.", "Kept two arm’s lengths away, said I would stay nearby, and offered the garden.",
		"Went out, sat on the bench, and came back after 15 minutes. Said “it is better outside”.", "Offer the garden before words after calls.", "Phone call from outside, then pacing. The garden helped."},
	{"Took part in the cooking group for 40 minutes. Cut vegetables, laughed with a neighbour, left when it got loud.", "Said it was fine to leave and come back. Kept a plate warm.",
		"Came back for the meal and ate all of it.", "A place near the door next time.", "Cooked for two and ate well."},
	{"Stayed in bed until {1}. Answered in short words. Ate half of breakfast.", "Sat beside the bed for ten minutes, opened the curtain when asked, suggested a wash before the group.",
		"Washed and dressed, and came to the day room for an hour.", "One small step in the morning, then a rest.", "Up late, washed, an hour in the day room."},
	{"Asked four times when the visit would be. Kept looking at the clock.", "Wrote the time on a card and put it on the table. Said it again each time, in the same words.",
		"Carried the card along and asked once more only.", "The card again on days of visits.", "A card with the time of the visit helped."},
}

// noting is what the ward remembers of its own notes.
type noting struct {
	rng  *rand.Rand
	next time.Time
	seen int
	wait []record.ID // signed by workers, not co-signed yet
	of   map[record.ID]record.ID
}

// note lets the staff write about somebody every quarter of an hour or so: mostly a few words, now and then a progress note, which the nurse
// co-signs some time later. One note is begun and left for later.
func (w *Ward) note(ctx context.Context) error {
	now := w.H.Clock.Now()
	if w.notes == nil {
		w.notes = &noting{rng: rand.New(rand.NewPCG(w.Seed, 23)), next: now.Add(10 * time.Minute), of: map[record.ID]record.ID{}}
		return w.file(ctx, as(w.Staff[access.Supervisor]), w.entry(notes.KindRules, w.Unit, &notes.Rules{CosignRoles: []string{"worker", "peer"}, CosignHours: 24, LateHours: 12, Likeness: 40}))
	}
	n := w.notes
	if now.Before(n.next) || len(w.Client) == 0 {
		return nil
	}
	n.next = now.Add(time.Duration(10+n.rng.IntN(12)) * time.Minute)
	n.seen++
	chart := w.Client[n.rng.IntN(len(w.Client))]
	by := w.Floor[n.rng.IntN(min(3, len(w.Floor)))]
	s := scenes[n.rng.IntN(len(scenes))]
	switch {
	case n.seen%9 == 4:
		return w.file(ctx, as(by), w.entry(notes.KindBegun, chart, &notes.Begun{Format: "birp", From: now.Add(-2 * time.Hour)}))
	case n.seen%5 == 3 && len(n.wait) > 2:
		id := n.wait[0]
		n.wait = n.wait[1:]
		return w.file(ctx, as(w.Staff[access.Nurse]), w.entry(notes.KindCosigned, n.of[id], &notes.Cosigned{Note: id, Words: []string{"Read, and spoken about in the round.", "Seen it too. The plan holds.", ""}[n.rng.IntN(3)]}))
	case n.seen%2 == 0:
		return w.file(ctx, as(by), w.entry(notes.KindNoted, chart, &notes.Noted{Text: s.quick}))
	}
	clock := func(text string) string {
		return strings.ReplaceAll(text, "{1}", now.Add(-time.Duration(40+n.rng.IntN(50))*time.Minute).In(w.zone).Format("15:04"))
	}
	e := w.entry(notes.KindWritten, chart, &notes.Written{Format: "birp", Version: 1, From: now.Add(-3 * time.Hour),
		Parts: map[string]string{"behaviour": clock(s.behaviour), "intervention": clock(s.intervention), "response": s.response, "plan": s.plan}})
	var err error
	if e.Cites, err = w.facts(ctx, chart, 2); err != nil {
		return err
	}
	n.wait = append(n.wait, e.ID)
	n.of[e.ID] = chart
	return w.file(ctx, as(by), e)
}

// facts are a client's newest entries that a note can cite.
func (w *Ward) facts(ctx context.Context, chart record.ID, most int) ([]record.ID, error) {
	list, err := record.Latest(w.H.DB.Read(ctx), chart, 0, most, func(e *record.Entry) bool {
		k, err := w.H.Kinds.Find(e.Kind)
		return err == nil && k.Citable && len(e.Labels) == 0 && e.Amends.IsZero()
	})
	if err != nil {
		return nil, fmt.Errorf("looking for what to cite: %w", err)
	}
	var out []record.ID
	for _, e := range list {
		out = append(out, e.ID)
	}
	return out, nil
}
