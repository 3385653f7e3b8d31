package gallery

import (
	"context"
	"fmt"
	"time"

	"milieu/kit/ui"
)

// at is a time on the gallery's day.
func at(hour, minute int) time.Time {
	y, m, d := Moment.Date()
	return time.Date(y, m, d, hour, minute, 0, 0, Moment.Location())
}

func navigation(current string) []ui.NavItem {
	items := []ui.NavItem{
		{Label: "Shift", Href: "/shift", Icon: "shift", Count: 2, CountID: "nav-late"},
		{Label: "Round", Href: "/round", Icon: "round"},
		{Label: "People", Href: "/chart", Icon: "people"},
		{Label: "Report", Href: "/strips", Icon: "strip"},
		{Label: "Wall board", Href: "/wall", Icon: "wall", Desk: true},
		{Label: "New client", Href: "/form", Icon: "plus", Desk: true},
		{Label: "States", Href: "/states", Icon: "info", Desk: true},
		{Label: "Components", Href: "/", Icon: "table", Desk: true},
	}
	for i := range items {
		items[i].Current = items[i].Href == current
	}
	return items
}

func page(title, current string) ui.Page {
	return ui.Page{
		Title: title, Where: "Alder House", Detail: "Day shift, Thu 19 Nov",
		Nav: navigation(current), Foot: []ui.Link{{Label: "Jo Ferrand", Href: "/form"}, {Label: "Sign out", Href: "/sign-in"}},
		Styles: []string{"gallery.css"},
	}
}

func check(label string) *ui.Action { return &ui.Action{Label: label, Href: "/round"} }

func lateDues() []ui.DueRow {
	return []ui.DueRow{
		{ID: "due-1", State: ui.Late, At: at(13, 45), Who: "Amara Osei", WhoHref: "/chart", What: "Safety check, every 15", Icon: "round", Last: "13:30 day room, reading", Seen: true, Action: check("Check")},
		{ID: "due-2", State: ui.Late, At: at(13, 45), Who: "Luis Arrieta", WhoHref: "/chart", What: "Did the as-needed dose help?", Icon: "pill", Last: "Hydroxyzine 25 mg at 12:45, could not settle", Action: check("Ask")},
	}
}

func nowDues() []ui.DueRow {
	return []ui.DueRow{
		{ID: "due-3", State: ui.Now, At: at(13, 53), NowAt: at(13, 48), Who: "Dariusz Wilk", WhoHref: "/chart", What: "Safety check, every 15", Icon: "round", Last: "13:41 garden, talking", Seen: true, Action: check("Check")},
		{ID: "due-4", State: ui.Now, At: at(13, 56), NowAt: at(13, 51), Who: "Rafi Haddad", WhoHref: "/chart", What: "Safety check, every 15", Icon: "round", Last: "13:44 own room, awake and quiet", Seen: true, Action: check("Check")},
		{ID: "due-5", State: ui.Now, At: at(14, 0), NowAt: at(12, 0), Words: "closes in 8 min", Who: "Midday medication", NotPII: true, What: "2 of 5 still to see: Kofi M., Mei-Lin T.", Icon: "pill", Last: "Window 12:00–14:00", Action: check("Open")},
		{ID: "due-6", State: ui.Now, At: at(14, 0), NowAt: at(13, 50), Who: "Wren Castellan", WhoHref: "/chart", What: "Take over: keep in sight", Icon: "eye", Last: "From Dana Whitlow, until 15:00", Action: check("Take over")},
	}
}

func nextDues() []ui.DueRow {
	return []ui.DueRow{
		{ID: "due-7", State: ui.Next, At: at(14, 30), Who: "Odette Marchal", WhoHref: "/chart", What: "Ride to the dentist", Icon: "car", Last: "You drive, van 2, back by 16:00", Action: check("Start")},
		{ID: "due-8", State: ui.Next, At: at(17, 0), Who: "Ground floor", NotPII: true, What: "Environmental round", Icon: "door", Last: "Last done 09:10, one work item open", Action: check("Start")},
		{ID: "due-9", State: ui.Next, At: at(19, 30), Words: "before you go", Who: "Kofi Mensa-Hale", WhoHref: "/chart", What: "Group note from 10:00, not signed yet", Icon: "note", Last: "Cooking for two, 50 minutes", Action: check("Sign")},
		{ID: "due-10", State: ui.Next, At: at(13, 52).AddDate(0, 0, 2), Who: "You", NotPII: true, What: "Crisis-prevention certificate ends", Icon: "proof", Last: "Next course Fri 20 Nov, two seats", Action: check("Book")},
	}
}

func staff() []ui.Person {
	return []ui.Person{
		{Name: "Jo Ferrand", Line: "You. Rooms 1–7, driver today", Staff: true},
		{Name: "Bashir Nuri", Line: "Nurse in charge, medication", Staff: true},
		{Name: "Dana Whitlow", Line: "In sight of Wren until 14:00", Staff: true},
		{Name: "Yusuf Adeyin", Line: "Rooms 8–14", Staff: true},
		{Name: "Tove Kjell", Line: "Peer supporter, until 17:00", Staff: true},
	}
}

type resident struct {
	name, room, last, level string
	pips, seen, due         int // minutes ago, minutes from now
}

var residents = []resident{
	{"Amara Osei", "1", "own room, asleep, breathing seen", "Every 15", 3, 18, -3},
	{"Dariusz Wilk", "5", "own room, asleep, breathing seen", "Every 15", 3, 11, 1},
	{"Luis Arrieta", "11", "hallway, pacing", "Every 15", 3, 10, 3},
	{"Rafi Haddad", "6", "own room, awake and quiet", "Every 15", 3, 7, 5},
	{"Mei-Lin Tsay", "4", "own room, asleep, breathing seen", "Every 30", 2, 16, 12},
	{"Tomás Vidal", "2", "own room, asleep, breathing seen", "Every 30", 2, 14, 14},
	{"Kofi Mensa-Hale", "9", "kitchen with Dana, eating", "Every 30", 2, 12, 17},
	{"Elliot Bramley", "13", "own room, asleep, breathing seen", "Every 30", 2, 11, 18},
	{"Odette Marchal", "8", "own room, asleep, breathing seen", "Hourly", 1, 29, 29},
	{"Ingrid Solpark", "10", "own room, asleep, breathing seen", "Hourly", 1, 26, 33},
}

func rounds(ctx context.Context) []ui.RoundRow {
	var rows []ui.RoundRow
	for i, one := range residents {
		seen, due := Moment.Add(-time.Duration(one.seen)*time.Minute), Moment.Add(time.Duration(one.due)*time.Minute)
		id := fmt.Sprintf("round-%d", i+1)
		rows = append(rows, ui.RoundRow{
			ID: id, Order: ui.Order(due, id), Ring: ui.RingOf(ctx, seen, due.Add(-3*time.Minute), due), Name: one.name, Place: "Room " + one.room,
			Last: ui.ClockText(ctx, seen) + ", " + one.last, Pips: one.pips, Level: one.level, Href: "/round", Swap: "#sheet", Current: i == 1,
		})
	}
	last := Moment.Add(12 * time.Hour)
	return append(rows,
		ui.RoundRow{ID: "round-20", Order: ui.Order(last, "1"), Ring: ui.Ring{State: ui.Eyes, Word: "Eyes", Under: "on"}, Name: "Wren Castellan", Place: "Room 7", Last: "Dana Whitlow since 13:00, relief at 14:00", Pips: 4, Level: "In sight", Href: "/round"},
		ui.RoundRow{ID: "round-21", Order: ui.Order(last, "2"), Ring: ui.Ring{State: ui.Off, Word: "Out", Under: "leave"}, Name: "June Hallor", Place: "Room 3", Last: "With her sister until Sun 18:00", Pips: 1, Level: "Hourly", Href: "/round"},
	)
}

// night is one person's sightings from 23:00 to 07:00: regular enough, with one gap for the first.
func night(step, gapAt, gapEnd int) ui.Strip {
	from := at(23, 0).AddDate(0, 0, -1)
	s := ui.Strip{From: from, To: from.Add(8 * time.Hour), Nights: []ui.Span{{From: from.Add(30 * time.Minute), To: from.Add(450 * time.Minute)}}}
	wobble := []int{0, 3, -2, 1, -4, 2, -1}
	for i, minute := 0, 2; minute < 480; i, minute = i+1, minute+step+wobble[i%len(wobble)]*step/30 {
		if minute > gapAt && minute < gapEnd {
			continue
		}
		s.Seen = append(s.Seen, ui.Sighting{At: from.Add(time.Duration(minute) * time.Minute), Asleep: minute > 80 && minute < 420, Upset: minute > 425 && minute < 440, Later: i == 9})
	}
	if gapAt > 0 {
		span := ui.Span{From: from.Add(time.Duration(gapAt) * time.Minute), To: from.Add(time.Duration(gapEnd) * time.Minute)}
		s.Spans = append(s.Spans, ui.StripSpan{Kind: ui.Gap, Span: span, Text: fmt.Sprintf("%d min", gapEnd-gapAt)})
	}
	return s
}

func strips() []ui.StripRow {
	late, plain, watched, away := night(13, 209, 241), night(27, 0, 0), night(120, 0, 0), night(27, 0, 0)
	late.Label, plain.Label = "Amara Osei: late, 32 minutes from 02:29 to 03:01", "Tomás Vidal: 17 seen, longest 30 min"
	watched.Label, away.Label = "Wren Castellan: in sight all night, Dana Whitlow to 03:00, then Yusuf Adeyin", "June Hallor: on leave since 01:00"
	watched.Seen = nil
	watched.Spans = []ui.StripSpan{{Kind: ui.Watched, Span: ui.Span{From: watched.From, To: watched.To}}}
	cut := away.From.Add(2 * time.Hour)
	away.Seen = away.Seen[:4]
	away.Spans = []ui.StripSpan{{Kind: ui.Away, Span: ui.Span{From: cut, To: away.To}, Text: "on leave"}}
	flag := []ui.Flag{{At: late.From.Add(241 * time.Minute), Letter: "A"}}
	late.Flags, plain.Flags, watched.Flags, away.Flags = flag, flag, flag, flag
	plain.Spans = []ui.StripSpan{{Kind: ui.Down, Span: ui.Span{From: plain.From.Add(300 * time.Minute), To: plain.From.Add(318 * time.Minute)}, Text: "system down"}}
	return []ui.StripRow{
		{ID: "strip-1", Name: "Amara Osei", Place: "Room 1", Pips: 3, Level: "Every 15", Strip: late, State: ui.Late, Summary: "1 late", Detail: "02:29–03:01"},
		{ID: "strip-2", Name: "Tomás Vidal", Place: "Room 2", Pips: 2, Level: "Every 30", Letter: "B", Strip: plain, Summary: "17 seen, longest 30 min"},
		{ID: "strip-3", Name: "June Hallor", Place: "Room 3", Pips: 1, Level: "Hourly", Strip: away, Summary: "4 seen, then on leave"},
		{ID: "strip-4", Name: "Wren Castellan", Place: "Room 7", Pips: 4, Level: "In sight", Strip: watched, Summary: "In sight, two reliefs"},
	}
}

func wallRows() []ui.WallRow {
	return []ui.WallRow{
		{ID: "wall-1", Order: "01", Room: "1", Name: "Amara O.", Pips: 3, Level: "15", Every: "minutes", Where: "Day room", State: ui.Late, Figure: "7", Words: "min late"},
		{ID: "wall-2", Order: "02", Room: "2", Name: "Tomás V.", Pips: 2, Level: "30", Every: "minutes", Where: "Laundry", State: ui.Next, Seen: at(13, 34), Words: "seen"},
		{ID: "wall-3", Order: "03", Room: "3", Name: "June H.", Pips: 1, Level: "60", Every: "minutes", Where: "Back Sun 18:00", State: ui.Off, Words: "out"},
		{ID: "wall-4", Order: "04", Room: "4", Name: "Mei-Lin T.", Pips: 2, Level: "30", Every: "minutes", Where: "Own room", State: ui.Next, Seen: at(13, 40), Words: "seen"},
		{ID: "wall-5", Order: "05", Room: "5", Name: "Dariusz W.", Pips: 3, Level: "15", Every: "minutes", Where: "Garden", State: ui.Now, Figure: "1", Words: "min"},
		{ID: "wall-6", Order: "06", Room: "6", Name: "Rafi H.", Pips: 3, Level: "15", Every: "minutes", Where: "Own room", State: ui.Now, Figure: "4", Words: "min"},
		{ID: "wall-7", Order: "07", Room: "7", Name: "Wren C.", Pips: 4, Level: "in sight", Where: "With Dana Whitlow", State: ui.Eyes, Words: "eyes on"},
		{ID: "wall-8", Order: "08", Room: "8", Name: "Odette M.", Pips: 1, Level: "60", Every: "minutes", Where: "Day room", State: ui.Next, Seen: at(13, 12), Words: "seen"},
		{ID: "wall-9", Order: "09", Room: "9", Name: "Kofi M.", Pips: 2, Level: "30", Every: "minutes", Where: "Kitchen", State: ui.Next, Seen: at(13, 36), Words: "seen"},
		{ID: "wall-10", Order: "10", Room: "10", Name: "Ingrid S.", Pips: 1, Level: "60", Every: "minutes", Where: "Own room", State: ui.Next, Seen: at(13, 20), Words: "seen"},
		{ID: "wall-11", Order: "11", Room: "11", Name: "Luis A.", Pips: 3, Level: "15", Every: "minutes", Where: "Hallway", State: ui.Next, Seen: at(13, 46), Words: "seen"},
		{ID: "wall-12", Order: "12", Room: "12", Name: "Priya R.", Pips: 3, Level: "15", Every: "minutes", Where: "St Brigid hospital", State: ui.Off, Words: "out"},
		{ID: "wall-13", Order: "13", Room: "13", Name: "Elliot B.", Pips: 2, Level: "30", Every: "minutes", Where: "Group room", State: ui.Next, Seen: at(13, 41), Words: "seen"},
		{ID: "wall-14", Order: "14", Room: "14", Name: "Teodora I.", Pips: 1, Level: "60", Every: "minutes", Where: "Garden", State: ui.Next, Seen: at(13, 24), Words: "seen"},
	}
}

func chips(labels ...string) []ui.Choice {
	var list []ui.Choice
	for _, label := range labels {
		list = append(list, ui.Choice{Value: label, Label: label})
	}
	return list
}

func timeline() []ui.TimelineDay {
	return []ui.TimelineDay{
		{Day: at(9, 0), Items: []ui.TimelineItem{
			{ID: "tl-1", At: at(13, 44), Icon: "round", Title: "Safety check", By: "Jo Ferrand, support worker", Text: "Seen in own room, awake and quiet."},
			{ID: "tl-2", At: at(12, 45), Icon: "pill", Title: "As-needed dose", By: "Bashir Nuri, nurse", Text: "Hydroxyzine 25 mg by mouth. He asked for it: “My thoughts do not stop.”", Cites: []ui.Cite{{At: at(12, 20), Label: "Pacing in the hallway", Href: "#tl-3"}, {Label: "Goal 1", Href: "#tl-3"}}},
			{ID: "tl-3", At: at(9, 5), Icon: "note", Title: "Progress note", By: "Jo Ferrand, support worker", Text: "He joined the second half of the morning meeting and ate a full breakfast.", Badges: badges(ui.Badge(ui.Note, "clock", "Entered afterwards"), ui.Badge(ui.Good, "", "Signed")), Amends: []ui.Amend{{Title: "Corrected 09:40 by Jo Ferrand.", Was: "joined", Is: "joined the second half of"}}},
		}},
	}
}
