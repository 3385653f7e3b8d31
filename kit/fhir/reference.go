package fhir

import (
	"strings"
)

// Index finds the resources that references mean, within a file first and then
// across the files it was given.
type Index struct {
	byURL, byName, byIdentifier map[string][]*Item
}

// NewIndex gives an empty index.
func NewIndex() *Index {
	return &Index{byURL: map[string][]*Item{}, byName: map[string][]*Item{}, byIdentifier: map[string][]*Item{}}
}

// Add makes an item findable.
func (x *Index) Add(item *Item) {
	if item.FullURL != "" {
		x.byURL[item.FullURL] = append(x.byURL[item.FullURL], item)
	}
	if item.ID != "" {
		name := item.Type + "/" + item.ID
		x.byName[name] = append(x.byName[name], item)
		x.byName["/"+item.ID] = append(x.byName["/"+item.ID], item)
	}
	for _, identifier := range Identifiers(item.Resource) {
		if identifier.Value != "" {
			key := identifierKey(identifier.System, identifier.Value)
			x.byIdentifier[key] = append(x.byIdentifier[key], item)
		}
	}
}

func identifierKey(system, value string) string { return system + "|" + value }

// Resolve gives the items of one of the types that a reference in from may
// mean: none, one, or several when it is ambiguous or when a resource was given
// more than once.
func (x *Index) Resolve(from *Item, ref *Reference, types ...string) []*Item {
	if ref == nil {
		return nil
	}
	var found []*Item
	take := func(candidates []*Item, when func(*Item) bool) {
		if len(found) > 0 {
			return
		}
		var elsewhere []*Item
		for _, candidate := range candidates {
			switch {
			case !hasType(candidate.Type, types) || when != nil && !when(candidate):
			case candidate.File == from.File:
				found = append(found, candidate)
			default:
				elsewhere = append(elsewhere, candidate)
			}
		}
		if len(found) == 0 {
			found = elsewhere
		}
	}
	text, _, _ := strings.Cut(ref.Reference, "/_history/")
	if inner, ok := strings.CutPrefix(text, "#"); ok {
		take(containedItems(from), func(i *Item) bool { return i.ID == inner })
		return found
	}
	if text == "" {
		if ref.Identifier != nil && ref.Identifier.Value != "" {
			take(x.byIdentifier[identifierKey(ref.Identifier.System, ref.Identifier.Value)], nil)
		}
		return found
	}
	take(x.byURL[text], nil)
	if kind, query, ok := strings.Cut(text, "?identifier="); ok {
		if !strings.Contains(query, "|") {
			query = "|" + query
		}
		take(x.byIdentifier[query], func(i *Item) bool { return i.Type == kind })
		return found
	}
	if id, ok := strings.CutPrefix(text, "urn:uuid:"); ok {
		take(x.byName["/"+id], func(i *Item) bool { return i.FullURL == "" })
		return found
	}
	server, name := splitAddress(text)
	if home := serverOf(from); server == "" && home != "" {
		take(x.byURL[home+"/"+name], nil)
	}
	take(x.byName[name], func(i *Item) bool {
		// The same type and id at another server is somebody else.
		other := serverOf(i)
		return server == "" || other == "" || other == server
	})
	return found
}

func hasType(name string, types []string) bool {
	for _, t := range types {
		if t == name {
			return true
		}
	}
	return len(types) == 0
}

// splitAddress takes "https://x/fhir/Patient/1" apart into server and
// "Patient/1". A relative reference has no server.
func splitAddress(address string) (server, name string) {
	last := strings.LastIndexByte(address, '/')
	if last < 0 {
		return "", address
	}
	before := strings.LastIndexByte(address[:last], '/')
	if before < 0 {
		return "", address
	}
	return address[:before], address[before+1:]
}

// serverOf is the server an item's own address names, or "".
func serverOf(item *Item) string {
	if server, name := splitAddress(item.FullURL); server != "" && name == item.Type+"/"+item.ID {
		return server
	}
	return ""
}

func containedItems(from *Item) []*Item {
	if from.Resource == nil {
		return nil
	}
	var items []*Item
	for _, contained := range from.Resource.base().Contained {
		if contained.Resource == nil {
			continue
		}
		base := contained.Resource.base()
		items = append(items, &Item{
			File: from.File, Line: from.Line, Path: from.Path + ".contained",
			Type: base.ResourceType, ID: strings.TrimPrefix(base.ID, "#"), Resource: contained.Resource,
		})
	}
	return items
}
