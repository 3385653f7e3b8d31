package app_test

import (
	"bytes"
	"context"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io/fs"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"
	"time"

	"milieu/kit/access"
	"milieu/kit/record"
	"milieu/kit/signin"
)

// canary is what somebody writes, is called, or signs in with, in this test: wherever it is found, that would be found too.
const canary = "Zyxxtqua"

// forms are a text as it might stand somewhere without being seen at once.
func forms(text string) [][]byte {
	upper := strings.ToUpper(text)
	return [][]byte{[]byte(text), []byte(strings.ToLower(text)), []byte(upper), []byte(base64.StdEncoding.EncodeToString([]byte(text))[:8]), []byte(hex.EncodeToString([]byte(text))), []byte(url.QueryEscape(text))}
}

func holds(b []byte, text string) bool {
	for _, form := range forms(text) {
		if bytes.Contains(b, form) {
			return true
		}
	}
	return false
}

// TestNothingPersonalInLogs (F23): names, notes, passwords, codes and tokens stand in no line of the log, whatever is taken, refused or fails,
// and what matters to security does.
func TestNothingPersonalInLogs(t *testing.T) {
	t.Parallel()
	w := furnish(t, 2)
	ctx := context.Background()
	password := canary + " correct horse battery"
	if err := signin.SetPassword(ctx, w.Committer, w.Clock, w.home.Staff[access.Nurse], password); err != nil {
		t.Fatal(err)
	}
	nurse, name := w.home.Staff[access.Nurse], ""
	if err := w.DB.Read(ctx).QueryRow("SELECT sign_in FROM staff_person_v1 WHERE person = $1", nurse[:]).Scan(&name); err != nil {
		t.Fatal(err)
	}
	for _, one := range [][2]string{{canary, "wrong " + canary}, {name, canary + " wrong"}, {name, password}, {password, ""}, {strings.Repeat(canary, 50), password}} {
		w.do(call{method: http.MethodPost, path: "/sign-in", body: url.Values{"name": {one[0]}, "password": {one[1]}}.Encode(), kind: formType})
	}
	w.do(call{method: http.MethodGet, path: "/welcome/" + canary + strings.Repeat("a", 35)})
	w.do(call{method: http.MethodGet, path: "/api/kinds", token: "milieu_" + canary})
	w.do(call{method: http.MethodGet, path: "/clients?q=" + canary, cookies: w.cookie[access.Administrator]})
	w.post("/clients", url.Values{"q": {canary}}, w.cookie[access.Nurse])
	w.do(call{method: http.MethodGet, path: "/" + canary, cookies: []*http.Cookie{{Name: "milieu", Value: canary}}, head: map[string]string{"User-Agent": canary, "Referer": "http://" + canary, "X-Forwarded-For": canary}})
	w.do(call{method: http.MethodPut, path: "/drafts/" + canary, cookies: w.cookie[access.Nurse], body: `[["words","` + canary + `"]]`, kind: "application/json"})
	for _, k := range lastly(w.Kinds.All()) {
		if k.Own || strings.HasSuffix(k.Name, ".discharged") || strings.HasSuffix(k.Name, "unit_closed") {
			continue
		}
		role, chart := w.filer(k, false)
		for _, l := range leaves(k.Type(), nil) {
			form := url.Values{"id": {record.NewID(w.clock.Now()).String()}, "chart": {chart.String()}}
			var body map[string]any
			raw, _ := record.Canonical(k.Example) // every example is tried elsewhere
			if err := json.Unmarshal(raw, &body); err != nil {
				t.Fatal(err)
			}
			fields(form, "", k.Type(), body)
			form.Set(strings.TrimSuffix(l.String(), ".0"), canary) // where it is no text, it is refused
			w.post("/entries/"+k.Name, form, w.cookie[role])
			if l.typ.Kind() == reflect.String {
				e := sample(t, k, chart, w.clock.Now())
				e.Body = json.RawMessage(filled(holed(t, k, l), `"`+canary+`"`))
				w.do(call{method: http.MethodPost, path: "/api/entries", token: w.token[access.Supervisor], kind: "application/json", body: asJSON(t, e)})
			}
		}
	}
	w.emptyTray()
	// A failure of ours tells its cause, which may be anything: here that the database is gone in the middle of it.
	stopped, stop := context.WithCancel(ctx)
	stop()
	w.within(stopped, call{method: http.MethodGet, path: "/clients?q=" + canary, cookies: w.cookie[access.Nurse]})
	w.do(call{method: http.MethodPost, path: "/sign-out", cookies: w.cookie[access.CaseManager]})
	log := w.log.String()
	for line := range strings.SplitSeq(log, "\n") {
		if holds([]byte(line), canary) {
			t.Errorf("the log says: %.300s", line)
		}
	}
	for role, token := range w.token {
		if strings.Contains(log, token) {
			t.Errorf("the token of a %s is in the log", role)
		}
		for _, c := range w.cookie[role] {
			if strings.Contains(log, c.Value) {
				t.Errorf("the cookie %s of a %s is in the log", c.Name, role)
			}
		}
	}
	for _, what := range []string{"signed in", "sign-in refused", "token refused", "signed out"} {
		if !strings.Contains(log, "what=\""+what+"\"") {
			t.Errorf("the log does not say %q", what)
		}
	}
}

func asJSON(t *testing.T, e *record.Entry) string {
	t.Helper()
	raw, err := json.Marshal([]any{machine(e)})
	if err != nil {
		t.Fatal(err)
	}
	return string(raw)
}

// TestNothingReadableLiesAround (F23): a running house leaves nothing readable in its data, its backups, its log or the machine's folder for
// temporary files, and gives nothing to its environment.
func TestNothingReadableLiesAround(t *testing.T) {
	t.Parallel()
	root := t.TempDir()
	dir, temporary, kept := filepath.Join(root, "data"), filepath.Join(root, "tmp"), filepath.Join(root, "backup")
	for _, one := range []string{temporary, kept} {
		if err := os.Mkdir(one, 0o700); err != nil {
			t.Fatal(err)
		}
	}
	first, h := demo(t, dir)
	first.kill()
	address := free(t)
	p := startIn(t, []string{"TMPDIR=" + temporary, "TMP=" + temporary}, "serve", "--data", dir, "--addr", address, "--backup", kept)
	p.line()
	client := &http.Client{Timeout: 20 * time.Second}
	body := fmt.Sprintf(`[{"id":%q,"chart":%q,"kind":"clients.flag_set","version":1,"happened":%q,"written":%q,"body":%s}]`, record.NewID(begun), h.Clients[0], begun.Format(time.RFC3339), begun.Format(time.RFC3339), `{"text":"`+canary+`"}`)
	for _, role := range []string{"nurse", "supervisor"} {
		req, err := http.NewRequest(http.MethodPost, "http://"+address+"/api/entries", strings.NewReader(body))
		if err != nil {
			t.Fatal(err)
		}
		req.Header.Set("Authorization", "Bearer "+h.Tokens[role])
		res, err := client.Do(req)
		if err != nil {
			t.Fatal(err)
		}
		res.Body.Close()
	}
	seq, _ := h.check(client, "http://"+address, record.NewID(begun).String())
	if out, err := run(t, "backup", "--data", dir, filepath.Join(root, "more")); err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	link := h.SignIn["nurse"][strings.LastIndex(h.SignIn["nurse"], "/")+1:]
	files, size := 0, int64(0)
	err := filepath.WalkDir(root, func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() || filepath.Base(path) == "demo.key" || !d.Type().IsRegular() {
			return err
		}
		b, err := os.ReadFile(path)
		files, size = files+1, size+int64(len(b))
		for what, text := range map[string]string{"a note": canary, "a token": h.Tokens["nurse"], "a link": link, "a kind of entry": "rounds.checked", "a chart": h.Clients[0], "a table": "CREATE TABLE"} {
			if bytes.Contains(b, []byte(text)) {
				t.Errorf("%s is readable in %s", what, strings.TrimPrefix(path, root))
			}
		}
		return err
	})
	if err != nil || files < 5 || seq == 0 {
		t.Errorf("%d files of %d bytes, entry %d: %v", files, size, seq, err)
	}
	if left, err := os.ReadDir(temporary); err != nil || len(left) > 0 {
		t.Errorf("left among the temporary files: %v %v", left, err)
	}
	if holds([]byte(p.errs.String()), canary) || strings.Contains(p.errs.String(), h.Tokens["nurse"]) {
		t.Errorf("the log says too much: %s", p.errs)
	}
	t.Logf("%d files, %d kB", files, size>>10)
}
