package room

import (
	"fmt"
	"testing"
	"time"

	"milieu/care/handover"
	"milieu/care/rounds"
	"milieu/care/teamwork"
	"milieu/kit/commit"
	"milieu/kit/record"
	"milieu/kit/testkit"
)

// BenchmarkHandoverOf24 compiles and draws the handover of 24 people after a shift of eight hours: checks every fifteen to thirty minutes, tasks, words,
// meetings. Each time the clock has moved on, so that nothing is remembered.
func BenchmarkHandoverOf24(b *testing.B) {
	w := newWard(b, 24)
	var entries []*record.Entry
	add := func(kind string, chart record.ID, body record.Body) {
		e := w.Entry(kind, chart, body)
		entries = append(entries, e)
	}
	w.Clock.Set(at(8, 40))
	for i, chart := range w.people {
		level := rounds.Every30
		if i%3 == 0 {
			level = rounds.Every15
		}
		add(rounds.KindRaised, chart, &rounds.LevelRaised{Order: rounds.Order{Level: level, Reason: "Says the nights are very hard"}})
		add(teamwork.KindTaskSet, chart, &teamwork.TaskSet{What: fmt.Sprintf("Call about %d", i), Until: at(17, i)})
	}
	for now := at(8, 45); now.Before(at(15, 0)); now = now.Add(15 * time.Minute) {
		w.Clock.Set(now)
		for i, chart := range w.people {
			if i%3 == 0 || now.Minute()%30 == 0 {
				add(rounds.KindChecked, chart, &rounds.Checked{Place: "day_room", State: "talking", Method: rounds.MethodSeen})
			}
			if now.Minute() == 0 && i%4 == now.Hour()%4 {
				add(teamwork.KindMeeting, chart, &teamwork.MeetingHeld{Sort: "case", Words: "Spoke about the week, the garden and what helps at night"})
			}
		}
	}
	for _, chart := range w.people {
		add(handover.KindWords, chart, &handover.WordsAdded{Change: at(15, 0), Heading: "situation", Text: "If the lamp is on after one, then knock and offer tea"})
	}
	w.Clock.Set(at(15, 5))
	for _, o := range w.Committer.File(b.Context(), testkit.Program(), entries...) {
		if o.Status != commit.Accepted {
			b.Fatal(o.Err)
		}
	}
	browser := w.Browse(w.samir)
	browser.Page("/handover")
	b.ReportMetric(float64(len(entries)), "entries")
	for b.Loop() {
		w.Clock.Advance(2 * time.Second)
		if code, _ := browser.Page("/handover"); code != 200 {
			b.Fatal(code)
		}
	}
}
