package forms

import (
	"cmp"
	"embed"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"
)

//go:embed data/*.json
var data embed.FS

// Text is what is read or shown, by language. English is always there.
type Text map[string]string

// In is the text in a language, in English where there is none.
func (t Text) In(language string) string { return cmp.Or(t[language], t["en"]) }

// Form is one version of a checklist.
type Form struct {
	ID       string    `json:"id"`
	Version  int       `json:"version"`
	Title    Text      `json:"title"`
	About    Text      `json:"about,omitempty"` // what it is, and what it is not
	Source   string    `json:"source"`
	Since    string    `json:"since"`
	Roles    []string  `json:"roles,omitempty"` // who may fill it; empty: whoever may fill forms
	Hours    int       `json:"hours,omitempty"` // within which it is wanted after an admission, where the unit opens it then
	Read     bool      `json:"read,omitempty"`  // it is read to the person, in their language
	Sections []Section `json:"sections"`
	// Unchecked are the languages whose texts no translator has checked.
	Unchecked []string `json:"unchecked,omitempty"`
}

// Section is what is asked together and saved together.
type Section struct {
	Code  string `json:"code"`
	Title Text   `json:"title"`
	Items []Item `json:"items"`
}

// The types of item.
const (
	Statement = "statement" // read aloud
	YesNo     = "yes_no"
	One       = "one"
	Several   = "several"
	Number    = "number"
	Date      = "date"
	Short     = "short"
	Long      = "long"
	Sign      = "signature"
	Step      = "done" // a step that somebody did
)

// Item is one thing asked, read, signed or done.
type Item struct {
	Code     string     `json:"code"`
	Type     string     `json:"type"`
	Text     Text       `json:"text"`
	Help     Text       `json:"help,omitempty"`
	Choices  []Choice   `json:"choices,omitempty"`
	Unit     string     `json:"unit,omitempty"`
	Min      *float64   `json:"min,omitempty"`
	Max      *float64   `json:"max,omitempty"`
	Signer   string     `json:"signer,omitempty"` // person, staff or witness
	Required bool       `json:"required,omitempty"`
	When     string     `json:"when,omitempty"` // "item=value": asked only while that item has that answer
	Critical []Critical `json:"critical,omitempty"`
	Fact     string     `json:"fact,omitempty"` // what the answer is a fact about
	Lead     string     `json:"lead,omitempty"` // the page on which it is dealt with: allergies, contacts, level
}

// Choice is one of the answers offered.
type Choice struct {
	Code  string `json:"code"`
	Text  Text   `json:"text"`
	Alone bool   `json:"alone,omitempty"` // no other goes with it: none of these
}

// Critical is a rule on one item: an answer among Values is told at once. One that is not sure enough to ring by itself is Pending: it rings
// only where a named licensed person has accepted it.
type Critical struct {
	Code    string   `json:"code"`
	Values  []string `json:"values"`
	Pending bool     `json:"pending,omitempty"`
	Source  string   `json:"source"`
	Say     Text     `json:"say"` // what is to be done now
}

// all is every version of every form by id, the latest last.
var all = readForms()

func readForms() map[string][]*Form {
	out := map[string][]*Form{}
	files, err := data.ReadDir("data")
	for _, f := range files {
		if f.Name() == "rules.json" || err != nil {
			continue
		}
		var raw []byte
		if raw, err = data.ReadFile("data/" + f.Name()); err != nil {
			break
		}
		one := &Form{}
		if err = json.Unmarshal(raw, one); err == nil {
			err = one.check()
		}
		out[one.ID] = append(out[one.ID], one)
	}
	if err != nil {
		panic(fmt.Sprintf("forms: a form cannot be read: %v", err)) // embedded: a mistake in the program, seen at its first start
	}
	for _, versions := range out {
		slices.SortFunc(versions, func(a, b *Form) int { return a.Version - b.Version })
	}
	return out
}

// check finds what is wrong with a form as data.
func (f *Form) check() error {
	if f.ID == "" || f.Version < 1 || f.Title["en"] == "" || f.Source == "" || f.Since == "" || len(f.Sections) == 0 {
		return fmt.Errorf("form %q: id, version, title, source, since and sections are needed", f.ID)
	}
	seen := map[string]*Item{}
	for si := range f.Sections {
		s := &f.Sections[si]
		for i := range s.Items {
			it := &s.Items[i]
			choices := it.Type == One || it.Type == Several
			switch item, value, _ := strings.Cut(it.When, "="); {
			case it.Code == "" || strings.ContainsAny(it.Code, ". =") || it.Text["en"] == "":
				return fmt.Errorf("form %s, section %s: an item needs a plain code and a text", f.ID, s.Code)
			case seen[it.Code] != nil:
				return fmt.Errorf("form %s: item %s stands twice", f.ID, it.Code)
			case !slices.Contains([]string{Statement, YesNo, One, Several, Number, Date, Short, Long, Sign, Step}, it.Type):
				return fmt.Errorf("form %s: item %s is of no known type", f.ID, it.Code)
			case choices != (len(it.Choices) > 0):
				return fmt.Errorf("form %s: item %s and its choices do not fit", f.ID, it.Code)
			case it.When != "" && (seen[item] == nil || seen[item].valid(value) != ""):
				return fmt.Errorf("form %s: item %s is asked when %s, which cannot be before it", f.ID, it.Code, it.When)
			case (it.Type == Sign) != (it.Signer != ""):
				return fmt.Errorf("form %s: item %s: say who signs", f.ID, it.Code)
			}
			for _, c := range it.Critical {
				if c.Code == "" || c.Source == "" || len(c.Values) == 0 || c.Say["en"] == "" {
					return fmt.Errorf("form %s: item %s has a critical rule that is not whole", f.ID, it.Code)
				}
			}
			seen[it.Code] = it
		}
	}
	return nil
}

// Find is a form in one of its versions; nil when there is none.
func Find(id string, version int) *Form {
	for _, f := range all[id] {
		if f.Version == version {
			return f
		}
	}
	return nil
}

// Current is the version that is filled today; nil when there is no such form.
func Current(id string) *Form {
	if v := all[id]; len(v) > 0 {
		return v[len(v)-1]
	}
	return nil
}

// Forms are the forms of today, by id.
func Forms() []*Form {
	out := make([]*Form, 0, len(all))
	for _, id := range slices.Sorted(maps.Keys(all)) {
		out = append(out, Current(id))
	}
	return out
}

// Section is one by its code; nil when there is none.
func (f *Form) Section(code string) *Section {
	for i := range f.Sections {
		if f.Sections[i].Code == code {
			return &f.Sections[i]
		}
	}
	return nil
}

// Item is one by its code, in whichever section; nil when there is none.
func (f *Form) Item(code string) *Item {
	for i := range f.Sections {
		if it := f.Sections[i].Item(code); it != nil {
			return it
		}
	}
	return nil
}

// Item is one of the section's; nil when there is none.
func (s *Section) Item(code string) *Item {
	for i := range s.Items {
		if s.Items[i].Code == code {
			return &s.Items[i]
		}
	}
	return nil
}

// Languages are those in which all of the form's statements can be read, English first.
func (f *Form) Languages() []string {
	out := []string{"en"}
	for _, code := range slices.Sorted(maps.Keys(f.Title)) {
		whole := code != "en"
		for _, s := range f.Sections {
			for _, it := range s.Items {
				whole = whole && (it.Type != Statement || it.Text[code] != "")
			}
		}
		if whole {
			out = append(out, code)
		}
	}
	return out
}

// Choice is the text of a choice in a language; the code itself when it is none of the item's.
func (it *Item) Choice(code, language string) string {
	for _, c := range it.Choices {
		if c.Code == code {
			return c.Text.In(language)
		}
	}
	return code
}
