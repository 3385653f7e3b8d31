package ward

import (
	"context"
	"time"

	"milieu/care/handover"
	"milieu/house/places"
	"milieu/kit/access"
	"milieu/kit/record"
)

// hands is how far a handover has come.
type hands struct {
	change time.Time
	ready  bool
	people int // taken over
	unit   bool
}

// handsOver makes the unit hand over.
func (w *Ward) handsOver() []*record.Entry {
	return []*record.Entry{w.entry(handover.KindRules, w.Unit, &handover.Rules{LeadMinutes: 45, LateMinutes: 30})}
}

// forTheNext are made-up words for the next shift: about which client, under which heading.
var forTheNext = []struct {
	client        int
	heading, text string
}{
	{0, "situation", "If the lamp is on after 01:00, then knock, offer tea and sit for five minutes."},
	{3, "situation", "The anniversary of a death is tomorrow. If they stay in bed past nine, then somebody they know goes in first."},
	{6, "illness", "Said this afternoon that the thoughts are quieter. Wants to be asked, and not watched."},
	{10, "person", "Cooked for two and ate with the others. First time this week."},
	{15, "situation", "If the phone call with the court goes badly, then a walk helps before words."},
	{19, "actions", "Wants to be woken at seven for the bus. Has written it on the board too."},
}

// changeShifts hands the unit over and takes most of its people over, as the clock passes each change.
func (w *Ward) changeShifts(ctx context.Context, now time.Time) error {
	house, err := places.HouseOf(w.H.DB.Read(ctx))
	if err != nil {
		return err
	}
	span, ok := handover.At(handover.Changes(house.Shifts, w.zone, now, 2), now, 40*time.Minute)
	if !ok || len(w.Client) == 0 {
		return nil
	}
	if !span.Change.Equal(w.hands.change) {
		w.hands = hands{change: span.Change, ready: now.Sub(span.Change) > 4*time.Hour, unit: now.Sub(span.Change) > 4*time.Hour}
		if w.hands.unit {
			w.hands.people = len(w.Client) // before the ward began
		}
	}
	switch past := now.Sub(span.Change); {
	case !w.hands.ready && past > -25*time.Minute:
		w.hands.ready = true
		return w.addWords(ctx, span)
	case w.hands.people < len(w.Client)*2/3 && past > time.Duration(w.hands.people+2)*time.Minute:
		w.hands.people++
		chart := w.Client[w.hands.people-1]
		back := []string{"", "Quiet, seen often, nothing open.", "I look in before midnight and say who I am.", "", "I have the call, and the door stays ajar."}[w.rng.IntN(5)]
		return w.file(ctx, as(w.Floor[3]), w.entryAt(handover.KindTaken, chart, &handover.Taken{Change: span.Change, Synthesis: back}, now))
	case !w.hands.unit && past > 25*time.Minute:
		w.hands.unit = true
		return w.file(ctx, as(w.Staff[access.Nurse]), w.entryAt(handover.KindTaken, w.Unit, &handover.Taken{Change: span.Change}, now))
	}
	return nil
}

func (w *Ward) addWords(ctx context.Context, span handover.Span) error {
	entries := []*record.Entry{w.entry(handover.KindGiven, w.Unit, &handover.Given{Change: span.Change})}
	for _, f := range forTheNext {
		if f.client < len(w.Client) {
			entries = append(entries, w.entry(handover.KindWords, w.Client[f.client], &handover.WordsAdded{Change: span.Change, Heading: f.heading, Text: f.text}))
		}
	}
	return w.file(ctx, as(w.Floor[0]), entries...)
}
