package rounds

import (
	"embed"
	"encoding/json"
	"fmt"
	"maps"
	"slices"

	"milieu/kit/fault"
	"milieu/kit/record"
)

// Checklist is an environmental round as data: what to look at, in the order of the walk.
type Checklist struct {
	ID      string `json:"id"`
	Version int    `json:"version"`
	Title   string `json:"title"`
	Source  string `json:"source"`
	Since   string `json:"since"` // date from which this version holds
	Items   []Item `json:"items"`
	// Temperature and HeadCount say whether they are asked for.
	Temperature bool `json:"temperature"`
	HeadCount   bool `json:"head_count"`
}

// Item is one thing to look at.
type Item struct {
	Code   string `json:"code"`
	Text   string `json:"text"`
	Hazard string `json:"hazard"` // the hazard code that a finding is
}

//go:embed data/*.json
var data embed.FS

var checklists = readChecklists()

func readChecklists() map[string]*Checklist {
	out := map[string]*Checklist{}
	files, err := data.ReadDir("data")
	for _, f := range files {
		raw, readErr := data.ReadFile("data/" + f.Name())
		c := &Checklist{}
		if err = readErr; err == nil {
			err = json.Unmarshal(raw, c)
		}
		if err != nil {
			break
		}
		out[c.ID] = c
	}
	if err != nil {
		panic(fmt.Sprintf("rounds: a checklist cannot be read: %v", err)) // embedded: a mistake in the program, seen at its first start
	}
	return out
}

// FindChecklist is the checklist of that name; nil when there is none.
func FindChecklist(id string) *Checklist { return checklists[id] }

// Checklists are all there are, by name.
func Checklists() []*Checklist {
	return slices.SortedFunc(maps.Values(checklists), func(a, b *Checklist) int {
		if a.ID < b.ID {
			return -1
		}
		return 1
	})
}

// Answers to an item of a checklist.
const (
	ItemFine    = "fine"
	ItemHazard  = "hazard"
	ItemNotDone = "not_done"
)

// EnvironmentDone is a walk through the unit by a checklist: rounds.environment_done, in the unit's chart. Each hazard becomes a task.
type EnvironmentDone struct {
	Checklist   string            `json:"checklist"`
	Version     int               `json:"version" doc:"of the checklist"`
	Answers     map[string]string `json:"answers" doc:"item code to fine, hazard or not_done"`
	Words       map[string]string `json:"words,omitempty" doc:"item code to what was found"`
	Places      map[string]string `json:"places,omitempty" doc:"item code to place code"`
	HeadCount   *int              `json:"head_count,omitempty" doc:"people counted" min:"0" max:"1000"`
	Temperature *float64          `json:"temperature,omitempty" doc:"degrees Celsius" min:"-40" max:"60"`
	After       string            `json:"after,omitempty" max:"500"`
}

// WhyAfter implements record.AfterFact.
func (d *EnvironmentDone) WhyAfter() string { return d.After }

// Validate implements record.Body.
func (d *EnvironmentDone) Validate(*record.Entry) error {
	var v fault.Check
	list := FindChecklist(d.Checklist)
	v.Want(list != nil, "checklist", "there is no such checklist")
	v.Want(d.Version >= 1 && (list == nil || d.Version <= list.Version), "version", "there is no such version")
	v.Want(len(d.Answers) > 0, "answers", "answer at least one")
	v.Want(len(d.Answers) <= 200, "answers", "too many")
	for _, code := range slices.Sorted(maps.Keys(d.Answers)) {
		v.Want(list == nil || d.Version < list.Version || list.item(code) != nil, "answers."+code, "the checklist has no such item")
		v.Want(oneOf(d.Answers[code], ItemFine, ItemHazard, ItemNotDone), "answers."+code, "fine, hazard or not_done")
	}
	for _, code := range slices.Sorted(maps.Keys(d.Words)) {
		v.Want(d.Answers[code] != "", "words."+code, "answer this one too")
		v.Short(d.Words[code], 2000, "words."+code)
	}
	for _, code := range slices.Sorted(maps.Keys(d.Places)) {
		v.Want(d.Answers[code] != "" && oneOf(d.Places[code], Places...), "places."+code, "there is no such place")
	}
	v.Want(d.HeadCount == nil || *d.HeadCount >= 0 && *d.HeadCount <= 1000, "head_count", "a number of people")
	v.Want(d.Temperature == nil || *d.Temperature >= -40 && *d.Temperature <= 60, "temperature", "degrees Celsius")
	v.Short(d.After, 500, "after")
	return v.Err()
}

func (c *Checklist) item(code string) *Item {
	for i := range c.Items {
		if c.Items[i].Code == code {
			return &c.Items[i]
		}
	}
	return nil
}

// Found are the item codes answered with a hazard, sorted.
func (d *EnvironmentDone) Found() []string {
	var out []string
	for _, code := range slices.Sorted(maps.Keys(d.Answers)) {
		if d.Answers[code] == ItemHazard {
			out = append(out, code)
		}
	}
	return out
}

// hazard is the hazard code of an item; "other" for one the list no longer has.
func (d *EnvironmentDone) hazard(code string) string {
	if list := FindChecklist(d.Checklist); list != nil {
		if i := list.item(code); i != nil {
			return i.Hazard
		}
	}
	return "other"
}
