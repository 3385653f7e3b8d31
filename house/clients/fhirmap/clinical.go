package fhirmap

import (
	"slices"
	"strings"

	"milieu/kit/fhir"
)

// The codes of the value sets FHIR R4 requires for these elements
// (allergyintolerance-clinical, -verification, condition-clinical,
// -ver-status, allergy-intolerance-criticality).
var (
	allergyStatuses   = []string{"active", "inactive", "resolved"}
	allergyVerified   = []string{"unconfirmed", "presumed", "confirmed", "refuted", "entered-in-error"}
	conditionStatuses = []string{"active", "recurrence", "relapse", "inactive", "remission", "resolved", "unknown"}
	conditionVerified = []string{"unconfirmed", "provisional", "differential", "confirmed", "refuted", "entered-in-error"}
	criticalities     = []string{"low", "high", "unable-to-assess"}
)

// noneKnown are the SNOMED CT codes by which systems say that no allergy is
// known (International Patient Summary value set for absent or unknown
// allergies, and the older concept 160244002).
var noneKnown = map[string]bool{
	"716186003": true, "409137002": true, "429625007": true, "428607008": true, "160244002": true,
	"no-known-allergies": true, "no-known-medication-allergies": true, "no-known-food-allergies": true, "no-known-environmental-allergies": true,
}

// status reads one of the known codes, from whichever coding carries it. What
// is there but not known is an error: it could say that nothing of this holds.
func (m *mapper) status(item *fhir.Item, element string, concept *fhir.CodeableConcept, known []string) string {
	if concept == nil {
		return ""
	}
	candidates := []string{}
	for _, coding := range concept.Coding {
		candidates = append(candidates, coding.Code)
	}
	candidates = append(candidates, concept.Text)
	for _, candidate := range candidates {
		if word := strings.ToLower(strings.TrimSpace(candidate)); slices.Contains(known, word) {
			return word
		}
	}
	if words := concept.Words(); words != "" {
		m.note(item, element, fhir.Error, "“%s” is not one of %s", short(words), strings.Join(known, ", "))
	}
	return ""
}

func (m *mapper) allergy(person *Person, item *fhir.Item, source *fhir.AllergyIntolerance, from Source) (excluded string) {
	allergy := Allergy{
		Source: from, Kind: source.Type, Categories: source.Category, Notes: notes(source.Note),
		Status:   m.status(item, "clinicalStatus", source.ClinicalStatus, allergyStatuses),
		Verified: m.status(item, "verificationStatus", source.VerificationStatus, allergyVerified),
		Onset:    source.OnsetDateTime, OnsetText: source.OnsetString, Recorded: source.RecordedDate,
		Substance: coded(source.Code),
	}
	if allergy.Verified == "refuted" || allergy.Verified == "entered-in-error" {
		return allergy.Verified
	}
	// What is not said to have ended holds.
	allergy.Active = allergy.Status == "active" || allergy.Status == ""
	for _, reaction := range source.Reaction {
		allergy.Reactions = append(allergy.Reactions, Reaction{
			Substance: coded(reaction.Substance), Manifestation: codedList(reaction.Manifestation),
			Severity: reaction.Severity, Description: reaction.Description, Onset: reaction.Onset,
		})
		if allergy.Substance.Text == "" {
			allergy.Substance = coded(reaction.Substance)
		}
	}
	for _, code := range allergy.Substance.Codes {
		allergy.NoneKnown = allergy.NoneKnown || noneKnown[code.Code]
	}
	if allergy.Substance.Text == "" {
		m.note(item, "code", fhir.Error, "an allergy that does not say to what")
	}
	if source.Criticality != "" {
		if slices.Contains(criticalities, strings.ToLower(source.Criticality)) {
			allergy.Criticality = strings.ToLower(source.Criticality)
		} else {
			m.note(item, "criticality", fhir.Error, "“%s” is not one of %s", short(source.Criticality), strings.Join(criticalities, ", "))
		}
	}
	person.Allergies = append(person.Allergies, allergy)
	return ""
}

func (m *mapper) condition(person *Person, item *fhir.Item, source *fhir.Condition, from Source) (excluded string) {
	condition := Condition{
		Source: from, Meaning: coded(source.Code), Categories: codedList(source.Category), Severity: coded(source.Severity),
		Status:   m.status(item, "clinicalStatus", source.ClinicalStatus, conditionStatuses),
		Verified: m.status(item, "verificationStatus", source.VerificationStatus, conditionVerified),
		Recorded: source.RecordedDate, Notes: notes(source.Note),
	}
	if condition.Verified == "refuted" || condition.Verified == "entered-in-error" {
		return condition.Verified
	}
	if condition.Meaning.Text == "" {
		if len(condition.Notes) == 0 && !item.Lost() {
			return "without meaning"
		}
		m.note(item, "code", fhir.Error, "a condition that does not say what it is")
	}
	condition.Onset, condition.OnsetText = when(source.OnsetDateTime, source.OnsetPeriod, source.OnsetAge, source.OnsetRange, source.OnsetString, false)
	condition.Abatement, condition.AbatementText = when(source.AbatementDateTime, source.AbatementPeriod, source.AbatementAge, source.AbatementRange, source.AbatementString, true)
	ended := condition.Abatement != "" || condition.AbatementText != "" || source.AbatementBoolean != nil && *source.AbatementBoolean
	switch condition.Status {
	case "active", "recurrence", "relapse":
		condition.Active = true
	case "", "unknown":
		condition.Active = !ended
	}
	if condition.Active && ended {
		m.note(item, "abatementDateTime", fhir.Warning, "is said to be active and to have ended; it is read as active")
	}
	person.Conditions = append(person.Conditions, condition)
	return ""
}

// when reads the choice of ways to say when something began or ended.
func when(at fhir.DateTime, period *fhir.Period, age *fhir.Quantity, between *fhir.Range, text string, end bool) (fhir.DateTime, string) {
	switch {
	case at != "":
		return at, text
	case period != nil && end && period.End != "":
		return period.End, text
	case period != nil && period.Start != "":
		return period.Start, text
	case age != nil && age.Value != "":
		return "", "at " + quantity(age)
	case between != nil && between.Low != nil && between.High != nil:
		return "", "between " + quantity(between.Low) + " and " + quantity(between.High)
	}
	return "", text
}

func quantity(q *fhir.Quantity) string {
	unit := q.Unit
	if unit == "" {
		// UCUM units of time as FHIR binds ages to them.
		unit = map[string]string{"a": "years", "mo": "months", "wk": "weeks", "d": "days", "h": "hours", "min": "minutes"}[q.Code]
	}
	return strings.TrimSpace(string(q.Value) + " " + unit)
}
