package ward

import (
	"context"
	"fmt"
	"time"

	"milieu/care/belongings"
	"milieu/care/discharge"
	"milieu/kit/access"
	"milieu/kit/record"
)

// Of the clients settled, one is about to leave with everything ready but the last steps, and one leaves soon with no follow-up yet.
const (
	ready = 5
	soon  = 13
)

// brought is what the made-up clients bring along.
var brought = []belongings.Item{
	{What: "Winter coat", Count: 1, Condition: "good", Kept: "locker"},
	{What: "Telephone with charger", Count: 1, Condition: "screen cracked", Kept: "with_client"},
	{What: "Cash", Count: 1, Kept: "safe", Value: &belongings.Money{Amount: 4250, Currency: "USD"}},
	{What: "Lighter", Count: 2, Kept: "store", Contraband: "kept_until_leaving"},
	{What: "Trousers, pair", Count: 3, Kept: "locker"},
	{What: "Notebook", Count: 1, Kept: "with_client"},
	{What: "Razor", Count: 1, Kept: "store", Contraband: "kept_until_leaving"},
}

// bring takes in the things of every third client, and brings the leaving of a few along as far as a team would.
func (w *Ward) bring(ctx context.Context) error {
	now := w.H.Clock.Now()
	nurse, worker := as(w.Staff[access.Nurse]), as(w.Floor[0])
	var taken, said []*record.Entry
	for i, chart := range w.Client {
		if i%3 != 0 && i != ready {
			continue
		}
		items := brought[i%3 : i%3+4]
		name := w.H.NameOf(w.H.DB.Read(ctx), chart)
		taken = append(taken, w.entry(belongings.KindTakenIn, chart, &belongings.TakenIn{Items: items, Signature: &record.Signature{Name: name, Drawn: scribble(i)}, Witness: &record.Signature{Name: "Yusuf Adeyin", Typed: true}}))
		if i == 6 {
			taken = append(taken, w.entry(belongings.KindCounted, chart, &belongings.Counted{Parts: []belongings.Part{{Item: belongings.Ref(taken[len(taken)-1].ID, 3), Count: 1}}, Words: "One lighter is not in its bag"}))
		}
	}
	house := w.entry(discharge.KindHouse, w.Unit, &discharge.HouseSet{Lines: []discharge.Line{{Name: "Suicide and crisis lifeline", Number: "988", Words: "day and night, by phone or text"}, {Name: "Cedar, this unit", Number: "555 0170", Words: "ask for the nurse"}}})
	day := func(n int) string { return now.In(w.zone).AddDate(0, 0, n).Format(time.DateOnly) }
	if len(w.Client) > soon {
		said = append(said, w.entry(discharge.KindPlanned, w.Client[soon], &discharge.Planned{Date: day(2), Destination: "supported_living", Place: "Linden Court", Plan: "“A room of my own, and somebody at the desk at night.”"}),
			w.entry(discharge.KindPlanned, w.Client[ready], &discharge.Planned{Date: day(1), Destination: "home", Plan: "“I go to my flat. My sister comes on Sundays. On Tuesdays I cook with the group.”", Signs: "I stop answering the phone. I sleep by day.",
				Supports: "My sister. The Tuesday group. Walking to the river.", Medicines: "One tablet in the evening. The prescriber at Harbour Clinic gives it on.", Call: "My sister, 555 0142"}),
			w.entry(discharge.KindBooked, w.Client[ready], &discharge.FollowUpBooked{What: "therapy", With: "M. Lund, Harbour Clinic", At: now.AddDate(0, 0, 4).Truncate(time.Hour), Where: "12 Quay Street", How: "Bus 14; we tried it together", Phone: "555 0119"}))
	}
	if err := w.file(ctx, w.program(), house); err != nil {
		return fmt.Errorf("setting whom to call: %w", err)
	}
	if err := w.file(ctx, worker, taken...); err != nil {
		return fmt.Errorf("taking things in: %w", err)
	}
	if err := w.file(ctx, nurse, said...); err != nil {
		return fmt.Errorf("planning to leave: %w", err)
	}
	return nil
}

// scribble is a signature that nobody ever wrote, another for each.
func scribble(n int) *record.Drawing {
	line := []int{}
	for x := 60; x <= 360; x += 12 {
		line = append(line, x, 100+((x*(n+3))%67)-33)
	}
	return &record.Drawing{Lines: [][]int{line, {80, 150, 380, 140}}}
}
