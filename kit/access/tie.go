package access

import (
	"math/bits"
	"strings"
)

// Tie is what ties a person to a chart: a set of the ways below. Policies say under which of them an action is allowed; one is enough.
type Tie uint32

// The ways in which somebody may be tied to a chart. Author, Custodian and Programme are of single entries that carry a label.
const (
	House     Tie = 1 << iota // works in this house, with whatever unit
	Newcomer                  // the chart is nobody's yet, or of no unit any more
	Shift                     // is on shift on the chart's unit
	Team                      // is of the unit's team, and not on shift
	CareTeam                  // is of this client's care team
	Caseload                  // has this client on their caseload
	Covering                  // stands in for somebody who is tied
	Past                      // was tied until a few days ago, and may finish what is left to write
	Self                      // it is one's own chart
	Guardian                  // may decide for this client by law
	Family                    // belongs to this client, who has agreed to what they see
	Glass                     // has broken the glass for this client
	Emergency                 // has broken the glass in a medical emergency, recorded as the law on substance-use records asks
	Author                    // wrote the entry
	Custodian                 // keeps what an author who left had written
	Programme                 // works in the programme in which the entry was written
	lastTie
)

// AllTies is every way there is.
const AllTies = lastTie - 1

var tieWords = [...]string{"house", "newcomer", "shift", "team", "care_team", "caseload", "covering", "past", "self", "guardian", "family", "glass", "emergency", "author", "custodian", "programme"}

// tieGroups are the names under which policies speak of several ties at once, as the schema's parents of Tie say.
var tieGroups = map[string]Tie{
	"unit":  Shift | Team | Covering,
	"care":  Shift | Team | Covering | CareTeam | Caseload | Glass | Emergency,
	"mine":  Shift | Team | Covering | CareTeam | Caseload | Glass | Emergency | Self,
	"entry": Author | Custodian | Programme,
}

// Has says whether any of the ways holds.
func (t Tie) Has(any Tie) bool { return t&any != 0 }

// String names the ways, with a blank between: "shift caseload".
func (t Tie) String() string {
	var out []string
	for i, w := range tieWords {
		if t&(1<<i) != 0 {
			out = append(out, w)
		}
	}
	return strings.Join(out, " ")
}

// ParseTie gives the way of a name.
func ParseTie(word string) (Tie, bool) {
	for i, w := range tieWords {
		if w == word {
			return 1 << i, true
		}
	}
	return 0, false
}

// Each gives the single ways of a set, in their order.
func (t Tie) Each() []Tie {
	out := make([]Tie, 0, bits.OnesCount32(uint32(t)))
	for ; t != 0; t &= t - 1 {
		out = append(out, t&-t)
	}
	return out
}

// The ways in the order in which they are given as the reason: what says most about why somebody looks comes first.
var telling = []Tie{Self, Guardian, Family, Shift, Covering, CareTeam, Caseload, Team, Past, Emergency, Glass, Newcomer, House}
