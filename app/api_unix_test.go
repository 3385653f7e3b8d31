//go:build unix

package app_test

import (
	"bytes"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"milieu/kit/clock"
)

var shellBlock = regexp.MustCompile("(?s)```sh\n(.*?)```")

// TestTheLinesOfTheDocument runs every line of docs/api.md, as somebody does who pastes one block after another, against a demo of its own.
func TestTheLinesOfTheDocument(t *testing.T) {
	t.Parallel()
	text, err := os.ReadFile("../docs/api.md")
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	// `milieu` is this program, with a small demo. What streams is read for two seconds; a status that tells of a failure ends the script.
	for name, script := range map[string]string{
		"milieu": `exec env ` + asProgram + `=1 "` + os.Args[0] + `" "$@" --still --beds 3 --hours 1`,
		"curl":   `case "$*" in *-sN*) timeout 2 "$CURL" --fail-with-body "$@" || [ $? = 124 ];; *) exec "$CURL" --fail-with-body "$@";; esac`,
	} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte("#!/bin/bash\n"+script+"\n"), 0o700); err != nil {
			t.Fatal(err)
		}
	}
	curl, err := exec.LookPath("curl")
	if err != nil {
		t.Fatalf("%v: scripts/setup installs it", err)
	}
	var script strings.Builder
	blocks := shellBlock.FindAllSubmatch(text, -1)
	for i, b := range blocks {
		fmt.Fprintf(&script, "echo; echo '=== %d'\n%s", i, b[1])
	}
	c := exec.Command("bash", "-euo", "pipefail", "-c", script.String())
	c.Dir = dir
	c.Env = append(os.Environ(), "PATH="+dir+":"+os.Getenv("PATH"), "CURL="+curl, "TMPDIR="+dir)
	c.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	var out, errs bytes.Buffer
	c.Stdout, c.Stderr, c.WaitDelay = &out, &errs, time.Second // the demo holds its ends open
	if err := c.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = syscall.Kill(-c.Process.Pid, syscall.SIGKILL) }) // the demo
	ended := make(chan error, 1)
	go func() { ended <- c.Wait() }()
	select {
	case err = <-ended:
	case <-clock.System().After(60 * time.Second):
		_ = syscall.Kill(-c.Process.Pid, syscall.SIGKILL)
		err = <-ended
	}
	if _, failed := err.(*exec.ExitError); failed || len(blocks) < 6 {
		t.Fatalf("%d blocks: %v\n%s\n%s", len(blocks), err, out.String(), errs.String())
	}
	said := strings.Split(out.String(), "\n=== ")
	last := said[len(said)-1]
	if n := strings.Count(last, "accepted"); n != 4 {
		t.Errorf("%d entries of the story were accepted:\n%s", n, last)
	}
	var kinds []string
	for line := range strings.Lines(last) {
		if f := strings.Split(line, "\t"); len(f) == 3 {
			kinds = append(kinds, f[0]+" "+f[1])
		}
	}
	if want := []string{"1 clients.registered", "2 clients.admitted", "3 rounds.checked"}; !slices.Equal(kinds, want) {
		t.Errorf("read back %v, want %v:\n%s", kinds, want, last)
	}
	if !strings.Contains(out.String(), `"status":"ok"`) || strings.Contains(out.String(), `"rejected"`) || !strings.Contains(out.String(), "event: now") {
		t.Errorf("the lines print\n%s", out.String())
	}
}
