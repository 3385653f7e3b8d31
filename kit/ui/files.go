package ui

import "github.com/a-h/templ"

// Files is a button that files an entry at one touch, without a form around it: what it says is fixed. It is said back with undo.
func Files(label string, f EntryForm) Action {
	attrs := templ.Attributes{"data-post": f.action(), "data-fields": encodeSet(append([]Pair{{"chart", f.Chart}}, f.Hidden...))}
	if f.Swap != "" {
		attrs["data-swap"] = f.Swap
	}
	return Action{Label: label, Attrs: attrs}
}
