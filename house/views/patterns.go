package views

import (
	_ "embed"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"time"

	"milieu/kit/record"
	"milieu/kit/view"
)

//go:embed data/patterns.json
var patternsFile []byte

// Rule is a pattern in the log that is worth a question. It accuses nobody.
type Rule struct {
	ID     string `json:"id"`
	On     bool   `json:"on"` // unless the house decides otherwise
	Charts int    `json:"charts,omitempty"`
	From   int    `json:"from_hour,omitempty"` // of the day, local
	Until  int    `json:"until_hour,omitempty"`
	Days   int    `json:"days,omitempty"`
	Times  int    `json:"times,omitempty"`
	Least  int    `json:"least,omitempty"`
}

// data is what the house's rules on views are, with their source and date.
type data struct {
	From      string `json:"from"`
	Source    string `json:"source"`
	Rules     []Rule `json:"rules"`
	Retention struct {
		Years  int    `json:"years"`
		Source string `json:"source"`
	} `json:"retention"`
}

var fixed = func() (d data) {
	if err := json.Unmarshal(patternsFile, &d); err != nil {
		panic(fmt.Sprintf("data/patterns.json: %v", err))
	}
	return d
}()

// Rules are all patterns there are, and where they are from.
func Rules() ([]Rule, string) { return fixed.Rules, fixed.Source }

// RetentionYears is how long rows are kept at least, and by what.
func RetentionYears() (int, string) { return fixed.Retention.Years, fixed.Retention.Source }

// FindRule gives a pattern by its name.
func FindRule(id string) (Rule, bool) {
	i := slices.IndexFunc(fixed.Rules, func(r Rule) bool { return r.ID == id })
	if i < 0 {
		return Rule{}, false
	}
	return fixed.Rules[i], true
}

// Someone is what the patterns know of a person or client.
type Someone struct {
	Name, Legal string
	Role        string
	Discharged  time.Time   // of a client: since when
	Family      []record.ID // of a person: clients they are family or guardian of
}

// surname is the last word of a name, folded. A single word is no surname.
func surname(name string) string {
	words := strings.Fields(strings.ToLower(name))
	if len(words) < 2 {
		return ""
	}
	return words[len(words)-1]
}

func (s *Someone) surnames() (out []string) {
	for _, n := range []string{s.Name, s.Legal} {
		if last := surname(n); last != "" && !slices.Contains(out, last) {
			out = append(out, last)
		}
	}
	return out
}

func (s *Someone) called(other *Someone) bool {
	for _, a := range []string{s.Name, s.Legal} {
		for _, b := range []string{other.Name, other.Legal} {
			if len(strings.Fields(a)) > 1 && strings.EqualFold(strings.TrimSpace(a), strings.TrimSpace(b)) {
				return true
			}
		}
	}
	return false
}

// Finding is a pattern found: whose looks, at whom, how often, from when to when.
type Finding struct {
	Rule           string
	Person, Client record.ID // Client is zero where the pattern is about many
	Count          int
	First, Last    time.Time
}

// Finder looks for patterns in rows that are handed to it one by one, in any order.
type Finder struct {
	House   House
	Zone    *time.Location
	People  map[record.ID]*Someone
	Clients map[record.ID]*Someone

	found  map[[2]any]*Finding
	nights map[nightOf]map[record.ID]bool
	spans  map[nightOf]*Finding
	counts map[record.ID]int
}

type nightOf struct {
	person record.ID
	day    string
}

// Take looks at one row. Boards say nothing: everybody on the unit is on them.
func (f *Finder) Take(r *view.Row) {
	if r.Kind != view.Seen || r.Chart.IsZero() {
		return
	}
	person, client := f.People[r.Person], f.Clients[r.Chart]
	if person == nil || client == nil {
		return
	}
	if f.counts == nil {
		f.found, f.nights, f.spans, f.counts = map[[2]any]*Finding{}, map[nightOf]map[record.ID]bool{}, map[nightOf]*Finding{}, map[record.ID]int{}
	}
	f.counts[r.Person]++
	for _, rule := range fixed.Rules {
		if !f.House.Looks(rule) {
			continue
		}
		hit := false
		switch rule.ID {
		case "same_surname":
			hit = slices.ContainsFunc(person.surnames(), func(s string) bool { return slices.Contains(client.surnames(), s) }) && !person.called(client)
		case "own_family":
			hit = slices.Contains(person.Family, r.Chart)
		case "colleague":
			hit = f.colleague(r.Person, client)
		case "protected":
			hit = slices.Contains(f.House.Protected, r.Chart)
		case "after_discharge":
			hit = !client.Discharged.IsZero() && r.At.Sub(client.Discharged) > time.Duration(rule.Days)*24*time.Hour
		case "night_bulk":
			f.night(rule, r)
		}
		if hit {
			f.add([2]any{rule.ID, [2]record.ID{r.Person, r.Chart}}, rule.ID, r)
		}
	}
}

// colleague says whether a client is called as somebody who works here is, other than who looks.
func (f *Finder) colleague(looker record.ID, client *Someone) bool {
	for id, p := range f.People {
		if id != looker && p.called(client) {
			return true
		}
	}
	return false
}

func (f *Finder) add(key [2]any, rule string, r *view.Row) {
	one := f.found[key]
	if one == nil {
		one = &Finding{Rule: rule, Person: r.Person, Client: r.Chart, First: r.At, Last: r.At}
		f.found[key] = one
	}
	one.extend(r.At)
}

func (one *Finding) extend(at time.Time) {
	one.Count++
	if at.Before(one.First) {
		one.First = at
	}
	if at.After(one.Last) {
		one.Last = at
	}
}

// night counts different charts opened by one person in one night.
func (f *Finder) night(rule Rule, r *view.Row) {
	at := r.At.In(f.Zone)
	if at.Hour() < rule.From && at.Hour() >= rule.Until {
		return
	}
	if at.Hour() < rule.Until {
		at = at.AddDate(0, 0, -1) // the night belongs to the evening it began on
	}
	key := nightOf{r.Person, at.Format(time.DateOnly)}
	if f.nights[key] == nil {
		f.nights[key] = map[record.ID]bool{}
		f.spans[key] = &Finding{Rule: rule.ID, Person: r.Person, First: r.At, Last: r.At}
	}
	f.nights[key][r.Chart] = true
	f.spans[key].extend(r.At)
}

// Findings gives what was found, the latest first.
func (f *Finder) Findings() []Finding {
	var out []Finding
	for _, one := range f.found {
		out = append(out, *one)
	}
	for key, charts := range f.nights {
		if rule, _ := FindRule("night_bulk"); len(charts) >= rule.Charts {
			one := *f.spans[key]
			one.Count = len(charts)
			out = append(out, one)
		}
	}
	if rule, _ := FindRule("more_than_colleagues"); f.House.Looks(rule) {
		out = append(out, f.most(rule)...)
	}
	slices.SortFunc(out, func(a, b Finding) int {
		if c := b.Last.Compare(a.Last); c != 0 {
			return c
		}
		return strings.Compare(a.Rule+a.Person.String()+a.Client.String(), b.Rule+b.Person.String()+b.Client.String())
	})
	return out
}

// most finds who opened charts many times as often as the middle one of their role.
func (f *Finder) most(rule Rule) (out []Finding) {
	roles := map[string][]int{}
	for id, n := range f.counts {
		roles[f.People[id].Role] = append(roles[f.People[id].Role], n)
	}
	for id, n := range f.counts {
		all := slices.Sorted(slices.Values(roles[f.People[id].Role]))
		if middle := all[(len(all)-1)/2]; len(all) >= 3 && n >= rule.Least && n >= rule.Times*middle {
			out = append(out, Finding{Rule: rule.ID, Person: id, Count: n})
		}
	}
	return out
}
