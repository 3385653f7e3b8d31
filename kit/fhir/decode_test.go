package fhir

import (
	"strings"
	"testing"
)

func TestWhatIsReadAndWhatIsRefused(t *testing.T) {
	patient := func(p *Patient) string { return string(p.BirthDate) }
	for _, c := range []struct {
		name, members string
		got           func(*Patient) string
		want, problem string
	}{
		{"a day", `"birthDate":"1975-09-11"`, patient, "1975-09-11", ""},
		{"a month", `"birthDate":"1975-09"`, patient, "1975-09", ""},
		{"a year", `"birthDate":"1975"`, patient, "1975", ""},
		{"a midnight", `"birthDate":"1975-09-11T00:00:00Z"`, patient, "1975-09-11", "warning: Patient/1: Patient.birthDate: a day was expected"},
		{"a midnight elsewhere", `"birthDate":"1975-09-11T00:00:00+02:00"`, patient, "", "error: Patient/1: Patient.birthDate: “1975-09-11T00:00:00+02:00” is not a date"},
		{"no such month", `"birthDate":"1975-13-01"`, patient, "", "error: Patient/1: Patient.birthDate"},
		{"another country's way", `"birthDate":"09/11/1975"`, patient, "", "is not a date as FHIR writes it"},
		{"a number for a year", `"birthDate":1975`, patient, "1975", "warning: Patient/1: Patient.birthDate: a text was expected; a number is read as “1975”"},
		{"an object for a date", `"birthDate":{"year":1975}`, patient, "", "error: Patient/1: Patient.birthDate: a text was expected, not an object"},
		{"null", `"birthDate":null`, patient, "", ""},
		{"an empty text", `"birthDate":""`, patient, "", "warning: Patient/1: Patient.birthDate: the text is empty"},
		{"twice", `"birthDate":"1975","birthDate":"1976"`, patient, "1976", "error: Patient/1: Patient.birthDate: the same element is given twice"},
		{"absent with its reason", `"_birthDate":{"extension":[{"url":"` + DataAbsentReason + `","valueCode":"asked-unknown"}]}`,
			func(p *Patient) string { return FindExtension(p.BirthDateMore.Extension, DataAbsentReason).ValueCode }, "asked-unknown", ""},
		{"one name instead of a list", `"name":{"family":"Ruiz"}`, func(p *Patient) string { return p.Name[0].Family }, "Ruiz", "warning: Patient/1: Patient.name: a list was expected"},
		{"a name as text", `"name":["Ana Ruiz"]`, func(p *Patient) string { return p.Name[0].Text }, "Ana Ruiz", "warning: Patient/1: Patient.name[0]: an object was expected"},
		{"one given name", `"name":[{"given":"Ana"}]`, func(p *Patient) string { return p.Name[0].Given[0] }, "Ana", "Patient.name[0].given: a list was expected"},
		{"null among given names", `"name":[{"given":[null,"Ana"]}]`, func(p *Patient) string { return strings.Join(p.Name[0].Given, "+") }, "Ana", ""},
		{"a number for a name", `"name":[7]`, nil, "", "error: Patient/1: Patient.name[0]: an object was expected, not a number"},
		{"truth as text", `"active":"false"`, func(p *Patient) string { return map[bool]string{true: "yes", false: "no"}[*p.Active] }, "no", "warning: Patient/1: Patient.active"},
		{"no truth", `"active":"perhaps"`, nil, "", "error: Patient/1: Patient.active: true or false was expected"},
		{"a bare code for a concept", `"maritalStatus":"M"`, func(p *Patient) string { return p.MaritalStatus.Coding[0].Code }, "M", "warning: Patient/1: Patient.maritalStatus"},
		{"a postal code as number", `"address":[{"postalCode":2215}]`, func(p *Patient) string { return p.Address[0].PostalCode }, "2215", "warning: Patient/1: Patient.address[0].postalCode"},
		{"a modifier nobody knows", `"modifierExtension":[{"url":"http://x/not","valueBoolean":true}]`, nil, "", "error: Patient/1: Patient.modifierExtension: carries modifierExtension"},
		{"a modifier further in", `"contact":[{"modifierExtension":[{"url":"http://x/not"}]}]`, nil, "", "error: Patient/1: Patient.contact[0].modifierExtension"},
		{"no modifier", `"modifierExtension":[]`, nil, "", ""},
		{"other rules", `"implicitRules":"http://x/rules"`, nil, "", "error: Patient/1: Patient.implicitRules"},
		{"a zero character", `"name":[{"text":"A\u0000B"}]`, nil, "", "error: Patient/1: Patient.name[0].text: the text contains the character U+0000"},
		{"not UTF-8", "\"name\":[{\"text\":\"A\xffB\"}]", nil, "", "error: Patient/1: Patient.name[0].text: the text is not UTF-8"},
		{"elements that are not read", `"photo":[{"data":"x"}],"animal":{"a":[1,{"b":2}]}`, nil, "", ""},
		{"a contained resource", `"contained":[{"resourceType":"Organization","id":"o","name":"Ward"},{"resourceType":"Basic"}]`,
			func(p *Patient) string { return p.Contained[0].Resource.(*Organization).Name }, "Ward", ""},
		{"a problem in a contained resource", `"contained":[{"resourceType":"Organization","name":[]}]`, nil, "", "error: Patient/1: Patient.contained[0].name: a text was expected, not a list"},
	} {
		t.Run(c.name, func(t *testing.T) {
			f := read("x.json", `{"resourceType":"Patient","id":"1",`+c.members+`}`, ImportLimits)
			if f.err != nil || len(f.items) != 1 {
				t.Fatalf("%v, %d items", f.err, len(f.items))
			}
			if c.got != nil {
				if got := c.got(f.items[0].Resource.(*Patient)); got != c.want {
					t.Errorf("read %q, want %q", got, c.want)
				}
			}
			if got := f.problems(); c.problem == "" && got != "" || !strings.Contains(got, c.problem) {
				t.Errorf("problems %q, want %q", got, c.problem)
			}
			if f.items[0].Lost() != strings.Contains(f.problems(), "error: ") {
				t.Errorf("lost: %v with %q", f.items[0].Lost(), f.problems())
			}
		})
	}
}

// Every hostile text comes back byte for byte: what to show is for pages.
func TestHostileTextIsKept(t *testing.T) {
	for _, text := range []string{
		`<script>alert(1)</script>`, `"; DROP TABLE clients; --`, "=HYPERLINK(1)", "\u202Egnp.exe", "a\tb\r\nc", "🧑🏽‍🤝‍🧑🏻", "{{.}}", "\\u0000",
		strings.Repeat("ä", 30_000),
	} {
		quoted := strings.NewReplacer(`\`, `\\`, `"`, `\"`, "\t", `\t`, "\r", `\r`, "\n", `\n`).Replace(text)
		f := read("x.json", `{"resourceType":"Patient","id":"1","name":[{"family":"`+quoted+`"}]}`, ImportLimits)
		if f.problems() != "" || f.items[0].Resource.(*Patient).Name[0].Family != text {
			t.Errorf("%.40q did not come back: %.200s", text, f.problems())
		}
	}
}

// However many small things are wrong, the one that loses meaning is told.
func TestErrorsAreToldAmongManyWarnings(t *testing.T) {
	members := `"name":[` + strings.Repeat(`"x",`, 300) + `"x"],"birthDate":"never"`
	f := read("x.json", `{"resourceType":"Patient","id":"1",`+members+`}`, ImportLimits)
	if !f.items[0].Lost() || len(f.items[0].Problems) > 101 {
		t.Errorf("lost: %v, %d problems", f.items[0].Lost(), len(f.items[0].Problems))
	}
}
