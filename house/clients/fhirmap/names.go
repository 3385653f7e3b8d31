package fhirmap

import (
	"regexp"
	"strings"

	"milieu/kit/fhir"
)

// names sorts a person's names into legal, preferred and former ones.
func (p *Person) names(names []fhir.HumanName, synthea bool) {
	var current []Name
	for _, source := range names {
		name := mapName(source, synthea)
		if name.Full == "" {
			continue
		}
		if source.Use == "old" || source.Use == "maiden" || source.Period != nil && source.Period.End != "" {
			p.Former = append(p.Former, name)
			continue
		}
		current = append(current, name)
	}
	byUse := func(uses ...string) *Name {
		for _, use := range uses {
			for i := range current {
				if current[i].Use == use {
					return &current[i]
				}
			}
		}
		return nil
	}
	legal := byUse("official", "", "usual", "temp", "anonymous", "nickname")
	if legal == nil && len(current) > 0 {
		legal = &current[0]
	}
	if legal == nil && len(p.Former) > 0 {
		legal = &p.Former[0]
	}
	if legal == nil {
		p.Unnamed = true
		return
	}
	p.Legal = *legal
	if called := byUse("usual", "nickname"); called != nil && called != legal && called.Full != legal.Full {
		p.Preferred = called
	}
}

func mapName(source fhir.HumanName, synthea bool) Name {
	name := Name{
		Given: clean(source.Given, synthea), Prefix: clean(source.Prefix, false), Suffix: clean(source.Suffix, false),
		Family: strings.TrimSpace(source.Family), Use: source.Use,
	}
	if synthea {
		name.Family = withoutNumber(name.Family)
	}
	name.Full = strings.TrimSpace(strings.Join(append(append([]string{}, name.Given...), name.Family), " "))
	if name.Full == "" {
		name.Full = strings.TrimSpace(source.Text)
	}
	return name
}

func clean(words []string, synthea bool) []string {
	var list []string
	for _, word := range words {
		word = strings.TrimSpace(word)
		if synthea {
			word = withoutNumber(word)
		}
		if word != "" {
			list = append(list, word)
		}
	}
	return list
}

// Synthea makes names unmistakably invented by a number at their end
// ("Paris331"). Other sources keep theirs: a name is what somebody says it is.
var numbered = regexp.MustCompile(`^(\p{L}[\p{L}\p{M}'’. -]*?)\d+$`)

func withoutNumber(word string) string {
	if match := numbered.FindStringSubmatch(word); match != nil {
		return match[1]
	}
	return word
}

func fromSynthea(patient *fhir.Patient) bool {
	for _, identifier := range patient.Identifier {
		if identifier.System == "https://github.com/synthetichealth/synthea" {
			return true
		}
	}
	return false
}
