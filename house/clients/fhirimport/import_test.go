package fhirimport_test

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"milieu/house/clients"
	"milieu/house/clients/clientstest"
	"milieu/house/clients/fhirimport"
	"milieu/house/clients/match"
	"milieu/kit/record"
	"milieu/kit/testkit"
)

func text(name, body string) fhirimport.File {
	return fhirimport.File{Name: name, Open: func() (io.ReadCloser, error) { return io.NopCloser(strings.NewReader(body)), nil }}
}

func importer(h *testkit.House) *fhirimport.Importer {
	return &fhirimport.Importer{Committer: h.Committer, DB: h.DB, Clock: h.Clock, Sender: testkit.Program()}
}

func take(t *testing.T, h *testkit.House, admit bool, files ...fhirimport.File) *fhirimport.Report {
	t.Helper()
	r, err := importer(h).Import(context.Background(), files, fhirimport.Options{Source: "hospital", Unit: cedar, Admit: admit})
	if err != nil {
		t.Fatal(err)
	}
	return r
}

const rafi = `{"resourceType":"Bundle","type":"collection","entry":[
 {"fullUrl":"urn:uuid:p1","resource":{"resourceType":"Patient","id":"p1","identifier":[{"type":{"coding":[{"code":"MR"}]},"system":"http://hospital.example","value":"40-1187"}],
  "name":[{"use":"official","family":"Haddad","given":["Rafiq"]},{"use":"usual","text":"Rafi Haddad"}],"birthDate":"1992-03-14","gender":"male",
  "telecom":[{"system":"phone","value":"555 0100"}],"contact":[{"name":{"text":"Samir Haddad"},"relationship":[{"text":"brother"}],"telecom":[{"system":"phone","value":"555 0142"}]}]}},
 {"fullUrl":"urn:uuid:a1","resource":{"resourceType":"AllergyIntolerance","id":"a1","clinicalStatus":{"coding":[{"code":"active"}]},"code":{"text":"Penicillin <script>alert(1)</script>"},"patient":{"reference":"urn:uuid:p1"},"recordedDate":"2019-05-01"}},
 {"fullUrl":"urn:uuid:c1","resource":{"resourceType":"Condition","id":"c1","clinicalStatus":{"coding":[{"code":"active"}]},"code":{"text":"Recurrent depressive disorder"},"subject":{"reference":"urn:uuid:p1"},"onsetDateTime":"2025"}}]}`

func TestImportTwice(t *testing.T) { onBoth(t, importTwice) }

func importTwice(t *testing.T, h *testkit.House) {
	t.Helper()
	roomID, bedID := bed(h, cedar, "Room 6")
	first := take(t, h, true, text("rafi.json", rafi))
	if len(first.People) != 1 || first.People[0].Status != fhirimport.New || !first.People[0].Admitted {
		t.Fatalf("%+v", first)
	}
	id := first.People[0].Chart
	c, err := clients.Of(h.DB.Read(t.Context()), id)
	if err != nil {
		t.Fatal(err)
	}
	if c.Name != "Rafi Haddad" || c.Legal != "Rafiq Haddad" || c.RoomID != roomID || c.BedID != bedID || c.Identity.Phone != "555 0100" || len(c.Allergies) != 1 || c.Allergies[0] != "Penicillin <script>alert(1)</script>" {
		t.Errorf("%+v", c)
	}
	seq := h.Committer.Seq()
	h.Clock.Advance(1e12)
	again := take(t, h, true, text("rafi.json", rafi))
	if again.Entries != 0 || again.Count(fhirimport.Same) != 1 || h.Committer.Seq() != seq {
		t.Errorf("again: %+v", again)
	}
	// What people here say stays; what the source changed is taken in; the allergy is still one.
	h.Must(testkit.Program(), "clients.described", id, &clients.Described{Part: clients.PartNames, Identity: clients.Identity{Names: clients.Names{Used: "Rafa", Pronouns: "they/them", Legal: "Rafiq Haddad"}}})
	h.Clock.Advance(1e12)
	changed := strings.NewReplacer("555 0100", "555 0199", "Penicillin <script>alert(1)</script>", "Amoxicillin", "\"Haddad\"", "\"Haddad-Osei\"").Replace(rafi)
	third := take(t, h, true, text("rafi.json", changed))
	if third.Count(fhirimport.Changed) != 1 || third.Entries == 0 {
		t.Errorf("changed: %+v", third)
	}
	if c, err = clients.Of(h.DB.Read(t.Context()), id); err != nil {
		t.Fatal(err)
	}
	if c.Name != "Rafa" || c.Pronouns != "they/them" || c.Legal != "Rafiq Haddad-Osei" || c.Identity.Phone != "555 0199" || len(c.Allergies) != 1 || c.Allergies[0] != "Amoxicillin" {
		t.Errorf("after a change at the source: %q %q %q %q %v", c.Name, c.Pronouns, c.Legal, c.Identity.Phone, c.Allergies)
	}
	if r := take(t, h, true, text("rafi.json", changed)); r.Entries != 0 {
		t.Errorf("the change again: %+v", r)
	}
}

// Each is taken whole or not at all, and the others go on; what is wrong is told with its file, place and reason.
func TestImportRefusesWholePeople(t *testing.T) {
	h := house(t)
	bad := strings.NewReplacer(`"clinicalStatus":{"coding":[{"code":"active"}]},"code":{"text":"Pen`, `"clinicalStatus":{"coding":[{"code":"sometimes"}]},"code":{"text":"Pen`, "p1", "p2", "40-1187", "40-1188").Replace(rafi)
	r := take(t, h, false, text("good.json", rafi), text("bad.json", bad), text("cut.json", rafi[:len(rafi)/2]), text("none.json", "<html>"))
	if r.Count(fhirimport.New) != 1 || r.Count(fhirimport.Refused) != 1 {
		t.Fatalf("%+v", r.People)
	}
	files := map[string]bool{}
	for _, p := range r.Problems {
		files[p.File] = true
		if p.Reason == "" {
			t.Errorf("a problem without reason: %+v", p)
		}
	}
	if !files["bad.json"] || !files["cut.json"] || !files["none.json"] {
		t.Errorf("problems are told of %v", files)
	}
	if found, _ := match.Search(h.DB.Read(t.Context()), scope(t, h, worker), "40-1188"); len(found) != 0 {
		t.Error("half a person was taken in")
	}
}

// sources reads what an import kept of a chart, whichever way.
func sources(t *testing.T, h *testkit.House, chart record.ID) map[string][]byte {
	t.Helper()
	entries, err := record.Chart(h.DB.Read(t.Context()), chart, 0, 100_000)
	if err != nil {
		t.Fatal(err)
	}
	out := map[string][]byte{}
	for _, e := range entries {
		if e.Kind != "clients.imported" {
			continue
		}
		b, err := h.Kinds.Decode(e)
		if err != nil {
			t.Fatal(err)
		}
		i := b.(*clients.Imported)
		data, err := i.Bytes(h.DB.Read(t.Context()))
		if err != nil {
			t.Fatal(err)
		}
		if sum := sha256.Sum256(data); hex.EncodeToString(sum[:]) != i.SHA256 {
			t.Errorf("%s is not what was sent", i.Reference)
		}
		out[i.Reference] = data
	}
	return out
}

func TestSourcesAreKeptByteForByte(t *testing.T) { onBoth(t, sourcesAreKeptByteForByte) }

func sourcesAreKeptByteForByte(t *testing.T, h *testkit.House) {
	t.Helper()
	long := strings.Replace(rafi, `"onsetDateTime":"2025"`, `"onsetDateTime":"2025","note":[{"text":"`+strings.Repeat("He said: “\\u00e9\\n”. ", 2500)+`"}]`, 1)
	r := take(t, h, false, text("rafi.json", long))
	if r.Count(fhirimport.New) != 1 {
		t.Fatalf("%+v", r)
	}
	kept := sources(t, h, r.People[0].Chart)
	for _, reference := range []string{"Patient/p1", "AllergyIntolerance/a1", "Condition/c1"} {
		if len(kept[reference]) == 0 || !bytes.Contains([]byte(long), kept[reference]) {
			t.Errorf("%s does not come back as it was", reference)
		}
	}
	if len(kept["Condition/c1"]) < 50_000 {
		t.Errorf("the long one has %d bytes", len(kept["Condition/c1"]))
	}
}

// The demonstration people, as they are embedded in the program.
func TestImportManyPeople(t *testing.T) {
	h := house(t)
	folder := os.Getenv("MILIEU_TEST_PEOPLE") // a folder with other bundles
	if folder == "" {
		folder = filepath.Join(clientstest.Root(t), "app", "demo", "people")
	}
	files, err := fhirimport.Files(folder)
	if err != nil || len(files) == 0 {
		t.Fatal(files, err)
	}
	for range files {
		bed(h, cedar, "Room "+record.NewID(h.Clock.Now()).String()[30:])
	}
	r := take(t, h, true, files...)
	if r.Count(fhirimport.New) == 0 || r.Count(fhirimport.Refused) != 0 || r.Count(fhirimport.New) != len(r.People) {
		t.Errorf("%d of %d: %v", r.Count(fhirimport.New), len(r.People), r.Problems)
	}
	list, err := clients.Cards(h.DB.Read(t.Context()), cedar)
	if err != nil || len(list) != len(r.People) {
		t.Errorf("%d in the unit, %v", len(list), err)
	}
	census, err := clients.CensusOf(h.DB.Read(t.Context()), cedar)
	if err != nil || census.Conflicts != 0 || len(census.Without) != 0 {
		t.Errorf("census: %+v %v", census, err)
	}
	if again := take(t, h, true, files...); again.Entries != 0 || again.Count(fhirimport.Same) != len(r.People) {
		t.Errorf("again: %d entries, %d the same", again.Entries, again.Count(fhirimport.Same))
	}
	t.Logf("%d people, %d entries", len(r.People), r.Entries)
}
