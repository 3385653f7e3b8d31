package forms

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	"milieu/kit/fault"
	"milieu/kit/record"
)

// RulesSet is which forms a unit opens when somebody is admitted: forms.rules_set, in the unit's chart.
type RulesSet struct {
	Opens []string `json:"opens,omitempty" doc:"ids of forms; none: no form is opened by itself"`
}

// Validate implements record.Body.
func (r *RulesSet) Validate(*record.Entry) error {
	var c fault.Check
	c.Want(len(r.Opens) <= len(all), "opens", "choose from the list")
	for _, id := range r.Opens {
		f := Current(id)
		c.Want(f != nil && f.Hours > 0, "opens", "choose from the list")
	}
	return c.Err()
}

// Has says whether the form is opened at admission.
func (r *RulesSet) Has(form string) bool { return slices.Contains(r.Opens, form) }

// Defaults are the rules of a unit that has set none.
var Defaults = readDefaults()

func readDefaults() RulesSet {
	var d struct {
		Source, Since string
		Opens         []string
	}
	raw, err := data.ReadFile("data/rules.json")
	if err == nil {
		err = json.Unmarshal(raw, &d)
	}
	if err != nil {
		panic(fmt.Sprintf("forms: the rules cannot be read: %v", err)) // embedded: a mistake in the program, seen at its first start
	}
	return RulesSet{Opens: d.Opens}
}

// RuleAccepted is a licensed person's word that a pending critical rule holds in a unit: forms.rule_accepted, in the unit's chart. What was
// answered before stays as it was.
type RuleAccepted struct {
	Form string `json:"form" doc:"id of the form"`
	Rule string `json:"rule" doc:"code of the critical rule"`
	Why  string `json:"why" doc:"on what ground" max:"1000"`
}

// Validate implements record.Body.
func (a *RuleAccepted) Validate(*record.Entry) error {
	var c fault.Check
	known := slices.ContainsFunc(Pending(), func(h Hit) bool { return h.Form.ID == a.Form && h.Rule.Code == a.Rule })
	c.Want(known, "rule", "no such rule waits to be accepted")
	c.Want(strings.TrimSpace(a.Why) != "", "why", "say on what ground")
	c.Short(a.Why, 1000, "why")
	return c.Err()
}
