package fhirimport_test

import (
	"io"
	"os"
	"path/filepath"
	"testing"

	"milieu/house/clients/fhirimport"
)

func TestAFolderIsItsOwnFiles(t *testing.T) {
	folder, elsewhere := t.TempDir(), t.TempDir()
	for path, text := range map[string]string{filepath.Join(folder, "a.json"): "own", filepath.Join(elsewhere, "secret.json"): "secret"} {
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.Mkdir(filepath.Join(folder, "folder.json"), 0o700); err != nil {
		t.Fatal(err)
	}
	for link, to := range map[string]string{"b.json": "a.json", "c.json": filepath.Join(elsewhere, "secret.json"), "d.json": "../" + filepath.Base(elsewhere) + "/secret.json", "e.json": "/dev/zero"} {
		if err := os.Symlink(to, filepath.Join(folder, link)); err != nil {
			t.Fatal(err)
		}
	}
	files, err := fhirimport.Files(folder)
	if err != nil || len(files) != 6 {
		t.Fatalf("%d files: %v", len(files), err)
	}
	for _, f := range files {
		in, err := f.Open()
		if own := f.Name == "a.json" || f.Name == "b.json"; own != (err == nil) {
			t.Errorf("%s: %v", f.Name, err)
		}
		if err != nil {
			continue
		}
		text, err := io.ReadAll(in)
		in.Close()
		if err != nil || string(text) != "own" {
			t.Errorf("%s: %q %v", f.Name, text, err)
		}
	}
}
