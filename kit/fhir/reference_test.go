package fhir

import (
	"strings"
	"testing"
)

func TestWhatReferencesMean(t *testing.T) {
	index := NewIndex()
	add := func(file, url, kind, id string, resource Resource) *Item {
		item := &Item{File: file, FullURL: url, Type: kind, ID: id, Resource: resource, Path: file + ":" + kind + "/" + id + " " + url}
		index.Add(item)
		return item
	}
	number := []Identifier{{System: "http://mrn", Value: "A|7"}}
	add("a", "", "Patient", "1", &Patient{})
	add("a", "urn:uuid:aaaa", "Patient", "2", &Patient{Identifier: number})
	add("b", "https://one/fhir/Patient/1", "Patient", "1", &Patient{})
	add("b", "https://two/fhir/Patient/1", "Patient", "1", &Patient{})
	add("b", "", "Patient", "bbbb", &Patient{})
	add("b", "", "Organization", "1", &Organization{})
	inA := &Item{File: "a", Resource: &Condition{Base: Base{Contained: []Contained{{&Organization{Base: Base{ResourceType: "Organization", ID: "o"}}}, {}}}}}
	inB := &Item{File: "b", FullURL: "https://two/fhir/Condition/5", Type: "Condition", ID: "5", Resource: &Condition{}}
	inC := &Item{File: "c", Resource: &Condition{}}
	for _, c := range []struct {
		from *Item
		ref  Reference
		kind string
		want string
	}{
		{inA, Reference{Reference: "Patient/1"}, "Patient", "a:Patient/1 "},
		{inA, Reference{Reference: "Patient/1/_history/3"}, "Patient", "a:Patient/1 "},
		{inA, Reference{Reference: "urn:uuid:aaaa"}, "Patient", "a:Patient/2 urn:uuid:aaaa"},
		{inA, Reference{Reference: "urn:uuid:aaaa"}, "Organization", ""},
		{inA, Reference{Reference: "urn:uuid:bbbb"}, "Patient", "b:Patient/bbbb "},
		{inA, Reference{Reference: "#o"}, "Organization", ".contained"},
		{inA, Reference{Reference: "#p"}, "Organization", ""},
		{inA, Reference{Reference: "Patient?identifier=http://mrn|A|7"}, "Patient", "a:Patient/2 urn:uuid:aaaa"},
		{inA, Reference{Identifier: &number[0]}, "Patient", "a:Patient/2 urn:uuid:aaaa"},
		{inA, Reference{Display: "somebody"}, "Patient", ""},
		{inB, Reference{Reference: "Patient/1"}, "Patient", "b:Patient/1 https://two/fhir/Patient/1"},
		{inB, Reference{Reference: "https://one/fhir/Patient/1"}, "Patient", "b:Patient/1 https://one/fhir/Patient/1"},
		{inB, Reference{Reference: "https://three/fhir/Patient/1"}, "Patient", "a:Patient/1 "},
		{inC, Reference{Reference: "Patient/1"}, "Patient", "a:Patient/1 ,b:Patient/1 https://one/fhir/Patient/1,b:Patient/1 https://two/fhir/Patient/1"},
		{inC, Reference{Reference: "Organization/1"}, "Organization", "b:Organization/1 "},
		{inC, Reference{Reference: "nonsense"}, "Patient", ""},
	} {
		var got []string
		for _, item := range index.Resolve(c.from, &c.ref, c.kind) {
			got = append(got, item.Path)
		}
		if strings.Join(got, ",") != c.want {
			t.Errorf("%+v from %s: %q, want %q", c.ref, c.from.File, got, c.want)
		}
	}
	if index.Resolve(inA, nil) != nil {
		t.Error("no reference means something")
	}
}
