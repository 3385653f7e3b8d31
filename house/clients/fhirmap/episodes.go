package fhirmap

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"milieu/kit/fhir"
)

// episodeKinds are the encounter classes that are stays or emergency visits
// (v3 ActCode, and the words of older FHIR); all others are visits.
var episodeKinds = map[string]string{
	"IMP": KindInpatient, "ACUTE": KindInpatient, "NONAC": KindInpatient, "OBSENC": KindInpatient, "SS": KindInpatient,
	"EMER": KindEmergency, "INPATIENT": KindInpatient, "EMERGENCY": KindEmergency,
}

func classOf(encounter *fhir.Encounter) string {
	if encounter.Class == nil {
		return ""
	}
	return strings.ToUpper(strings.TrimSpace(encounter.Class.Code))
}

func episodeKind(encounter *fhir.Encounter) string { return episodeKinds[classOf(encounter)] }

// Statuses of encounters and episodes of care (R4, and R5's completed,
// discharged, on-hold, discontinued).
var (
	openStatuses   = []string{"arrived", "triaged", "in-progress", "onleave", "active", "onhold", "on-hold"}
	closedStatuses = []string{"finished", "completed", "discharged", "unknown"}
	emptyStatuses  = []string{"planned", "waitlist", "cancelled", "discontinued", "entered-in-error"}
)

// course sets what status and period say, and names the status that means that
// nothing took place.
func (m *mapper) course(item *fhir.Item, episode *Episode, status string, period *fhir.Period) (excluded string) {
	episode.Status = strings.ToLower(strings.TrimSpace(status))
	if period != nil {
		episode.Start, episode.End = period.Start, period.End
	}
	switch {
	case slices.Contains(emptyStatuses, episode.Status):
		return episode.Status
	case slices.Contains(openStatuses, episode.Status):
		episode.Active = true
	case episode.Status == "":
		episode.Active = episode.End == ""
		m.note(item, "status", fhir.Warning, "says no status; whether it is over is told by its end")
	case !slices.Contains(closedStatuses, episode.Status):
		m.note(item, "status", fhir.Error, "“%s” is no status of a stay or an episode", short(status))
	}
	start, end := episode.Start.Start(time.UTC), episode.End.Start(time.UTC)
	switch {
	case episode.Start == "":
		m.note(item, "period.start", fhir.Warning, "does not say when it began")
	case episode.End != "" && end.Before(start) && episode.End.Precision() >= episode.Start.Precision():
		m.note(item, "period", fhir.Error, "ends (%s) before it begins (%s)", episode.End, episode.Start)
	}
	return ""
}

func (m *mapper) encounter(person *Person, item *fhir.Item, source *fhir.Encounter, from Source) (excluded string) {
	episode := Episode{Source: from, Kind: episodeKind(source), Class: classOf(source)}
	if episode.Kind == "" {
		if episode.Class == "" && item.Lost() {
			m.note(item, "class", fhir.Error, "does not say what kind of encounter it is")
			return ""
		}
		if episode.Class == "" {
			return "without class"
		}
		return episode.Class
	}
	if excluded := m.course(item, &episode, source.Status, source.Period); excluded != "" {
		return excluded
	}
	if types := codedList(source.Type); len(types) > 0 {
		episode.Type = types[0]
	}
	for i := range source.ReasonCode {
		episode.reason(source.ReasonCode[i].Words())
	}
	for i := range source.ReasonReference {
		episode.reason(m.nameOf(item, &source.ReasonReference[i], "Condition"))
	}
	for _, diagnosis := range source.Diagnosis {
		episode.reason(m.nameOf(item, diagnosis.Condition, "Condition"))
	}
	for _, place := range source.Location {
		// The last place that is not merely planned is where the person is.
		if place.Status != "planned" && place.Status != "reserved" {
			episode.Location = m.nameOf(item, place.Location, "Location")
		}
	}
	episode.Provider = m.nameOf(item, source.ServiceProvider, "Organization")
	if source.Hospitalization != nil {
		episode.Disposition = source.Hospitalization.DischargeDisposition.Words()
	}
	person.Episodes = append(person.Episodes, episode)
	return ""
}

func (m *mapper) episodeOfCare(person *Person, item *fhir.Item, source *fhir.EpisodeOfCare, from Source) (excluded string) {
	episode := Episode{Source: from, Kind: KindEpisode}
	if excluded := m.course(item, &episode, source.Status, source.Period); excluded != "" {
		return excluded
	}
	if types := codedList(source.Type); len(types) > 0 {
		episode.Type = types[0]
	}
	for _, diagnosis := range source.Diagnosis {
		episode.reason(m.nameOf(item, diagnosis.Condition, "Condition"))
	}
	episode.Provider = m.nameOf(item, source.ManagingOrganization, "Organization")
	person.Episodes = append(person.Episodes, episode)
	return ""
}

func (e *Episode) reason(words string) {
	if words != "" && !slices.Contains(e.Reasons, words) {
		e.Reasons = append(e.Reasons, words)
	}
}

func (m *mapper) flag(person *Person, item *fhir.Item, source *fhir.Flag, from Source) (excluded string) {
	flag := Flag{Source: from, Meaning: coded(source.Code), Categories: codedList(source.Category), Active: source.Status == "active"}
	switch source.Status {
	case "entered-in-error":
		return source.Status
	case "active", "inactive":
	default:
		m.note(item, "status", fhir.Error, "“%s” is not one of active, inactive, entered-in-error", short(source.Status))
	}
	if source.Period != nil {
		flag.From, flag.Until = source.Period.Start, source.Period.End
	}
	if flag.Meaning.Text == "" {
		m.note(item, "code", fhir.Error, "a flag that does not say what it warns of")
	}
	person.Flags = append(person.Flags, flag)
	return ""
}

// nameOf gives the words for something referred to: what the reference itself
// shows, or the name of what it points to.
func (m *mapper) nameOf(from *fhir.Item, ref *fhir.Reference, kind string) string {
	if ref == nil {
		return ""
	}
	if shown := strings.TrimSpace(ref.Display); shown != "" {
		return shown
	}
	for _, found := range m.index.Resolve(from, ref, kind) {
		switch r := found.Resource.(type) {
		case *fhir.Organization:
			return r.Name
		case *fhir.Location:
			if r.Name == "" {
				return r.Description
			}
			return r.Name
		case *fhir.Condition:
			return r.Code.Words()
		}
	}
	if ref.Reference != "" && kind != "Condition" {
		m.note(from, "", fhir.Warning, "%s", fmt.Sprintf("refers to “%s”, which is not in these files", short(ref.Reference)))
	}
	return ""
}
