package device_test

import (
	"context"
	"crypto/hkdf"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/json"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"milieu/kit/db"
	"milieu/kit/device"
	"milieu/kit/due"
	"milieu/kit/record"
	"milieu/kit/signin"
	"milieu/kit/testkit"
)

const (
	anasPIN = "402817"
	bensPIN = "918274"
)

// signIn signs somebody in fully on this device, in place of whoever was here.
func (p *phone) signIn(person record.ID) {
	p.t.Helper()
	link, err := signin.NewLink(context.Background(), p.h.Committer, p.h.Clock, person, true)
	if err != nil {
		p.t.Fatal(err)
	}
	p.Page(link)
	p.take()
	if p.lent.Reader != person {
		p.t.Fatalf("lent to %s, want %s", p.lent.Reader, person)
	}
}

type changed struct {
	Reader record.ID
	Left   int
	Wait   int
}

// change offers a code on the locked screen. It gives the answer, whatever it is.
func (p *phone) change(person, way, code string) (int, changed) {
	p.t.Helper()
	raw, _ := json.Marshal(map[string]string{"person": person, "way": way, "code": code})
	res, err := p.Post(p.URL+"/device/change", "application/json", strings.NewReader(string(raw)))
	if err != nil {
		p.t.Fatal(err)
	}
	defer res.Body.Close()
	var out changed
	if err := json.NewDecoder(res.Body).Decode(&out); err != nil {
		p.t.Fatal(err)
	}
	return res.StatusCode, out
}

func (p *phone) lock() {
	p.t.Helper()
	req, _ := http.NewRequest(http.MethodPost, p.URL+"/lock", nil)
	req.Header.Set("Accept", "application/json")
	res, err := p.Do(req)
	if err != nil {
		p.t.Fatal(err)
	}
	res.Body.Close()
	want(p.t, res.StatusCode, "200")
}

// who is signed in on this device; empty when it is locked or nobody's.
func (p *phone) who() string {
	p.t.Helper()
	var out struct {
		Reader string
		Locked bool
	}
	res, err := p.Get(p.URL + "/session")
	if err != nil {
		p.t.Fatal(err)
	}
	defer res.Body.Close()
	if err := json.NewDecoder(res.Body).Decode(&out); err != nil {
		p.t.Fatal(err)
	}
	if out.Locked {
		return ""
	}
	return out.Reader
}

// faces are the names that the locked screen shows.
func (p *phone) faces() string {
	p.t.Helper()
	_, body := p.Page("/device/people")
	var out struct{ People []struct{ Name string } }
	if err := json.Unmarshal([]byte(body), &out); err != nil {
		p.t.Fatal(err)
	}
	var names []string
	for _, one := range out.People {
		names = append(names, one.Name)
	}
	return strings.Join(names, " ")
}

// shared is a tablet on which Ana and Ben have set their PINs, locked by Ben.
func shared(t testing.TB, h *testkit.House) *phone {
	t.Helper()
	p := take(t, h, ana, 0)
	want(t, p.post("/device/quick", map[string]string{"way": "pin", "code": anasPIN}, nil), "200")
	p.lock()
	p.signIn(ben)
	want(t, p.post("/device/quick", map[string]string{"way": "pin", "code": bensPIN}, nil), "200")
	p.lock()
	return p
}

func TestChangingInQuickly(t *testing.T) {
	h, _ := house(t)
	p := shared(t, h)
	want(t, p.faces(), "Ana Ben")
	want(t, p.who(), "")
	code, _ := p.Page("/walk")
	if code == http.StatusOK {
		t.Error("a page opened on a locked device")
	}
	code, out := p.change(ana.String(), "pin", anasPIN)
	want(t, code, "200")
	if out.Reader != ana || p.who() != ana.String() {
		t.Fatalf("changed to %s", out.Reader)
	}
	// What she writes now is hers, and what signs or gives access asks for more than a PIN.
	status, body := p.Send("/entries/walk.seen", map[string][]string{"chart": {client.String()}, "note": {"asleep"}})
	if status != http.StatusOK {
		t.Fatalf("filing after the change: %d %s", status, body)
	}
	entries, _ := notes(t, h)
	if entries[0].Author != ana {
		t.Errorf("the author is %s", entries[0].Author)
	}
	want(t, p.post("/device/quick", map[string]string{"way": "pin", "code": "748301"}, nil), "403")
	// Ben was locked, not ended: he goes on with the session that he had.
	p.lock()
	_, out = p.change(ben.String(), "pin", bensPIN)
	if out.Reader != ben || p.who() != ben.String() {
		t.Errorf("changed to %s", out.Reader)
	}
}

func TestFiveWrongCodesEndItThereAlone(t *testing.T) {
	h, _ := house(t)
	p, other := shared(t, h), shared(t, h)
	for left := 4; left >= 0; left-- {
		code, out := p.change(ana.String(), "pin", "135791")
		want(t, code, "403")
		want(t, out.Left, []string{"0", "1", "2", "3", "4"}[left])
	}
	if code, _ := p.change(ana.String(), "pin", anasPIN); code != http.StatusForbidden {
		t.Error("the right code opens after five wrong ones")
	}
	want(t, p.faces(), "Ben")
	if code, _ := p.change(ben.String(), "pin", bensPIN); code != http.StatusOK {
		t.Error("another person cannot change in any more")
	}
	if code, _ := other.change(ana.String(), "pin", anasPIN); code != http.StatusOK {
		t.Error("it has ended on another device")
	}
}

func TestTriesAtOneInstantCountEach(t *testing.T) {
	h, _ := house(t)
	p := shared(t, h)
	var all sync.WaitGroup
	for range 12 {
		all.Go(func() { p.change(ana.String(), "pin", "135791") })
	}
	all.Wait()
	if code, _ := p.change(ana.String(), "pin", anasPIN); code != http.StatusForbidden {
		t.Error("twelve tries at one instant left a thirteenth")
	}
}

func TestTheRightCodeGivesTheTriesBack(t *testing.T) {
	h, _ := house(t)
	p := shared(t, h)
	for range 3 {
		for range 4 {
			p.change(ana.String(), "pin", "135791")
		}
		code, _ := p.change(ana.String(), "pin", anasPIN)
		want(t, code, "200")
		p.lock()
	}
}

func TestACodeIsGoodForOneDeviceAndOneShift(t *testing.T) {
	h, _ := house(t)
	p := shared(t, h)
	strange := take(t, h, sue, 0)
	if code, _ := strange.change(ana.String(), "pin", anasPIN); code != http.StatusForbidden {
		t.Error("a PIN opened another device")
	}
	h.Clock.Advance(8*time.Hour + 50*time.Minute)
	if code, _ := p.change(ana.String(), "pin", anasPIN); code != http.StatusOK {
		t.Error("within the shift and its grace the PIN does not open")
	}
	p.lock()
	h.Clock.Advance(20 * time.Minute) // the shift ends five hours after the start, and four hours are given
	if code, _ := p.change(ana.String(), "pin", anasPIN); code != http.StatusForbidden {
		t.Error("the PIN opens after the end of the shift")
	}
	want(t, p.faces(), "")
}

func TestBadges(t *testing.T) {
	h, _ := house(t)
	p := take(t, h, ana, 0)
	want(t, p.post("/device/quick", map[string]string{"way": "badge", "code": "7kq2 m9xd"}, nil), "200")
	p.lock()
	p.signIn(ben)
	want(t, p.post("/device/quick", map[string]string{"way": "badge", "code": "7KQ2M9XD"}, nil), "409")
	want(t, p.post("/device/quick", map[string]string{"way": "badge", "code": "04:A2:19:FF"}, nil), "200")
	p.lock()
	_, out := p.change("", "badge", "7KQ2 M9XD")
	if out.Reader != ana {
		t.Errorf("Ana's badge let %s in", out.Reader)
	}
	p.lock()
	for range 5 {
		p.change("", "badge", "QQQQ-1234-XYZ")
	}
	if _, out = p.change("", "badge", "7KQ2 M9XD"); out.Wait == 0 {
		t.Error("after five badges that nobody has there is no pause")
	}
	h.Clock.Advance(time.Minute)
	if _, out = p.change("", "badge", "04:a2:19:ff"); out.Reader != ben {
		t.Errorf("Ben's badge let %s in after the pause", out.Reader)
	}
}

func TestSigningOutEndsWhatWasLent(t *testing.T) {
	h, f := house(t)
	p := shared(t, h)
	p.change(ana.String(), "pin", anasPIN)
	p.take()
	anas := p.lent.Grant
	over := func() string {
		var out struct{ Over []record.ID }
		want(t, p.post("/device/standing", map[string]any{"grants": []record.ID{anas}}, &out), "200")
		if len(out.Over) > 0 {
			return "over"
		}
		return "lent"
	}
	want(t, over(), "lent")
	p.Send("/sign-out", nil)
	want(t, over(), "over")
	want(t, p.faces(), "Ben")

	// Who is ended from elsewhere, or works here no more, leaves nothing either.
	p.change(ben.String(), "pin", bensPIN)
	p.take()
	anas = p.lent.Grant
	want(t, over(), "lent")
	if err := h.Site.Sessions.EndAll(context.Background(), ben); err != nil {
		t.Fatal(err)
	}
	want(t, over(), "over")
	p.signIn(sue)
	anas = p.lent.Grant
	want(t, over(), "lent")
	f.people[sue].Disabled = h.Clock.Now()
	if err := h.Directory.Load(context.Background()); err != nil {
		t.Fatal(err)
	}
	want(t, over(), "over")
}

// sign says something under a grant's secret, as a device does.
func (p *phone) sign(purpose, nonce string) []byte {
	key, err := hkdf.Key(sha256.New, p.lent.Secret, nil, "milieu mac", 32)
	if err != nil {
		p.t.Fatal(err)
	}
	m := hmac.New(sha256.New, key)
	m.Write([]byte(purpose))
	m.Write(p.lent.Grant[:])
	m.Write([]byte(nonce))
	return m.Sum(nil)
}

func TestGoingOnAfterAChangeWithoutANetwork(t *testing.T) {
	h, _ := house(t)
	p := shared(t, h)
	p.change(ana.String(), "pin", anasPIN)
	p.take()
	p.lock()
	p.change(ben.String(), "pin", bensPIN) // Ben's session is the browser's; Ana opened hers meanwhile, without a network
	var out struct{ Nonce string }
	want(t, p.post("/device/resume", map[string]any{"grant": p.lent.Grant}, &out), "200")
	forged := p.sign("milieu resume 1", out.Nonce)
	forged[0] ^= 1
	want(t, p.post("/device/resume", map[string]any{"grant": p.lent.Grant, "nonce": out.Nonce, "mac": forged}, nil), "403")
	want(t, p.who(), ben.String())
	answer := map[string]any{"grant": p.lent.Grant, "nonce": out.Nonce, "mac": p.sign("milieu resume 1", out.Nonce)}
	h.Clock.Advance(2 * time.Minute)
	want(t, p.post("/device/resume", answer, nil), "403")
	want(t, p.post("/device/resume", map[string]any{"grant": p.lent.Grant}, &out), "200")
	answer = map[string]any{"grant": p.lent.Grant, "nonce": out.Nonce, "mac": p.sign("milieu resume 1", out.Nonce)}
	stranger := take(t, h, sue, 0)
	want(t, stranger.post("/device/resume", answer, nil), "403")
	want(t, p.post("/device/resume", answer, nil), "204")
	want(t, p.who(), ana.String())
	// It is a quick session, and a note that she signed out ends what was lent.
	want(t, p.post("/device/quick", map[string]string{"way": "pin", "code": "748301"}, nil), "403")
	want(t, p.post("/device/returned", map[string]any{"grant": p.lent.Grant, "mac": p.sign("milieu return 1", "")}, nil), "204")
	want(t, p.post("/device/resume", map[string]any{"grant": p.lent.Grant}, nil), "403")
}

func TestAPageOfAnotherPersonFilesNothing(t *testing.T) {
	h, _ := house(t)
	p := take(t, h, ana, 0)
	req, _ := http.NewRequest(http.MethodPost, p.URL+"/entries/walk.seen", strings.NewReader("chart="+client.String()+"&note=asleep"))
	req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	req.Header.Set("Milieu-Fragment", "1")
	req.Header.Set("Milieu-Reader", ben.String())
	res, err := p.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	res.Body.Close()
	want(t, res.StatusCode, "401")
	if _, texts := notes(t, h); len(texts) != 0 {
		t.Errorf("filed: %v", texts)
	}
}

func TestAHouseKeepsNamesOffItsLockedScreens(t *testing.T) {
	h, _ := house(t)
	p := shared(t, h)
	h.Must(testkit.Program(), "device.lock_screen_set", due.House, &device.LockScreenSet{Names: "hidden"})
	want(t, p.faces(), " ")
	p.signIn(sue)
	want(t, p.post("/device/quick", map[string]string{"way": "pin", "code": "748301"}, nil), "403")
	want(t, p.post("/device/quick", map[string]string{"way": "badge", "code": "7kq2 m9xd"}, nil), "200")
	p.lock()
	if _, out := p.change("", "badge", "7kq2m9xd"); out.Reader != sue {
		t.Errorf("changed to %s", out.Reader)
	}
}

// The lock page of somebody who is signed in names them to whoever passes, but not where the house keeps names off locked screens: neither in its
// words nor in what it tells a password manager, and not after a wrong password either.
func TestTheLockPageNamesNobodyWhereNamesAreHidden(t *testing.T) {
	h, _ := house(t)
	for _, hidden := range []bool{false, true} {
		if hidden {
			h.Must(testkit.Program(), "device.lock_screen_set", due.House, &device.LockScreenSet{Names: "hidden"})
		}
		p := take(t, h, ana, 0)
		p.lock()
		_, page := p.Page("/lock")
		_, wrong := p.Send("/unlock", map[string][]string{"password": {"not hers at all"}})
		for what, page := range map[string]string{"the page": page, "after a wrong password": wrong} {
			if !strings.Contains(page, `action="/unlock"`) {
				t.Fatalf("%s is no lock page: %.300s", what, page)
			}
			if named := strings.Contains(page, "Ana"); named == hidden {
				t.Errorf("names hidden: %v; %s names her: %v", hidden, what, named)
			}
		}
	}
}

func TestNoCodeIsKeptAsItIs(t *testing.T) {
	h, _ := house(t)
	shared(t, h)
	n := 0
	err := db.Each(h.DB.Read(context.Background()), "SELECT salt, sum FROM device_quick", nil, func(r db.Row) error {
		var salt, sum []byte
		n++
		if err := r.Scan(&salt, &sum); err != nil {
			return err
		}
		plain := sha256.Sum256([]byte(anasPIN))
		if len(salt) != 16 || len(sum) != 32 || strings.Contains(string(sum), anasPIN) || string(sum) == string(plain[:]) {
			t.Errorf("kept %x %x", salt, sum)
		}
		return nil
	})
	if err != nil || n != 2 {
		t.Errorf("%d codes: %v", n, err)
	}
}
