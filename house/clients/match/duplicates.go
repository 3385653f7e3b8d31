package match

import (
	"cmp"
	"slices"
	"strings"

	"milieu/house/clients"
	"milieu/house/clients/names"
	"milieu/kit/db"
	"milieu/kit/record"
)

// Weight is what an agreement, or a difference, of one field says about two records being of one person: the logarithm to base 2 of how much
// likelier it is for one person than for two (I. P. Fellegi, A. B. Sunter, A Theory for Record Linkage, JASA 64, 1969). They are estimates of
// the house, from 2026-11-19: for the names and birth dates of some thousand people.
type Weight struct {
	Reason string // in the catalogue under clients.same.REASON
	Weight float64
}

// The weights, as data. Agreement first, then difference.
var (
	sameNumber    = Weight{"number", 14}
	sameBirth     = Weight{"birth", 8}
	swappedBirth  = Weight{"birth_swapped", 5} // day and month exchanged, or one digit wrong
	partBirth     = Weight{"birth_part", 3}    // what is known of both agrees
	otherBirth    = Weight{"birth_other", -6}  // both known, and not alike
	sameName      = Weight{"name", 9}          // every word of the shorter name is in the other
	nearName      = Weight{"name_near", 6}     // alike or sounding alike
	halfName      = Weight{"name_half", 3}     // one word of several
	otherName     = Weight{"name_other", -4}   // nothing alike
	samePhone     = Weight{"phone", 6}
	PossiblySame  = 6.0  // from this sum on two records are shown side by side
	ProbablySame  = 11.0 // and from this on they are said to be likely one person
	duplicatesMax = 8
)

// Candidate is somebody about to be registered or admitted, as far as known.
type Candidate struct {
	Names   clients.Names
	Birth   string
	Numbers clients.Numbers
	Phone   string
	Chart   record.ID // when there is one already: it is not its own duplicate
}

// Duplicate is a client who may be the same person, with what speaks for and against it.
type Duplicate struct {
	clients.Card
	Score   float64
	Likely  bool
	Reasons []Weight
}

// Duplicates finds those who are likely the same person as a candidate, the likeliest first. It looks at everybody: who may be shown the
// result is for the caller to judge.
func Duplicates(q db.Querier, c Candidate) ([]Duplicate, error) {
	ids := map[record.ID]bool{}
	add := func(list []record.ID, err error) error {
		for _, id := range list {
			ids[id] = true
		}
		return err
	}
	for _, number := range clients.TermsOf(nil, c.Numbers).Numbers() {
		if len(number) >= 3 {
			if err := add(names.Numbered(q, number, 20)); err != nil {
				return nil, err
			}
		}
	}
	if words := nameWords(c.Names); len(words) > 0 {
		if err := add(names.Charts(q, record.Zero, words, "")); err != nil {
			return nil, err
		}
		if len(words) > 1 { // the first or the last name alone may be known otherwise: with the birth date it still counts
			for _, w := range []string{words[0], words[len(words)-1]} {
				if err := add(names.Charts(q, record.Zero, []string{w}, "")); err != nil {
					return nil, err
				}
			}
		}
	}
	if len(c.Birth) == len("2006-01-02") {
		for _, b := range []string{c.Birth, exchanged(c.Birth)} {
			if err := add(clients.BornOn(q, b)); err != nil {
				return nil, err
			}
		}
	}
	delete(ids, c.Chart)
	var out []Duplicate
	for id := range ids {
		card, err := clients.BareCard(q, id)
		if err == db.ErrNoRows || err == nil && card.Root != id {
			continue
		}
		if err != nil {
			return nil, err
		}
		d := Duplicate{Card: card}
		if d.Reasons, err = c.compare(q, &card); err != nil {
			return nil, err
		}
		for _, r := range d.Reasons {
			d.Score += r.Weight
		}
		d.Likely = d.Score >= ProbablySame
		if d.Score >= PossiblySame {
			out = append(out, d)
		}
	}
	slices.SortFunc(out, func(a, b Duplicate) int {
		return cmp.Or(cmp.Compare(b.Score, a.Score), slices.Compare(a.ID[:], b.ID[:]))
	})
	out = out[:min(len(out), duplicatesMax)]
	return out, placed(q, out, func(d *Duplicate) *clients.Card { return &d.Card })
}

// nameWords are the folded words of the fullest name there is.
func nameWords(n clients.Names) []string {
	var best []string
	for _, text := range []string{n.Used, n.OnPapers(), n.Alias} {
		if w := strings.Fields(names.Fold(text)); len(w) > len(best) {
			best = w
		}
	}
	return best
}

// exchanged is a birth date with day and month exchanged.
func exchanged(birth string) string { return birth[:5] + birth[8:] + "-" + birth[5:7] }

func (c *Candidate) compare(q db.Querier, card *clients.Card) ([]Weight, error) {
	var out []Weight
	if mine := clients.TermsOf(nil, c.Numbers); len(mine) > 0 {
		theirs, err := names.Known(q, card.ID)
		if err != nil {
			return nil, err
		}
		if mine.Share(theirs) {
			out = append(out, sameNumber)
		}
	}
	if w := compareNames(nameWords(c.Names), strings.Fields(card.Folded)); w.Weight != 0 {
		out = append(out, w)
	}
	if w := compareBirth(c.Birth, card.Birth); w.Weight != 0 {
		out = append(out, w)
	}
	if phone := digits(c.Phone); len(phone) >= 6 {
		now, err := clients.IdentityOf(q, card.ID)
		if err != nil {
			return nil, err
		}
		if theirs := digits(now.Phone); strings.HasSuffix(theirs, phone) || theirs != "" && strings.HasSuffix(phone, theirs) {
			out = append(out, samePhone)
		}
	}
	return out, nil
}

func compareNames(mine, theirs []string) Weight {
	if len(mine) == 0 || len(theirs) == 0 {
		return Weight{}
	}
	exact, near := 0, 0
	for _, w := range mine {
		switch {
		case slices.Contains(theirs, names.Clip(w)):
			exact++
			near++
		case names.Fit([]string{w}, strings.Join(theirs, " ")) > 0:
			near++
		}
	}
	switch {
	case exact == len(mine) && exact > 1:
		return sameName
	case near == len(mine):
		return nearName
	case near > 0:
		return halfName
	}
	return otherName
}

func compareBirth(a, b string) Weight {
	if a == "" || b == "" {
		return Weight{}
	}
	switch n := min(len(a), len(b)); {
	case a == b && len(a) == len("2006-01-02"):
		return sameBirth
	case len(a) != len(b) && a[:n] == b[:n], a == b:
		return partBirth
	case len(a) == len(b) && len(a) == len("2006-01-02") && (exchanged(a) == b || wrong(a, b) == 1):
		return swappedBirth
	}
	if len(a) < len("2006-01-02") || len(b) < len("2006-01-02") { // a year that somebody remembers may be off by one or two
		one, _, _ := clients.BirthDay(a[:4])
		other, _, _ := clients.BirthDay(b[:4])
		if apart := one.Year() - other.Year(); apart >= -2 && apart <= 2 {
			return Weight{}
		}
	}
	return otherBirth
}

func wrong(a, b string) (n int) {
	for i := range len(a) {
		if a[i] != b[i] {
			n++
		}
	}
	return n
}

func digits(text string) string {
	var b strings.Builder
	for _, r := range text {
		if r >= '0' && r <= '9' {
			b.WriteRune(r)
		}
	}
	return b.String()
}
