package ward

import (
	"context"
	"fmt"
	"time"

	houseaccess "milieu/house/access"
	"milieu/house/clients"
	"milieu/house/staff"
	"milieu/kit/access"
	"milieu/kit/record"
)

// LetIn shows one of each way in which somebody is let in to the record of the ward's first client: a care team, a caseload, the client's own
// account and a relative's with consent, a contact that family are not to see, and an opening in an emergency that was looked at.
func (w *Ward) LetIn(ctx context.Context) error {
	if len(w.Client) == 0 {
		return nil
	}
	now, who := w.H.Clock.Now(), w.Client[0]
	own, relative, doctor := record.NewID(now), record.NewID(now), record.NewID(now)
	w.Staff[access.Client], w.Staff[access.Relative] = own, relative
	name := w.H.NameOf(w.H.DB.Read(ctx), who)
	span := func(person record.ID, why string) houseaccess.Span { return houseaccess.Span{Person: person, Why: why} }
	quiet := w.entry("clients.contact_set", who, &clients.ContactSet{Name: "Lou Perrin", Relationship: "a friend from before", Phone: "555 0188", Safe: "Call in the evening"})
	quiet.Labels = []string{access.NotForFamily}
	err := w.file(ctx, w.program(),
		w.entry("staff.joined", own, &staff.Joined{Details: staff.Details{Name: name, Role: access.Client, SignIn: "me"}}),
		w.entry("staff.joined", relative, &staff.Joined{Details: staff.Details{Name: "Samira Holt", Role: access.Relative, SignIn: "samira"}}),
		w.entry("staff.joined", doctor, &staff.Joined{Details: staff.Details{Name: "Amadou Keita", Role: access.Prescriber, SignIn: "amadou"}}),
		w.entry("access.tied", who, &houseaccess.Tied{Span: span(w.Staff[access.Peer], "Walks with them every morning"), As: "care_team"}),
		w.entry("access.tied", who, &houseaccess.Tied{Span: span(w.Staff[access.CaseManager], "Aftercare"), As: "caseload"}),
		w.entry("access.let_in", who, &houseaccess.LetIn{Span: span(own, "Set up together at the tablet"), As: "self"}),
		w.entry("access.let_in", who, &houseaccess.LetIn{Span: span(relative, "Sister"), As: "family"}),
		w.entry("access.consent_given", who, &houseaccess.ConsentGiven{What: access.Kin, To: relative, How: "spoken", Witness: "Tove Kjell", Words: "She may see how I am. Not who calls me.", ToldEnds: true}),
		quiet)
	if err != nil {
		return fmt.Errorf("letting people in: %w", err)
	}
	at := now.Add(-26 * time.Hour)
	glass := w.entryAt("access.glass_broken", who, &houseaccess.GlassBroken{Reason: "called", Words: "Called by the night desk: shaking and very pale, nobody of the unit free", Minutes: 60}, at)
	as := func(person record.ID, role access.Role) record.Sender {
		return record.Sender{Person: person, Role: string(role), Via: record.ViaProgram}
	}
	if err := w.file(ctx, as(doctor, access.Prescriber), glass, w.entryAt("access.glass_returned", who, &houseaccess.GlassReturned{Glass: glass.ID}, at.Add(25*time.Minute))); err != nil {
		return fmt.Errorf("opening in an emergency: %w", err)
	}
	review := w.entryAt("access.glass_reviewed", who, &houseaccess.GlassReviewed{Glass: glass.ID, Finding: "right", Words: "Called by us, and gone again as soon as it was over."}, at.Add(9*time.Hour))
	if err := w.file(ctx, as(w.Staff[access.Supervisor], access.Supervisor), review); err != nil {
		return fmt.Errorf("looking at it: %w", err)
	}
	return nil
}
