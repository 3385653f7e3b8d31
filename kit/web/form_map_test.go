package web

import (
	"net/url"
	"testing"

	"milieu/kit/record"
)

type checklisted struct {
	Answers map[string]string           `json:"answers"`
	Chosen  map[string][]string         `json:"chosen"`
	Signed  map[string]record.Signature `json:"signed"`
}

func (*checklisted) Validate(*record.Entry) error { return nil }

func TestNamesOfAForm(t *testing.T) {
	kinds, err := record.NewKinds([]record.Kind{{Name: "test.answered", Version: 1, Chart: "any", Action: "test", Example: &checklisted{}, Line: func(*record.Entry, record.Body) record.Line { return record.Line{} }}})
	if err != nil {
		t.Fatal(err)
	}
	k, err := kinds.Find("test.answered")
	if err != nil {
		t.Fatal(err)
	}
	e, err := Decode(k, url.Values{"answers.doors": {"fine"}, "answers.lights": {""}, "answers.ligature": {"fine", "hazard"}})
	if err != nil {
		t.Fatal(err)
	}
	if string(e.Body) != `{"answers":{"doors":"fine","ligature":"hazard"}}` {
		t.Errorf("%s", e.Body)
	}
	e, err = Decode(k, url.Values{"chosen.food": {"halal", "", "soft"}, "chosen.none": {""}, "signed.person.name": {"Ana Reyes"}, "signed.person.typed": {"true"}, "signed.witness.name": {""}, "signed.witness.drawn": {""}})
	if err != nil {
		t.Fatal(err)
	}
	if string(e.Body) != `{"chosen":{"food":["halal","soft"]},"signed":{"person":{"name":"Ana Reyes","typed":true}}}` {
		t.Errorf("%s", e.Body)
	}
	for _, name := range []string{"answers.", "answers.a.b", "other.a", "chosen.a.b", "signed.a", "signed.a.other", "signed..name"} {
		if _, err := Decode(k, url.Values{name: {"x"}}); err == nil {
			t.Errorf("a field named %q is taken", name)
		}
	}
}
