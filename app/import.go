package app

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"milieu/house/clients/fhirimport"
	"milieu/house/places"
	"milieu/kit/clock"
	"milieu/kit/db"
	"milieu/kit/due"
	"milieu/kit/record"
	"milieu/kit/room"
)

type importCmd struct {
	FHIR importFHIRCmd `cmd:"" name:"fhir" help:"FHIR R4 bundles: collection, transaction, searchset; also NDJSON, and each gzipped."`
}

type importFHIRCmd struct {
	dataFlags
	Unit   string   `required:"" placeholder:"NAME" help:"The unit that cares for them."`
	Open   int      `placeholder:"BEDS" help:"Open the unit, with this many single rooms, when there is none of that name."`
	Admit  bool     `help:"Admit each to a free bed of the unit while there are any."`
	Source string   `default:"import" help:"Names the system that the files come from; keep it the same, so that the same people are known again."`
	Files  []string `arg:"" type:"existingpath" help:"Files, or folders of files."`
}

// Run imports and reports each person, and each problem with its file, place and reason.
func (c *importFHIRCmd) Run(ctx context.Context, s *std) error {
	data, err := c.open(ctx, s)
	if err != nil {
		return err
	}
	defer data.Close()
	h, err := data.Build(ctx, clock.System(), s.log, s.progress())
	if err != nil {
		return err
	}
	unit, err := unitNamed(h.DB.Read(ctx), c.Unit)
	if err != nil && c.Open > 0 {
		unit, err = openUnit(ctx, h, c.Unit, c.Open)
	}
	if err != nil {
		return errors.Join(err, h.Close())
	}
	files, err := fhirimport.Files(c.Files...)
	if err != nil {
		return errors.Join(err, h.Close())
	}
	program := due.Program()
	program.Via = record.ViaProgram
	m := fhirimport.Importer{Committer: h.Committer, DB: h.DB, Clock: h.Clock, Sender: program}
	told := s.progress()
	report, err := m.Import(ctx, files, fhirimport.Options{Source: c.Source, Unit: unit, Admit: c.Admit, Report: func(done, total int) { told("people", int64(done), int64(total)) }})
	if err != nil {
		return errors.Join(err, h.Close())
	}
	for _, p := range report.Problems {
		fmt.Fprintln(s.err, p)
	}
	for _, p := range report.People {
		fmt.Fprintf(s.out, "%s\t%s\n", p.Status, p.Chart)
	}
	fmt.Fprintf(s.out, "%d people in %d files: %d new, %d changed, %d the same, %d refused; %d entries\n", len(report.People), len(files),
		report.Count(fhirimport.New), report.Count(fhirimport.Changed), report.Count(fhirimport.Same), report.Count(fhirimport.Refused), report.Entries)
	if report.Count(fhirimport.Refused) > 0 {
		return errors.Join(errors.New("some people were refused; the reasons are above, and the others are in"), h.Close())
	}
	return h.Close()
}

// openUnit opens a ward with single rooms, numbered from 1.
func openUnit(ctx context.Context, h *room.Building, name string, beds int) (record.ID, error) {
	unit := record.NewID(h.Clock.Now())
	if err := file(ctx, h, due.Program(), "places.unit_opened", unit, &places.UnitOpened{Name: name, Kind: "ward"}); err != nil {
		return unit, err
	}
	for i := range beds {
		e, err := entry(h, "places.room_added", unit, &places.RoomAdded{Name: fmt.Sprintf("Room %d", i+1), Kind: "bedroom"}, h.Clock.Now())
		if err != nil {
			return unit, err
		}
		if o := h.Committer.File(ctx, due.Program(), e)[0]; o.Err != nil {
			return unit, o.Err
		}
		if err := file(ctx, h, due.Program(), "places.bed_added", unit, &places.BedAdded{Room: e.ID, Name: "A"}); err != nil {
			return unit, err
		}
	}
	return unit, nil
}

// unitNamed finds an open unit by its name or ID.
func unitNamed(q db.Querier, name string) (record.ID, error) {
	units, err := places.Units(q)
	if err != nil {
		return record.Zero, err
	}
	var known []string
	for _, u := range units {
		if strings.EqualFold(u.Name, name) || u.ID.String() == name {
			return u.ID, nil
		}
		known = append(known, u.Name)
	}
	return record.Zero, fmt.Errorf("there is no unit called %q; there are: %s", name, strings.Join(known, ", "))
}
