package access

import (
	"fmt"
	"slices"
	"time"

	kit "milieu/kit/access"
	"milieu/kit/db"
	"milieu/kit/fault"
	"milieu/kit/record"
)

// GlassReasons are why a chart may be opened that is not one's own. The house's list, from 2026-11-22.
var GlassReasons = []string{"medical_emergency", "danger", "arrival", "called", "other"}

// GlassBroken opens one client's chart to somebody whose it is not, for a while: access.glass_broken. With Programme it opens as well what a
// substance-use programme wrote, as the medical emergency of 42 CFR 2.51: then it says what that section asks to be recorded. Who disclosed it
// is the author, and when is the entry's time.
type GlassBroken struct {
	Reason    string `json:"reason" enum:"medical_emergency|danger|arrival|called|other"`
	Words     string `json:"words" max:"500" doc:"what happens, in one's own words"`
	Minutes   int    `json:"minutes" doc:"for how long; as the house allows, 240 at most if it has set nothing"`
	Programme bool   `json:"programme,omitempty" doc:"a medical emergency in which what a substance-use programme wrote must be known"`
	Personnel string `json:"personnel,omitempty" max:"200" doc:"to whom of the medical staff it is told: name and affiliation"`
	Facility  string `json:"facility,omitempty" max:"200" doc:"where they work: the health care facility"`
	Nature    string `json:"nature,omitempty" max:"500" doc:"what kind of emergency it is"`
}

// Validate implements record.Body.
func (g *GlassBroken) Validate(*record.Entry) error {
	var c fault.Check
	c.Want(slices.Contains(GlassReasons, g.Reason), "reason", "choose a reason")
	c.Want(said(g.Words), "words", "say what happens")
	c.Want(g.Minutes >= 1 && g.Minutes <= MostGlass, "minutes", fmt.Sprintf("1 to %d minutes", MostGlass))
	if g.Programme { // 42 CFR 2.51(c)
		c.Want(g.Reason == "medical_emergency", "reason", "what a substance-use programme wrote opens in a medical emergency alone")
		c.Want(said(g.Personnel), "personnel", "say to whom: name and affiliation")
		c.Want(said(g.Facility), "facility", "say which facility")
		c.Want(said(g.Nature), "nature", "say what kind of emergency")
	}
	fits(&c, "words", g.Words, 500)
	fits(&c, "personnel", g.Personnel, 200)
	fits(&c, "facility", g.Facility, 200)
	fits(&c, "nature", g.Nature, 500)
	return c.Err()
}

// GlassReturned gives the chart back before the time is over: access.glass_returned.
type GlassReturned struct {
	Glass record.ID `json:"glass" doc:"the entry by which it was opened"`
}

// Validate implements record.Body.
func (r *GlassReturned) Validate(*record.Entry) error {
	var c fault.Check
	c.Want(!r.Glass.IsZero(), "glass", "say which")
	return c.Err()
}

// Findings are what a review may find.
var Findings = []string{"right", "wrong", "followed_up"}

// GlassReviewed says what whoever answers for the unit found: access.glass_reviewed.
type GlassReviewed struct {
	Glass   record.ID `json:"glass" doc:"the entry by which it was opened"`
	Finding string    `json:"finding" enum:"right|wrong|followed_up"`
	Words   string    `json:"words,omitempty" max:"1000"`
}

// Validate implements record.Body.
func (r *GlassReviewed) Validate(*record.Entry) error {
	var c fault.Check
	c.Want(!r.Glass.IsZero(), "glass", "say which")
	c.Want(slices.Contains(Findings, r.Finding), "finding", "say what you found")
	c.Want(r.Finding == "right" || said(r.Words), "words", "say what was wrong, or what follows")
	fits(&c, "words", r.Words, 1000)
	return c.Err()
}

// Review is one review of a broken glass.
type Review struct {
	GlassReviewed
	At     time.Time
	Author record.ID
}

// Glass is one opening as it stands.
type Glass struct {
	GlassBroken
	Root, Chart, Person record.ID
	From, Until         time.Time // Until as it came: returned, or over
	Returned            bool
	Reviews             []Review
}

// Open says whether it is open at t.
func (g *Glass) Open(t time.Time) bool { return holds(g.From, g.Until, t) }

// GlassOf lists the openings of a client's chart, by time.
func GlassOf(q db.Querier, chart record.ID) ([]Glass, error) {
	return ofFamily(q, chart, func(c record.ID) ([]Glass, error) { return glasses(q, "chart = $1", c[:]) })
}

// GlassBy lists the openings by a person, by time.
func GlassBy(q db.Querier, person record.ID) ([]Glass, error) {
	return glasses(q, withPerson, person[:])
}

// GlassSince lists every opening since a time, of any chart.
func GlassSince(q db.Querier, from time.Time) ([]Glass, error) {
	all, err := glasses(q, "1 = 1")
	return slices.DeleteFunc(all, func(g Glass) bool { return g.From.Before(from) }), err
}

// FindGlass gives one opening. An entry that is none is fault.NotFound.
func FindGlass(q db.Querier, root record.ID) (*Glass, error) {
	all, err := glasses(q, "root = $1", root[:])
	if err != nil {
		return nil, err
	}
	if len(all) == 0 {
		return nil, fault.New(fault.NotFound, "there is nothing here that you may see")
	}
	return &all[0], nil
}

func glasses(q db.Querier, where string, args ...any) ([]Glass, error) {
	list, err := facts(q, topicGlass, where, args...)
	if err != nil {
		return nil, err
	}
	var out []Glass
	for _, t := range threads(list, "access.glass_broken") {
		b, err := read[GlassBroken](t.fact)
		if err != nil {
			return nil, err
		}
		t.endedBy("access.glass_returned")
		over := t.happened.Add(time.Duration(b.Minutes) * time.Minute)
		g := Glass{GlassBroken: b, Root: t.root, Chart: t.chart, Person: t.author, From: t.happened, Until: earlier(over, t.ended)}
		g.Returned = g.Until.Before(over)
		for _, f := range t.ends {
			if f.kind != "access.glass_reviewed" || f.author == g.Person {
				continue // nobody looks at their own
			}
			r, err := read[GlassReviewed](f)
			if err != nil {
				return nil, err
			}
			g.Reviews = append(g.Reviews, Review{r, f.happened, f.author})
		}
		out = append(out, g)
	}
	return out, nil
}

// relations are what an open glass gives.
func (g *Glass) relations() []kit.Relation {
	r := kit.Relation{Chart: g.Chart, What: kit.Glass, From: g.From, Until: g.Until, Via: g.Root}
	if !g.Until.After(g.From) {
		return nil
	}
	if !g.Programme {
		return []kit.Relation{r}
	}
	also := r
	also.What = kit.Emergency
	return []kit.Relation{r, also}
}
