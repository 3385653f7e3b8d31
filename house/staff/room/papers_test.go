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

	"milieu/house/staff"
	"milieu/house/staff/credentials"
	"milieu/kit/access"
	"milieu/kit/due"
	"milieu/kit/record"
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
	see(t, b, path+"/cover?q=other07", []string{"Other07"}, []string{"Kim, M", "more: type"})
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
