package clients

import (
	"time"

	"milieu/kit/access"
	"milieu/kit/record"
)

// Placement is where somebody is, worked out from the moves of the episode.
type Placement struct {
	Episode  record.ID // the entry that admitted
	Unit     record.ID // zero before any admission
	Room     record.ID
	Bed      record.ID
	Where    Where
	Away     string    // the kind of leave while away
	Since    time.Time // from when Where holds
	Expected time.Time // back from leave; zero: not said
	Admitted time.Time
	Left     record.ID // the entry that says the person is away
}

// SightAfter is how long those who cared for somebody still see the chart when the episode has ended: what is left to write and to follow
// up takes weeks. The house's rule, from 2026-11-19.
const SightAfter = 30 * 24 * time.Hour

// place works out where somebody is, and in whose sight they were, from the moves in order. unit is where they were registered.
func place(moves []Fact, unit record.ID, registered time.Time) (p Placement, stays []access.Stay) {
	p.Where = Expected
	p.Since = registered
	if !unit.IsZero() {
		stays = append(stays, access.Stay{Unit: unit, From: registered})
	}
	enter := func(to record.ID, at time.Time) {
		if n := len(stays); n > 0 && (stays[n-1].Until.IsZero() || stays[n-1].Until.After(at)) {
			if stays[n-1].Unit == to {
				stays[n-1].Until = time.Time{}
				return
			}
			stays[n-1].Until = at
		}
		stays = append(stays, access.Stay{Unit: to, From: at})
	}
	for _, f := range moves {
		at := f.Happened
		in := p.Where != Expected && p.Where != Discharged
		switch b := f.Body.(type) {
		case *Admitted:
			p = Placement{Episode: f.ID, Unit: b.Unit, Room: b.Room, Bed: b.Bed, Where: Here, Since: at, Admitted: at}
			enter(b.Unit, at)
		case *Transferred:
			if !in {
				continue
			}
			p.Unit, p.Room, p.Bed = b.Unit, b.Room, b.Bed
			enter(b.Unit, at)
		case *Left:
			if !in {
				continue
			}
			p.Where, p.Away, p.Since, p.Expected, p.Left = whereOf(b.Kind), b.Kind, at, b.Expected, f.ID
		case *Returned:
			if !in {
				continue
			}
			p.Where, p.Away, p.Since, p.Expected, p.Left = Here, "", at, time.Time{}, record.Zero
		case *DischargedTo:
			if !in {
				continue
			}
			p = Placement{Episode: p.Episode, Unit: p.Unit, Where: Discharged, Since: at, Admitted: p.Admitted}
			if n := len(stays); n > 0 {
				stays[n-1].Until = at.Add(SightAfter)
			}
		}
	}
	return p, stays
}

// Episode is one episode of care with its moves, for the page of stays.
type Episode struct {
	ID    record.ID
	From  time.Time
	Until time.Time // zero while it goes on
	Moves []Fact
}

// episodes cuts the moves into episodes; each admission begins one.
func episodes(moves []Fact) []Episode {
	var out []Episode
	for _, f := range moves {
		if _, ok := f.Body.(*Admitted); ok || len(out) == 0 {
			out = append(out, Episode{ID: f.ID, From: f.Happened})
		}
		last := &out[len(out)-1]
		last.Moves = append(last.Moves, f)
		if _, ok := f.Body.(*DischargedTo); ok && last.Until.IsZero() {
			last.Until = f.Happened
		}
	}
	return out
}
