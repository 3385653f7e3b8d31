package room_test

import (
	"testing"

	"milieu/house/clients"
	"milieu/kit/access"
	"milieu/kit/record"
	"milieu/kit/testkit"
)

// A label is changed by who sees the entry and may put the label on, where its kind carries it; never by who guesses an ID.
func TestRelabelling(t *testing.T) {
	h := open(t)
	contact := h.Must(testkit.As(nurse), "clients.contact_set", rafi, &clients.ContactSet{Name: "Lou Perrin", Relationship: "friend"})
	allergy := h.Must(testkit.As(nurse), "clients.allergy_noted", rafi, &clients.AllergyNoted{Substance: "Penicillin", Category: "medication", Severity: "mild"})
	secret := h.Entry("clients.diagnosis_noted", rafi, &clients.DiagnosisNoted{Text: "Opioid use disorder", By: "Dr Raad"})
	secret.Labels = []string{access.SubstanceUse}
	if o := h.Committer.File(t.Context(), testkit.As(manager), secret)[0]; o.Err != nil {
		t.Fatal(o.Err)
	}
	change := func(of record.ID, add, remove []string) *access.Relabelled {
		return &access.Relabelled{Entry: of, Add: add, Remove: remove, Reason: "told in confidence"}
	}
	family := []string{access.NotForFamily}
	for name, c := range map[string]struct {
		by   record.ID
		body *access.Relabelled
		want bool
	}{
		"a contact, for family":          {nurse, change(contact.ID, family, nil), true},
		"an allergy carries none":        {nurse, change(allergy.ID, family, nil), false},
		"a contact is of no programme":   {nurse, change(contact.ID, []string{access.SubstanceUse}, nil), false},
		"a worker does not":              {worker, change(contact.ID, family, nil), false},
		"whoever does not see the chart": {therap, change(contact.ID, family, nil), false},
		"whoever does not see the entry": {boss, change(secret.ID, nil, []string{access.SubstanceUse}), false},
		"what is nowhere":                {boss, change(chart(99), nil, []string{access.SubstanceUse}), false},
	} {
		if _, err := try(h, c.by, "access.relabelled", rafi, c.body); (err == nil) != c.want {
			t.Errorf("%s: %v", name, err)
		}
	}
	b := h.Browse(nurse)
	_, page := b.Page("/clients/" + rafi.String() + "/contacts")
	has(t, page, "Lou Perrin", "Not for family", "/entries/"+contact.ID.String()+"/labels")
	_, page = b.Page("/clients/" + rafi.String() + "/entries/" + contact.ID.String() + "/labels")
	has(t, page, "Contact: Lou Perrin", "Take off")
	_, page = b.Page("/clients/" + rafi.String() + "/entries/" + allergy.ID.String() + "/labels")
	has(t, page, "everybody who cares for the person needs to see it")
	if code, _ := h.Browse(boss).Page("/clients/" + rafi.String() + "/entries/" + secret.ID.String() + "/labels"); code != 404 {
		t.Errorf("the labels of a hidden entry: %d", code)
	}
	h.Must(testkit.As(manager), "access.relabelled", rafi, change(secret.ID, nil, []string{access.SubstanceUse}))
	_, page = h.Browse(boss).Page("/clients/" + rafi.String() + "/health")
	has(t, page, "Opioid use disorder")
}
