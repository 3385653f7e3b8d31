package ward

import (
	"context"
	"time"

	"milieu/care/teamwork"
	"milieu/kit/access"
	"milieu/kit/due"
	"milieu/kit/record"
)

// asked are made-up tasks: about which client (of those settled; -1: the unit), for whom, and after how many hours they are wanted.
var asked = []struct {
	client int
	what   string
	owner  access.Role // empty: whoever is there
	after  float64
}{
	{2, "Call the sister back about Sunday's visit", "", 6},
	{5, "Book the interpreter for Friday's review", access.CaseManager, 11},
	{8, "Ask the pharmacy about the missing eye drops", access.Nurse, 9.5},
	{13, "Find the phone charger that was put in the office", "", 4},
	{14, "Sit with them at supper; eating is hard this week", "", 10},
	{20, "Call the sleep clinic about the appointment", access.Nurse, 10.5},
	{-1, "Look at the heating in the quiet room", "", 12},
}

// askEachOther is what colleagues ask of each other and tell each other as the ward begins: tasks, a huddle with its decisions, messages.
func (w *Ward) askEachOther(ctx context.Context) error {
	now := w.H.Clock.Now()
	jo, yusuf, nurse := w.Floor[0], w.Floor[1], w.Staff[access.Nurse]
	var tasks []*record.Entry
	for _, a := range asked {
		if a.client >= len(w.Client) {
			continue
		}
		chart := w.Unit
		if a.client >= 0 {
			chart = w.Client[a.client]
		}
		tasks = append(tasks, w.entry(teamwork.KindTaskSet, chart, &teamwork.TaskSet{What: a.what, Owner: teamwork.Owner(a.owner), Until: now.Add(time.Duration(a.after * float64(time.Hour)))}))
	}
	if err := w.file(ctx, as(jo), tasks...); err != nil {
		return err
	}
	huddle := &teamwork.MeetingHeld{Sort: "huddle", With: []record.ID{jo, yusuf, nurse}, Words: "A quiet start. Two new people on the unit, visits from four o'clock, the garden is open until dusk.",
		Decisions: []teamwork.Decision{{What: "Walk the garden with whoever wants to before supper", Until: now.Add(8 * time.Hour)}}}
	if len(w.Client) > 3 {
		huddle.About = []record.ID{w.Client[0], w.Client[3]}
		huddle.Decisions = append(huddle.Decisions, teamwork.Decision{What: "Agree with them on a plan for the night", Owner: teamwork.Owner(access.Nurse), Until: now.Add(10 * time.Hour), About: w.Client[3]})
	}
	if err := w.file(ctx, as(nurse), w.entry(teamwork.KindMeeting, w.Unit, huddle),
		w.entry(teamwork.KindMessage, w.Unit, &teamwork.MessageSent{Text: "The new radios are in the office. Please sign one out and bring it back.", Unit: w.Unit})); err != nil {
		return err
	}
	if len(w.Client) == 0 {
		return nil
	}
	return w.file(ctx, as(yusuf), w.entry(teamwork.KindMessage, w.Client[0], &teamwork.MessageSent{Text: "The brother called: he comes at five instead of four. I said that we would pass it on.", To: teamwork.OwnedBy(jo), Unit: w.Unit}))
}

// doTasks does, now and then, what has come due and nobody has taken on.
func (w *Ward) doTasks(ctx context.Context, now time.Time) error {
	if now.Minute()%10 != 0 || now.Second() >= 20 {
		return nil
	}
	windows, err := due.Of(w.H.DB.Read(ctx), append(w.H.Directory.ChartsIn(w.Unit, "client"), w.Unit)...)
	if err != nil {
		return err
	}
	words := []string{"", "Done by telephone", "It took a while, and went well", "", "They were glad"}
	for _, win := range windows {
		if win.Rule != teamwork.RuleTask || !win.Owner.IsZero() || !win.Taken.IsZero() || now.Before(win.Due.Add(-30*time.Minute)) || w.rng.IntN(6) > 0 {
			continue
		}
		by := w.Floor[w.rng.IntN(3)]
		if err := w.file(ctx, as(by), w.entryAt(teamwork.KindTaskDone, win.Chart, &teamwork.TaskDone{Task: win.Anchor, Outcome: words[w.rng.IntN(len(words))]}, now)); err != nil {
			return err
		}
	}
	return nil
}
