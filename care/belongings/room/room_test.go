package room

import (
	"bytes"
	"fmt"
	"image"
	"image/png"
	"mime/multipart"
	"net/http"
	"os"
	"regexp"
	"strings"
	"testing"
	"time"

	"milieu/care/belongings"
	"milieu/house/clients"
	clientsroom "milieu/house/clients/room"
	"milieu/house/places"
	placesroom "milieu/house/places/room"
	"milieu/house/staff"
	staffroom "milieu/house/staff/room"
	"milieu/kit/access"
	"milieu/kit/db"
	"milieu/kit/due"
	"milieu/kit/record"
	"milieu/kit/room"
	"milieu/kit/testkit"
	"milieu/kit/testkit/pgtest"
	"milieu/kit/ui"
)

func TestMain(m *testing.M) { os.Exit(pgtest.Main(m)) }

// ward is two units with a client each (and a second chart of the first one's), and a worker of the first.
type ward struct {
	*testkit.House
	jo, rafi, twin, far record.ID
}

func id(n int) record.ID { return record.DeriveID("belongings", fmt.Sprint(n)) }

func rooms() []room.Def {
	people := &clientsroom.Room{}
	return []room.Def{placesroom.Def(), staffroom.Def(), people.Def(), Def()}
}

func newWard(t testing.TB) *ward {
	t.Helper()
	return furnish(testkit.New(t, testkit.PolicyFor(t, "../../../app/policy", rooms()...), rooms()...))
}

func furnish(h *testkit.House) *ward {
	w := &ward{House: h, jo: id(1), rafi: id(2), twin: id(3), far: id(4)}
	unit, other := id(5), id(6)
	w.must("places.house_set", due.House, &places.House{Name: "Alder House", Zone: "UTC", Language: "en", Shifts: places.DefaultHouse().Shifts})
	w.must("places.unit_opened", unit, &places.UnitOpened{Name: "Alder", Kind: "ward"})
	w.must("places.unit_opened", other, &places.UnitOpened{Name: "Birch", Kind: "ward"})
	w.must("staff.joined", w.jo, &staff.Joined{Details: staff.Details{Name: "Jo Ferrand", Role: access.Worker, SignIn: "jo"}})
	w.must("staff.assigned", w.jo, &staff.Assignment{Unit: unit})
	for chart, of := range map[record.ID]struct {
		name string
		unit record.ID
	}{w.rafi: {"Rafi Holt", unit}, w.twin: {"Raf Holt", unit}, w.far: {"Mina Orchard", other}} {
		w.must("clients.registered", chart, &clients.Registered{Identity: clients.Identity{Names: clients.Names{Used: of.name}}, Unit: of.unit})
		w.must("clients.admitted", chart, &clients.Admitted{Unit: of.unit})
	}
	return w
}

func (w *ward) must(kind string, chart record.ID, b record.Body) *record.Entry {
	return w.Must(testkit.Program(), kind, chart, b)
}

// takes files as the worker that two coats and some cash came in.
func (w *ward) takes(chart record.ID) *record.Entry {
	w.T.Helper()
	return w.Must(testkit.As(w.jo), belongings.KindTakenIn, chart, &belongings.TakenIn{Unsigned: "asleep", Items: []belongings.Item{
		{What: "Coat, green", Count: 2, Condition: "torn pocket", Kept: "locker"}, {What: "Cash", Count: 1, Kept: "safe", Value: &belongings.Money{Amount: 4205, Currency: "EUR"}}, {What: "Razor", Count: 1, Kept: "store", Contraband: "kept_until_leaving"}}})
}

var tags = regexp.MustCompile(`<[^>]*>|\s+`)

// expect looks at a page's words from one place on to another.
func (w *ward) expect(path, from, to string, present, absent []string) {
	w.T.Helper()
	code, body := w.Browse(w.jo).Page(path)
	if code != http.StatusOK {
		w.T.Fatalf("GET %s: %d\n%.500s", path, code, body)
	}
	if i := strings.Index(body, "⟦"); i >= 0 {
		w.T.Errorf("GET %s: a word is missing: %.60s", path, body[i:])
	}
	_, body, _ = strings.Cut(body, from)
	body, _, _ = strings.Cut(body, to)
	body = strings.Join(strings.Fields(tags.ReplaceAllString(body, " ")), " ")
	for _, p := range present {
		if !strings.Contains(body, p) {
			w.T.Errorf("%s: %q is missing in:\n%.2000s", path, p, body)
		}
	}
	for _, a := range absent {
		if strings.Contains(body, a) {
			w.T.Errorf("%s: %q stands in:\n%.2000s", path, a, body)
		}
	}
}

// What comes in stands on the list until it has gone, a count that differs shows beside it, and agrees again.
func TestThingsComeAndGo(t *testing.T) {
	w := newWard(t)
	list := path(w.rafi, "")
	here, gone := `id="here"`, `id="gone"`
	w.expect(list, here, "</main>", nil, []string{"Coat"})
	in := w.takes(w.rafi)
	coat, cash := belongings.Ref(in.ID, 0), belongings.Ref(in.ID, 1)
	w.expect(list, here, "</main>", []string{"Coat, green", "× 2", "Locker · torn pocket", "42.05 EUR", "Kept until leaving", "by Jo Ferrand"}, []string{"count"})
	w.Clock.Advance(time.Minute)
	w.Must(testkit.As(w.jo), belongings.KindGivenBack, w.rafi, &belongings.GivenBack{Parts: []belongings.Part{{Item: coat, Count: 1}, {Item: cash, Count: 1}}, To: "Rafi Holt", Unsigned: "in a hurry"})
	w.expect(list, here, gone, []string{"Coat, green", "1 / 2", "Razor"}, []string{"Cash"})
	w.expect(list, gone, "</main>", []string{"Cash"}, []string{"Coat"})
	w.Clock.Advance(time.Minute)
	w.Must(testkit.As(w.jo), belongings.KindCounted, w.rafi, &belongings.Counted{Parts: []belongings.Part{{Item: coat, Count: 0}}})
	w.expect(list, here, gone, []string{"Coat, green", "0", "Jo Ferrand"}, nil)
	things, err := Things(w.DB.Read(t.Context()), w.rafi)
	if err != nil || !things[0].Differs() {
		t.Errorf("a count that differs: %+v, %v", things, err)
	}
	w.Clock.Advance(time.Minute)
	w.Must(testkit.As(w.jo), belongings.KindDisposed, w.rafi, &belongings.Disposed{Parts: []belongings.Part{{Item: coat, Count: 1}}, Reason: "Beyond mending, he agreed"})
	w.expect(list, here, gone, []string{"Razor"}, []string{"Coat", "Cash"})
	w.expect(path(w.rafi, "/out?what=back"), `id="belongings"`, "</form>", []string{"Razor", "To whom"}, []string{"Coat"})
	w.expect(path(w.rafi, "/out?what=counted"), `id="belongings"`, "</form>", []string{"Razor"}, []string{"To whom"})
}

// What was taken in under a chart that was merged away is the person's.
func TestThingsOfAMergedChart(t *testing.T) {
	w := newWard(t)
	in := w.takes(w.twin)
	w.Clock.Advance(time.Second)
	w.must("clients.merged", w.twin, &clients.Merged{Into: w.rafi, Reason: "The same person"})
	w.expect(path(w.rafi, ""), `id="here"`, "</main>", []string{"Coat, green", "Razor"}, nil)
	w.Must(testkit.As(w.jo), belongings.KindGivenBack, w.rafi, &belongings.GivenBack{Parts: []belongings.Part{{Item: belongings.Ref(in.ID, 0), Count: 2}}, To: "Rafi Holt", Unsigned: "in a hurry"})
	w.expect(path(w.rafi, ""), `id="here"`, `id="gone"`, []string{"Razor"}, []string{"Coat"})
}

// photograph sends a photo of a thing, and gives the answer and the photos that stand on the list then.
func (w *ward) photograph(chart record.ID, item string, data []byte) (int, []string) {
	w.T.Helper()
	var body bytes.Buffer
	form := multipart.NewWriter(&body)
	now := w.Clock.Now().Format(time.RFC3339Nano)
	for name, value := range map[string]string{"id": record.NewID(w.Clock.Now()).String(), "happened": now, "written": now, "item": item} {
		if err := form.WriteField(name, value); err != nil {
			w.T.Fatal(err)
		}
	}
	part, err := form.CreateFormFile("photo", "photo.png")
	if err != nil {
		w.T.Fatal(err)
	}
	if _, err := part.Write(data); err != nil {
		w.T.Fatal(err)
	}
	if err := form.Close(); err != nil {
		w.T.Fatal(err)
	}
	b := w.Browse(w.jo)
	req, err := http.NewRequest(http.MethodPost, b.URL+path(chart, "/photo"), &body)
	if err != nil {
		w.T.Fatal(err)
	}
	req.Header.Set("Content-Type", form.FormDataContentType())
	req.Header.Set("Origin", b.URL)
	req.Header.Set("Milieu-Fragment", "1")
	res, err := b.Do(req)
	if err != nil {
		w.T.Fatal(err)
	}
	res.Body.Close()
	var photos []string
	things, err := Things(w.DB.Read(w.T.Context()), w.rafi)
	if err != nil {
		w.T.Fatal(err)
	}
	for _, one := range things {
		photos = append(photos, one.Photos...)
	}
	return res.StatusCode, photos
}

// A photo is drawn anew, stands with its thing, and opens under its own chart alone.
func TestAPhotoIsItsChartsOwn(t *testing.T) {
	w := newWard(t)
	var photo bytes.Buffer
	if err := png.Encode(&photo, image.NewGray(image.Rect(0, 0, 40, 20))); err != nil {
		t.Fatal(err)
	}
	in, others, far := w.takes(w.rafi), w.takes(w.twin), w.must(belongings.KindTakenIn, w.far, &belongings.TakenIn{Unsigned: "asleep", Items: []belongings.Item{{What: "Hat", Count: 1, Kept: "locker"}}})
	coat := belongings.Ref(in.ID, 0)
	for what, c := range map[string]struct {
		chart record.ID
		item  string
		data  []byte
		code  int
	}{
		"no photo at all":         {w.rafi, coat, []byte("<!doctype html><script>1</script>"), 422},
		"of no thing":             {w.rafi, belongings.Ref(in.ID, 9), photo.Bytes(), 422},
		"another chart's thing":   {w.rafi, belongings.Ref(others.ID, 0), photo.Bytes(), 422},
		"another unit's person":   {w.far, belongings.Ref(far.ID, 0), photo.Bytes(), 404},
		"larger than it may be":   {w.rafi, coat, bytes.Repeat(photo.Bytes(), 200_000), 413},
		"cut in the middle of it": {w.rafi, coat, photo.Bytes()[:40], 422},
	} {
		if code, photos := w.photograph(c.chart, c.item, c.data); code != c.code || len(photos) != 0 {
			t.Errorf("%s: %d with %d photos, want %d and none", what, code, len(photos), c.code)
		}
	}
	code, photos := w.photograph(w.rafi, coat, photo.Bytes())
	if code >= 400 || len(photos) != 1 {
		t.Fatalf("a photo: %d, %d kept", code, len(photos))
	}
	for chart, want := range map[record.ID]int{w.rafi: 200, w.twin: 404, w.far: 404} {
		b := w.Browse(w.jo)
		res, err := b.Get(b.URL + path(chart, "/photos/"+photos[0]))
		if err != nil {
			t.Fatal(err)
		}
		res.Body.Close()
		if res.StatusCode != want || want == 200 && res.Header.Get("Content-Type") != "image/jpeg" {
			t.Errorf("under %s: %d %s, want %d", chart, res.StatusCode, res.Header.Get("Content-Type"), want)
		}
	}
	if code, _ := w.Browse(w.jo).Page(path(w.rafi, "/photos/"+strings.Repeat("a", 64))); code != 404 {
		t.Errorf("a photo that is not there: %d", code)
	}
}

// TestOnPostgres walks the pages, with something on each of them, on the other database.
func TestOnPostgres(t *testing.T) {
	d, err := db.OpenPostgres(t.Context(), pgtest.Database(t))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = d.Close() }) // the server goes with the test
	w := furnish(testkit.Open(t, d, newWard(t).Clock, testkit.PolicyFor(t, "../../../app/policy", rooms()...), rooms()...))
	in := w.takes(w.rafi)
	w.Must(testkit.As(w.jo), belongings.KindGivenBack, w.rafi, &belongings.GivenBack{Parts: []belongings.Part{{Item: belongings.Ref(in.ID, 1), Count: 1}}, To: "Rafi Holt", Unsigned: "in a hurry"})
	w.expect(path(w.rafi, ""), `id="here"`, `id="gone"`, []string{"Coat, green", "Razor"}, []string{"Cash"})
	for _, page := range []string{"/in", "/out", "/out?what=disposed", "/out?what=counted"} {
		w.expect(path(w.rafi, page), "<main", "</main>", []string{"Rafi Holt"}, nil)
	}
}

func TestEveryWordIsThere(t *testing.T) {
	for _, fault := range ui.CheckCatalogue(os.DirFS("."), "belongings.page.") {
		t.Error(fault)
	}
}
