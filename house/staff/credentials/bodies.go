package credentials

import (
	"slices"
	"strings"
	"time"

	"milieu/kit/access"
	"milieu/kit/blob"
	"milieu/kit/fault"
	"milieu/kit/record"
)

// Recorded says what certificate somebody holds: staff.credential_recorded. It counts once it is vouched for, here or by Verified.
type Recorded struct {
	What     string `json:"what" enum:"crisis_prevention|cpr_first_aid|mental_health_first_aid|medication_aide|licence|driver|other"`
	Name     string `json:"name,omitempty" doc:"what it is called, where what is other; the profession, for a licence" max:"80"`
	Number   string `json:"number,omitempty" max:"60"`
	IssuedBy string `json:"issued_by,omitempty" doc:"who gave it" max:"120"`
	From     string `json:"from,omitempty" doc:"its first day, YYYY-MM-DD" max:"10"`
	Until    string `json:"until,omitempty" doc:"its last day, YYYY-MM-DD; open, if not given" max:"10"`
	Vouched  string `json:"vouched,omitempty" doc:"how it was checked; nobody vouches for their own" enum:"original|issuer|register"`
}

// Verified vouches for a certificate that was recorded before: staff.credential_verified.
type Verified struct {
	Credential record.ID `json:"credential" doc:"the entry that recorded it"`
	Vouched    string    `json:"vouched" doc:"how it was checked: the original seen, its issuer asked, a public register looked up" enum:"original|issuer|register"`
}

// Evidenced keeps a picture or file of a certificate: staff.credential_evidenced.
type Evidenced struct {
	Credential record.ID `json:"credential" doc:"the entry that recorded it"`
	Blob       string    `json:"blob" doc:"address of the kept file" max:"64"`
	Form       string    `json:"form" enum:"image/jpeg|application/pdf"`
}

// Ended says that a certificate holds no more from when this happened: staff.credential_ended.
type Ended struct {
	Credential record.ID `json:"credential" doc:"the entry that recorded it"`
	Why        string    `json:"why" enum:"revoked|suspended|given_up|not_renewed"`
	Reason     string    `json:"reason,omitempty" max:"500"`
}

// RequirementSet says what a certificate is needed for from now on: staff.requirement_set, of the house. It replaces what was required of the same
// sort before. The person named in Accepted answers for it, and is whom people are told to ask.
type RequirementSet struct {
	What     string        `json:"what" enum:"crisis_prevention|cpr_first_aid|mental_health_first_aid|medication_aide|licence|driver|other"`
	Name     string        `json:"name,omitempty" doc:"what it is called, where what is other" max:"80"`
	Roles    []access.Role `json:"roles" doc:"of whom it is required"`
	Units    []record.ID   `json:"units,omitempty" doc:"on which units; everywhere, if none is named"`
	Actions  []string      `json:"actions,omitempty" doc:"what may not be done without it; nothing, if none is named"`
	From     string        `json:"from,omitempty" doc:"from which day, YYYY-MM-DD; at once, if not given" max:"10"`
	Accepted record.ID     `json:"accepted" doc:"who of the staff answers for this requirement"`
	Basis    string        `json:"basis" doc:"the rule, contract or decision it rests on" max:"300"`
}

// RequirementLifted ends a requirement: staff.requirement_lifted.
type RequirementLifted struct {
	What   string `json:"what" enum:"crisis_prevention|cpr_first_aid|mental_health_first_aid|medication_aide|licence|driver|other"`
	Name   string `json:"name,omitempty" max:"80"`
	Reason string `json:"reason,omitempty" max:"500"`
}

var (
	vouchings = []string{"original", "issuer", "register"}
	endings   = []string{"revoked", "suspended", "given_up", "not_renewed"}
)

// Vouchings lists the ways of checking a certificate; in words "staff.vouched." and the way.
func Vouchings() []string { return slices.Clone(vouchings) }

// Endings lists why a certificate holds no more; in words "staff.credential_end." and the reason.
func Endings() []string { return slices.Clone(endings) }

// Key is the sort of certificate it is about.
func (r *Recorded) Key() string { return Key(r.What, r.Name) }

// Validate implements record.Body.
func (r *Recorded) Validate(*record.Entry) error {
	var c fault.Check
	what(&c, r.What, r.Name)
	line(&c, "number", r.Number, 60)
	line(&c, "issued_by", r.IssuedBy, 120)
	from, okFrom := day(r.From)
	c.Want(r.From == "" || okFrom, "from", "this is no date")
	until, okUntil := day(r.Until)
	c.Want(r.Until == "" || okUntil, "until", "this is no date")
	c.Want(!okFrom || !okUntil || !until.Before(from), "until", "the last day lies before the first")
	c.Want(r.Vouched == "" || slices.Contains(vouchings, r.Vouched), "vouched", "say how it was checked")
	return c.Err()
}

// Validate implements record.Body.
func (v *Verified) Validate(*record.Entry) error {
	var c fault.Check
	c.Want(!v.Credential.IsZero(), "credential", "say which certificate")
	c.Want(slices.Contains(vouchings, v.Vouched), "vouched", "say how it was checked")
	return c.Err()
}

// Validate implements record.Body.
func (v *Evidenced) Validate(*record.Entry) error {
	var c fault.Check
	c.Want(!v.Credential.IsZero(), "credential", "say which certificate")
	_, err := blob.Parse(v.Blob)
	c.Want(err == nil, "blob", "there is no such file")
	c.Want(v.Form == FormPicture || v.Form == FormPDF, "form", "a picture or a PDF")
	return c.Err()
}

// The forms in which evidence is kept.
const (
	FormPicture = "image/jpeg"
	FormPDF     = "application/pdf"
)

// Validate implements record.Body.
func (v *Ended) Validate(*record.Entry) error {
	var c fault.Check
	c.Want(!v.Credential.IsZero(), "credential", "say which certificate")
	c.Want(slices.Contains(endings, v.Why), "why", "say why it holds no more")
	c.Want(len([]rune(v.Reason)) <= 500, "reason", "shorter, please")
	return c.Err()
}

// Limits on a requirement, against slips and floods.
const (
	mostUnits   = 500
	mostActions = 100
)

// Validate implements record.Body.
func (r *RequirementSet) Validate(*record.Entry) error {
	var c fault.Check
	what(&c, r.What, r.Name)
	c.Want(len(r.Roles) > 0, "roles", "say of whom it is required")
	for _, role := range r.Roles {
		c.Want(Requirable(role), "roles", "it can be required of those who work here")
	}
	c.Want(len(r.Units) <= mostUnits, "units", "too many units")
	c.Want(len(r.Actions) <= mostActions, "actions", "too many")
	for _, a := range r.Actions {
		c.Want(len(a) <= 80 && strings.Contains(a, ".") && !strings.ContainsAny(a, " \t\n"), "actions", "there is no such action")
		c.Want(!NeverBarred(a), "actions", "no certificate may keep anybody from "+a)
	}
	_, ok := day(r.From)
	c.Want(r.From == "" || ok, "from", "this is no date")
	c.Want(!r.Accepted.IsZero(), "accepted", "say who answers for this requirement")
	c.Want(strings.TrimSpace(r.Basis) != "", "basis", "say what it rests on")
	line(&c, "basis", r.Basis, 300)
	return c.Err()
}

// Validate implements record.Body.
func (r *RequirementLifted) Validate(*record.Entry) error {
	var c fault.Check
	what(&c, r.What, r.Name)
	c.Want(len([]rune(r.Reason)) <= 500, "reason", "shorter, please")
	return c.Err()
}

// Requirable says whether a certificate can be required of a role: of people who work here.
func Requirable(r access.Role) bool {
	switch r {
	case access.Worker, access.Peer, access.Nurse, access.CaseManager, access.Clinician, access.Prescriber, access.Supervisor, access.Coordinator:
		return true
	}
	return false
}

func what(c *fault.Check, code, name string) {
	_, ok := SortOf(code)
	c.Want(ok, "what", "choose what it is")
	c.Want(code != Other || strings.TrimSpace(name) != "", "name", "say what it is called")
	line(c, "name", name, 80)
}

// line checks a short text on one line.
func line(c *fault.Check, field, text string, most int) {
	c.Want(len([]rune(text)) <= most, field, "shorter, please")
	c.Want(!strings.ContainsAny(text, "\n\r\t"), field, "on one line, please")
}

// day reads a calendar day; it has no zone yet.
func day(text string) (time.Time, bool) {
	t, err := time.Parse(time.DateOnly, text)
	return t, err == nil && t.Year() >= 1900 && t.Year() < 2200
}
