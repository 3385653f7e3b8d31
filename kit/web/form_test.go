package web

import (
	"net/url"
	"testing"

	"milieu/kit/record"
)

type listed struct {
	Rows []struct {
		Name string `json:"name"`
		N    int    `json:"n"`
	} `json:"rows"`
	Texts map[string]string `json:"texts,omitempty"`
}

func (*listed) Validate(*record.Entry) error { return nil }

func TestRowsOfAForm(t *testing.T) {
	kinds, err := record.NewKinds([]record.Kind{{Name: "test.listed", Version: 1, Action: "test", Example: &listed{}, Line: func(*record.Entry, record.Body) record.Line { return record.Line{} }}})
	if err != nil {
		t.Fatal(err)
	}
	k, err := kinds.Find("test.listed")
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		name, form, want string
		bad              bool
	}{
		{"in order, empty rows left out", "rows.10.name=c&rows.2.name=b&rows.2.n=7&rows.3.name=&rows.0.name=a", `{"rows":[{"name":"a"},{"n":7,"name":"b"},{"name":"c"}]}`, false},
		{"no rows", "rows.0.name=", `{}`, false},
		{"a field that is not there", "rows.0.other=a", "", true},
		{"no number", "rows.x.name=a", "", true},
		{"too far", "rows.100000.name=a", "", true},
		{"no field of the row", "rows.0=a", "", true},
		{"a table of texts", "texts.a=x&texts.b=&texts.c=y%0D%0Az", `{"texts":{"a":"x","c":"y\nz"}}`, false},
		{"a table within a table", "texts.a.b=x", "", true},
		{"a wrong value", "rows.0.n=many", "", true},
	} {
		form, err := url.ParseQuery(c.form)
		if err != nil {
			t.Fatal(err)
		}
		e, err := Decode(k, form)
		if (err != nil) != c.bad {
			t.Errorf("%s: %v", c.name, err)
			continue
		}
		if err == nil && string(e.Body) != c.want {
			t.Errorf("%s: %s, want %s", c.name, e.Body, c.want)
		}
	}
}
