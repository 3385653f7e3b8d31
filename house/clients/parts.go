package clients

import (
	"milieu/kit/db"
	"milieu/kit/record"
)

// PartsOf are the entries that say each part of who a client is, as Of gives it: by whom and since when it is so.
func PartsOf(q db.Querier, chart record.ID) (map[string]Fact, error) {
	charts, err := family(q, chart)
	if err != nil {
		return nil, err
	}
	fs, err := facts(q, topicWho, charts...)
	if err != nil || len(fs) == 0 {
		return nil, err
	}
	own := fs[0].Chart
	for _, f := range fs {
		if f.Chart == charts[0] && f.Kind == "clients.registered" {
			own = charts[0]
		}
	}
	out := map[string]Fact{}
	for _, f := range fs { // the later one stands
		if f.Chart != own {
			continue
		}
		switch b := f.Body.(type) {
		case *Registered:
			for _, part := range Parts {
				out[part] = f
			}
		case *Described:
			out[b.Part] = f
		}
	}
	return out, nil
}
