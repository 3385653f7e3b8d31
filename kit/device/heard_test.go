package device_test

import (
	"context"
	"io/fs"
	"net/http"
	"os"
	"strings"
	"testing"
	"time"

	"milieu/kit/device"
	"milieu/kit/record"
	"milieu/kit/ui"
)

func TestWhoWasSilent(t *testing.T) {
	h, _ := house(t)
	a, b := take(t, h, ana, 0), take(t, h, ben, 0)
	silent := func() []device.Quiet {
		t.Helper()
		quiet, err := device.Silent(h.DB.Read(context.Background()), unit, h.Clock.Now())
		if err != nil {
			t.Fatal(err)
		}
		return quiet
	}
	h.Clock.Advance(4 * time.Minute)
	if got := silent(); len(got) != 0 {
		t.Fatalf("silent after four minutes: %+v", got)
	}
	b.post("/device/heard", nil, nil)
	h.Clock.Advance(2 * time.Minute)
	got := silent()
	if len(got) != 1 || got[0].Person != ana || !got[0].Since.Equal(h.Clock.Now().Add(-6*time.Minute)) {
		t.Fatalf("silent: %+v", got)
	}
	if code, page := b.Page("/device"); code != http.StatusOK || !strings.Contains(page, "data-take") || !strings.Contains(page, "Ana Ruiz: not heard since 02:00") {
		t.Errorf("the device's page is %d", code)
	}
	if code, page := b.Page("/device/phones"); code != http.StatusOK || !strings.Contains(page, "Ana Ruiz: not heard since 02:00") {
		t.Errorf("the supervisor is shown %d %s", code, page)
	}
	h.Clock.Advance(time.Hour)
	b.post("/device/return", nil, nil)
	if got := silent(); len(got) != 1 {
		t.Errorf("a phone whose person signed out is missed: %+v", got)
	}
	a.deliver(a.write("back again"))
	if got := silent(); len(got) != 0 {
		t.Errorf("heard again, still silent: %+v", got)
	}
	h.Clock.Advance(9 * time.Hour)
	if got := silent(); len(got) != 0 {
		t.Errorf("missed after its shift: %+v", got)
	}
	if other, err := device.Silent(h.DB.Read(context.Background()), record.DeriveID("elsewhere"), h.Clock.Now()); err != nil || len(other) != 0 {
		t.Errorf("another unit: %+v, %v", other, err)
	}
}

func TestTheWorkerKnowsItsFiles(t *testing.T) {
	h, _ := house(t)
	p := h.Browse(ana)
	code, script := p.Page("/sw.js")
	if code != http.StatusOK || !strings.HasPrefix(script, "self.milieuFiles={") || !strings.Contains(script, ui.Asset("app.js")) {
		t.Errorf("the worker: %d %.200s", code, script)
	}
	for _, page := range []string{"/device/lock", "/device/away"} {
		code, text := p.Page(page)
		if code != http.StatusOK || !strings.Contains(text, "-waiting") || strings.Contains(text, "⟦") {
			t.Errorf("%s: %d", page, code)
		}
		for _, name := range []string{"Ana", "Ben", "Willow"} {
			if strings.Contains(text, name) {
				t.Errorf("%s names %s", page, name)
			}
		}
	}
}

func TestWords(t *testing.T) {
	var files fs.FS = os.DirFS(".")
	for _, fault := range ui.CheckCatalogue(files, "device.") {
		t.Error(fault)
	}
}
