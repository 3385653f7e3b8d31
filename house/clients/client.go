package clients

import (
	"slices"
	"strings"
	"time"

	"milieu/kit/db"
	"milieu/kit/record"
)

// Client is everything said about one person's identity, besides the card.
type Client struct {
	Card
	Identity   Identity
	Registered time.Time
	Merged     []record.ID // charts merged into this one
}

// Of reads one client whole. Of a merged chart it gives the one that goes on. db.ErrNoRows when there is no such client.
func Of(q db.Querier, chart record.ID) (*Client, error) {
	card, err := CardOf(q, chart)
	if err != nil {
		return nil, err
	}
	charts, err := family(q, chart)
	if err != nil {
		return nil, err
	}
	fs, err := facts(q, topicWho, charts...)
	if err != nil {
		return nil, err
	}
	c := &Client{Card: card, Merged: charts[1:]}
	c.Identity, _, c.Registered, _ = who(fs, charts[0])
	return c, nil
}

// IdentityOf is who a client says to be; of a merged chart, the client of the one that goes on. Nothing of a chart nobody knows.
func IdentityOf(q db.Querier, chart record.ID) (Identity, error) {
	charts, err := family(q, chart)
	if err != nil {
		return Identity{}, err
	}
	fs, err := facts(q, topicWho, charts...)
	now, _, _, _ := who(fs, charts[0])
	return now, err
}

// Hidden are the entries that a reader may not see because of their labels, as access.Directory.Hidden gives them; nil hides nothing, for the
// program itself. What is hidden is read as if it had never been written, and so is what was said of it since.
type Hidden = map[record.ID]bool

// held gives the items of a topic. Hidden items are left out before they count for anything.
func held[B record.Body](q db.Querier, chart record.ID, topic string, item func(B) Item, hidden Hidden) ([]Held[B], error) {
	charts, err := family(q, chart)
	if err != nil {
		return nil, err
	}
	fs, err := facts(q, topic, charts...)
	if err != nil {
		return nil, err
	}
	if len(hidden) > 0 {
		fs = slices.DeleteFunc(fs, func(f Fact) bool { return hidden[f.ID] })
	}
	list := hold(fs, item)
	if len(hidden) > 0 {
		list = slices.DeleteFunc(list, func(h Held[B]) bool { return hidden[h.Item] })
	}
	slices.SortStableFunc(list, func(a, b Held[B]) int { return boolInt(a.Ended != nil) - boolInt(b.Ended != nil) })
	return list, nil
}

func boolInt(b bool) int {
	if b {
		return 1
	}
	return 0
}

// Contacts are the people in a client's life, also those who no longer are (Ended).
func Contacts(q db.Querier, chart record.ID, hidden Hidden) ([]Held[*ContactSet], error) {
	list, err := held(q, chart, topicContact, func(c *ContactSet) Item { return c.Item }, hidden)
	slices.SortStableFunc(list, func(a, b Held[*ContactSet]) int { return rank(b.Says) - rank(a.Says) })
	return list, err
}

// rank puts those who are to be called first first.
func rank(c *ContactSet) (n int) {
	for i, is := range []bool{c.NextOfKin, c.Agent, c.Guardian, c.Emergency, !c.Past} {
		if is {
			n += 1 << i
		}
	}
	return n
}

// Allergies are a client's allergies, and whether somebody asked and heard of none.
func Allergies(q db.Querier, chart record.ID) ([]Held[*AllergyNoted], error) {
	return held(q, chart, topicAllergy, func(a *AllergyNoted) Item { return a.Item }, nil)
}

// Diagnoses are a client's diagnoses, those that hold first.
func Diagnoses(q db.Querier, chart record.ID, hidden Hidden) ([]Held[*DiagnosisNoted], error) {
	list, err := held(q, chart, topicDiagnosis, func(d *DiagnosisNoted) Item { return d.Item }, hidden)
	slices.SortStableFunc(list, func(a, b Held[*DiagnosisNoted]) int { return over(a) - over(b) })
	return list, err
}

func over(d Held[*DiagnosisNoted]) int {
	return boolInt(d.Says.Past || d.Ended != nil)
}

// PrecautionsOf are a client's precautions.
func PrecautionsOf(q db.Querier, chart record.ID) ([]Held[*PrecautionSet], error) {
	return held(q, chart, topicPrecaution, func(p *PrecautionSet) Item { return p.Item }, nil)
}

// Flags are what helps a client.
func Flags(q db.Querier, chart record.ID) ([]Held[*FlagSet], error) {
	return held(q, chart, topicFlag, func(f *FlagSet) Item { return f.Item }, nil)
}

// Elsewhere are stays in other places, as other records have them.
func Elsewhere(q db.Querier, chart record.ID, hidden Hidden) ([]Held[*EpisodeNoted], error) {
	list, err := held(q, chart, topicEpisode, func(n *EpisodeNoted) Item { return n.Item }, hidden)
	slices.SortStableFunc(list, func(a, b Held[*EpisodeNoted]) int {
		return strings.Compare(b.Says.From, a.Says.From)
	})
	return list, err
}

// Legal is the history of a client's legal status, the one in force last.
func Legal(q db.Querier, chart record.ID) ([]Fact, error) {
	charts, err := family(q, chart)
	if err != nil {
		return nil, err
	}
	return facts(q, topicLegal, charts...)
}

// Episodes are a client's episodes of care here, with every move, the first one first.
func Episodes(q db.Querier, chart record.ID) ([]Episode, error) {
	charts, err := family(q, chart)
	if err != nil {
		return nil, err
	}
	fs, err := facts(q, topicMove, charts...)
	return episodes(fs), err
}

// MergesOf are the merges of one chart into another that were not taken back: what an unmerging names.
func MergesOf(q db.Querier, chart record.ID) ([]Fact, error) {
	fs, err := facts(q, topicMerge, chart)
	if err != nil {
		return nil, err
	}
	return notTakenBack(fs), nil
}
