package app_test

import (
	"bytes"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/rogpeppe/go-internal/testscript"

	"milieu/kit/clock"
)

// TestScripts tells whole flows as they are typed: testdata/scripts.
func TestScripts(t *testing.T) {
	testscript.Run(t, testscript.Params{
		Dir: "testdata/scripts",
		Cmds: map[string]func(*testscript.TestScript, bool, []string){
			"port": port, "get": fetch, "type-back": typeBack, "flip": flip,
		},
		Setup: func(e *testscript.Env) error {
			e.Setenv("XDG_CONFIG_HOME", e.WorkDir+"/config")
			return nil
		},
	})
}

// port NAME: an address that is free now.
func port(ts *testscript.TestScript, _ bool, args []string) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	ts.Check(err)
	defer l.Close()
	ts.Setenv(args[0], l.Addr().String())
}

// get URL STATUS: asks until somebody is there, and keeps the body in the file "answer".
func fetch(ts *testscript.TestScript, _ bool, args []string) {
	want, err := strconv.Atoi(args[1])
	ts.Check(err)
	client := &http.Client{CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	var res *http.Response
	for end := clock.Deadline(30 * time.Second); clock.Deadline(0).Before(end); time.Sleep(30 * time.Millisecond) {
		if res, err = client.Get(args[0]); err == nil {
			break
		}
	}
	ts.Check(err)
	defer res.Body.Close()
	b, err := io.ReadAll(res.Body)
	ts.Check(err)
	ts.Check(os.WriteFile(ts.MkAbs("answer"), b, 0o600))
	if res.StatusCode != want {
		ts.Fatalf("%s: %d %s", args[0], res.StatusCode, b)
	}
}

// type-back right|wrong ARGS…: runs milieu and types the recovery sheet back, as it stands on the screen or with one letter changed.
func typeBack(ts *testscript.TestScript, neg bool, args []string) {
	c := exec.Command(os.Args[0], args[1:]...)
	c.Env = append(os.Environ(), asProgram+"=1")
	c.Dir = ts.MkAbs(".")
	in, err := c.StdinPipe()
	ts.Check(err)
	out, err := c.StdoutPipe()
	ts.Check(err)
	var errs bytes.Buffer
	c.Stderr = &errs
	ts.Check(c.Start())
	var seen strings.Builder
	buf := make([]byte, 4096)
	for typed := false; ; {
		n, err := out.Read(buf)
		seen.Write(buf[:n])
		if !typed && strings.Contains(seen.String(), "end with an empty line:") {
			typed = true
			for line := range strings.SplitSeq(seen.String(), "\n") {
				if strings.HasPrefix(line, "database-") || strings.HasPrefix(line, "seed") {
					if args[0] == "wrong" && strings.HasPrefix(line, "seed") {
						line = strings.Replace(line, line[5:6], string('A'+('B'-line[5])&1), 1)
					}
					_, err := io.WriteString(in, strings.ToLower(line)+"\n")
					ts.Check(err)
				}
			}
			ts.Check(in.Close())
		}
		if err != nil {
			break
		}
	}
	err = c.Wait()
	ts.Check(os.WriteFile(ts.MkAbs("said"), []byte(seen.String()+errs.String()), 0o600))
	if (err != nil) != neg {
		ts.Fatalf("milieu %v: %v\n%s%s", args[1:], err, seen.String(), errs.String())
	}
}

// flip FILE PART: turns one bit in the middle of the PARTth quarter of a file.
func flip(ts *testscript.TestScript, _ bool, args []string) {
	b, err := os.ReadFile(ts.MkAbs(args[0]))
	ts.Check(err)
	part, err := strconv.Atoi(args[1])
	ts.Check(err)
	b[len(b)*(2*part-1)/8] ^= 4
	ts.Check(os.WriteFile(ts.MkAbs(args[0]), b, 0o600))
}
