package clients

import (
	"fmt"

	"milieu/kit/access"
	"milieu/kit/db"
	"milieu/kit/record"
)

// HiddenFrom are the entries of a client's charts that a scope's person may not see: those whose labels forbid it, and what was said of them since,
// also where what they spoke of was taken back.
func HiddenFrom(d *access.Directory, q db.Querier, s *access.Scope, chart record.ID) (Hidden, error) {
	charts, err := family(q, chart)
	if err != nil {
		return nil, err
	}
	hidden, err := d.Hidden(q, s, charts...)
	if err != nil {
		return nil, err
	}
	for _, topic := range []string{topicContact, topicDiagnosis, topicEpisode} {
		fs, err := facts(q, topic, charts...)
		if err != nil {
			return nil, err
		}
		for _, f := range fs {
			item := about(f.Body)
			if item.IsZero() || item == f.ID || hidden[f.ID] {
				continue
			}
			sight, err := d.Sight(q, s, f.Chart)
			if err != nil {
				return nil, err
			}
			e, err := record.Find(q, f.ID)
			if err != nil {
				return nil, fmt.Errorf("reading what changes entry %s: %w", item, err)
			}
			if !sight.Sees(e) {
				if hidden == nil {
					hidden = Hidden{}
				}
				hidden[f.ID] = true
			}
			if err := sight.Err(); err != nil {
				return nil, err
			}
		}
	}
	return hidden, nil
}
