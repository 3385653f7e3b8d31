package staff

import (
	"slices"
	"strings"
	"unicode/utf8"

	"golang.org/x/text/cases"
	"golang.org/x/text/unicode/norm"

	"milieu/kit/access"
	"milieu/kit/fault"
	"milieu/kit/record"
)

// Details are who somebody is to colleagues and clients.
type Details struct {
	Name     string      `json:"name" doc:"the name used everywhere" max:"80"`
	Legal    string      `json:"legal,omitempty" doc:"on legal papers, where it differs" max:"120"`
	Pronouns string      `json:"pronouns,omitempty" max:"40"`
	Role     access.Role `json:"role" enum:"worker|peer|nurse|case_manager|clinician|prescriber|supervisor|coordinator|administrator|auditor|integration|client|family"`
	SignIn   string      `json:"sign_in,omitempty" doc:"the name signed in with; without one the person cannot sign in" max:"40"`
	Phone    string      `json:"phone,omitempty" doc:"where the house reaches them" max:"40"`
}

// Joined begins the chart of a member of staff: staff.joined.
type Joined struct{ Details }

// Changed says what holds of a person from now on, all of it: staff.changed.
type Changed struct{ Details }

// Left ends a person's work here and closes the account: staff.left.
type Left struct {
	Reason string `json:"reason,omitempty" max:"500"`
}

// Returned opens the account again: staff.returned.
type Returned struct {
	Reason string `json:"reason,omitempty" max:"500"`
}

// Invited says that a one-time link was made with which the person chooses a password: staff.invited. The link is no part of the record.
type Invited struct{}

// Validate implements record.Body.
func (*Invited) Validate(*record.Entry) error { return nil }

func (d *Details) validate() error {
	var c fault.Check
	line(&c, "name", d.Name, 80)
	c.Want(strings.TrimSpace(d.Name) != "", "name", "say what colleagues call this person")
	line(&c, "legal", d.Legal, 120)
	line(&c, "pronouns", d.Pronouns, 40)
	line(&c, "phone", d.Phone, 40)
	c.Want(slices.Contains(access.AllRoles, d.Role), "role", "choose a role")
	c.Want(d.SignIn == "" || signIn(d.SignIn), "sign_in", "two to 40 letters, digits, dots, dashes or an e-mail address, without blanks")
	return c.Err()
}

// Validate implements record.Body.
func (j *Joined) Validate(*record.Entry) error { return j.validate() }

// Validate implements record.Body.
func (d *Changed) Validate(*record.Entry) error { return d.validate() }

// Validate implements record.Body.
func (l *Left) Validate(*record.Entry) error { return reason(l.Reason) }

// Validate implements record.Body.
func (r *Returned) Validate(*record.Entry) error { return reason(r.Reason) }

func reason(text string) error {
	var c fault.Check
	c.Want(len(text) <= 2000, "reason", "shorter, please")
	return c.Err()
}

// line checks a short text on one line.
func line(c *fault.Check, field, text string, most int) {
	c.Want(len([]rune(text)) <= most, field, "shorter, please")
	c.Want(!strings.ContainsAny(text, "\n\r\t"), field, "on one line, please")
}

func signIn(text string) bool {
	n := 0
	for _, r := range text {
		if strings.ContainsRune(" \t\n\r\u00a0\"'<>&\\/", r) || r < ' ' {
			return false
		}
		n++
	}
	return n >= 2 && n <= 40
}

// FoldSignIn is a sign-in name as it is compared: the same however its letters are cased or composed. Folding alone turns some scripts' small
// letters into large ones and back; small letters have the last word.
func FoldSignIn(text string) string {
	if !strings.ContainsFunc(text, func(r rune) bool { return r >= utf8.RuneSelf }) { // as nearly all are
		return strings.TrimSpace(strings.ToLower(text))
	}
	folded := cases.Fold().String(norm.NFKC.String(text))
	return strings.TrimSpace(norm.NFKC.String(strings.ToLower(folded)))
}
