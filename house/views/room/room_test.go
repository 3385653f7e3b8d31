package room_test

import (
	"encoding/csv"
	"net/http"
	"strings"
	"testing"
	"time"

	"milieu/house/views"
	"milieu/kit/due"
	"milieu/kit/record"
	"milieu/kit/testkit"
	"milieu/kit/view"
)

// Who looked, day by day, as each who may ask reads it.
func TestWhoLooked(t *testing.T) {
	h := open(t)
	look(t, h, nurse, rafi)
	look(t, h, nurse, rafi)
	look(t, h, worker, odile)
	h.Clock.Advance(time.Hour)
	look(t, h, worker, rafi)
	path := "/clients/" + rafi.String() + "/looks"
	for name, who := range map[string]record.ID{"the client": self, "a supervisor": boss, "a coordinator": coord} {
		text := page(t, h.Browse(who), path)
		t.Log(name)
		has(t, text, "Bashir Haddad", "Jo Ferrand", "Opened the chart 2 times", "Opened the chart once", "In the team of Cedar")
		if (who == self) == strings.Contains(text, `href="/clients/`+rafi.String()+`"`) {
			t.Error("whoever reads charts, and nobody else, is led back to the chart")
		}
		if (who == coord) != strings.Contains(text, "/views/house?protect=") {
			t.Error("whoever may have looks watched, and nobody else, is led there")
		}
	}
	// Their own look at who looked is among the next.
	has(t, page(t, h.Browse(coord), path), "Ruth Amsel")
	for name, who := range map[string]record.ID{"a nurse of the unit": nurse, "a worker": worker, "a clinician": therap} {
		if code, text := h.Browse(who).Page(path); code != http.StatusForbidden && code != http.StatusNotFound {
			t.Errorf("%s reads who looked: %d", name, code)
		} else {
			hasNot(t, text, "Opened the chart", "In the team of Cedar")
		}
	}
	if code, _ := h.Browse(self).Page("/clients/" + odile.String() + "/looks"); code != http.StatusNotFound {
		t.Errorf("a client reads who looked at another: %d", code)
	}
	// A week at a time, and no day from the future.
	night(h, 10)
	text := page(t, h.Browse(boss), path)
	hasNot(t, text, "Bashir Haddad")
	has(t, text, "Nobody looked")
	has(t, page(t, h.Browse(boss), path+"?to="+testkit.Start.In(zone).Format(time.DateOnly)), "Bashir Haddad")
	has(t, page(t, h.Browse(boss), path+"?to=2199-01-01"), "Ruth Amsel")
	has(t, page(t, h.Browse(boss), path+"?to=nonsense"), "Ruth Amsel")
}

// Where the house keeps names back, the client reads roles, two people of one role as one; who answers for it reads names.
func TestRolesInsteadOfNames(t *testing.T) {
	h := open(t)
	look(t, h, nurse, rafi)
	look(t, h, worker, rafi)
	h.Must(testkit.As(coord), views.KindHouse, due.House, &views.House{Roles: true})
	path := "/clients/" + rafi.String() + "/looks"
	text := page(t, h.Browse(self), path)
	hasNot(t, text, "Bashir", "Jo Ferrand")
	has(t, text, "Nurse", "Mental health worker", "Opened the chart once")
	has(t, page(t, h.Browse(boss), path), "Bashir Haddad", "Jo Ferrand")
	for _, who := range []record.ID{nurse, worker, boss, audit, self} {
		h.Clock.Advance(time.Minute)
		if o := h.Committer.File(t.Context(), testkit.As(who), h.Entry(views.KindHouse, due.House, &views.House{}))[0]; o.Err == nil {
			t.Errorf("%s decides whether names are shown", who)
		}
	}
}

func TestTheSearchOfTheLog(t *testing.T) {
	h := open(t)
	look(t, h, nurse, rafi)
	look(t, h, worker, odile)
	h.Browse(self).Page("/clients/" + odile.String()) // refused
	night(h, 2)
	look(t, h, nurse, odile)
	b := h.Browse(audit)
	today, first := h.Clock.Now().In(zone).Format(time.DateOnly), testkit.Start.In(zone).Format(time.DateOnly)
	const bashir, jo = "Bashir Haddad, Nurse", "Jo Ferrand, Mental health worker"
	for _, one := range []struct {
		ask       string
		has, lack []string
	}{
		{"", []string{bashir, jo, "Rafi Haddad", "Odile Brandt"}, nil},
		{"?person=" + nurse.String(), []string{bashir}, []string{jo}},
		{"?chart=" + odile.String() + "&until=" + first, []string{jo}, []string{bashir}},
		{"?from=" + today, []string{bashir}, []string{jo}},
		{"?until=" + first, []string{bashir, jo}, nil},
		{"?unit=" + cedar.String() + "&under=team", []string{bashir, jo}, nil},
		{"?under=caseload", nil, []string{bashir, jo}},
		{"?kind=refused", []string{"Rafi&#39;s account"}, []string{bashir, jo}},
		{"?person=nonsense&before=x&unit=y&from=zz", []string{bashir, jo}, nil}, // what cannot be read asks for nothing
	} {
		text := page(t, b, "/views"+one.ask)
		t.Log(one.ask)
		has(t, text, one.has...)
		hasNot(t, text, one.lack...)
	}
	// Names come in the body, and leave an address of IDs behind; one that is taken away is asked for no more.
	odiles := odile.String()
	for _, one := range []struct {
		ask       []string
		has, lack []string
	}{
		{[]string{"who", "bashir"}, []string{bashir, `value="Bashir Haddad"`, "/views?as=csv&amp;person=" + nurse.String()}, []string{jo}},
		{[]string{"who", "Jo Ferrand"}, []string{jo}, []string{bashir}},
		{[]string{"client", "rafi"}, []string{bashir, `value="Rafi Haddad"`}, []string{jo}},
		{[]string{"client", "odile", "who", "jo"}, []string{jo}, []string{bashir}},
		{[]string{"client", "Odile Brandt", "chart", odiles, "until", first}, []string{jo}, []string{bashir}},
		{[]string{"client", "rafi", "chart", odiles}, []string{bashir}, []string{jo}},
		{[]string{"client", "", "chart", odiles}, []string{bashir, jo, "Rafi Haddad"}, []string{"chart=" + odiles + "&amp;"}},
		{[]string{"who", "nobody at all"}, []string{"nobody at all"}, []string{bashir, jo}},
		{[]string{"who", "a"}, nil, []string{bashir}}, // of several it takes none
		{[]string{"client", "a"}, nil, []string{bashir}},
	} {
		code, text := b.Send("/views", form(one.ask...))
		if code != http.StatusOK {
			t.Fatalf("%v: %d %.300s", one.ask, code, text)
		}
		t.Log(one.ask)
		has(t, text, one.has...)
		hasNot(t, text, one.lack...)
	}
	has(t, page(t, b, "/views?who=bashir&client=rafi"), bashir, jo)
	// Whoever audits is in the log as well.
	has(t, page(t, b, "/views?person="+audit.String()), "=Ines Okafor, Auditor", "/views")
	for name, who := range map[string]record.ID{"a supervisor": boss, "a nurse": nurse, "a client": self} {
		code, _ := h.Browse(who).Page("/views")
		if (code == http.StatusOK) != (who == boss) {
			t.Errorf("%s searches the log: %d", name, code)
		}
	}
}

// The export holds what the search found, all of it, and no cell that a spreadsheet takes for a formula.
func TestTheExportOfASearch(t *testing.T) {
	h := open(t)
	for range 120 { // more than a page
		look(t, h, nurse, rafi)
	}
	look(t, h, worker, odile)
	b := h.Browse(audit)
	page(t, b, "/views")
	text := page(t, b, "/views?person="+nurse.String()+"&as=csv")
	rows, err := csv.NewReader(strings.NewReader(text)).ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	if len(rows) != 121 || rows[0][0] != "seq" || len(rows[0]) != 14 {
		t.Errorf("%d rows, the first %v", len(rows), rows[0])
	}
	for _, r := range rows[1:] {
		if r[3] != nurse.String() || r[4] != "Bashir Haddad" || r[10] != "Cedar" || !strings.Contains(r[11], rafi.String()) || r[12] != "team" {
			t.Fatalf("%v", r)
		}
	}
	own := page(t, b, "/views?person="+audit.String()+"&as=csv")
	if !strings.Contains(own, ",'=Ines Okafor,") || strings.Contains(own, ",=Ines") {
		t.Errorf("a name is a formula: %.300s", own)
	}
	last, _, err := view.Search(h.ViewDB.Read(t.Context()), view.Query{Person: audit, Limit: 1})
	if err != nil || len(last) != 1 {
		t.Fatalf("the export itself is no look: %v", err)
	}
}

// A pattern is found, asked about, and stays answered until it happens again.
func TestPatternsAndWhatCameOfAsking(t *testing.T) {
	h := open(t)
	look(t, h, nurse, rafi) // of one surname
	look(t, h, worker, odile)
	b := h.Browse(boss)
	text := page(t, b, "/views/patterns")
	has(t, text, "Same surname", "Bashir Haddad", "Rafi Haddad", "What came of it", "/views?chart="+rafi.String())
	hasNot(t, text, "Jo Ferrand")
	upto := h.Clock.Now().UTC().Format(time.RFC3339Nano)
	said := []string{"chart", due.House.String(), "rule", "same_surname", "person", nurse.String(), "client", rafi.String(), "upto", upto}
	has(t, send(t, b, views.KindReviewed, http.StatusUnprocessableEntity, append(said, "outcome", "in_order")...), "words")
	send(t, b, views.KindReviewed, http.StatusOK, append(said, "outcome", "in_order", "words", "No relation; he was on shift.")...)
	text = page(t, b, "/views/patterns")
	has(t, text, "No relation; he was on shift.", "Ruth Amsel")
	hasNot(t, text, "What came of it")
	h.Clock.Advance(time.Hour)
	look(t, h, nurse, rafi)
	text = page(t, b, "/views/patterns")
	has(t, text, "What came of it")
	hasNot(t, text, "No relation; he was on shift.")
	// The house may do without a pattern, and have single people watched.
	h.Must(testkit.As(coord), views.KindHouse, due.House, &views.House{Off: []string{"same_surname"}, Protected: []record.ID{odile}})
	text = page(t, b, "/views/patterns")
	hasNot(t, text, "Same surname")
	has(t, text, "Protected person", "Odile Brandt", "Jo Ferrand")
	for name, who := range map[string]record.ID{"a nurse": nurse, "a client": self} {
		if code, _ := h.Browse(who).Page("/views/patterns"); code == http.StatusOK {
			t.Errorf("%s reads patterns", name)
		}
	}
}

// The account of disclosures: of six years, to the client as to those who add to it, with what 45 CFR 164.528(b)(2) asks for.
func TestTheAccountOfDisclosures(t *testing.T) {
	h := open(t)
	path := "/clients/" + rafi.String() + "/disclosures"
	b := h.Browse(boss)
	has(t, page(t, b, path), "No disclosures", "Add a disclosure")
	told := []string{"chart", rafi.String(), "recipient", "County Health Department", "address", "12 Main Street", "what", "Name and a positive test", "why", "Reporting is required"}
	has(t, send(t, b, views.KindDisclosed, http.StatusUnprocessableEntity, told...), "purpose")
	send(t, b, views.KindDisclosed, http.StatusOK, append(told, "purpose", "public_health")...)
	for name, who := range map[string]record.ID{"the client": self, "a supervisor": boss} {
		text := page(t, h.Browse(who), path)
		t.Log(name)
		has(t, text, "County Health Department, 12 Main Street", "Name and a positive test", "Reporting is required", "Ruth Amsel")
		if (who == boss) != strings.Contains(text, "Add a disclosure") {
			t.Error("whoever may add, and nobody else, is offered it")
		}
	}
	if code, _ := h.Browse(self).Send("/entries/"+views.KindDisclosed, form(append(told, "purpose", "other")...)); code == http.StatusOK {
		t.Error("a client adds to the account")
	}
	h.Clock.Set(h.Clock.Now().AddDate(6, 0, -1))
	has(t, page(t, h.Browse(boss), path), "County Health Department")
	h.Clock.Advance(48 * time.Hour)
	hasNot(t, page(t, h.Browse(boss), path), "County Health Department")
}

// What the house decides: who is watched is reached from where one would look, and how long looks are kept is never less than the law's.
func TestWhatTheHouseDecides(t *testing.T) {
	for years, ok := range map[int]bool{0: true, 6: true, 10: true, 100: true, 1: false, 5: false, -1: false, 101: false} {
		if err := (&views.House{Years: years}).Validate(nil); (err == nil) != ok {
			t.Errorf("kept for %d years: %v", years, err)
		}
	}
	now := testkit.Start
	for years, want := range map[int]time.Time{0: {}, 6: now.AddDate(-6, 0, 0), 10: now.AddDate(-10, 0, 0), 2: now.AddDate(-6, 0, 0)} {
		if before, ends := (&views.House{Years: years}).Ends(now); !before.Equal(want) || ends != (years != 0) {
			t.Errorf("of %d years: before %v, %v", years, before, ends)
		}
	}
	h := open(t)
	b := h.Browse(coord)
	has(t, page(t, b, "/"+"clients/"+rafi.String()+"/let-in"), "Watch over this record", "/views/house?protect="+rafi.String(), "/clients/"+rafi.String()+"/looks")
	has(t, page(t, b, "/views/house"), "No chart is watched", "Who looked: settings", "6 to 100, or 0 to keep all")
	has(t, page(t, b, "/views/house?protect="+rafi.String()), "Rafi Haddad", "Not watched yet")
	has(t, send(t, b, views.KindHouse, http.StatusUnprocessableEntity, "chart", due.House.String(), "years", "5"), "6 to 100 years")
	send(t, b, views.KindHouse, http.StatusOK, "chart", due.House.String(), "years", "7", "protected", rafi.String())
	text := page(t, b, "/views/house")
	has(t, text, "Rafi Haddad", `value="7"`)
	hasNot(t, text, "No chart is watched", "Not watched yet")
	text = page(t, h.Browse(boss), "/clients/"+rafi.String()+"/let-in")
	has(t, text, "/clients/"+rafi.String()+"/looks")
	hasNot(t, text, "/views/house")
	text = page(t, h.Browse(nurse), "/clients/"+rafi.String()+"/let-in")
	hasNot(t, text, "/views/house", "/looks")
	for name, who := range map[string]record.ID{"a supervisor": boss, "a nurse": nurse, "an auditor": audit, "a client": self} {
		if code, text := h.Browse(who).Page("/views/house?protect=" + odile.String()); code == http.StatusOK || strings.Contains(text, "Odile") {
			t.Errorf("%s reads whom the house watches over: %d", name, code)
		}
	}
}

// What the log says of itself stands in the search, and is of nobody.
func TestWhatTheLogSaysOfItself(t *testing.T) {
	h := open(t)
	for range 9 {
		rows := make([]view.Row, 500)
		for i := range rows {
			rows[i] = view.Row{Seat: view.Seat{Person: nurse, Role: "nurse"}, Route: "/clients/{chart}", Unit: cedar, Chart: rafi, Under: "team"}
		}
		if err := h.Views.Saw(rows...).Wait(); err != nil {
			t.Fatal(err)
		}
	}
	night(h, 1)
	for n := int64(0); n == 0; {
		var err error
		if n, err = h.Views.End(t.Context(), h.Clock.Now()); err != nil {
			t.Fatal(err)
		}
	}
	text := page(t, h.Browse(audit), "/views")
	has(t, text, "The log itself", "4096")
	csv := page(t, h.Browse(audit), "/views?as=csv")
	has(t, csv, ",ended,")
}
