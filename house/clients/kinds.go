package clients

import (
	"cmp"
	"embed"
	"time"

	"milieu/kit/access"
	"milieu/kit/record"
	"milieu/kit/ui"
)

//go:embed messages/*.json
var messages embed.FS

func init() { ui.Register(messages, "messages") }

// example IDs, for the machine interface and the conformance test.
var (
	exampleUnit  = record.MustID("018f0000-0000-7000-8000-000000000001")
	exampleRoom  = record.MustID("018f0000-0000-7000-8000-000000000002")
	exampleBed   = record.MustID("018f0000-0000-7000-8000-000000000003")
	exampleItem  = record.MustID("018f0000-0000-7000-8000-000000000004")
	exampleChart = record.MustID("018f0000-0000-7000-8000-000000000005")
	exampleTime  = time.Date(2026, 11, 19, 18, 0, 0, 0, time.UTC)
	exampleSum   = "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08"
)

func said(key string, args func(b record.Body) []any) func(*record.Entry, record.Body) record.Line {
	return func(_ *record.Entry, b record.Body) record.Line {
		l := record.Line{Key: "clients.line." + key}
		if args != nil {
			l.Args = args(b)
		}
		return l
	}
}

func line(key string) func(*record.Entry, record.Body) record.Line { return said(key, nil) }

// coded makes the line of a body from its code: clients.line.left.hospital.
func coded(key string, of func(b record.Body) (code string, args []any)) func(*record.Entry, record.Body) record.Line {
	return func(_ *record.Entry, b record.Body) record.Line {
		code, args := of(b)
		return record.Line{Key: "clients.line." + key + "." + code, Args: args}
	}
}

// Kinds are the room's kinds of entry. All belong in the client's own chart.
func Kinds() []record.Kind {
	ended := &Ended{Item: exampleItem, Reason: "no longer so"}
	kinds := []record.Kind{
		{Name: "clients.registered", Begins: true, Action: "clients.register", Line: line("registered"), Into: func(b record.Body) record.ID { return b.(*Registered).Unit },
			Example: &Registered{Identity: Identity{Names: Names{Used: "Rafi Haddad", Script: "رافي حدّاد", Pronouns: "he/him", Legal: "Rafiq S. Haddad"}, Birth: Birth{BirthDate: "1992-03"}, Speech: Speech{Language: "ar", Interpreter: "talks"}}, Unit: exampleUnit}},
		{Name: "clients.described", Action: "clients.describe", Example: &Described{Part: PartNeeds, Identity: Identity{Needs: Needs{Food: "Halal"}}},
			Line: coded("described", func(b record.Body) (string, []any) { return b.(*Described).Part, nil })},
		{Name: "clients.photo_set", Action: "clients.photograph", Line: line("photo_set"), Example: &PhotoSet{Blob: exampleSum, Consent: "Rafi himself"}},
		{Name: "clients.photo_removed", Action: "clients.photograph", Line: line("photo_removed"), Example: &PhotoRemoved{Reason: "Rafi asked"}},
		{Name: "clients.contact_set", Action: "clients.describe", Example: &ContactSet{Name: "Samir Haddad", Relationship: "brother", Phone: "555 0142", NextOfKin: true},
			Line: said("contact_set", func(b record.Body) []any {
				s := b.(*ContactSet)
				return []any{cmp.Or(s.Name, s.Organization), s.Relationship}
			})},
		{Name: "clients.contact_ended", Action: "clients.describe", Line: line("contact_ended"), Example: ended},
		{Name: "clients.allergy_noted", Citable: true, Action: "clients.allergy", Example: &AllergyNoted{Substance: "Penicillin", Category: "medication", Reaction: "Hives", Severity: "moderate", Since: "2019"},
			Line: func(_ *record.Entry, b record.Body) record.Line {
				if a := b.(*AllergyNoted); !a.NoneKnown {
					return record.Line{Key: "clients.line.allergy_noted", Args: []any{a.Substance}}
				}
				return record.Line{Key: "clients.line.no_allergy"}
			}},
		{Name: "clients.allergy_ended", Action: "clients.allergy.end", Line: line("allergy_ended"), Example: ended},
		{Name: "clients.diagnosis_noted", Action: "clients.diagnosis", Example: &DiagnosisNoted{Text: "Recurrent depressive disorder", System: "http://hl7.org/fhir/sid/icd-10", Code: "F33.1", By: "Dr Imke Raad"},
			Line: said("diagnosis_noted", func(b record.Body) []any { return []any{b.(*DiagnosisNoted).Text} })},
		{Name: "clients.diagnosis_ended", Action: "clients.diagnosis", Line: line("diagnosis_ended"), Example: ended},
		{Name: "clients.precaution_set", Citable: true, Action: "clients.precaution", Withdraw: "clients.precaution.lift", Example: &PrecautionSet{Code: "fall", Helps: "Walk at the left side, light on at night"},
			Line: coded("precaution_set", func(b record.Body) (string, []any) {
				p := b.(*PrecautionSet)
				return p.Code, []any{p.Helps}
			})},
		{Name: "clients.precaution_lifted", Citable: true, Action: "clients.precaution.lift", Line: line("precaution_lifted"), Example: ended},
		{Name: "clients.flag_set", Citable: true, Action: "clients.flag", Example: &FlagSet{Text: "Quiet for half an hour after visits"},
			Line: said("flag_set", func(b record.Body) []any { return []any{b.(*FlagSet).Text} })},
		{Name: "clients.flag_lifted", Citable: true, Action: "clients.flag", Line: line("flag_lifted"), Example: ended},
		{Name: "clients.legal_status_set", Citable: true, Action: "clients.legal", Withdraw: "clients.legal", Example: &LegalStatusSet{Status: "hold", Words: "72-hour hold", From: exampleTime, Until: exampleTime.Add(72 * time.Hour)},
			Line: coded("legal", func(b record.Body) (string, []any) {
				if l := b.(*LegalStatusSet); l.Words == "" {
					return l.Status, nil
				}
				return "words", []any{b.(*LegalStatusSet).Words}
			})},
		{Name: "clients.episode_noted", Action: "clients.describe", Line: line("episode_noted"), Example: &EpisodeNoted{Class: "inpatient", Place: "Harbour Hospital", From: "2025-02-01", Until: "2025-02-14", Reason: "Low mood"}},
		{Name: "clients.episode_ended", Action: "clients.describe", Line: line("episode_ended"), Example: ended},
		{Name: "clients.imported", Source: true, Action: "clients.import", Line: said("imported", func(b record.Body) []any { return []any{b.(*Imported).Reference} }),
			Example: &Imported{System: "synthea", Reference: "Patient/1", Key: "a|1", Fingerprint: exampleSum, SHA256: exampleSum, Text: `{"resourceType":"Patient"}`}},
	}
	kinds = append(kinds, moveKinds()...)
	for i := range kinds {
		k := &kinds[i]
		k.Version, k.Chart, k.Labels = 1, "client", labels[k.Name]
		if len(k.Labels) > 0 {
			k.About = about
		}
	}
	return kinds
}

// labels are the labels that entries may carry. What everybody who cares for somebody must know carries none: who it is, allergies, precautions,
// what helps, legal status, where they are. What ends or changes something is seen by those who see what it speaks of.
var labels = map[string][]string{
	"clients.contact_set": {access.NotForFamily}, "clients.contact_ended": {access.NotForFamily},
	"clients.diagnosis_noted": {access.SubstanceUse, access.NotForFamily}, "clients.diagnosis_ended": {access.SubstanceUse, access.NotForFamily},
	"clients.episode_noted": {access.SubstanceUse, access.NotForFamily}, "clients.episode_ended": {access.SubstanceUse, access.NotForFamily},
	"clients.imported": {access.SubstanceUse, access.NotForFamily},
}

// about is the entry that first set what a later one ends or changes.
func about(b record.Body) record.ID {
	switch b := b.(type) {
	case *Ended:
		return b.Item
	case *ContactSet:
		return b.Item.Item
	case *DiagnosisNoted:
		return b.Item.Item
	case *EpisodeNoted:
		return b.Item.Item
	}
	return record.Zero
}

func moveKinds() []record.Kind {
	return []record.Kind{
		{Name: "clients.admitted", Citable: true, Action: "clients.admit", Line: line("admitted"), Into: func(b record.Body) record.ID { return b.(*Admitted).Unit }, Example: &Admitted{Unit: exampleUnit, Room: exampleRoom, Bed: exampleBed, From: "home", Reason: "Could not stay safe alone"}},
		{Name: "clients.transferred", Citable: true, Action: "clients.transfer", Line: line("transferred"), Into: func(b record.Body) record.ID { return b.(*Transferred).Unit }, Example: &Transferred{Unit: exampleUnit, Room: exampleRoom, Bed: exampleBed, Reason: "nearer to the office"}},
		{Name: "clients.left", Citable: true, Action: "clients.leave", Example: &Left{Kind: "leave", Expected: exampleTime.Add(48 * time.Hour), With: "his sister"},
			Line: coded("left", func(b record.Body) (string, []any) { return b.(*Left).Kind, nil })},
		{Name: "clients.returned", Citable: true, Action: "clients.leave", Line: line("returned"), Example: &Returned{Note: "Calm, glad to be back"}},
		{Name: "clients.discharged", Citable: true, Action: "clients.discharge", Example: &DischargedTo{Destination: "home"},
			Line: coded("discharged", func(b record.Body) (string, []any) { return b.(*DischargedTo).Destination, nil })},
		{Name: "clients.merged", Action: "clients.merge", Withdraw: "clients.merge", Line: line("merged"), Example: &Merged{Into: exampleChart, Reason: "Same birth date, and he told us both names"},
			Raises: func(e *record.Entry, b record.Body) []*record.Entry {
				return []*record.Entry{joined(e, b.(*Merged).Into, &Joined{Chart: e.Chart})}
			}},
		{Name: "clients.unmerged", Action: "clients.merge", Withdraw: "clients.merge", Line: line("unmerged"), Example: &Unmerged{Merge: exampleItem, From: exampleChart, Reason: "Two people with one name"},
			Raises: func(e *record.Entry, b record.Body) []*record.Entry {
				return []*record.Entry{joined(e, b.(*Unmerged).From, &Joined{Chart: e.Chart, Separate: true})}
			}},
		{Name: "clients.joined", Own: true, Action: "clients.merge", Example: &Joined{Chart: exampleChart},
			Line: func(_ *record.Entry, b record.Body) record.Line {
				if b.(*Joined).Separate {
					return record.Line{Key: "clients.line.separated"}
				}
				return record.Line{Key: "clients.line.joined"}
			}},
	}
}

// joined is the entry that a merge gives rise to in the other chart.
func joined(e *record.Entry, chart record.ID, b *Joined) *record.Entry {
	raw, err := record.Canonical(b)
	if err != nil {
		panic(err) // a struct of an ID and a bool always encodes
	}
	return &record.Entry{ID: record.DeriveID("clients.joined", e.ID.String()), Chart: chart, Kind: "clients.joined", Version: 1, Cites: []record.ID{e.ID}, Body: raw}
}
