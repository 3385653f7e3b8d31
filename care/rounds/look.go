package rounds

import (
	"slices"
	"time"

	"milieu/kit/record"
)

// Look is one time somebody went to see a person, as filed: rounds.checked or rounds.not_seen. At, Written and Received are the three times.
type Look struct {
	ID       record.ID
	Chart    record.ID
	At       time.Time // Happened
	Written  time.Time
	Received time.Time
	Author   record.ID
	Device   string
	Seen     bool   // the person was seen
	State    string // how, when seen
	Reason   string // why not, when not; empty for a tag alone
	Place    string
	Method   string
	Proof    string
	Declined string
	Words    string
	Level    string // the device knew of
	After    string // why it was entered afterwards
	Later    bool   // marked: entered afterwards
	Late     bool   // marked: received late
}

// SortLooks puts looks in order of time, then of ID: of two at the same instant the first is the one that settles.
func SortLooks(looks []Look) {
	slices.SortFunc(looks, func(a, b Look) int { return inOrder(a.At, b.At, a.ID, b.ID) })
}

// settles says whether a look answers the round: the person was seen, or somebody else answers for them.
// Settles says whether the look answers for the person: they were seen, or somebody else has them.
func (l *Look) Settles() bool { return l.Seen || ReasonOf(l.Reason).Accounted }
