package room_test

import (
	"bufio"
	"encoding/json"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"milieu/house/clients"
	"milieu/kit/record"
	"milieu/kit/testkit"
	"milieu/kit/web"
)

// events opens a stream as a page does and gives what comes, one event after the other.
func events(t *testing.T, b *testkit.Browser, topic string) (next func() (name, data string)) {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, b.URL+"/live?topic="+url.QueryEscape(topic), nil)
	if err != nil {
		t.Fatal(err)
	}
	res, err := b.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { res.Body.Close() })
	if res.StatusCode != http.StatusOK {
		return func() (string, string) { return "refused", "" }
	}
	in := bufio.NewScanner(res.Body)
	in.Buffer(nil, 1<<20)
	next = func() (name, data string) {
		for in.Scan() {
			what, value, _ := strings.Cut(in.Text(), ":")
			switch value = strings.TrimPrefix(value, " "); what {
			case "event":
				name = value
			case "data":
				data += value + "\n"
			case "":
				if name != "now" && (name != "" || data != "") {
					return name, data
				}
				name, data = "", ""
			}
		}
		t.Error("the stream has ended")
		return "", ""
	}
	return next
}

func TestTheListOfPeopleFollows(t *testing.T) {
	h := open(t)
	amara, rafi := record.NewID(testkit.Start), record.NewID(testkit.Start)
	for id, name := range map[record.ID]string{amara: "Amara Osei", rafi: "Rafi Haddad"} {
		h.Must(testkit.Program(), "clients.registered", id, &clients.Registered{Identity: clients.Identity{Names: clients.Names{Used: name}}, Unit: cedar})
	}
	h.Must(testkit.Program(), "clients.admitted", amara, &clients.Admitted{Unit: cedar})
	b := h.Browse(worker)
	page := see(t, b, "/clients", []string{"data-live=", "people-name-all", `data-list="people"`, `data-list="people-awaited"`}, nil)
	if !strings.Contains(page, `data-in="people-awaited" data-order="`) {
		t.Error("who is awaited stands in no list")
	}
	cedars, birches := events(t, b, "people-name-all/"+cedar.String()), events(t, h.Browse(stranger), "people-room-here/"+birch.String())
	expect := func(next func() (string, string), there, not []string) {
		t.Helper()
		name, data := next()
		if name != "" {
			t.Fatalf("came as %q", name)
		}
		for _, w := range there {
			if !strings.Contains(data, w) {
				t.Errorf("lacks %q: %s", w, data)
			}
		}
		for _, w := range not {
			if strings.Contains(data, w) {
				t.Errorf("has %q: %s", w, data)
			}
		}
	}
	// Admitted: the row goes from one list to the other, and the figures with it. The others of the unit are not drawn again.
	h.Must(testkit.Program(), "clients.admitted", rafi, &clients.Admitted{Unit: cedar})
	expect(cedars, []string{`id="client-` + rafi.String() + `" data-in="people"`, "2 people"}, []string{"Amara"})
	// Moved to another unit: the one that was left hears of it too.
	h.Must(testkit.Program(), "clients.transferred", rafi, &clients.Transferred{Unit: birch})
	expect(cedars, []string{`id="client-` + rafi.String() + `" data-remove`, "1 person"}, []string{"Rafi"})
	expect(birches, []string{`data-in="people"`, "Rafi Haddad"}, nil)
	// On leave, where only those who are here are shown.
	h.Must(testkit.Program(), "clients.left", rafi, &clients.Left{Kind: "leave"})
	expect(birches, []string{`id="client-` + rafi.String() + `" data-remove`, "0 people"}, []string{"Rafi"})
	// Merged away: one row for two charts.
	h.Must(testkit.Program(), "clients.merged", rafi, &clients.Merged{Into: amara, Reason: "one person"})
	expect(cedars, []string{`id="client-` + amara.String() + `" data-remove`}, nil) // the person is where they were last
	if name, _ := events(t, b, "people-name-all/"+birch.String())(); name != "refused" {
		t.Errorf("a worker of another unit listens: %s", name)
	}
}

func TestAChartFollows(t *testing.T) {
	h := open(t)
	amara, other := record.NewID(testkit.Start), record.NewID(testkit.Start)
	for _, id := range []record.ID{amara, other} {
		h.Must(testkit.Program(), "clients.registered", id, &clients.Registered{Identity: clients.Identity{Names: clients.Names{Used: "Amara Osei"}}, Unit: cedar})
	}
	h.Must(testkit.Program(), "clients.merged", other, &clients.Merged{Into: amara, Reason: "one person"})
	b := h.Browse(worker)
	for _, tab := range []string{"", "/about", "/health", "/contacts", "/legal", "/stays"} {
		see(t, b, "/clients/"+amara.String()+tab, []string{"chart%2F" + amara.String(), "chart%2F" + other.String(), `id="client-head" data-fresh`, `id="client-body" data-fresh`}, nil)
	}
	next := events(t, b, "chart/"+other.String())
	h.Must(testkit.Program(), "clients.flag_set", other, &clients.FlagSet{Text: "Quiet after visits"})
	if name, data := next(); name != "stale" || strings.TrimSpace(data) != "" {
		t.Errorf("%s: %q", name, data)
	}
	if name, _ := events(t, h.Browse(stranger), "chart/"+amara.String())(); name != "refused" {
		t.Errorf("another team listens to the chart: %s", name)
	}
}

// What goes along for a shift without a network is the list, and of everybody on the unit now the first facts, at the chart's own address.
func TestFirstFactsGoAlong(t *testing.T) {
	h := open(t)
	amara, away, gone, elsewhere := record.NewID(testkit.Start), record.NewID(testkit.Start), record.NewID(testkit.Start), record.NewID(testkit.Start)
	for id, unit := range map[record.ID]record.ID{amara: cedar, away: cedar, gone: cedar, elsewhere: birch} {
		h.Must(testkit.Program(), "clients.registered", id, &clients.Registered{Identity: clients.Identity{Names: clients.Names{Used: "Amara Osei"}, Needs: clients.Needs{Food: "Halal"}}, Unit: unit})
		h.Must(testkit.Program(), "clients.admitted", id, &clients.Admitted{Unit: unit})
	}
	h.Must(testkit.Program(), "clients.left", away, &clients.Left{Kind: "leave"})
	h.Must(testkit.Program(), "clients.discharged", gone, &clients.DischargedTo{Destination: "home"})
	h.Must(testkit.Program(), "clients.allergy_noted", amara, &clients.AllergyNoted{Substance: "Penicillin", Reaction: "Hives", Severity: "severe"})
	h.Must(testkit.Program(), "clients.diagnosis_noted", amara, &clients.DiagnosisNoted{Text: "Recurrent depressive disorder"})
	h.Must(testkit.Program(), "clients.flag_set", amara, &clients.FlagSet{Text: "Quiet after visits"})
	h.Must(testkit.Program(), "clients.precaution_set", amara, &clients.PrecautionSet{Code: "fall", Helps: "Light on at night"})
	h.Must(testkit.Program(), "clients.contact_set", amara, &clients.ContactSet{Name: "Samir Osei", Relationship: "brother", Phone: "555 0142", Safe: "never leave a message"})
	past := h.Must(testkit.Program(), "clients.contact_set", amara, &clients.ContactSet{Name: "Old Friend"})
	h.Must(testkit.Program(), "clients.contact_ended", amara, &clients.Ended{Item: past.ID})

	pages := packed(t, h, worker, cedar)
	for _, want := range []string{"/clients", "/clients/" + amara.String(), "/clients/" + away.String()} {
		if !strings.Contains(pages, `"`+want+`"`) {
			t.Errorf("%s stays behind: %s", want, pages)
		}
	}
	for _, not := range []record.ID{gone, elsewhere} {
		if strings.Contains(pages, not.String()) {
			t.Errorf("of somebody not on the unit something goes along: %s", pages)
		}
	}
	if pages := packed(t, h, stranger, cedar); pages != "null" {
		t.Errorf("another team takes along %s", pages)
	}
	b := h.Browse(worker)
	req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, b.URL+"/clients/"+amara.String(), nil)
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("Milieu-Pack", "1")
	res, err := b.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	var page strings.Builder
	if _, err := bufio.NewReader(res.Body).WriteTo(&page); err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{"Amara Osei", "Penicillin", "Hives", "Severe", "Quiet after visits", "Light on at night", "Samir Osei", "555 0142", "never leave a message", "Halal"} {
		if !strings.Contains(page.String(), want) {
			t.Errorf("without a network there is no %q", want)
		}
	}
	for _, not := range []string{"Recurrent", "Old Friend", "data-live", "/set/", "⟦"} {
		if strings.Contains(page.String(), not) {
			t.Errorf("what goes along has %q", not)
		}
	}
	if page.Len() > 12<<10 {
		t.Errorf("%d bytes for one person's first facts", page.Len())
	}
}

// packed are the addresses of what goes along for a unit, as a list in JSON.
func packed(t *testing.T, h *testkit.House, who, unit record.ID) string {
	t.Helper()
	scope, err := h.Directory.Scope(who, "test")
	if err != nil {
		t.Fatal(err)
	}
	var pack string
	for _, d := range h.Defs {
		for _, part := range d.Pack {
			list, err := part.Pages(&web.Ctx{Site: h.Site, Scope: scope}, h.DB.Read(t.Context()), unit)
			if err != nil {
				t.Fatal(err)
			}
			var out []string
			for _, u := range list {
				out = append(out, u.RequestURI())
			}
			raw, err := json.Marshal(out)
			if err != nil {
				t.Fatal(err)
			}
			pack = string(raw)
		}
	}
	return pack
}
