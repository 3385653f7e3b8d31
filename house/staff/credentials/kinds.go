package credentials

import (
	"embed"

	"milieu/kit/access"
	"milieu/kit/record"
	"milieu/kit/ui"
)

//go:embed messages/*.json
var messages embed.FS

func init() { ui.Register(messages, "messages") }

// Names of the kinds.
const (
	KindRecorded  = "staff.credential_recorded"
	KindVerified  = "staff.credential_verified"
	KindEvidenced = "staff.credential_evidenced"
	KindEnded     = "staff.credential_ended"
	KindRequired  = "staff.requirement_set"
	KindLifted    = "staff.requirement_lifted"
)

// Kinds is the vocabulary of certificates. Anybody records their own; somebody else vouches for it.
func Kinds() []record.Kind {
	id := record.MustID("01970000-0000-7000-8000-000000000001")
	said := func(key string) func(*record.Entry, record.Body) record.Line {
		return func(*record.Entry, record.Body) record.Line { return record.Line{Key: key} }
	}
	const address = "00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff"
	kinds := []record.Kind{
		{Name: KindRecorded, Chart: "staff", Action: "staff.credential.record", Example: &Recorded{What: "cpr_first_aid", IssuedBy: "Red Cross", Number: "A-204", From: "2026-01-05", Until: "2028-01-04"}, Line: said(KindRecorded)},
		{Name: KindVerified, Chart: "staff", Action: "staff.credential.verify", Example: &Verified{id, "original"}, Line: said(KindVerified)},
		{Name: KindEvidenced, Chart: "staff", Action: "staff.credential.record", Example: &Evidenced{id, address, FormPicture}, Line: said(KindEvidenced)},
		{Name: KindEnded, Chart: "staff", Action: "staff.credential.verify", Example: &Ended{id, "revoked", "struck off the register"}, Line: said(KindEnded)},
		{Name: KindRequired, Chart: "house", Action: "staff.require", Example: &RequirementSet{What: "medication_aide", Roles: []access.Role{access.Worker}, Units: []record.ID{id}, Actions: []string{"medication.assist"}, From: "2027-01-01", Accepted: id, Basis: "house policy 12"}, Line: said(KindRequired)},
		{Name: KindLifted, Chart: "house", Action: "staff.require", Example: &RequirementLifted{What: "medication_aide", Reason: "nurses only from now on"}, Line: said(KindLifted)},
	}
	for i := range kinds {
		kinds[i].Version, kinds[i].Withdraw = 1, kinds[i].Action
		switch kinds[i].Name {
		case KindVerified, KindRequired, KindLifted: // signed: somebody answers for it
			kinds[i].Fresh = true
		}
	}
	return kinds
}
