package rounds

import (
	"cmp"
	"maps"
	"slices"
	"time"

	"milieu/kit/record"
)

// Pattern is something in the record worth a question to a person. It is never a verdict: there may be a good reason, and only people know it.
type Pattern struct {
	Code     string    // key of its words: rounds.pattern.CODE
	Who      record.ID // whose looks; zero where it is about one person seen by several
	Charts   []record.ID
	From, To time.Time
	N        int           // how many looks, or rounds in the same order
	Spread   time.Duration // what the code measures: between the first and the last, or the shortest and the longest gap
	Looks    []record.ID   // the evidence
}

// Thresholds are from when a pattern is worth a question. They call nobody to account and alert nobody.
type Thresholds struct {
	Source, Since string
	SameSecond    int           // people seen by one worker in one second
	WalkPeople    int           // people seen in their own rooms, one behind another,
	WalkEach      time.Duration // in less than this for each
	BatchLooks    int           // looks written down
	BatchWithin   time.Duration // within this of each other
	BatchSpread   time.Duration // that are said to have happened so far apart
	OrderPeople   int           // people in one round
	OrderRounds   int           // rounds one behind another in the same order
	RoundBreak    time.Duration // a longer break between two looks ends a round
	SameCodes     int           // looks of one worker at several awake people, one behind another with the same place and state
	SameCodesAt   int           // so many people at least
	EvenGaps      int           // gaps of one person, one behind another,
	EvenSpread    time.Duration // that differ by no more than this
	TwoPlaces     time.Duration // looks of one worker on two devices or units closer than this
}

// Worth are the thresholds in force. Source: failure modes of charting gathered in the project's field notes, section 3; the figures are the
// program's own proposal, to be looked at by each house.
var Worth = Thresholds{
	Source: "project field notes 3, failure modes of charting; figures of our own", Since: "2026-11-01",
	SameSecond: 3, WalkPeople: 5, WalkEach: 7 * time.Second,
	BatchLooks: 5, BatchWithin: 30 * time.Second, BatchSpread: 10 * time.Minute,
	OrderPeople: 5, OrderRounds: 4, RoundBreak: 6 * time.Minute,
	SameCodes: 12, SameCodesAt: 3, EvenGaps: 8, EvenSpread: time.Minute, TwoPlaces: 10 * time.Second,
}

// Placed is a look and the unit on which it was made.
type Placed struct {
	Look
	Unit record.ID
}

// Patterns finds what is worth a question among the looks of a stretch of time, in order of time. Nothing in it depends on who asks.
func Patterns(looks []Placed, w Thresholds) []Pattern {
	looks = slices.Clone(looks)
	slices.SortFunc(looks, func(a, b Placed) int { return inOrder(a.At, b.At, a.ID, b.ID) })
	seen := slices.DeleteFunc(slices.Clone(looks), func(l Placed) bool { return !l.Seen })
	var out []Pattern
	for _, mine := range groups(seen, func(l *Placed) record.ID { return l.Author }) {
		out = append(out, sameSecond(mine, w)...)
		out = append(out, fasterThanWalking(mine, w)...)
		out = append(out, twoPlaces(mine, w)...)
		out = append(out, sameOrder(mine, w)...)
		out = append(out, sameCodes(mine, w)...)
		out = append(out, batch(mine, w)...)
	}
	for _, theirs := range groups(seen, func(l *Placed) record.ID { return l.Chart }) {
		out = append(out, even(theirs, w)...)
	}
	slices.SortStableFunc(out, func(a, b Pattern) int { return cmp.Or(a.From.Compare(b.From), cmp.Compare(a.Code, b.Code)) })
	return out
}

// groups splits looks by a key, each group in its old order, the groups in order of key.
func groups(looks []Placed, key func(*Placed) record.ID) [][]Placed {
	by := map[record.ID][]Placed{}
	for i := range looks {
		k := key(&looks[i])
		by[k] = append(by[k], looks[i])
	}
	var out [][]Placed
	for _, k := range slices.SortedFunc(maps.Keys(by), func(a, b record.ID) int { return slices.Compare(a[:], b[:]) }) {
		out = append(out, by[k])
	}
	return out
}

func pattern(code string, who record.ID, looks []Placed) Pattern {
	p := Pattern{Code: code, Who: who, From: looks[0].At, To: looks[0].At, N: len(looks)}
	for i := range looks {
		l := &looks[i]
		p.From, p.To = earlier(p.From, l.At), later(p.To, l.At)
		p.Looks = append(p.Looks, l.ID)
		if !slices.Contains(p.Charts, l.Chart) {
			p.Charts = append(p.Charts, l.Chart)
		}
	}
	p.Spread = p.To.Sub(p.From)
	return p
}

func people(looks []Placed) int {
	var seen []record.ID
	for i := range looks {
		if !slices.Contains(seen, looks[i].Chart) {
			seen = append(seen, looks[i].Chart)
		}
	}
	return len(seen)
}

// together says that people sit in one place, where a glance truly sees several.
func together(l *Placed) bool { return l.Place != "own_room" && l.Place != "bathroom" }

func sameSecond(mine []Placed, w Thresholds) (out []Pattern) {
	for from := 0; from < len(mine); {
		to := from + 1
		for to < len(mine) && mine[to].At.Truncate(time.Second).Equal(mine[from].At.Truncate(time.Second)) {
			to++
		}
		if apart := slices.DeleteFunc(slices.Clone(mine[from:to]), func(l Placed) bool { return together(&l) }); people(apart) >= w.SameSecond {
			out = append(out, pattern("same_second", mine[from].Author, apart))
		}
		from = to
	}
	return out
}

// fasterThanWalking finds people in their own rooms seen one behind another in less time than it takes to open their doors.
func fasterThanWalking(mine []Placed, w Thresholds) (out []Pattern) {
	rooms := slices.DeleteFunc(slices.Clone(mine), func(l Placed) bool { return together(&l) })
	for from := 0; from < len(rooms); {
		to := from + 1
		for to < len(rooms) && rooms[to].At.Sub(rooms[to-1].At) < w.WalkEach && rooms[to].Chart != rooms[to-1].Chart {
			to++
		}
		// The same second is told as such.
		if run := rooms[from:to]; people(run) >= w.WalkPeople && run[len(run)-1].At.Sub(run[0].At) >= time.Second {
			out = append(out, pattern("faster_than_walking", run[0].Author, run))
		}
		from = to
	}
	return out
}

func twoPlaces(mine []Placed, w Thresholds) (out []Pattern) {
	for i := 1; i < len(mine); i++ {
		a, b := mine[i-1], mine[i]
		if b.At.Sub(a.At) < w.TwoPlaces && a.Chart != b.Chart && (a.Unit != b.Unit || a.Device != b.Device && a.Device != "" && b.Device != "" || (a.Place == "outside") != (b.Place == "outside")) {
			out = append(out, pattern("two_places", a.Author, mine[i-1:i+1]))
		}
	}
	return out
}

// sameOrder finds rounds walked in the same order again and again: people learn when their door is next.
func sameOrder(mine []Placed, w Thresholds) (out []Pattern) {
	var walks [][]Placed
	for from := 0; from < len(mine); {
		to := from + 1
		for to < len(mine) && mine[to].At.Sub(mine[to-1].At) <= w.RoundBreak && !seenIn(mine[from:to], mine[to].Chart) {
			to++
		}
		if to-from >= w.OrderPeople {
			walks = append(walks, mine[from:to])
		}
		from = to
	}
	for from := 0; from < len(walks); {
		to := from + 1
		for to < len(walks) && slices.EqualFunc(walks[from], walks[to], func(a, b Placed) bool { return a.Chart == b.Chart }) {
			to++
		}
		if to-from >= w.OrderRounds {
			p := pattern("same_order", walks[from][0].Author, slices.Concat(walks[from:to]...))
			p.N = to - from
			out = append(out, p)
		}
		from = to
	}
	return out
}

func seenIn(walk []Placed, chart record.ID) bool {
	return slices.ContainsFunc(walk, func(l Placed) bool { return l.Chart == chart })
}

// sameCodes finds one answer given again and again for people who were awake. Asleep is the same for everybody at night.
func sameCodes(mine []Placed, w Thresholds) (out []Pattern) {
	awake := slices.DeleteFunc(slices.Clone(mine), func(l Placed) bool { return StateOf(l.State).Asleep })
	for from := 0; from < len(awake); {
		to := from + 1
		for to < len(awake) && awake[to].Place == awake[from].Place && awake[to].State == awake[from].State {
			to++
		}
		if to-from >= w.SameCodes && people(awake[from:to]) >= w.SameCodesAt {
			out = append(out, pattern("same_codes", awake[from].Author, awake[from:to]))
		}
		from = to
	}
	return out
}

// batch finds looks written down within moments of each other that are said to have happened far apart.
func batch(mine []Placed, w Thresholds) (out []Pattern) {
	written := slices.Clone(mine)
	slices.SortFunc(written, func(a, b Placed) int { return inOrder(a.Written, b.Written, a.ID, b.ID) })
	for from := 0; from < len(written); {
		to := from + 1
		for to < len(written) && written[to].Written.Sub(written[to-1].Written) <= w.BatchWithin {
			to++
		}
		if to-from >= w.BatchLooks {
			if p := pattern("written_together", written[from].Author, written[from:to]); p.Spread >= w.BatchSpread && p.Spread > 2*written[to-1].Written.Sub(written[from].Written) {
				out = append(out, p)
			}
		}
		from = to
	}
	return out
}

// even finds a person looked at by the clock: whoever waits for it learns when nobody comes.
func even(theirs []Placed, w Thresholds) (out []Pattern) {
	for from := 1; from < len(theirs); {
		shortest, longest := gapBefore(theirs, from), gapBefore(theirs, from)
		to := from + 1
		for ; to < len(theirs); to++ {
			gap := gapBefore(theirs, to)
			if max(longest, gap)-min(shortest, gap) > w.EvenSpread {
				break
			}
			shortest, longest = min(shortest, gap), max(longest, gap)
		}
		if to-from >= w.EvenGaps && longest > w.EvenSpread {
			p := pattern("even", record.Zero, theirs[from-1:to])
			p.N, p.Spread = to-from, longest-shortest
			out = append(out, p)
			from = to
			continue
		}
		from++
	}
	return out
}

func gapBefore(looks []Placed, i int) time.Duration { return looks[i].At.Sub(looks[i-1].At) }
