package app

import (
	"bytes"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"milieu/house/views"
	"milieu/kit/clock"
	"milieu/kit/due"
	"milieu/kit/record"
	"milieu/kit/view"
)

// What the house no longer keeps is destroyed in the log and in the backup that was made before, by a server at its upkeep; verify and restore find
// everything as it was filed, and nothing of it comes back.
func TestTheRetentionOfLooksEndsInBackupsToo(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	data, copied, back := filepath.Join(dir, "data"), filepath.Join(dir, "copy"), filepath.Join(dir, "back")
	must := func(args ...string) string {
		t.Helper()
		var out bytes.Buffer
		if code := Main(t.Context(), args, strings.NewReader(""), &out, &out); code != 0 {
			t.Fatalf("milieu %v: %d %s", args, code, &out)
		}
		return out.String()
	}
	must("simulate", "live", "--data", data, "--beds", "2", "--hours", "0")
	with := func(dir string, do func(d *Data)) {
		t.Helper()
		d, err := OpenData(t.Context(), dir, "", "", slog.New(slog.DiscardHandler))
		if err != nil {
			t.Fatal(err)
		}
		defer d.Close()
		do(d)
	}
	content := func(dir string) (rows, kept int64) {
		t.Helper()
		with(dir, func(d *Data) {
			v, err := d.views(t.Context())
			if err != nil {
				t.Fatal(err)
			}
			defer v.Close()
			if err := v.Read(t.Context()).QueryRow("SELECT count(*), count(body) FROM view WHERE seq <= $1", view.Span).Scan(&rows, &kept); err != nil {
				t.Fatal(err)
			}
		})
		return rows, kept
	}
	// Looks of seven years ago.
	with(data, func(d *Data) {
		b, err := d.Build(t.Context(), clock.NewFake(clock.System().Now().AddDate(-7, 0, 0)), slog.New(slog.DiscardHandler), nil)
		if err != nil {
			t.Fatal(err)
		}
		rows := make([]view.Row, view.Span)
		for i := range rows {
			rows[i] = view.Row{Seat: view.Seat{Person: record.DeriveID("retain", "nurse"), Role: "nurse", Session: record.DeriveID("retain", "session")}, Route: "/clients/{chart}", Chart: record.DeriveID("retain", "chart", string(rune(i%97)))}
		}
		if err := b.Views.Saw(rows...).Wait(); err != nil {
			t.Fatal(err)
		}
		if err := b.Close(); err != nil {
			t.Fatal(err)
		}
	})
	must("backup", "--data", data, copied)
	pieces, err := filepath.Glob(filepath.Join(copied, "views", "*.age"))
	if err != nil || len(pieces) != 1 {
		t.Fatalf("pieces %v, %v", pieces, err)
	}
	before, err := os.Stat(pieces[0])
	if err != nil {
		t.Fatal(err)
	}
	with(data, func(d *Data) {
		b, err := d.Build(t.Context(), clock.System(), slog.New(slog.DiscardHandler), nil)
		if err != nil {
			t.Fatal(err)
		}
		r := &running{Building: b}
		if n, err := r.endViewsOnce(t.Context()); n != 0 || err != nil {
			t.Fatalf("the house has set nothing, and %d rows are gone: %v", n, err)
		}
		at := clock.System().Now()
		set := &record.Entry{ID: record.NewID(at), Chart: due.House, Kind: views.KindHouse, Version: 1, Happened: at, Written: at, Body: []byte(`{"years":6}`)}
		if o := b.Committer.File(t.Context(), record.Sender{Person: record.DeriveID("retain", "coordinator"), Role: "coordinator", Via: record.ViaProgram}, set)[0]; o.Err != nil {
			t.Fatal(o.Err)
		}
		for n := int64(0); n == 0; { // until the log is indexed
			if n, err = r.endViewsOnce(t.Context()); err != nil {
				t.Fatal(err)
			}
		}
		if err := b.Close(); err != nil {
			t.Fatal(err)
		}
	})
	if rows, kept := content(data); rows != view.Span || kept != 0 {
		t.Errorf("%d rows, %d with content", rows, kept)
	}
	if out := must("verify", "--data", data); !strings.Contains(out, "Everything is as it was filed") {
		t.Errorf("verify says %s", out)
	}
	must("backup", "--data", data, copied)
	pieces, _ = filepath.Glob(filepath.Join(copied, "views", "*.age"))
	size := int64(0)
	for _, p := range pieces {
		info, err := os.Stat(p)
		if err != nil {
			t.Fatal(err)
		}
		size += info.Size()
	}
	if size > before.Size()*2/3 {
		t.Errorf("the backup's %d pieces have %d bytes, and had %d", len(pieces), size, before.Size())
	}
	must("restore", "--data", back, "--key", filepath.Join(data, "simulation.key"), copied)
	if rows, kept := content(back); rows != view.Span || kept != 0 {
		t.Errorf("restored: %d rows, %d with content", rows, kept)
	}
	if out := must("verify", "--data", back); !strings.Contains(out, "Everything is as it was filed") {
		t.Errorf("verify of what was restored says %s", out)
	}
}
