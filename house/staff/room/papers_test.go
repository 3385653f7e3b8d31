package room_test

import (
	"bytes"
	"fmt"
	"image"
	"image/jpeg"
	"io"
	"mime/multipart"
	"net/url"
	"regexp"
	"strings"
	"testing"
	"time"

	"milieu/house/places"
	"milieu/house/staff"
	"milieu/house/staff/credentials"
	"milieu/kit/access"
	"milieu/kit/commit"
	"milieu/kit/due"
	"milieu/kit/record"
	"milieu/kit/signin"
	"milieu/kit/testkit"
)

// A worker hands a certificate in, somebody else vouches for it, and the board says how it stands; a colleague sees nothing of it.
func TestACertificateIsHandedInAndChecked(t *testing.T) {
	h := open(t)
	jo, sam, kim := colleague(h, "Jo", access.Worker), colleague(h, "Sam", access.Supervisor), colleague(h, "Kim", access.Worker)
	for _, who := range []record.ID{jo, kim} {
		h.Must(testkit.Program(), "staff.assigned", who, &staff.Assignment{Unit: cedar})
	}
	own := "/staff/" + jo.String()
	b, boss, other := h.Browse(jo), h.Browse(sam), h.Browse(kim)
	see(t, b, own, []string{"Certificates", "No certificate is recorded", own + "/certificates/new", "What this role may do"}, []string{"Original seen"})
	see(t, boss, "/staff/certificates", []string{"No certificates yet"}, nil)
	see(t, b, own+"/certificates/new", []string{"CPR and first aid", "Somebody else checks it", `type="date"`}, []string{`name="vouched"`})
	form := url.Values{"id": {record.NewID(testkit.Start).String()}, "chart": {jo.String()}, "what": {"cpr_first_aid"}, "issued_by": {"Red <b>Cross"}, "until": {"2026-12-10"}, "then": {own}}
	send(t, b, "/entries/"+credentials.KindRecorded, form)
	see(t, b, own, []string{"CPR and first aid", "Nobody has checked it yet", "Red &lt;b&gt;Cross", "take it back"}, []string{"Original seen", "It holds no more"})
	code, page := b.Send("/entries/"+credentials.KindVerified, url.Values{"chart": {jo.String()}, "credential": form["id"], "vouched": {"original"}})
	if code != 403 {
		t.Fatalf("a worker vouches for themselves: %d %s", code, page)
	}
	see(t, boss, "/staff/certificates", []string{"1 certificate", "Nobody has checked it yet", ">Jo<"}, nil)
	see(t, boss, own, []string{"Original seen", "Issuer asked"}, nil)
	send(t, boss, "/entries/"+credentials.KindVerified, url.Values{"chart": {jo.String()}, "credential": form["id"], "vouched": {"original"}, "then": {own}})
	see(t, boss, own, []string{"Lapses 11 Dec 2026", "Original seen by Sam, 19 Nov 2026", "It holds no more"}, []string{"Nobody has checked"})
	see(t, b, own, []string{"Lapses 11 Dec 2026"}, []string{"take it back"})
	see(t, other, own, []string{"Jo"}, []string{"Certificates", "CPR"})
	for _, path := range []string{"/staff/certificates", "/staff/requirements"} {
		if code, _ := other.Page(path); code != 403 {
			t.Errorf("a worker opens %s: %d", path, code)
		}
	}
	if code, _ := other.Page(own + "/certificates/new"); code != 404 {
		t.Errorf("another's certificate: %d", code)
	}
	see(t, boss, "/staff?who=lapsing", []string{">Jo<", "1 person"}, []string{">Kim<"})
	code, page = boss.Page("/staff/certificates?as=csv&show=all")
	if code != 200 || !strings.Contains(page, "Jo,"+jo.String()+",worker,Cedar,CPR and first aid,,Red <b>Cross,,2026-12-10,lapsing,original,no") {
		t.Errorf("as a table: %d %s", code, page)
	}
	send(t, boss, "/entries/"+credentials.KindEnded, url.Values{"chart": {jo.String()}, "credential": form["id"], "why": {"revoked"}, "then": {own}})
	see(t, boss, own, []string{"Revoked", "It holds after all"}, []string{"Lapses"})
}

func TestAPictureOfACertificate(t *testing.T) {
	h := open(t)
	jo, sam, kim := colleague(h, "Jo", access.Worker), colleague(h, "Sam", access.Supervisor), colleague(h, "Kim", access.Worker)
	b := h.Browse(jo)
	id := record.NewID(testkit.Start).String()
	send(t, b, "/entries/"+credentials.KindRecorded, url.Values{"id": {id}, "chart": {jo.String()}, "what": {"driver"}})
	path := "/staff/" + jo.String() + "/certificates/" + id + "/evidence"
	upload := func(b *testkit.Browser, path string, data []byte) (int, string) {
		var body bytes.Buffer
		w := multipart.NewWriter(&body)
		part, err := w.CreateFormFile("file", "../../evil.html")
		if err != nil {
			t.Fatal(err)
		}
		_, _ = part.Write(data)
		if err := w.Close(); err != nil {
			t.Fatal(err)
		}
		res, err := b.Post(b.URL+path, w.FormDataContentType(), &body)
		if err != nil {
			t.Fatal(err)
		}
		defer res.Body.Close()
		text, err := io.ReadAll(res.Body)
		if err != nil {
			t.Fatal(err)
		}
		return res.StatusCode, string(text)
	}
	var picture bytes.Buffer
	if err := jpeg.Encode(&picture, image.NewGray(image.Rect(0, 0, 40, 30)), nil); err != nil {
		t.Fatal(err)
	}
	pdf := []byte("%PDF-1.4\n%%EOF\n")
	for name, data := range map[string][]byte{"a page": []byte("<!doctype html><script>alert(1)</script>"), "nothing": nil, "a cut picture": picture.Bytes()[:40]} {
		if code, _ := upload(b, path, data); code < 400 || code >= 500 {
			t.Errorf("%s: %d", name, code)
		}
	}
	for _, data := range [][]byte{picture.Bytes(), pdf} {
		if code, text := upload(b, path, data); code != 200 || !strings.Contains(text, "Picture or file 1") {
			t.Fatalf("%d %s", code, text)
		}
	}
	boss := h.Browse(sam)
	_, page := boss.Page("/staff/" + jo.String())
	links := regexp.MustCompile(path+`/[0-9a-f-]{36}`).FindAllString(page, -1)
	if len(links) != 2 {
		t.Fatalf("links %v", links)
	}
	for i, want := range []string{"image/jpeg", "application/pdf"} {
		res, err := boss.Get(boss.URL + links[i])
		if err != nil {
			t.Fatal(err)
		}
		res.Body.Close()
		if res.StatusCode != 200 || res.Header.Get("Content-Type") != want || res.Header.Get("X-Content-Type-Options") != "nosniff" || (i == 1) != strings.HasPrefix(res.Header.Get("Content-Disposition"), "attachment") {
			t.Errorf("%s: %d %v", want, res.StatusCode, res.Header)
		}
	}
	other := h.Browse(kim)
	if code, _ := other.Page(links[0]); code != 404 {
		t.Errorf("a colleague sees it: %d", code)
	}
	if code, _ := upload(other, path, pdf); code != 404 {
		t.Errorf("a colleague adds one: %d", code)
	}
	if code, _ := boss.Page(strings.Replace(links[0], jo.String(), kim.String(), 1)); code != 404 {
		t.Errorf("under another's name: %d", code)
	}
}

func TestTheHouseRequires(t *testing.T) {
	h := open(t)
	ada, jo, sam := colleague(h, "Ada", access.Administrator), colleague(h, "Jo", access.Worker), colleague(h, "Sam", access.Supervisor)
	b := h.Browse(ada)
	see(t, b, "/staff/requirements", []string{"Nothing is required yet", "Set a requirement", "Who answers for it", "Ada, Administrator"}, []string{`value="rounds.check"`, `value="staff.manage"`})
	form := url.Values{"chart": {due.House.String()}, "what": {"crisis_prevention"}, "roles": {"worker", "peer"}, "accepted": {ada.String()}, "basis": {"house policy <12>"}, "then": {"/staff/requirements"}}
	send(t, b, "/entries/"+credentials.KindRequired, form)
	see(t, b, "/staff/requirements", []string{"Crisis prevention training", "Mental health worker, Peer supporter", "Nothing is barred without it", "Ada answers for it. house policy &lt;12&gt;", "1 of 1 have not got it", "End this requirement"}, nil)
	see(t, b, "/staff/certificates", []string{"Missing", ">Jo<"}, []string{">Sam<"})
	see(t, h.Browse(sam), "/staff/requirements", []string{"Crisis prevention training"}, []string{"End this requirement", "Set a requirement"})
	see(t, h.Browse(jo), "/staff/"+jo.String(), []string{"Crisis prevention training", "Missing", "Required"}, nil)
	form.Set("actions", "rounds.check")
	if code, page := b.Send("/entries/"+credentials.KindRequired, form); code != 422 || !strings.Contains(page, "no certificate may keep anybody from") {
		t.Errorf("%d %s", code, page)
	}
	send(t, b, "/entries/"+credentials.KindLifted, url.Values{"chart": {due.House.String()}, "what": {"crisis_prevention"}, "then": {"/staff/requirements"}})
	see(t, b, "/staff/requirements", []string{"Nothing is required yet"}, nil)
}

func TestCoverIsArranged(t *testing.T) {
	h := open(t)
	sam, jo, kim := colleague(h, "Sam", access.Supervisor), colleague(h, "Jo", access.Worker), colleague(h, "Kim", access.Worker)
	for i := range 20 {
		colleague(h, fmt.Sprintf("Other%02d", i), access.Worker)
	}
	h.Must(testkit.Program(), "staff.assigned", jo, &staff.Assignment{Unit: cedar})
	h.Must(testkit.Program(), "staff.assigned", kim, &staff.Assignment{Unit: cedar})
	b, path := h.Browse(sam), "/staff/"+jo.String()
	page := see(t, b, path+"/cover", []string{"Cover for Jo", "Kim, Mental health worker", "9 more"}, []string{"Sam, Supervisor", "Jo, Mental"})
	if strings.Index(page, "Kim, M") > strings.Index(page, "Other00, M") {
		t.Error("those of the same team do not come first")
	}
	wants(t, send(t, b, path+"/cover", url.Values{"q": {"other07"}}), []string{"Other07"}, []string{"Kim, M", "more: type"})
	send(t, b, "/entries/staff.covering", url.Values{"chart": {kim.String()}, "for": {jo.String()}, "from": {testkit.Start.Format(time.RFC3339)}, "until": {testkit.Start.AddDate(0, 0, 7).Format(time.RFC3339)}, "reason": {"holiday"}, "then": {path}})
	see(t, b, path, []string{"Kim stands in", "holiday", "End now"}, nil)
	see(t, b, "/staff/"+kim.String(), []string{"Stands in for Jo"}, nil)
	see(t, h.Browse(kim), "/staff/"+kim.String(), []string{"Stands in for Jo"}, []string{"End now", "Arrange cover"})
	root := regexp.MustCompile(`name="covering" value="([0-9a-f-]{36})"`).FindStringSubmatch(see(t, b, path, nil, nil))[1]
	send(t, b, "/entries/staff.covering_ended", url.Values{"chart": {kim.String()}, "covering": {root}, "then": {path}})
	h.Clock.Advance(time.Second)
	see(t, b, path, []string{"Nobody stands in now"}, []string{"Kim stands in"})
}

func TestRolesSayWhatTheyMay(t *testing.T) {
	h := open(t)
	jo, ada := colleague(h, "Jo", access.Worker), colleague(h, "Ada", access.Administrator)
	see(t, h.Browse(jo), "/staff/roles", []string{"Mental health worker", "Yours", "Hand in certificates", "Give, change and end accounts and roles"}, []string{"Who has this role", "staff.manage"})
	see(t, h.Browse(ada), "/staff/roles", []string{"Who has this role", "/staff?role=worker"}, nil)
}

func TestTheListOfManyPeople(t *testing.T) {
	h := open(t)
	ada := colleague(h, "Ada", access.Administrator)
	for i := range 230 {
		role := access.Worker
		if i%10 == 0 {
			role = access.Nurse
		}
		who := colleague(h, fmt.Sprintf("Person%03d", i), role)
		if i%50 == 0 {
			h.Must(testkit.Program(), "staff.assigned", who, &staff.Assignment{Unit: cedar})
		}
	}
	b := h.Browse(ada)
	see(t, b, "/staff", []string{"231 people", "1–100 of 231", ">Ada<", ">Person098<", "After"}, []string{">Person099<", "Before"})
	see(t, b, "/staff?page=2", []string{"201–231 of 231", ">Person229<", "Before"}, []string{"After"})
	see(t, b, "/staff?page=no", []string{"1–100 of 231"}, nil)
	see(t, b, "/staff?page=5000", []string{"201–231 of 231"}, nil)
	see(t, b, "/staff?role=nurse", []string{"23 people", ">Person010<"}, []string{">Person011<"})
	see(t, b, "/staff?unit="+cedar.String()+"&sort=role", []string{"5 people", ">Person150<"}, []string{">Person151<"})
	see(t, b, "/staff?unit="+cedar.String()+"&role=worker", []string{"Nobody found"}, nil)
	see(t, b, "/staff?who=family", []string{"Nobody found"}, nil)
	for _, sort := range []string{"role", "team", "name-", "joined", "'; DROP TABLE entry; --"} {
		see(t, b, "/staff?sort="+url.QueryEscape(sort), []string{"231 people"}, nil)
	}
}

// A certificate that lapsed takes away what hangs on it and nothing else: judged by when it happened for what is filed, by now for what is
// offered; on the units it is required for; in words, with whom to ask.
func TestALapsedCertificateTakesAwayWhatHangsOnIt(t *testing.T) {
	h := open(t)
	sam, ada := colleague(h, "Sam", access.Supervisor), colleague(h, "Ada", access.Administrator)
	boss := testkit.Program()
	renamed := func(unit record.ID, at time.Time) (commit.Outcome, string) {
		e := h.Entry("places.unit_changed", unit, &places.UnitChanged{Name: "Cedar", Kind: "ward"})
		e.Happened = at
		o := h.Committer.File(t.Context(), testkit.As(sam), e)[0]
		return o, fmt.Sprint(o.Err)
	}
	h.Must(boss, credentials.KindRecorded, sam, &credentials.Recorded{What: "driver", Until: "2026-11-20", Vouched: "original"})
	h.Must(boss, credentials.KindRequired, due.House, &credentials.RequirementSet{What: "driver", Roles: []access.Role{access.Supervisor}, Units: []record.ID{cedar}, Actions: []string{"places.unit.change"}, Accepted: ada, Basis: "policy"})
	if o, text := renamed(cedar, h.Clock.Now()); o.Status != commit.Accepted {
		t.Fatalf("while it is valid: %s", text)
	}
	valid := h.Clock.Now()
	h.Clock.Set(time.Date(2026, 11, 21, 0, 30, 0, 0, time.UTC)) // half an hour into the first day without
	if o, text := renamed(cedar, h.Clock.Now()); o.Status == commit.Accepted || !strings.Contains(text, "your certificate lapsed on 21 Nov 2026: Driving licence; ask Ada") {
		t.Errorf("after it lapsed: %s %s", o.Status, text)
	}
	if o, text := renamed(cedar, valid); o.Status != commit.Accepted {
		t.Errorf("what happened while it was valid, received later: %s", text)
	}
	if o, text := renamed(elm, h.Clock.Now()); o.Status != commit.Accepted {
		t.Errorf("on a unit that does not ask for it: %s", text)
	}
	h.Must(testkit.As(sam), "staff.shift_started", sam, &staff.ShiftStarted{Unit: cedar}) // nothing else is gone
	scope := func() *access.Scope {
		s, err := h.Directory.Scope(sam, "")
		if err != nil {
			t.Fatal(err)
		}
		return s
	}
	h.Must(boss, credentials.KindRequired, due.House, &credentials.RequirementSet{What: "driver", Roles: []access.Role{access.Supervisor}, Actions: []string{"places.unit.change"}, Accepted: ada, Basis: "policy"})
	if s := scope(); s.May("places.unit.change") || !s.May("staff.assign") || s.Lacks("places.unit.change") == nil {
		t.Error("required everywhere, it is still offered, or more is gone")
	}
	newer := h.Must(testkit.As(sam), credentials.KindRecorded, sam, &credentials.Recorded{What: "driver", Until: "2028-11-20"})
	if scope().May("places.unit.change") {
		t.Error("one that nobody has looked at opens it")
	}
	h.Must(testkit.As(ada), credentials.KindVerified, sam, &credentials.Verified{Credential: newer.ID, Vouched: "register"})
	if !scope().May("places.unit.change") {
		t.Error("a newer one does not open it at once")
	}
	h.Must(testkit.As(ada), credentials.KindEnded, sam, &credentials.Ended{Credential: newer.ID, Why: "revoked"})
	if scope().May("places.unit.change") {
		t.Error("revoked, it is still offered")
	}
	h.Must(testkit.As(ada), credentials.KindLifted, due.House, &credentials.RequirementLifted{What: "driver"})
	if !scope().May("places.unit.change") {
		t.Error("lifted, it is still gone")
	}
}

// Clients and families have accounts and are of no team, on no rota, in nobody's place and in no list of the staff.
func TestGuestsStandApart(t *testing.T) {
	h := open(t)
	ada, jo := colleague(h, "Ada", access.Administrator), colleague(h, "Jo", access.Worker)
	rafi, mum := colleague(h, "Rafi", access.Client), colleague(h, "Mum", access.Relative)
	now := h.Clock.Now()
	for kind, body := range map[string]record.Body{
		"staff.assigned":      &staff.Assignment{Unit: cedar},
		"staff.shift_planned": &staff.ShiftPlanned{Unit: cedar, From: now, Until: now.Add(time.Hour)},
		"staff.covering":      &staff.Covering{For: jo, From: now, Until: now.Add(time.Hour), Reason: "sick"},
	} {
		for _, who := range []record.ID{rafi, mum} {
			o := h.Committer.File(t.Context(), testkit.As(ada), h.Entry(kind, who, body))[0]
			if o.Status == commit.Accepted || !strings.Contains(fmt.Sprint(o.Err), "people who work here") {
				t.Errorf("%s: %s %v", kind, o.Status, o.Err)
			}
		}
	}
	if o := h.Committer.File(t.Context(), testkit.As(ada), h.Entry("staff.covering", jo, &staff.Covering{For: rafi, From: now, Until: now.Add(time.Hour), Reason: "sick"}))[0]; o.Status == commit.Accepted {
		t.Error("a colleague stands in for a client")
	}
	for who, role := range map[record.ID]access.Role{rafi: access.Worker, jo: access.Client} {
		o := h.Committer.File(t.Context(), testkit.As(ada), h.Entry("staff.changed", who, &staff.Changed{Details: staff.Details{Name: "X", Role: role, SignIn: "xx"}}))[0]
		if o.Status == commit.Accepted || !strings.Contains(fmt.Sprint(o.Err), "make another account") {
			t.Errorf("%s becomes %s: %v", who, role, o.Err)
		}
	}
	b := h.Browse(ada)
	see(t, b, "/staff", []string{"2 people", "Clients and family"}, []string{">Rafi<", ">Mum<"})
	see(t, b, "/staff?who=family", []string{"2 people", ">Rafi<", ">Mum<", "Family"}, []string{">Jo<"})
	see(t, b, "/staff/new?for=family", []string{"Add a client or relative", `value="client"`}, []string{`value="worker"`})
	see(t, b, "/staff/new", []string{`value="worker"`}, []string{`value="client"`})
	see(t, b, "/staff/"+rafi.String(), []string{"Rafi", "Make a link"}, []string{"Add to a team", "Add a certificate", "Arrange cover"})
	see(t, b, "/staff/"+jo.String()+"/cover", []string{"Cover for Jo"}, []string{"Rafi", "Mum"})
	see(t, h.Browse(jo), "/staff", []string{">Jo<"}, []string{"Rafi", "Clients and family"})
	if code, page := h.Browse(rafi).Page("/staff"); code == 200 {
		t.Errorf("a client opens the list of the staff: %s", page)
	}
}

// Who looks after accounts sees who has never signed in, who does so by a password alone, and who is signed in now; and ends it.
func TestHowPeopleSignInIsSeen(t *testing.T) {
	h := open(t)
	ada, jo, kim := colleague(h, "Ada", access.Administrator), colleague(h, "Jo", access.Worker), colleague(h, "Kim", access.Worker)
	if err := signin.SetPassword(t.Context(), h.Committer, h.Clock, jo, "seven blue herons at dawn"); err != nil {
		t.Fatal(err)
	}
	b, own := h.Browse(ada), h.Browse(jo)
	see(t, b, "/staff", []string{"Never signed in", "Password only", "Has not signed in yet", "Signs in with a password alone"}, nil)
	see(t, b, "/staff?who=never", []string{">Kim<", ">Ada<"}, []string{">Jo<"})
	see(t, b, "/staff?who=second", []string{">Jo<"}, []string{">Kim<"})
	see(t, b, "/staff/"+jo.String(), []string{"Signs in with a password alone", "Signed in on 1 device now", "Jo is signed out on every device at once"}, []string{"herons", "argon2"})
	see(t, b, "/staff/"+kim.String(), []string{"Has not signed in yet", "Signed in on 0 devices now"}, []string{"Sign out everywhere"})
	see(t, own, "/my-shift", []string{"Start my shift"}, nil)
	if code, _ := own.Send("/staff/"+kim.String()+"/sign-out", nil); code != 403 {
		t.Errorf("a worker signs somebody out: %d", code)
	}
	send(t, b, "/staff/"+jo.String()+"/sign-out", nil)
	h.Clock.Advance(2 * time.Second)
	if _, page := own.Page("/my-shift"); strings.Contains(page, "Start my shift") {
		t.Error("still signed in")
	}
	see(t, b, "/staff/"+jo.String(), []string{"Signed in on 0 devices now"}, nil)
	see(t, h.Browse(kim), "/staff", nil, []string{"Never signed in", "Has not signed in"})
}

// A certificate is shown as valid until its last day, and as lapsed on the first day without it.
func TestDaysAreSaidAsTheyAreOnThePaper(t *testing.T) {
	h := open(t)
	jo := colleague(h, "Jo", access.Worker)
	h.Must(testkit.Program(), credentials.KindRecorded, jo, &credentials.Recorded{What: "driver", Until: "2027-03-28", Vouched: "original"})
	path := "/staff/" + jo.String()
	see(t, h.Browse(jo), path, []string{"Valid until 28 Mar 2027"}, nil)
	h.Clock.Set(time.Date(2027, 3, 28, 23, 59, 0, 0, time.UTC))
	see(t, h.Browse(jo), path, []string{"Lapses 29 Mar 2027"}, nil)
	see(t, h.Browse(jo), "/my-shift", []string{"My certificates", "Lapses 29 Mar 2027"}, nil)
	h.Clock.Advance(time.Minute)
	see(t, h.Browse(jo), path, []string{"Lapsed 29 Mar 2027"}, nil)
}
