package clients

import (
	"milieu/kit/fault"
	"milieu/kit/record"
)

// AllergyNoted says what somebody reacts to, or that nothing is known (which is not the same as silence).
type AllergyNoted struct {
	Item
	NoneKnown bool   `json:"none_known,omitempty" doc:"asked, and nothing is known"`
	Substance string `json:"substance,omitempty" doc:"to what"`
	System    string `json:"system,omitempty"`
	Code      string `json:"code,omitempty" max:"60"`
	Category  string `json:"category,omitempty" doc:"food, medication, environment, other"`
	Reaction  string `json:"reaction,omitempty" doc:"what happened" max:"1000"`
	Severity  string `json:"severity,omitempty" doc:"mild, moderate, severe, life_threatening"`
	Since     string `json:"since,omitempty" doc:"when it was first seen, as known" max:"60"`
	Told      string `json:"told,omitempty" doc:"who says so"`
	Past      bool   `json:"past,omitempty" doc:"no longer holds; kept from another system"`
}

// Validate implements record.Body.
func (a *AllergyNoted) Validate(*record.Entry) error {
	var c fault.Check
	c.Want(a.NoneKnown || a.Substance != "", "substance", "say to what")
	c.Want(a.Category == "" || one(a.Category, "food", "medication", "environment", "other"), "category", "food, medication, environment or other")
	c.Want(a.Severity == "" || one(a.Severity, "mild", "moderate", "severe", "life_threatening"), "severity", "mild, moderate, severe or life_threatening")
	fits(&c, a)
	return c.Err()
}

// DiagnosisNoted is a diagnosis as somebody entitled to make it made it. Milieu makes none.
type DiagnosisNoted struct {
	Item
	Text   string `json:"text" doc:"in words" max:"500"`
	System string `json:"system,omitempty" doc:"of the code, as http://hl7.org/fhir/sid/icd-10-cm"`
	Code   string `json:"code,omitempty" max:"60"`
	Since  string `json:"since,omitempty" doc:"when it began, as known" max:"60"`
	Until  string `json:"until,omitempty" doc:"when it ended, as known" max:"60"`
	By     string `json:"by,omitempty" doc:"who made it"`
	Past   bool   `json:"past,omitempty" doc:"no longer holds; kept from another system"`
	Note   string `json:"note,omitempty" max:"4000"`
}

// Validate implements record.Body.
func (d *DiagnosisNoted) Validate(*record.Entry) error {
	var c fault.Check
	c.Want(d.Text != "", "text", "say the diagnosis in words")
	fits(&c, d)
	return c.Err()
}

// Precautions are the sorts that are offered, in order. The words for them are in the message catalogue: clients.precaution.CODE.
var Precautions = []string{"self_harm", "fall", "seizure", "choking", "elopement", "fire", "allergy", "aggression", "sexual_safety", "water", "infection", "other"}

// PrecautionSet asks everybody to take care of something, and says how.
type PrecautionSet struct {
	Item
	Code  string `json:"code" doc:"self_harm, fall, seizure, choking, elopement, fire, allergy, aggression, sexual_safety, water, infection, other"`
	Helps string `json:"helps" doc:"what to do and what helps" max:"500"`
	Why   string `json:"why,omitempty" max:"1000"`
}

// Validate implements record.Body.
func (p *PrecautionSet) Validate(*record.Entry) error {
	var c fault.Check
	c.Want(one(p.Code, Precautions...), "code", "choose what to take care of")
	c.Want(p.Helps != "", "helps", "say what to do: the next person reads only this")
	fits(&c, p)
	return c.Err()
}

// FlagSet says what helps this person, in words they may read.
type FlagSet struct {
	Item
	Text string `json:"text" doc:"what helps: quiet for half an hour after visits" max:"200"`
}

// Validate implements record.Body.
func (f *FlagSet) Validate(*record.Entry) error {
	var c fault.Check
	c.Want(f.Text != "", "text", "say what helps")
	fits(&c, f)
	return c.Err()
}

// ContactSet is somebody in the person's life. What they may be told is a matter of consent, not of this.
type ContactSet struct {
	Item
	Name         string `json:"name"`
	Relationship string `json:"relationship,omitempty" doc:"mother, friend, probation officer"`
	Organization string `json:"organization,omitempty"`
	Phone        string `json:"phone,omitempty" max:"120"`
	Email        string `json:"email,omitempty"`
	Address      string `json:"address,omitempty" max:"1000"`
	Language     string `json:"language,omitempty" max:"60"`
	Safe         string `json:"safe,omitempty" doc:"what is safe: never leave a message" max:"500"`
	NextOfKin    bool   `json:"next_of_kin,omitempty"`
	Emergency    bool   `json:"emergency,omitempty" doc:"to be called in an emergency"`
	Guardian     bool   `json:"guardian,omitempty" doc:"legal guardian"`
	Agent        bool   `json:"agent,omitempty" doc:"holds a power of attorney"`
	Past         bool   `json:"past,omitempty" doc:"no longer holds; kept from another system"`
}

// Validate implements record.Body.
func (s *ContactSet) Validate(*record.Entry) error {
	var c fault.Check
	c.Want(s.Name != "" || s.Organization != "", "name", "say who it is")
	fits(&c, s)
	return c.Err()
}

// EpisodeNoted is a stay somewhere else, as another record has it.
type EpisodeNoted struct {
	Item
	Class  string `json:"class,omitempty" doc:"inpatient, emergency, episode" max:"60"`
	Place  string `json:"place,omitempty"`
	What   string `json:"what,omitempty" doc:"kind of stay in words"`
	From   string `json:"from,omitempty" doc:"as known" max:"40"`
	Until  string `json:"until,omitempty" max:"40"`
	Open   bool   `json:"open,omitempty" doc:"not over, says the source"`
	Reason string `json:"reason,omitempty" max:"2000"`
	Went   string `json:"went,omitempty" doc:"where the person went afterwards"`
}

// Validate implements record.Body.
func (n *EpisodeNoted) Validate(*record.Entry) error {
	var c fault.Check
	c.Want(n.Class != "" || n.Place != "" || n.What != "", "what", "say what kind of stay it was")
	fits(&c, n)
	return c.Err()
}
