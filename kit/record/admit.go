package record

import (
	"context"
	"crypto/sha256"
	"fmt"
	"slices"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"milieu/kit/clock"
	"milieu/kit/fault"
)

// Via is the door by which a submission came. All doors lead to the same admission.
type Via string

// The doors.
const (
	ViaPage    Via = "page"
	ViaAPI     Via = "api"
	ViaOutbox  Via = "outbox"  // sealed on a device while there was no network
	ViaImport  Via = "import"  // from another system's files; times are the source's
	ViaProgram Via = "program" // Milieu itself: the sweeper, the simulator's world
)

// Sender is who submits, acting as what, on what, by which door.
type Sender struct {
	Person  ID
	Role    string // empty: the judge takes the person's own
	Device  string
	Via     Via
	Skew    time.Duration // to be added to the device's times; measured at delivery
	Carried bool          // from an outbox, by another person's session
}

// Judge says whether a sender may file an entry, by the relations that held when it Happened. It gives the role acted in and any marks.
type Judge interface {
	// Knows says whether there is such a chart, as far as the judge has heard.
	Knows(chart ID) bool
	MayFile(ctx context.Context, s Sender, k *Kind, e *Entry) (role string, marks []string, err error)
	// Labels gives what an entry carries: what its sender put on, and what its kind, its programme and what it amends ask for.
	Labels(k *Kind, e *Entry) ([]string, error)
}

// AfterFact is implemented by bodies that may be entered long after they happened, with a reason.
type AfterFact interface{ WhyAfter() string }

// Limits on times, as data. All are properties of the program, not of a clinical rule.
const (
	AheadLimit   = 2 * time.Minute  // a time further ahead than this is refused: nothing is charted before it happens
	LateWriting  = 10 * time.Minute // put down this long after it happened: entered afterwards
	LateDelivery = 2 * time.Minute  // reached the server this long after it was written: received late
	SkewLimit    = 5 * time.Second  // a device clock wrong by less is left alone
	maxCites     = 200
)

// Prepared is an admitted entry: everything that can be worked out before the writer.
type Prepared struct {
	Entry      *Entry
	Body       Body
	Kind       *Kind
	Digest     [32]byte
	Salt       Salt
	Commitment [32]byte
	Raised     []*Prepared
	Guarded    bool // guards are asked about it: it came from outside
	Begins     bool // it was judged as the beginning of a chart, which must still not be there when it is filed
}

// Admission admits entries.
type Admission struct {
	Kinds *Kinds
	Judge Judge
	Clock clock.Clock
}

// Admit judges one submitted entry and prepares it. The entry is filled in: author, role, marks, canonical body.
func (a *Admission) Admit(ctx context.Context, s Sender, e *Entry) (*Prepared, error) {
	k, err := a.Kinds.Find(e.Kind)
	if err != nil {
		return nil, err
	}
	if k.Own && s.Via != ViaProgram {
		return nil, fault.New(fault.Denied, "entries of kind %s are written by Milieu itself", k.Name)
	}
	if s.Skew.Abs() < SkewLimit {
		s.Skew = 0
	}
	s.Skew = s.Skew.Truncate(time.Microsecond)
	e.Author, e.Device, e.Skew = s.Person, s.Device, Offset(s.Skew)
	e.Happened, e.Written = storable(e.Happened), storable(e.Written)
	sent := *e // what a second submission is recognised by
	if s.Skew != 0 {
		e.Happened, e.Written = storable(e.Happened.Add(s.Skew)), storable(e.Written.Add(s.Skew))
	}
	e.Marks = nil
	if err := a.times(s, k, e); err != nil {
		return nil, err
	}
	if err := shape(e); err != nil {
		return nil, err
	}
	b, err := a.body(k, e)
	if err != nil {
		return nil, err
	}
	if e.HasMark(MarkEnteredAfter) {
		if why, ok := b.(AfterFact); !ok || why.WhyAfter() == "" {
			if ok || k.AfterFact {
				return nil, &fault.Error{Kind: fault.Invalid, Text: "this is entered long after it happened", Fields: []fault.Field{{Name: "after", Text: "say why it is entered afterwards"}}}
			}
		}
	}
	role, marks, err := a.Judge.MayFile(ctx, s, k, e)
	if err != nil {
		return nil, err
	}
	e.Role = role
	e.Marks = append(e.Marks, marks...)
	labels := e.Labels
	if e.Labels, err = a.Judge.Labels(k, e); err != nil {
		return nil, err
	}
	if s.Carried {
		e.Marks = append(e.Marks, MarkUnattended)
	}
	slices.Sort(e.Marks)
	e.Marks = slices.Compact(e.Marks)
	begins := k.Begins && s.Via != ViaProgram && !a.Judge.Knows(e.Chart)
	p, err := a.prepare(ctx, s, k, e, b, func() [32]byte {
		sent.Labels, sent.Body = labels, e.Body
		return Digest(&sent)
	})
	if err != nil {
		return nil, err
	}
	p.Begins = begins
	return p, nil
}

// storable is a time as the databases keep it. The one microsecond that they take for "no time" gives way to the next.
func storable(t time.Time) time.Time {
	if t.IsZero() {
		return t
	}
	if t = t.UTC().Truncate(time.Microsecond); t.UnixMicro() == 0 {
		t = t.Add(time.Microsecond)
	}
	return t
}

func (a *Admission) prepare(ctx context.Context, s Sender, k *Kind, e *Entry, b Body, digest func() [32]byte) (*Prepared, error) {
	var err error
	if e.Body, err = Canonical(b); err != nil {
		return nil, err
	}
	e.Version = k.Version
	p := &Prepared{Entry: e, Body: b, Kind: k, Digest: digest(), Salt: NewSalt(), Guarded: s.Via != ViaProgram}
	p.Commitment = Commitment(p.Salt, e.Body)
	if k.Raises == nil {
		return p, nil
	}
	for _, r := range k.Raises(e, b) {
		rk, err := a.Kinds.Find(r.Kind)
		if err != nil {
			return nil, fmt.Errorf("raised by %s: %w", k.Name, err)
		}
		r.Happened, r.Written, r.Skew, r.Author, r.Role, r.Device = e.Happened, e.Written, e.Skew, e.Author, e.Role, e.Device
		r.Marks = slices.Clone(e.Marks)
		for _, l := range e.Labels {
			if slices.Contains(rk.Labels, l) {
				r.Labels = append(r.Labels, l)
			}
		}
		r.Version = rk.Version
		if err := shape(r); err != nil {
			return nil, fmt.Errorf("raised by %s: %w", k.Name, err)
		}
		rb, err := a.body(rk, r)
		if err != nil {
			return nil, fmt.Errorf("raised by %s: %w", k.Name, err)
		}
		// The chart that is written into may be named by the body: what is raised is judged like what is said.
		if _, _, err := a.Judge.MayFile(ctx, s, rk, r); err != nil {
			return nil, fmt.Errorf("raised by %s: %w", k.Name, err)
		}
		// What is raised follows from what was sent: it is the same again exactly when that is.
		rp, err := a.prepare(ctx, s, rk, r, rb, func() [32]byte { return sha256.Sum256(append(p.Digest[:], r.ID[:]...)) })
		if err != nil {
			return nil, err
		}
		p.Raised = append(p.Raised, rp)
	}
	return p, nil
}

func (a *Admission) times(s Sender, k *Kind, e *Entry) error {
	now := a.Clock.Now()
	var c fault.Check
	c.Want(!e.Happened.IsZero(), "happened", "say when it happened")
	c.Want(!e.Written.IsZero(), "written", "say when it was written")
	if err := c.Err(); err != nil {
		return err
	}
	old := time.Date(1800, 1, 1, 0, 0, 0, 0, time.UTC)
	c.Want(e.Happened.After(old), "happened", "that is too long ago")
	c.Want(!e.Happened.After(now.Add(AheadLimit)), "happened", "this time lies ahead: nothing is recorded before it happens")
	c.Want(!e.Written.After(now.Add(AheadLimit)), "written", "this time lies ahead")
	if s.Via != ViaImport && s.Via != ViaProgram {
		c.Want(!e.Happened.After(e.Written.Add(AheadLimit)), "happened", "it cannot have been written before it happened")
	}
	if err := c.Err(); err != nil {
		return err
	}
	if s.Via == ViaImport || s.Via == ViaProgram {
		return nil
	}
	if e.Written.Sub(e.Happened) > LateWriting {
		e.Marks = append(e.Marks, MarkEnteredAfter)
	}
	if now.Sub(e.Written) > LateDelivery {
		e.Marks = append(e.Marks, MarkReceivedLate)
	}
	if s.Skew != 0 {
		e.Marks = append(e.Marks, MarkSkewed)
	}
	return nil
}

func shape(e *Entry) error {
	var c fault.Check
	c.Want(!e.ID.IsZero(), "id", "an entry needs its ID")
	c.Want(!e.Chart.IsZero(), "chart", "an entry needs its chart")
	c.Want(e.Amends.IsZero() == (e.Amendment == ""), "amendment", "amends and amendment go together")
	c.Want(e.Amends.IsZero() || e.Amends != e.ID, "amends", "an entry cannot amend itself")
	switch e.Amendment {
	case "", Correction, Addendum, InError, WrongChart:
	default:
		c.Want(false, "amendment", "correction, addendum, entered_in_error or wrong_chart")
	}
	c.Want(len(e.Device) <= 200 && plain(e.Device), "device", "the device's name cannot be kept")
	c.Want(len(e.Cites) <= maxCites, "cites", "too many")
	c.Want(len(e.Labels) <= 16, "labels", "too many")
	for _, l := range e.Labels {
		c.Want(label(l), "labels", "a label is made of small letters, digits and dashes")
	}
	slices.Sort(e.Labels)
	e.Labels = slices.Compact(e.Labels)
	return c.Err()
}

// plain says that a text has no control characters and is UTF-8.
func plain(s string) bool {
	return utf8.ValidString(s) && !strings.ContainsFunc(s, unicode.IsControl)
}

func label(s string) bool {
	for i := range len(s) {
		if c := s[i]; (c < 'a' || c > 'z') && (c < '0' || c > '9') && c != '-' {
			return false
		}
	}
	return s != "" && len(s) <= 40
}

func (a *Admission) body(k *Kind, e *Entry) (Body, error) {
	raw := []byte(e.Body)
	switch {
	case e.Version == k.Version:
	case e.Version >= 1 && e.Version < k.Version:
		up, err := k.Upgrade(e.Version, raw)
		if err != nil {
			return nil, fault.Wrap(fault.Invalid, err, "this body of version %d cannot be brought to version %d", e.Version, k.Version)
		}
		raw = up
	default:
		return nil, fault.New(fault.Invalid, "kind %s has versions 1 to %d, not %d", k.Name, k.Version, e.Version)
	}
	b, err := k.Parse(raw)
	if err != nil {
		return nil, err
	}
	return b, b.Validate(e)
}
