package fhirmap

import (
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"
	"time"

	"milieu/kit/fhir"
)

// Options say whose import this is.
type Options struct {
	// Namespace is the house's own identity; it keeps the IDs of two houses
	// importing the same file apart.
	Namespace string
	// Source names the sending system, for resources that bring only an id.
	Source string
	// Memory is the most bytes of resources held at a time; 0 means 256 MiB.
	Memory int64
}

// Collector gathers resources until their people are asked for.
type Collector struct {
	options  Options
	items    []*fhir.Item
	held     int64
	counts   map[string]int
	problems []fhir.Problem
	// loose are the problems of a file that belong to none of its resources.
	loose map[string][]fhir.Problem
}

// Result is everything that came of the files read.
type Result struct {
	People  []Person  `json:"people"`
	Refused []Refusal `json:"refused,omitempty"`
	// Problems belong to nobody in particular: refused files, resources about
	// people who are not in the files, remarks of the sending server.
	Problems []fhir.Problem `json:"problems,omitempty"`
	// Counts are the resources seen, of every type.
	Counts map[string]int `json:"counts"`
	// Repeated counts resources given more than once, saying the same.
	Repeated int `json:"repeated,omitempty"`
}

// Refusal is a person of whom nothing is taken, and why.
type Refusal struct {
	Reference string         `json:"reference"`
	Key       string         `json:"key"`
	Name      string         `json:"name,omitempty"`
	Problems  []fhir.Problem `json:"problems"`
}

// New gives an empty collector.
func New(options Options) *Collector {
	if options.Memory <= 0 {
		options.Memory = 256 << 20
	}
	return &Collector{options: options, counts: map[string]int{}, loose: map[string][]fhir.Problem{}}
}

// Read takes in one file. When it returns an error (a *fhir.RefusedError, or
// that of the reader) nothing of this file is used, and Result tells of it
// too; files read before or after are not affected.
func (c *Collector) Read(name string, r io.Reader, limits fhir.Limits) (*fhir.Report, error) {
	var items []*fhir.Item
	held := c.held
	report, err := fhir.Read(name, r, limits, func(item *fhir.Item) error {
		if encounter, ok := item.Resource.(*fhir.Encounter); ok && classOf(encounter) != "" && episodeKind(encounter) == "" {
			// Most of what a hospital sends are visits; only stays are episodes.
			item.Raw, item.Problems = nil, nil
		}
		if held += int64(len(item.Raw)) + 512; held > c.options.Memory {
			return fmt.Errorf("the files together hold more than %d bytes about people; import fewer at a time: %w", c.options.Memory, fhir.ErrTooLarge)
		}
		items = append(items, item)
		return nil
	})
	for kind, count := range report.Counts {
		c.counts[kind] += count
	}
	if err != nil {
		problem := fhir.Problem{File: name, Severity: fhir.Error, Reason: err.Error()}
		if refused, ok := err.(*fhir.RefusedError); ok {
			problem = refused.Problem
		}
		c.problems = append(c.problems, problem)
		return report, err
	}
	c.items, c.held = append(c.items, items...), held
	c.loose[name] = append(c.loose[name], report.Problems...)
	return report, nil
}

// gathered is what is known of one person before it is mapped.
type gathered struct {
	key      string
	patients []*fhir.Item
	facts    []*fhir.Item
	problems []fhir.Problem
}

// People describes everybody in the files read, in the order in which they
// first stood there.
func (c *Collector) People() *Result {
	result := &Result{People: []Person{}, Counts: maps.Clone(c.counts), Problems: slices.Clone(c.problems)}
	index := fhir.NewIndex()
	people, order := map[string]*gathered{}, []*gathered{}
	inFile := map[string]map[string]*gathered{}
	keys := map[*fhir.Item]string{}
	for _, item := range c.items {
		index.Add(item)
		if item.Type != "Patient" {
			continue
		}
		key := personKey(item, c.options.Source)
		keys[item] = key
		person := people[key]
		if person == nil {
			person = &gathered{key: key}
			people[key], order = person, append(order, person)
		}
		person.patients = append(person.patients, item)
		if inFile[item.File] == nil {
			inFile[item.File] = map[string]*gathered{}
		}
		inFile[item.File][key] = person
	}
	// What cannot be told whose it is stands against the only person of the
	// file, and otherwise in the report.
	unowned := func(problem fhir.Problem) {
		here := inFile[problem.File]
		if len(here) == 1 && problem.Severity == fhir.Error {
			for _, person := range here {
				person.problems = append(person.problems, problem)
			}
			return
		}
		result.Problems = append(result.Problems, problem)
	}
	for _, file := range slices.Sorted(maps.Keys(c.loose)) {
		for _, problem := range c.loose[file] {
			unowned(problem)
		}
	}
	for _, item := range c.items {
		ref, element, ok := subjectOf(item)
		if !ok {
			continue
		}
		owners := map[string]bool{}
		for _, patient := range index.Resolve(item, ref, "Patient") {
			if key, known := keys[patient]; known {
				owners[key] = true
			}
		}
		switch {
		case len(owners) == 1:
			for key := range owners {
				people[key].facts = append(people[key].facts, item)
			}
		case item.Raw == nil || aboutOthers(ref):
			// A visit, or something about a group, a device or a place.
		case len(owners) == 0 && (ref == nil || *ref == (fhir.Reference{})):
			unowned(problemAt(item, element, fhir.Error, "does not say whose it is"))
		case len(owners) == 0:
			result.Problems = append(result.Problems, problemAt(item, element, fhir.Error,
				fmt.Sprintf("is about “%s”, who is not in these files; left out", short(ref.Reference))))
		default:
			for key := range owners {
				people[key].problems = append(people[key].problems, problemAt(item, element, fhir.Error, "could be about more than one person in these files"))
			}
		}
	}
	for _, person := range order {
		c.finish(index, person, result)
	}
	return result
}

// finish maps one person, whole or not at all.
func (c *Collector) finish(index *fhir.Index, person *gathered, result *Result) {
	patient, repeated, problems := newest(person.patients, samePerson)
	problems = append(problems, person.problems...)
	result.Repeated += repeated
	m := &mapper{c: c, index: index, key: person.key, problems: problems}
	described := m.person(patient)

	byKey, order := map[string][]*fhir.Item{}, []string{}
	for _, item := range person.facts {
		key := factKey(item, person.key, c.options.Source)
		if byKey[key] == nil {
			order = append(order, key)
		}
		byKey[key] = append(byKey[key], item)
	}
	for _, key := range order {
		item, repeated, problems := newest(byKey[key], nil)
		result.Repeated += repeated
		m.problems = append(m.problems, problems...)
		m.fact(&described, item, key)
	}
	var errors []fhir.Problem
	for _, problem := range m.problems {
		if problem.Severity == fhir.Error {
			errors = append(errors, problem)
		} else {
			described.Warnings = append(described.Warnings, problem)
		}
	}
	if len(errors) > 0 {
		result.Refused = append(result.Refused, Refusal{
			Reference: patient.Name(), Key: person.key, Name: described.Legal.Full, Problems: errors,
		})
		return
	}
	result.People = append(result.People, described)
}

// newest picks the version that holds when a resource was given more than
// once. Versions that differ and do not say when they were made are an error:
// choosing could lose the right one.
func newest(items []*fhir.Item, same func(a, b *fhir.Item) bool) (chosen *fhir.Item, repeated int, problems []fhir.Problem) {
	chosen = items[0]
	for _, item := range items[1:] {
		switch a, b := updated(chosen), updated(item); {
		case fhir.Fingerprint(chosen.Raw) == fhir.Fingerprint(item.Raw):
			repeated++
			if b.After(a) {
				chosen = item
			}
		case same != nil && !same(chosen, item):
			problems = append(problems, problemAt(item, "identifier", fhir.Error,
				fmt.Sprintf("has the same number as %s (%s line %d) and another name or birth date; they may be two people", chosen.Name(), chosen.File, chosen.Line)))
		case a.IsZero() || b.IsZero() || a.Equal(b):
			problems = append(problems, problemAt(item, "", fhir.Error,
				fmt.Sprintf("says something else than the same resource in %s line %d, and neither says which is newer", chosen.File, chosen.Line)))
		default:
			problems = append(problems, problemAt(item, "meta.lastUpdated", fhir.Warning,
				fmt.Sprintf("was also given in %s line %d; the one last updated is used", chosen.File, chosen.Line)))
			if b.After(a) {
				chosen = item
			}
		}
	}
	return chosen, repeated, problems
}

func updated(item *fhir.Item) time.Time {
	if meta := fhir.MetaOf(item.Resource); meta != nil {
		return meta.LastUpdated.Start(time.UTC)
	}
	return time.Time{}
}

// samePerson guards against one number given to two people: birth dates must
// agree when both are known, and a family or a given name must be shared.
func samePerson(a, b *fhir.Item) bool {
	first, second := a.Resource.(*fhir.Patient), b.Resource.(*fhir.Patient)
	if first.BirthDate != "" && second.BirthDate != "" &&
		!strings.HasPrefix(string(first.BirthDate), string(second.BirthDate)) && !strings.HasPrefix(string(second.BirthDate), string(first.BirthDate)) {
		return false
	}
	words := map[string]bool{}
	for _, name := range first.Name {
		for _, word := range nameWords(name) {
			words[word] = true
		}
	}
	named := false
	for _, name := range second.Name {
		for _, word := range nameWords(name) {
			if words[word] {
				return true
			}
			named = true
		}
	}
	return !named || len(words) == 0
}

func nameWords(name fhir.HumanName) []string {
	return strings.Fields(strings.ToLower(name.Family + " " + strings.Join(name.Given, " ") + " " + name.Text))
}

// subjectOf gives the reference that says whom a resource is about; ok is
// false for types that are not about a person.
func subjectOf(item *fhir.Item) (ref *fhir.Reference, element string, ok bool) {
	switch r := item.Resource.(type) {
	case *fhir.RelatedPerson:
		return r.Patient, "patient", true
	case *fhir.AllergyIntolerance:
		return r.Patient, "patient", true
	case *fhir.EpisodeOfCare:
		return r.Patient, "patient", true
	case *fhir.Condition:
		return r.Subject, "subject", true
	case *fhir.Encounter:
		return r.Subject, "subject", true
	case *fhir.Flag:
		return r.Subject, "subject", true
	}
	return nil, "", false
}

func aboutOthers(ref *fhir.Reference) bool {
	if ref == nil {
		return false
	}
	for _, kind := range []string{"Group", "Device", "Location", "Organization", "Practitioner", "PlanDefinition", "Medication", "Procedure"} {
		if ref.Type == kind || strings.HasPrefix(ref.Reference, kind+"/") || strings.Contains(ref.Reference, "/"+kind+"/") {
			return true
		}
	}
	return false
}

func problemAt(item *fhir.Item, element string, severity fhir.Severity, reason string) fhir.Problem {
	path := item.Path
	if element != "" {
		path += "." + element
	}
	return fhir.Problem{File: item.File, Line: item.Line, Offset: item.Offset, Path: path, Resource: item.Name(), Severity: severity, Reason: reason}
}

func short(text string) string {
	if runes := []rune(text); len(runes) > 60 {
		return string(runes[:60]) + "…"
	}
	return text
}
