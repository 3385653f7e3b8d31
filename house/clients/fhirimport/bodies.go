package fhirimport

import (
	"cmp"
	"slices"
	"strings"
	"unicode/utf8"

	"milieu/house/clients"
	"milieu/house/clients/fhirmap"
)

func identityOf(from *fhirmap.Person) (id clients.Identity) {
	id.Legal, id.Given, id.Family = cut(from.Legal.Full, clients.Usual), cut(strings.Join(from.Legal.Given, " "), clients.Usual), cut(from.Legal.Family, clients.Usual)
	if from.Preferred != nil {
		id.Used = cut(from.Preferred.Full, clients.Usual)
	}
	for _, n := range from.Former {
		id.Previous = append(id.Previous, cut(n.Full, clients.Usual))
	}
	id.Previous = id.Previous[:min(len(id.Previous), 40)]
	if id.Name() == "" {
		tail := []rune(from.Source.Key)
		id.Anonymous, id.Alias = true, "No name, "+string(tail[max(0, len(tail)-6):])
	}
	id.Pronouns = cut(from.Pronouns.Text, 60)
	id.BirthDate, id.PaperSex, id.Gender = string(from.BirthDate), from.Gender, cut(from.GenderIdentity.Text, 100)
	for _, n := range from.Identifiers[:min(len(from.Identifiers), 40)] {
		id.Identifiers = append(id.Identifiers, clients.Identifier{System: cut(n.System, clients.Usual), Kind: cut(n.Kind, 40), Value: cut(n.Value, clients.Usual)})
	}
	for _, h := range append(append([]string(nil), from.Race...), from.Ethnicity...) {
		id.Heritage = append(id.Heritage, cut(h, clients.Usual))
	}
	if spoken := from.Language(); spoken.Tag != "" || spoken.Text != "" {
		id.Language = cut(cmp.Or(spoken.Tag, spoken.Text), 60)
		for _, l := range from.Languages {
			if tag := cut(cmp.Or(l.Tag, l.Text), 60); tag != id.Language {
				id.Languages = append(id.Languages, tag)
			}
		}
	}
	if from.Interpreter != nil && *from.Interpreter {
		id.Interpreter = "talks"
	} else if from.Interpreter != nil {
		id.Interpreter = "no"
	}
	id.Phone, id.Email = telecom(from.Telecom)
	id.Address = address(from.Addresses)
	return id
}

func telecom(list []fhirmap.Telecom) (phone, email string) {
	for _, t := range list {
		switch {
		case t.Until != "":
		case t.System == "email" && email == "":
			email = cut(t.Value, clients.Usual)
		case t.System != "email" && t.System != "url" && t.System != "fax" && phone == "":
			phone = cut(t.Value, 60)
		}
	}
	return phone, email
}

func address(list []fhirmap.Address) string {
	for _, a := range list {
		if a.Until != "" {
			continue
		}
		lines := append([]string(nil), a.Lines...)
		if len(lines) == 0 && a.Text != "" {
			return cut(a.Text, 1000)
		}
		for _, more := range []string{strings.TrimSpace(a.PostalCode + " " + a.City), a.District, a.State, a.Country} {
			if more != "" {
				lines = append(lines, more)
			}
		}
		return cut(strings.Join(lines, "\n"), 1000)
	}
	return ""
}

func contact(c *fhirmap.Contact, item clients.Item) *clients.ContactSet {
	s := &clients.ContactSet{Item: item, Name: cut(c.Name.Full, clients.Usual), Organization: cut(c.Organization, clients.Usual), NextOfKin: c.NextOfKin, Emergency: c.Emergency, Guardian: c.Guardian, Agent: c.Agent,
		Past: c.Inactive || c.Until != ""}
	var words []string
	for _, r := range c.Relationship {
		words = append(words, r.Text)
	}
	s.Relationship = cut(strings.Join(words, ", "), clients.Usual)
	s.Phone, s.Email = telecom(c.Telecom)
	s.Address = address(c.Addresses)
	if len(c.Languages) > 0 {
		s.Language = cut(cmp.Or(c.Languages[0].Tag, c.Languages[0].Text), 60)
	}
	if s.Name == "" && s.Organization == "" {
		s.Name = cmp.Or(s.Phone, s.Email)
	}
	return s
}

func allergy(a *fhirmap.Allergy, item clients.Item) *clients.AllergyNoted {
	n := &clients.AllergyNoted{Item: item, NoneKnown: a.NoneKnown, Substance: cut(a.Substance.Text, clients.Usual), Past: !a.Active, Since: cut(cmp.Or(string(a.Onset), a.OnsetText), 60)}
	if len(a.Substance.Codes) > 0 {
		n.System, n.Code = cut(a.Substance.Codes[0].System, clients.Usual), cut(a.Substance.Codes[0].Code, 60)
	}
	for _, category := range a.Categories {
		if slices.Contains([]string{"food", "medication", "environment"}, category) {
			n.Category = category
			break
		}
	}
	var words []string
	worst := 0
	for _, r := range a.Reactions {
		for _, m := range r.Manifestation {
			words = append(words, m.Text)
		}
		if r.Description != "" {
			words = append(words, r.Description)
		}
		for i, severity := range []string{"mild", "moderate", "severe"} {
			if r.Severity == severity && i+1 > worst {
				worst, n.Severity = i+1, severity
			}
		}
	}
	n.Reaction = cut(strings.Join(append(words, a.Notes...), "; "), 1000)
	return n
}

func diagnosis(c *fhirmap.Condition, item clients.Item) *clients.DiagnosisNoted {
	d := &clients.DiagnosisNoted{Item: item, Text: cut(cmp.Or(c.Meaning.Text, strings.Join(c.Notes, "; ")), 500), Since: cut(cmp.Or(string(c.Onset), c.OnsetText), 60),
		Until: cut(cmp.Or(string(c.Abatement), c.AbatementText), 60), Past: !c.Active, Note: cut(strings.Join(c.Notes, "\n"), 4000)}
	if len(c.Meaning.Codes) > 0 {
		d.System, d.Code = cut(c.Meaning.Codes[0].System, clients.Usual), cut(c.Meaning.Codes[0].Code, 60)
	}
	return d
}

func elsewhere(e *fhirmap.Episode, item clients.Item) *clients.EpisodeNoted {
	return &clients.EpisodeNoted{Item: item, Class: cut(e.Kind, 60), Place: cut(cmp.Or(e.Location, e.Provider), clients.Usual), What: cut(e.Type.Text, clients.Usual), From: string(e.Start), Until: string(e.End),
		Open: e.Active, Reason: cut(strings.Join(e.Reasons, "; "), 2000), Went: cut(e.Disposition, clients.Usual)}
}

// cut shortens a text to what a field holds; the source keeps the whole.
func cut(text string, most int) string {
	if utf8.RuneCountInString(text) <= most {
		return text
	}
	return string([]rune(text)[:most-1]) + "…"
}
