package clients

import (
	"bytes"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	jsonv2 "github.com/go-json-experiment/json"

	"milieu/kit/clock"
	"milieu/kit/db"
	"milieu/kit/record"
)

// A topic gathers the kinds that speak of one thing: what is shown of it is worked out from its facts alone.
const (
	topicWho        = "who"
	topicPhoto      = "photo"
	topicMove       = "move"
	topicLegal      = "legal"
	topicMerge      = "merge"
	topicAllergy    = "allergy"
	topicPrecaution = "precaution"
	topicFlag       = "flag"
	topicContact    = "contact"
	topicDiagnosis  = "diagnosis"
	topicEpisode    = "episode"
)

type sort struct {
	topic string
	blank func() record.Body
}

func of[B any, P interface {
	*B
	record.Body
}](topic string) sort {
	return sort{topic, func() record.Body { return P(new(B)) }}
}

// sorts says, for each kind that is kept as a fact, its topic and its body.
var sorts = map[string]sort{
	"clients.registered": of[Registered](topicWho), "clients.described": of[Described](topicWho),
	"clients.photo_set": of[PhotoSet](topicPhoto), "clients.photo_removed": of[PhotoRemoved](topicPhoto),
	"clients.contact_set": of[ContactSet](topicContact), "clients.contact_ended": of[Ended](topicContact),
	"clients.allergy_noted": of[AllergyNoted](topicAllergy), "clients.allergy_ended": of[Ended](topicAllergy),
	"clients.diagnosis_noted": of[DiagnosisNoted](topicDiagnosis), "clients.diagnosis_ended": of[Ended](topicDiagnosis),
	"clients.precaution_set": of[PrecautionSet](topicPrecaution), "clients.precaution_lifted": of[Ended](topicPrecaution),
	"clients.flag_set": of[FlagSet](topicFlag), "clients.flag_lifted": of[Ended](topicFlag),
	"clients.episode_noted": of[EpisodeNoted](topicEpisode), "clients.episode_ended": of[Ended](topicEpisode),
	"clients.legal_status_set": of[LegalStatusSet](topicLegal),
	"clients.admitted":         of[Admitted](topicMove), "clients.transferred": of[Transferred](topicMove), "clients.left": of[Left](topicMove),
	"clients.returned": of[Returned](topicMove), "clients.discharged": of[DischargedTo](topicMove),
	"clients.merged": of[Merged](topicMerge), "clients.unmerged": of[Unmerged](topicMerge),
}

// kindsOf are the kinds of some topics, by name; of all topics without any.
func kindsOf(topics ...string) []string {
	var out []string
	for _, name := range slices.Sorted(maps.Keys(sorts)) {
		if len(topics) == 0 || slices.Contains(topics, sorts[name].topic) {
			out = append(out, name)
		}
	}
	return out
}

// Fact is one standing entry about a client, as a projection keeps it.
type Fact struct {
	ID       record.ID
	Chart    record.ID
	Kind     string
	Happened time.Time
	Written  time.Time
	Author   record.ID
	Body     record.Body
}

// later orders facts: what happened later holds; of two at one instant what was written later, then the greater ID.
func later(a, b Fact) int {
	if c := a.Happened.Compare(b.Happened); c != 0 {
		return c
	}
	if c := a.Written.Compare(b.Written); c != 0 {
		return c
	}
	return bytes.Compare(a.ID[:], b.ID[:])
}

// facts reads the facts of one topic in some charts, in the order in which they happened.
func facts(q db.Querier, topic string, charts ...record.ID) ([]Fact, error) {
	var out []Fact
	for _, chart := range charts {
		err := db.Each(q, "SELECT id, chart, kind, happened, written, author, body FROM clients_fact_v1 WHERE chart = $1 AND topic = $2", []any{chart, topic}, func(r db.Row) error {
			f, err := scanFact(r)
			out = append(out, f)
			return err
		})
		if err != nil {
			return nil, fmt.Errorf("reading what is known of %s in chart %s: %w", topic, chart, err)
		}
	}
	slices.SortFunc(out, later)
	return out, nil
}

func scanFact(r db.Row) (f Fact, err error) {
	var happened, written int64
	var raw []byte
	if err := r.Scan(&f.ID, &f.Chart, &f.Kind, &happened, &written, &f.Author, &raw); err != nil {
		return f, err
	}
	f.Happened, f.Written = clock.FromMicros(happened), clock.FromMicros(written)
	f.Body = sorts[f.Kind].blank()
	return f, jsonv2.Unmarshal(raw, f.Body)
}

// Held is an item with how it stands: the fact that says it now, and the fact that ended it.
type Held[B record.Body] struct {
	Item  record.ID // the entry that first set it
	Fact            // what holds
	Says  B         // its body
	Ended *Fact     // nil while it holds
}

// hold works out the items of a topic from its facts in order: the last statement about each holds, until one ends it.
func hold[B record.Body](facts []Fact, item func(B) Item) []Held[B] {
	var out []Held[B]
	at := map[record.ID]int{}
	ends := map[record.ID]*Fact{} // an end may have been written for an item whose first entry stands no more
	for i, f := range facts {
		switch b := f.Body.(type) {
		case B:
			id := item(b).of(f.ID)
			n, known := at[id]
			if !known {
				n = len(out)
				at[id] = n
				out = append(out, Held[B]{})
			}
			out[n] = Held[B]{Item: id, Fact: f, Says: b}
		case *Ended:
			ends[b.Item] = &facts[i]
		}
	}
	for i := range out {
		if end := ends[out[i].Item]; end != nil && later(*end, out[i].Fact) > 0 {
			out[i].Ended = end
		}
	}
	return out
}

// standing are the items that have not ended.
func standing[B record.Body](all []Held[B]) []Held[B] {
	var out []Held[B]
	for _, h := range all {
		if h.Ended == nil {
			out = append(out, h)
		}
	}
	return out
}

// who works out the identity: registered first, then each part as last described. Facts of merged charts give search names only. chart is
// the one that goes on.
func who(facts []Fact, chart record.ID) (now Identity, unit record.ID, registered time.Time, others []Names) {
	own := slices.ContainsFunc(facts, func(f Fact) bool { return f.Chart == chart && f.Kind == "clients.registered" })
	if !own && len(facts) > 0 { // nothing of its own yet: it goes by what the merged one says
		chart = facts[0].Chart
	}
	described := map[string]bool{}
	for i := len(facts) - 1; i >= 0; i-- {
		f := facts[i]
		switch b := f.Body.(type) {
		case *Registered:
			if f.Chart != chart {
				others = append(others, b.Names)
				continue
			}
			for _, part := range Parts {
				if !described[part] {
					now.take(part, &b.Identity)
					described[part] = true
				}
			}
			unit, registered = b.Unit, f.Happened
		case *Described:
			if f.Chart != chart {
				others = append(others, b.Names)
				continue
			}
			if b.Part == PartNames {
				others = append(others, b.Names)
			}
			if !described[b.Part] {
				now.take(b.Part, &b.Identity)
				described[b.Part] = true
			}
		}
	}
	return now, unit, registered, others
}

// pack writes a list as one column; nothing in its texts can break it.
func pack[T any](list []T) string {
	if len(list) == 0 {
		return ""
	}
	raw, err := jsonv2.Marshal(list)
	if err != nil {
		return "" // texts and times always encode; the body was refused otherwise
	}
	return string(raw)
}

// unpack reads what pack wrote.
func unpack[T any](text string) (list []T, err error) {
	if text != "" {
		err = jsonv2.Unmarshal([]byte(text), &list)
	}
	return list, err
}

// factOf reads one fact of a chart or of one merged into it.
func factOf(q db.Querier, chart, id record.ID) (Fact, error) {
	charts, err := family(q, chart)
	if err != nil {
		return Fact{}, err
	}
	for _, c := range charts {
		f, err := scanFact(q.QueryRow("SELECT id, chart, kind, happened, written, author, body FROM clients_fact_v1 WHERE chart = $1 AND topic = $2 AND id = $3", c, topicLegal, id))
		if err == nil {
			return f, nil
		}
		if err != db.ErrNoRows {
			return f, fmt.Errorf("reading entry %s: %w", id, err)
		}
	}
	return Fact{}, fmt.Errorf("entry %s is not in chart %s", id, chart)
}

func canonical(v any) ([]byte, error) { return jsonv2.Marshal(v, jsonv2.Deterministic(true)) }

// Between gives what was said in some charts from a time until another of where somebody is, on what legal ground, and what must be known of them, in
// order: what a shift hands over.
func Between(q db.Querier, charts []record.ID, from, until time.Time) ([]Fact, error) {
	var out []Fact
	for part := range slices.Chunk(charts, 64) {
		args := []any{clock.Micros(from), clock.Micros(until), topicMove, topicLegal, topicAllergy, topicPrecaution, topicFlag}
		places := make([]string, len(part))
		for i := range part {
			args = append(args, part[i][:])
			places[i] = fmt.Sprintf("$%d", len(args))
		}
		err := db.Each(q, "SELECT id, chart, kind, happened, written, author, body FROM clients_fact_v1 WHERE happened >= $1 AND happened < $2 AND topic IN ($3, $4, $5, $6, $7) AND chart IN ("+strings.Join(places, ", ")+")", args, func(r db.Row) error {
			f, err := scanFact(r)
			out = append(out, f)
			return err
		})
		if err != nil {
			return nil, fmt.Errorf("reading what was said of %d charts: %w", len(part), err)
		}
	}
	slices.SortFunc(out, later)
	return out, nil
}
