package clients

import (
	"reflect"
	"regexp"
	"strconv"
	"strings"
	"time"

	"milieu/house/clients/names"
	"milieu/kit/fault"
	"milieu/kit/record"
)

// Identity is who somebody is, in the parts in which it is changed: a change states its part anew.
type Identity struct {
	Names
	Birth
	Numbers
	Speech
	Needs
	Reach
}

// Names are what somebody is called: the name used is shown everywhere, the legal name on legal papers only.
type Names struct {
	Used     string   `json:"used,omitempty" doc:"what the person wants to be called"`
	Script   string   `json:"script,omitempty" doc:"the name as the person writes it"`
	Pronouns string   `json:"pronouns,omitempty" doc:"as the person says them: she/her" max:"60"`
	Legal    string   `json:"legal,omitempty" doc:"the whole legal name as one says it"`
	Given    string   `json:"given,omitempty" doc:"legal given names, when known apart"`
	Family   string   `json:"family,omitempty" doc:"legal family name, when known apart"`
	Previous []string `json:"previous,omitempty" doc:"earlier names; found by search, never shown as the name"`
	// Anonymous people are in care before they say who they are. Alias is what they are called until trust is there.
	Anonymous bool   `json:"anonymous,omitempty" doc:"has not said who they are yet"`
	Alias     string `json:"alias,omitempty" doc:"what an anonymous person is called meanwhile"`
}

// Birth is when somebody was born, as exactly as it is known, and gender in the person's own words.
type Birth struct {
	BirthDate string `json:"birth_date,omitempty" doc:"YYYY, YYYY-MM or YYYY-MM-DD" max:"10"`
	Estimated bool   `json:"birth_estimated,omitempty" doc:"the date is somebody's estimate"`
	Gender    string `json:"gender,omitempty" doc:"in the person's own words" max:"100"`
	PaperSex  string `json:"paper_sex,omitempty" doc:"as papers have it: male, female, other, unknown"`
}

// Numbers are what other systems and the house know somebody by.
type Numbers struct {
	RecordNumber string       `json:"record_number,omitempty" doc:"the house's own number" max:"60"`
	Identifiers  []Identifier `json:"identifiers,omitempty"`
	Heritage     []string     `json:"heritage,omitempty" doc:"race and ethnicity as the person gives them, for equity reports"`
}

// Identifier is a number somebody gave the person. Kind is the code of HL7 table 0203: MR a record number, SS a social security number.
type Identifier struct {
	System string `json:"system,omitempty"`
	Kind   string `json:"kind,omitempty" max:"40"`
	Value  string `json:"value"`
}

// sensitive are the kinds of which pages show no more than the last four characters.
var sensitive = map[string]bool{"SS": true, "SB": true, "DL": true, "PPN": true, "NI": true, "TAX": true, "BC": true, "CZ": true}

// Shown is the number as pages show it: of a sensitive one at most its last four characters, never more than half.
func (i Identifier) Shown() string {
	if !sensitive[i.Kind] {
		return i.Value
	}
	r := []rune(i.Value)
	return "••••" + string(r[len(r)-min(4, len(r)/2):])
}

// Speech is how to speak and write with somebody.
type Speech struct {
	Language    string   `json:"language,omitempty" doc:"spoken best, as a tag (BCP 47) or in words" max:"60"`
	Languages   []string `json:"languages,omitempty" doc:"others spoken" max:"60"`
	Reads       string   `json:"reads,omitempty" doc:"language read, or that reading is hard"`
	Interpreter string   `json:"interpreter,omitempty" doc:"no, talks (plans, measures, consent), always"`
	Mode        string   `json:"interpreter_mode,omitempty" doc:"in person, video, telephone, sign language" max:"60"`
}

// Needs are what care must respect: culture, faith, food, senses, touch.
type Needs struct {
	Culture  string `json:"culture,omitempty" max:"2000"`
	Faith    string `json:"faith,omitempty" max:"1000"`
	Food     string `json:"food,omitempty" max:"1000"`
	Care     string `json:"care,omitempty" doc:"hair, skin, touch, gender of carer" max:"1000"`
	Senses   string `json:"senses,omitempty" doc:"hearing, sight, reading" max:"1000"`
	OwnWords string `json:"own_words,omitempty" doc:"how the person explains what is happening" max:"4000"`
}

// Reach is how to reach the person, and what is safe.
type Reach struct {
	Phone   string `json:"phone,omitempty" max:"60"`
	Email   string `json:"email,omitempty"`
	Address string `json:"address,omitempty" max:"1000"`
	Safe    string `json:"safe,omitempty" doc:"what is safe: no messages, only after 17:00" max:"500"`
}

// The parts of an identity, each changed as a whole.
const (
	PartNames   = "names"
	PartBirth   = "birth"
	PartNumbers = "numbers"
	PartSpeech  = "speech"
	PartNeeds   = "needs"
	PartReach   = "reach"
)

// Parts are all parts in the order in which pages show them.
var Parts = []string{PartNames, PartSpeech, PartNeeds, PartBirth, PartReach, PartNumbers}

// take puts one part of another identity in the place of this one's.
func (i *Identity) take(part string, from *Identity) {
	switch part {
	case PartNames:
		i.Names = from.Names
	case PartBirth:
		i.Birth = from.Birth
	case PartNumbers:
		i.Numbers = from.Numbers
	case PartSpeech:
		i.Speech = from.Speech
	case PartNeeds:
		i.Needs = from.Needs
	case PartReach:
		i.Reach = from.Reach
	}
}

// Only keeps one part.
func (i *Identity) Only(part string) (out Identity) {
	out.take(part, i)
	return out
}

// Name is what the person is called everywhere: the alias while anonymous, the name used, else the legal one.
func (n Names) Name() string {
	switch {
	case n.Anonymous && n.Alias != "":
		return n.Alias
	case n.Used != "":
		return n.Used
	case n.Legal != "":
		return n.Legal
	}
	return strings.TrimSpace(n.Given + " " + n.Family)
}

// OnPapers is the legal name.
func (n Names) OnPapers() string {
	if n.Legal != "" {
		return n.Legal
	}
	return strings.TrimSpace(n.Given + " " + n.Family)
}

// TermsOf is what the index of names finds a client by: every name, also earlier ones, and every number.
func TermsOf(all []Names, n Numbers) names.Terms {
	var texts []string
	for _, one := range all {
		texts = append(append(texts, one.Used, one.Alias, one.Legal, one.Given, one.Family, one.Script), one.Previous...)
	}
	numbers := []string{n.RecordNumber}
	for _, i := range n.Identifiers {
		numbers = append(numbers, i.Value)
	}
	return names.TermsOf(texts, numbers)
}

var birthForm = regexp.MustCompile(`^\d{4}(-\d{2}(-\d{2})?)?$`)

// BirthDay reads a birth date of any precision: the first day it could be, and its layout. ok is false when it is no date.
func BirthDay(text string) (day time.Time, layout string, ok bool) {
	if !birthForm.MatchString(text) {
		return day, "", false
	}
	layout = "2006-01-02"[:len(text)]
	day, err := time.Parse(layout, text)
	return day, layout, err == nil
}

// Age is the whole years since birth at t, and whether the date allows to know it. A month or year alone counts from its middle.
func (b Birth) Age(t time.Time) (int, bool) {
	day, layout, ok := BirthDay(b.BirthDate)
	if !ok {
		return 0, false
	}
	switch layout {
	case "2006":
		day = day.AddDate(0, 6, 0)
	case "2006-01":
		day = day.AddDate(0, 0, 14)
	}
	years := t.Year() - day.Year()
	if t.Month() < day.Month() || t.Month() == day.Month() && t.Day() < day.Day() {
		years--
	}
	return years, years >= 0
}

func (i *Identity) check(c *fault.Check, e *record.Entry) {
	if i.BirthDate != "" {
		day, _, ok := BirthDay(i.BirthDate)
		c.Want(ok, "birth_date", "a year, a year and month, or a whole date: 1992-03-14")
		c.Want(!ok || !day.After(e.Happened.AddDate(0, 0, 1)), "birth_date", "this date lies ahead")
		c.Want(!ok || day.Year() >= e.Happened.Year()-130, "birth_date", "this is more than "+strconv.Itoa(130)+" years ago")
	}
	c.Want(i.PaperSex == "" || one(i.PaperSex, "male", "female", "other", "unknown"), "paper_sex", "male, female, other or unknown")
	c.Want(i.Interpreter == "" || one(i.Interpreter, "no", "talks", "always"), "interpreter", "no, talks or always")
	c.Want(!i.Anonymous || i.Alias != "", "alias", "say what the person is called meanwhile")
	for _, n := range i.Identifiers {
		c.Want(n.Value != "", "identifiers", "a number without value")
	}
	fits(c, i)
}

// Registered opens a client's chart.
type Registered struct {
	Identity
	// Unit is who cares for the person before there is an admission; those who work there see the chart.
	Unit record.ID `json:"unit" doc:"the unit that cares for the person"`
}

// Validate implements record.Body.
func (r *Registered) Validate(e *record.Entry) error {
	var c fault.Check
	c.Want(r.Name() != "", "used", "say what the person wants to be called")
	c.Want(!r.Unit.IsZero(), "unit", "say which unit cares for the person")
	r.check(&c, e)
	return c.Err()
}

// Described states one part of the identity anew.
type Described struct {
	Part string `json:"part" doc:"names, birth, numbers, speech, needs or reach"`
	Identity
}

// Validate implements record.Body.
func (d *Described) Validate(e *record.Entry) error {
	var c fault.Check
	c.Want(one(d.Part, Parts...), "part", "names, birth, numbers, speech, needs or reach")
	c.Want(d.Part != PartNames || d.Name() != "", "used", "say what the person wants to be called")
	c.Want(reflect.DeepEqual(d.Identity, d.Only(d.Part)), "part", "only what belongs to this part")
	d.check(&c, e)
	return c.Err()
}

// PhotoSet gives the photo by which the person is recognised, taken with consent.
type PhotoSet struct {
	Blob    string `json:"blob" doc:"its address in the blob store" max:"64"`
	Consent string `json:"consent" doc:"who agreed, in a few words" max:"300"`
}

// Validate implements record.Body.
func (p *PhotoSet) Validate(*record.Entry) error {
	var c fault.Check
	c.Want(blobForm.MatchString(p.Blob), "blob", "this is no photo")
	c.Want(p.Consent != "", "consent", "say who agreed to the photo")
	fits(&c, p)
	return c.Err()
}

var blobForm = regexp.MustCompile(`^[0-9a-f]{64}$`)

// PhotoRemoved takes the photo away from all pages.
type PhotoRemoved struct {
	Reason string `json:"reason,omitempty" max:"300"`
}

// Validate implements record.Body.
func (p *PhotoRemoved) Validate(*record.Entry) error {
	var c fault.Check
	fits(&c, p)
	return c.Err()
}
