package oidc

import (
	"encoding/base64"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func b64(b []byte) string { return base64.RawURLEncoding.EncodeToString(b) }

func TestSettings(t *testing.T) {
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "secret"), []byte("of the house and the organisation\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	const good = `"name":"Northfield Trust","issuer":"https://login.northfield.example","client":"milieu"`
	for _, c := range []struct{ text, variable, wrong string }{
		{`{` + good + `,"secret_file":"secret"}`, "", ""},
		{`{` + good + `}`, "of a variable", ""},
		{`{` + good + `}`, "", "secret_file"},
		{`{` + good + `,"secret_file":"nowhere"}`, "", "secret"},
		{`{` + good + `,"secret":"in the open"}`, "x", "unknown field"},
		{`{` + good + `,"required":["king"]}`, "x", "required"},
		{`{` + good + `,"required":["nurse"],"second_factor":{"amr":["otp"]}}`, "x", ""},
		{`{"name":"N","issuer":"http://login.northfield.example","client":"milieu"}`, "x", "https"},
		{`{"name":"N","issuer":"http://localhost:3000","client":"milieu"}`, "x", ""},
		{`{"name":"N","issuer":"https://a@login.example","client":"milieu"}`, "x", "issuer"},
		{`{"name":"N","issuer":"https://login.example?x=y","client":"milieu"}`, "x", "issuer"},
		{`{"name":"N","issuer":"https://login.example"}`, "x", "client"},
		{`{"issuer":"https://login.example","client":"milieu"}`, "x", "name"},
		{`nothing`, "x", "reading"},
	} {
		path := filepath.Join(dir, "organisation.json")
		if err := os.WriteFile(path, []byte(c.text), 0o600); err != nil {
			t.Fatal(err)
		}
		t.Setenv(SecretVariable, c.variable)
		s, err := Load(path)
		if c.wrong == "" && (err != nil || s.secret == "" || strings.HasSuffix(s.secret, "\n")) || c.wrong != "" && (err == nil || !strings.Contains(err.Error(), c.wrong)) {
			t.Errorf("%s: %v", c.text, err)
		}
	}
}
