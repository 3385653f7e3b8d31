package ui

import "net/url"

// setField is the name of a button that fills several fields at once: its value is a query string which app.ts unfolds before it sends.
const setField = "_set"

func encodeSet(pairs []Pair) string {
	values := url.Values{}
	for _, pair := range pairs {
		values.Add(pair.Name, pair.Value)
	}
	return values.Encode()
}

// Unfold replaces the field of a several-at-once button by the fields it stands for. Scripts do this before sending; a server calls it for
// the browser whose script did not run.
func Unfold(form url.Values) error {
	for _, folded := range form[setField] {
		values, err := url.ParseQuery(folded)
		if err != nil {
			return err
		}
		for name, list := range values {
			form[name] = list
		}
	}
	delete(form, setField)
	return nil
}
