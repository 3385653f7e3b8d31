package access

import (
	"embed"
	"time"

	kit "milieu/kit/access"
	"milieu/kit/record"
	"milieu/kit/ui"
)

//go:embed messages/*.json
var messages embed.FS

func init() { ui.Register(messages, "messages") }

// Kinds is the vocabulary of who is let in. Taking a statement back needs what making it needs.
func Kinds() []record.Kind {
	id := record.MustID("01970000-0000-7000-8000-000000000002")
	at := time.Date(2026, 11, 19, 12, 0, 0, 0, time.UTC)
	span := Span{Person: id, From: at, Until: at.AddDate(0, 3, 0), Why: "key worker"}
	said := func(key string, code func(record.Body) string) func(*record.Entry, record.Body) record.Line {
		return func(_ *record.Entry, b record.Body) record.Line {
			if code != nil {
				return record.Line{Key: "access.line." + key + "." + code(b)}
			}
			return record.Line{Key: "access.line." + key}
		}
	}
	kinds := []record.Kind{
		{Name: "access.tied", Action: "access.tie", Fresh: true, Example: &Tied{Span: span, As: "care_team"}, Line: said("tied", func(b record.Body) string { return b.(*Tied).As })},
		{Name: "access.let_in", Action: "access.let_in", Fresh: true, Example: &LetIn{Span: span, As: "self"}, Line: said("let_in", func(b record.Body) string { return b.(*LetIn).As })},
		{Name: "access.untied", Action: "access.tie", Example: &Untied{Tie: id, Why: "moved to another team"}, Line: said("untied", nil)},
		{Name: "access.custodian_named", Chart: "staff", Action: "access.custodian", Fresh: true, Example: &CustodianNamed{Custodian: id, Why: "goes on with the same clients"}, Line: said("custodian_named", nil)},
		{Name: "access.consent_given", Action: "access.consent", Fresh: true, Line: said("consent_given", func(b record.Body) string { return b.(*ConsentGiven).What }),
			Example: &ConsentGiven{What: kit.SubstanceUse, Whom: "My treating providers", Covers: "All that the programme wrote", Purpose: "My treatment", Open: true, How: "signed", ToldEnds: true}},
		{Name: "access.consent_ended", Action: "access.consent", Example: &ConsentEnded{Consent: id, Words: "I changed my mind"}, Line: said("consent_ended", nil)},
		{Name: "access.glass_broken", Action: "access.break", Withdraw: "access.break.review", Fresh: true, Line: said("glass_broken", nil),
			Example: &GlassBroken{Reason: "danger", Words: "Found unwell in the street outside", Minutes: 60}},
		{Name: "access.glass_returned", Action: "access.return", Withdraw: "access.break.review", Example: &GlassReturned{Glass: id}, Line: said("glass_returned", nil)},
		{Name: "access.glass_limits_set", Chart: "house", Action: "access.limits", Fresh: true, Example: &GlassLimits{Most: 120, Review: 12},
			Line: func(_ *record.Entry, b record.Body) record.Line {
				l := b.(*GlassLimits)
				return record.Line{Key: "access.line.glass_limits_set", Args: []any{l.Most, l.Review}}
			}},
		{Name: "access.glass_reviewed", Action: "access.break.review", Example: &GlassReviewed{Glass: id, Finding: "right"}, Line: said("glass_reviewed", func(b record.Body) string { return b.(*GlassReviewed).Finding })},
	}
	for i := range kinds {
		k := &kinds[i]
		k.Version = 1
		if k.Chart == "" {
			k.Chart = "client"
		}
		if k.Withdraw == "" {
			k.Withdraw = k.Action
		}
	}
	return kinds
}
