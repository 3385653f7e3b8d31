package discharge

import (
	"embed"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"

	"milieu/house/clients"
	"milieu/kit/fault"
	"milieu/kit/record"
)

//go:embed data/*.json
var data embed.FS

type choices struct {
	Source  string   `json:"source"`
	Since   string   `json:"since"`
	Parts   []string `json:"parts"`  // of a summary, in order
	Needed  []string `json:"needed"` // of them, those that a summary must have
	Visits  []string `json:"visits"`
	Reasons []string `json:"reasons"` // why no follow-up is booked
	Copies  []string `json:"copies"`
}

// Choices are the lists as they hold now.
var Choices = readChoices()

func readChoices() (c choices) {
	raw, err := data.ReadFile("data/parts.json")
	if err == nil {
		err = json.Unmarshal(raw, &c)
	}
	if err != nil {
		panic(fmt.Sprintf("discharge: the lists cannot be read: %v", err)) // embedded: a mistake in the program, seen at its first start
	}
	return c
}

// Planned is the plan for leaving: discharge.planned, in the client's chart. The latest holds.
type Planned struct {
	Date        string `json:"date,omitempty" doc:"the day meant, as 2026-11-30"`
	Destination string `json:"destination,omitempty" doc:"as in clients.discharged"`
	Place       string `json:"place,omitempty" max:"300"`
	Plan        string `json:"plan" doc:"what comes next, in the person's own words" max:"4000"`
	Signs       string `json:"signs,omitempty" doc:"how they notice that it gets harder" max:"2000"`
	Supports    string `json:"supports,omitempty" doc:"who and what helps" max:"2000"`
	Medicines   string `json:"medicines,omitempty" doc:"what they take and who prescribes it, in words" max:"2000"`
	Call        string `json:"call,omitempty" doc:"whom they can call" max:"1000"`
}

// Validate implements record.Body.
func (p *Planned) Validate(*record.Entry) error {
	var c fault.Check
	_, err := time.Parse(time.DateOnly, p.Date)
	c.Want(p.Date == "" || err == nil, "date", "a day, as 2026-11-30")
	c.Want(p.Destination == "" || slices.Contains(clients.Destinations, p.Destination), "destination", "choose where to")
	c.Want(strings.TrimSpace(p.Plan) != "", "plan", "write what comes next, as they say it")
	c.Short(p.Place, 300, "place")
	c.Short(p.Plan, 4000, "plan")
	c.Short(p.Signs, 2000, "signs")
	c.Short(p.Supports, 2000, "supports")
	c.Short(p.Medicines, 2000, "medicines")
	c.Short(p.Call, 1000, "call")
	return c.Err()
}

// FollowUpBooked is a visit booked for after the discharge: discharge.follow_up_booked.
type FollowUpBooked struct {
	What  string    `json:"what" doc:"therapy, prescriber, case_manager, peer, doctor, home_visit, phone_call, other"`
	With  string    `json:"with" doc:"with whom, or which office" max:"300"`
	At    time.Time `json:"at" doc:"when"`
	Where string    `json:"where,omitempty" max:"300"`
	How   string    `json:"how,omitempty" doc:"how they get there" max:"300"`
	Phone string    `json:"phone,omitempty" doc:"whom to call about it" max:"100"`
}

// Validate implements record.Body.
func (f *FollowUpBooked) Validate(*record.Entry) error {
	var c fault.Check
	c.Want(slices.Contains(Choices.Visits, f.What), "what", "say what sort of visit it is")
	c.Want(strings.TrimSpace(f.With) != "", "with", "say with whom")
	c.Want(!f.At.IsZero(), "at", "say when")
	c.Short(f.With, 300, "with")
	c.Short(f.Where, 300, "where")
	c.Short(f.How, 300, "how")
	c.Short(f.Phone, 100, "phone")
	return c.Err()
}

// FollowUpDeclined says that the person was offered follow-up and does not want it: discharge.follow_up_declined.
type FollowUpDeclined struct {
	Words string `json:"words" doc:"what was offered, and what they said" max:"1000"`
}

// Validate implements record.Body.
func (d *FollowUpDeclined) Validate(*record.Entry) error {
	var c fault.Check
	c.Want(strings.TrimSpace(d.Words) != "", "words", "say what was offered, and what they said")
	c.Short(d.Words, 1000, "words")
	return c.Err()
}

// NoneBooked says why no follow-up is booked: discharge.none_booked.
type NoneBooked struct {
	Reason string `json:"reason" doc:"hospital, other_place, custody, left_without_notice, not_offered, arranged_themselves, died, other"`
	Words  string `json:"words,omitempty" max:"1000"`
}

// Validate implements record.Body.
func (n *NoneBooked) Validate(*record.Entry) error {
	var c fault.Check
	c.Want(slices.Contains(Choices.Reasons, n.Reason), "reason", "say why")
	c.Want(n.Reason != "other" || strings.TrimSpace(n.Words) != "", "words", "say it in words")
	c.Short(n.Words, 1000, "words")
	return c.Err()
}

// BelongingsLeft says why things stay behind: discharge.belongings_left.
type BelongingsLeft struct {
	Reason string `json:"reason" doc:"why, where they are, and until when" max:"1000"`
}

// Validate implements record.Body.
func (b *BelongingsLeft) Validate(*record.Entry) error {
	var c fault.Check
	c.Want(strings.TrimSpace(b.Reason) != "", "reason", "say why they stay, and where they are")
	c.Short(b.Reason, 1000, "reason")
	return c.Err()
}

// SummaryWritten is the summary of a stay: discharge.summary_written. What it says of the stay it cites.
type SummaryWritten struct {
	Parts map[string]string `json:"parts" doc:"part to text: why_here, what_happened, what_helped, how_now, what_next"`
}

// Validate implements record.Body.
func (s *SummaryWritten) Validate(*record.Entry) error {
	var c fault.Check
	for _, part := range Choices.Needed {
		c.Want(strings.TrimSpace(s.Parts[part]) != "", "parts."+part, "this part is needed")
	}
	for _, part := range slices.Sorted(maps.Keys(s.Parts)) {
		c.Want(slices.Contains(Choices.Parts, part), "parts."+part, "there is no such part")
		c.Short(s.Parts[part], 6000, "parts."+part)
	}
	return c.Err()
}

// CopyGiven says that the person has their papers: discharge.copy_given.
type CopyGiven struct {
	How       string            `json:"how" doc:"paper, read_aloud, sent, declined"`
	Words     string            `json:"words,omitempty" max:"500"`
	Signature *record.Signature `json:"signature,omitempty"`
}

// Validate implements record.Body.
func (g *CopyGiven) Validate(*record.Entry) error {
	var c fault.Check
	c.Want(slices.Contains(Choices.Copies, g.How), "how", "say how")
	g.Signature.Check(&c, "signature")
	c.Short(g.Words, 500, "words")
	return c.Err()
}

// Line is somebody to call in a crisis, as the house has it for its place.
type Line struct {
	Name   string `json:"name" max:"100"`
	Number string `json:"number" max:"60"`
	Words  string `json:"words,omitempty" doc:"when, in which languages" max:"200"`
}

// HouseSet is what a unit fixes for discharges: discharge.house_set, in the unit's chart.
type HouseSet struct {
	Lines []Line `json:"lines,omitempty" doc:"whom to call in a crisis"`
}

// Validate implements record.Body.
func (h *HouseSet) Validate(*record.Entry) error {
	var c fault.Check
	c.Want(len(h.Lines) <= 8, "lines", "at most eight")
	for i, l := range h.Lines {
		at := "lines." + strconv.Itoa(i) + "."
		c.Want(strings.TrimSpace(l.Name) != "", at+"name", "say who answers")
		c.Want(strings.TrimSpace(l.Number) != "", at+"number", "say the number")
		c.Short(l.Name, 100, at+"name")
		c.Short(l.Number, 60, at+"number")
		c.Short(l.Words, 200, at+"words")
	}
	return c.Err()
}
