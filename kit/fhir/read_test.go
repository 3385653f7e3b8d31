package fhir

import (
	"bytes"
	"compress/gzip"
	"errors"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"golang.org/x/text/encoding/unicode"
)

// found is what one reading gave.
type found struct {
	items  []*Item
	report *Report
	err    error
}

func (f found) names() string {
	var names []string
	for _, item := range f.items {
		names = append(names, item.Name())
	}
	return strings.Join(names, " ")
}

// problems are those of the stream and of the items, one a line.
func (f found) problems() string {
	var lines []string
	for _, problem := range f.report.Problems {
		lines = append(lines, problem.String())
	}
	for _, item := range f.items {
		for _, problem := range item.Problems {
			lines = append(lines, problem.String())
		}
	}
	return strings.Join(lines, "\n")
}

func read(name, text string, limits Limits) found {
	var f found
	f.report, f.err = Read(name, strings.NewReader(text), limits, func(item *Item) error {
		f.items = append(f.items, item)
		return nil
	})
	return f
}

// The counts were made from the same files by another program.
func TestSamplePeople(t *testing.T) {
	type counts = map[string]int
	for name, want := range map[string]counts{
		"agustin-fonseca":   {"Patient": 1, "Organization": 1, "Practitioner": 1, "Encounter": 4, "Observation": 3, "Procedure": 1, "Condition": 2},
		"barrett-goldner":   {"Patient": 1, "Organization": 1, "Practitioner": 1, "Encounter": 6, "Observation": 3, "CarePlan": 1, "Condition": 4},
		"louis-maggio":      {"Patient": 1, "Organization": 2, "Practitioner": 2, "Encounter": 3, "Observation": 3, "CarePlan": 1, "Condition": 12, "AllergyIntolerance": 1},
		"rachael-mcdermott": {"Patient": 1, "Organization": 2, "Practitioner": 2, "Encounter": 4, "Observation": 3, "CarePlan": 1, "Condition": 10},
		"robby-becker":      {"Patient": 1, "Organization": 3, "Practitioner": 3, "Encounter": 7, "Observation": 3, "CarePlan": 1, "Condition": 7},
		"trenton-turner":    {"Patient": 1, "Organization": 4, "Practitioner": 4, "Encounter": 10, "Observation": 3, "CarePlan": 1, "Condition": 2},
	} {
		text, err := os.ReadFile(filepath.Join("testdata", "synthea", name+".json"))
		if err != nil {
			t.Fatal(err)
		}
		f := read(name, string(text), ImportLimits)
		if f.err != nil || f.problems() != "" {
			t.Errorf("%s: %v %s", name, f.err, f.problems())
		}
		if !maps.Equal(f.report.Counts, want) || f.report.Bundles != 1 {
			t.Errorf("%s: counts %v, want %v", name, f.report.Counts, want)
		}
		for _, item := range f.items {
			line := strings.Count(string(text[:item.Offset]), "\n") + 1
			if item.Line != line || !bytes.HasPrefix(text[item.Offset:], item.Raw) {
				t.Fatalf("%s: %s is told to stand on line %d, byte %d; it stands on line %d", name, item.Path, item.Line, item.Offset, line)
			}
		}
	}
}

const (
	ana  = `{"resourceType":"Patient","id":"1","name":[{"family":"Ruiz","given":["Ana"]}],"birthDate":"1980-05-02"}`
	milk = `{"resourceType":"AllergyIntolerance","id":"7","code":{"text":"Milk"},"patient":{"reference":"Patient/1"}}`
)

func bundle(kind string, entries ...string) string {
	return fmt.Sprintf(`{"resourceType":"Bundle","type":%q,"entry":[%s]}`, kind, strings.Join(entries, ","))
}

func entry(resource string) string { return `{"resource":` + resource + `}` }

func zipped(t *testing.T, text string) string {
	var packed bytes.Buffer
	w := gzip.NewWriter(&packed)
	if _, err := w.Write([]byte(text)); err != nil {
		t.Fatal(err)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return packed.String()
}

func wide(t *testing.T, order unicode.Endianness, mark unicode.BOMPolicy, text string) string {
	out, err := unicode.UTF16(order, mark).NewEncoder().String(text)
	if err != nil {
		t.Fatal(err)
	}
	return out
}

func TestShapesOfFiles(t *testing.T) {
	two := bundle("collection", entry(ana), entry(milk))
	accent := strings.Replace(two, "Ruiz", "Muñoz", 1)
	both := "Patient/1 AllergyIntolerance/7"
	for _, c := range []struct {
		name, file, text string
		want, problem    string
		refused          error
	}{
		{name: "collection without fullUrl", text: two, want: both},
		{name: "batch", text: bundle("batch", entry(ana)), want: "Patient/1"},
		{name: "bare resource", text: ana, want: "Patient/1"},
		{name: "type named last", text: `{"id":"1","birthDate":"1980","resourceType":"Patient"}`, want: "Patient/1"},
		{name: "entries before the bundle's type", text: `{"entry":[` + entry(ana) + `],"type":"collection","resourceType":"Bundle"}`, want: "Patient/1"},
		{name: "resources one after the other", text: ana + "\n\n" + milk, want: both},
		{name: "two bundles", text: bundle("collection", entry(ana)) + bundle("searchset", entry(milk)), want: both},
		{name: "byte order mark", text: "\xef\xbb\xbf" + two, want: both},
		{name: "UTF-16 little endian", text: wide(t, unicode.LittleEndian, unicode.UseBOM, accent), want: both},
		{name: "UTF-16 big endian", text: wide(t, unicode.BigEndian, unicode.UseBOM, accent), want: both},
		{name: "UTF-16 without mark", text: wide(t, unicode.LittleEndian, unicode.IgnoreBOM, accent), want: both},
		{name: "gzip", text: zipped(t, two), want: both},
		{name: "one a line", file: "x.ndjson", text: ana + "\n\n" + milk + "\n", want: both},
		{name: "one a line, gzip, no end of line", file: "X.NDJSON.GZ", text: zipped(t, ana+"\r\n"+milk), want: both},
		{name: "a broken line spoils only itself", file: "x.ndjson", text: "{\"resourceType\":\n" + milk + "\n", want: "AllergyIntolerance/7", problem: "x.ndjson: line 1: error: resourceType: ends in the middle"},
		{
			name: "searchset with an outcome",
			text: bundle("searchset", entry(ana), `{"resource":{"resourceType":"OperationOutcome","issue":[{"severity":"warning","diagnostics":"one page only"}]},"search":{"mode":"outcome"}}`),
			want: "Patient/1", problem: "warning: OperationOutcome: Bundle.entry[1].resource: the server that made this file remarked: one page only",
		},
		{name: "an entry without resource", text: bundle("searchset", entry(ana), `{}`), want: "Patient/1", problem: "Bundle.entry[1]: the entry carries no resource"},
		{name: "an entry that is no object", text: bundle("collection", `7`, entry(ana)), want: "Patient/1", problem: "error: Bundle.entry[0]: an entry is an object, not a number"},
		{name: "a resource that is no object", text: bundle("collection", `{"resource":"x"}`), problem: "error: Bundle.entry[0].resource: a resource is an object, not a text"},
		{name: "a resource without type", text: bundle("collection", `{"resource":{"id":"1"}}`), problem: "names no resourceType"},
		{name: "a type that is none", text: bundle("collection", `{"resource":{"resourceType":"<b>"}}`), problem: "is no type of FHIR"},
		{name: "two resources in one entry", text: bundle("collection", `{"resource":`+ana+`,"resource":`+milk+`}`), problem: "error: Bundle.entry[0].resource: the same element is given twice"},
		{name: "a deletion", text: bundle("transaction", `{"request":{"method":"DELETE","url":"Patient/1"}}`), problem: "error: Bundle.entry[0].request: asks to delete Patient/1"},
		{name: "a question", text: bundle("batch", `{"request":{"method":"GET","url":"Patient/1"}}`), problem: "warning: Bundle.entry[0].request: asks for something"},
		{name: "types that are not read are counted", text: bundle("collection", `{"resource":{"resourceType":"Observation","id":"9"}}`)},
		{name: "an empty bundle", text: bundle("searchset")},

		{name: "empty", text: "", refused: ErrMalformed},
		{name: "white space", text: " \n ", refused: ErrMalformed},
		{name: "truncated", text: two[:len(two)-20], want: "Patient/1", refused: ErrMalformed},
		{name: "truncated gzip", text: zipped(t, two)[:60], refused: ErrMalformed},
		{name: "no JSON", text: "<html>sign in</html>", refused: ErrMalformed},
		{name: "a list", text: "[" + ana + "]", refused: ErrMalformed},
		{name: "some other JSON", text: `{"hello":1}`, refused: ErrMalformed},
		{name: "entries of no bundle", text: `{"entry":[],"resourceType":"List"}`, refused: ErrMalformed},
		{name: "a history", text: bundle("history", entry(ana)), want: "Patient/1", refused: ErrMalformed},
		{name: "a bundle without type", text: `{"resourceType":"Bundle","entry":[]}`, refused: ErrMalformed},
		{name: "entries given twice", text: `{"resourceType":"Bundle","type":"collection","entry":[],"entry":[]}`, refused: ErrMalformed},
		{name: "a comma too many", text: bundle("collection", entry(ana), ""), want: "Patient/1", refused: ErrMalformed},
	} {
		t.Run(c.name, func(t *testing.T) {
			file := c.file
			if file == "" {
				file = "x.json"
			}
			f := read(file, c.text, ImportLimits)
			if !errors.Is(f.err, c.refused) || (c.refused == nil) != (f.err == nil) {
				t.Fatalf("refused with %v, want %v", f.err, c.refused)
			}
			if f.names() != c.want {
				t.Errorf("read %q, want %q", f.names(), c.want)
			}
			if c.problem == "" && f.problems() != "" || !strings.Contains(f.problems(), c.problem) {
				t.Errorf("problems %q, want %q", f.problems(), c.problem)
			}
		})
	}
}

func TestRefusalNamesThePlace(t *testing.T) {
	text := "{\n \"resourceType\": \"Bundle\",\n \"type\": \"collection\",\n \"entry\": [\n  {\"resource\": oops}\n ]\n}"
	f := read("people.json", text, ImportLimits)
	var refused *RefusedError
	if !errors.As(f.err, &refused) {
		t.Fatalf("not refused: %v", f.err)
	}
	if refused.Problem.Line != 5 || refused.Problem.File != "people.json" || refused.Problem.Path != "Bundle.entry[0].resource" {
		t.Errorf("place: %+v", refused.Problem)
	}
}

func TestVisitorEndsTheReading(t *testing.T) {
	stop := errors.New("enough")
	count := 0
	_, err := Read("x", strings.NewReader(bundle("collection", entry(ana), entry(milk))), ImportLimits, func(*Item) error {
		count++
		return stop
	})
	if err != stop || count != 1 {
		t.Errorf("error %v after %d", err, count)
	}
}
