package staff

import (
	"embed"
	"slices"
	"time"

	"milieu/kit/access"
	"milieu/kit/record"
	"milieu/kit/ui"
)

//go:embed messages/*.json
var messages embed.FS

func init() { ui.Register(messages, "messages") }

// opens are the kinds that give accounts, roles and sight of people, or end them: a page asks who sits there before it files one. Planning a shift
// is none of them: it is done all day long, and for the day.
var opens = []string{"staff.joined", "staff.changed", "staff.left", "staff.returned", "staff.invited", "staff.assigned", "staff.covering"}

// Kinds is the vocabulary of staff. Taking back a statement needs what making it needs, except one's own shift.
func Kinds() []record.Kind {
	unit := record.MustID("01970000-0000-7000-8000-000000000001")
	from := time.Date(2026, 11, 19, 12, 0, 0, 0, time.UTC)
	said := func(key string) func(*record.Entry, record.Body) record.Line {
		return func(*record.Entry, record.Body) record.Line { return record.Line{Key: key} }
	}
	jo := Details{Name: "Jo Ferreira", Legal: "Joana Ferreira", Pronouns: "she, her", Role: access.Worker, SignIn: "jo", Phone: "+1 555 0100"}
	kinds := []record.Kind{
		{Name: "staff.joined", Begins: true, Action: "staff.manage", Example: &Joined{jo}, Line: said("staff.joined")},
		{Name: "staff.changed", Action: "staff.manage", Example: &Changed{jo}, Line: said("staff.changed")},
		{Name: "staff.left", Action: "staff.manage", Example: &Left{Reason: "moved away"}, Line: said("staff.left")},
		{Name: "staff.returned", Action: "staff.manage", Example: &Returned{Reason: "back from leave"}, Line: said("staff.returned")},
		{Name: "staff.invited", Action: "staff.manage", Example: &Invited{}, Line: said("staff.invited")},
		{Name: "staff.assigned", Action: "staff.assign", Example: &Assignment{Unit: unit}, Line: said("staff.assigned")},
		{Name: "staff.unassigned", Action: "staff.assign", Example: &Unassignment{Unit: unit}, Line: said("staff.unassigned")},
		{Name: "staff.shift_planned", Action: "staff.shift.plan", Example: &ShiftPlanned{Unit: unit, From: from, Until: from.Add(12 * time.Hour), Task: "Rooms 1–7"}, Line: said("staff.shift_planned")},
		{Name: "staff.shift_started", Action: "staff.shift.start", Example: &ShiftStarted{Unit: unit}, Line: said("staff.shift_started")},
		{Name: "staff.covering", Action: "staff.cover", Example: &Covering{For: unit, From: from, Until: from.AddDate(0, 0, 14), Reason: "holiday"}, Line: said("staff.covering")},
		{Name: "staff.covering_ended", Action: "staff.cover", Example: &CoveringEnded{Covering: unit}, Line: said("staff.covering_ended")},
		{Name: "staff.shift_ended", Action: "staff.shift.start", Example: &ShiftEnded{}, Line: said("staff.shift_ended")},
	}
	for i := range kinds {
		kinds[i].Version, kinds[i].Chart, kinds[i].Withdraw = 1, "staff", kinds[i].Action
		kinds[i].Fresh = slices.Contains(opens, kinds[i].Name)
	}
	return kinds
}
