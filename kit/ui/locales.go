package ui

import (
	"maps"
	"slices"
)

// Locales are the languages that the catalogue speaks, by their tags.
func Locales() []string {
	catalogue.RLock()
	defer catalogue.RUnlock()
	return slices.Sorted(maps.Keys(catalogue.locales))
}
