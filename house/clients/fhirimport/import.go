package fhirimport

import (
	"context"
	"fmt"
	"time"

	"milieu/house/clients"
	"milieu/house/clients/fhirmap"
	"milieu/house/places"
	"milieu/kit/blob"
	"milieu/kit/clock"
	"milieu/kit/commit"
	"milieu/kit/db"
	"milieu/kit/fault"
	"milieu/kit/fhir"
	"milieu/kit/record"
)

// Options say how people from elsewhere become clients.
type Options struct {
	Source string    // names the sending system, for resources that bring only an id
	Unit   record.ID // cares for them
	Admit  bool      // each to a free bed of the unit, as long as there are any
	Report func(done, total int)
}

// Status is what came of one person.
type Status string

// What may come of a person.
const (
	New     Status = "new"
	Changed Status = "changed"
	Same    Status = "same" // everything was here already
	Refused Status = "refused"
)

// Taken is one person of an import.
type Taken struct {
	Chart    record.ID `json:"chart,omitzero"`
	Name     string    `json:"name,omitempty"`
	Status   Status    `json:"status"`
	Entries  int       `json:"entries"`
	Admitted bool      `json:"admitted,omitempty"`
}

// Report is what came of an import.
type Report struct {
	People   []Taken        `json:"people"`
	Entries  int            `json:"entries"`
	Problems []fhir.Problem `json:"problems,omitempty"` // each with its file, place and reason
	Counts   map[string]int `json:"counts,omitempty"`   // resources seen, by type
}

// Count is how many people have a status.
func (r *Report) Count(s Status) (n int) {
	for _, p := range r.People {
		if p.Status == s {
			n++
		}
	}
	return n
}

// Importer makes clients of files of FHIR resources. Each person is taken whole or not at all; the same files again change nothing.
type Importer struct {
	Committer *commit.Committer
	DB        *db.DB
	Clock     clock.Clock
	Sender    record.Sender
}

// Import reads all files and files what they say. The error says that nothing further could be done; what is wrong with a file or a person
// stands in the report, and the others go on.
func (m *Importer) Import(ctx context.Context, files []File, o Options) (*Report, error) {
	if o.Unit.IsZero() {
		return nil, fault.New(fault.Invalid, "importing people: name the unit that cares for them")
	}
	if _, err := places.UnitOf(m.DB.Read(ctx), o.Unit); err != nil {
		return nil, err
	}
	collector := fhirmap.New(fhirmap.Options{Namespace: "milieu", Source: o.Source})
	for _, f := range files {
		if err := readFile(collector, f); err != nil {
			return nil, err
		}
	}
	result := collector.People()
	report := &Report{Problems: result.Problems, Counts: result.Counts}
	for _, r := range result.Refused {
		report.People = append(report.People, Taken{Name: r.Name, Status: Refused})
		report.Problems = append(report.Problems, r.Problems...)
	}
	beds, err := freeBeds(m.DB.Read(ctx), o)
	if err != nil {
		return report, err
	}
	for i := range result.People {
		if err := ctx.Err(); err != nil {
			return report, err
		}
		p := &result.People[i]
		taken, err := m.person(ctx, p, o, &beds)
		if err != nil {
			if fault.KindOf(err) == fault.Unavailable || fault.KindOf(err) == fault.Full {
				return report, fmt.Errorf("importing %s: %w", p.Source.Reference, err)
			}
			taken = Taken{Name: p.Legal.Full, Status: Refused}
			report.Problems = append(report.Problems, problemOf(p, err))
		}
		if o.Admit && taken.Status == New && !taken.Admitted && !p.Deceased {
			report.Problems = append(report.Problems, fhir.Problem{File: p.Source.File, Line: p.Source.Line, Resource: p.Source.Reference, Severity: fhir.Warning,
				Reason: "is registered but was not admitted: no bed of the unit is free"})
		}
		report.People = append(report.People, taken)
		report.Entries += taken.Entries
		report.Problems = append(report.Problems, p.Warnings...)
		if o.Report != nil {
			o.Report(i+1, len(result.People))
		}
	}
	return report, nil
}

func readFile(collector *fhirmap.Collector, f File) error {
	r, err := f.Open()
	if err != nil {
		return fmt.Errorf("opening %s: %w", f.Name, err)
	}
	defer r.Close()
	_, _ = collector.Read(f.Name, r, fhir.Limits{}) // what is wrong with a file stands in the collector's result
	return nil
}

func problemOf(p *fhirmap.Person, err error) fhir.Problem {
	return fhir.Problem{File: p.Source.File, Line: p.Source.Line, Resource: p.Source.Reference, Severity: fhir.Error, Reason: fault.Of(err).Public()}
}

func freeBeds(q db.Querier, o Options) (free []places.Bed, err error) {
	if !o.Admit {
		return nil, nil
	}
	census, err := clients.CensusOf(q, o.Unit)
	for _, b := range census.Beds {
		if len(b.Clients) == 0 {
			free = append(free, b.Bed)
		}
	}
	return free, err
}

// person files what is new about one person, all together.
func (m *Importer) person(ctx context.Context, p *fhirmap.Person, o Options, beds *[]places.Bed) (Taken, error) {
	q, now := m.DB.Read(ctx), m.Clock.Now()
	chart := record.ID(fhirmap.StableID("milieu", "client", p.Source.Key))
	t := Taken{Chart: chart, Name: p.Legal.Full, Status: New}
	before, err := clients.Of(q, chart)
	switch err {
	case nil:
		t.Status = Changed
		t.Chart = before.ID // the one that goes on, where it was merged
	case db.ErrNoRows:
		before = nil
	default:
		return t, err
	}
	plan := &planned{chart: chart, now: now, source: o.Source, blobs: &blob.Store{Write: m.Committer.Upkeep, Clock: m.Clock}}
	if err := plan.person(ctx, q, p, before, o.Unit); err != nil {
		return t, err
	}
	if o.Admit && len(*beds) > 0 && !p.Deceased && (before == nil || before.Where == clients.Expected) {
		bed := (*beds)[0]
		if err := plan.add("clients.admitted", record.DeriveID("clients.import.admitted", chart.String()), now, &clients.Admitted{Unit: o.Unit, Room: bed.Room, Bed: bed.ID}); err != nil {
			return t, err
		}
		if plan.last("clients.admitted") {
			*beds, t.Admitted = (*beds)[1:], true
		}
	}
	if len(plan.entries) == 0 {
		t.Status = Same
		return t, nil
	}
	outcomes, err := m.Committer.Together(ctx, m.Sender, plan.entries...)
	if err != nil {
		return t, err
	}
	for _, out := range outcomes {
		if out.Status == commit.Accepted {
			t.Entries++
		}
	}
	return t, nil
}

// moment is when a source says something was so, as the record can hold it: not before 1900 and not ahead.
func moment(now time.Time, texts ...fhir.DateTime) time.Time {
	for _, text := range texts {
		if at := text.Start(time.UTC); at.Year() >= 1900 && !at.After(now) {
			return at
		}
	}
	return now
}
