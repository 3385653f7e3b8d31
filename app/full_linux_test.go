package app_test

import (
	"errors"
	"net/http"
	"os"
	"path/filepath"
	"syscall"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"milieu/kit/clock"
	"milieu/kit/record"
)

// disk is a folder for data and the two acts of a full disk: fill leaves no room for a process's files, empty gives it back.
type disk struct {
	dir         string
	fill, empty func(*process)
	reads       bool // what was set aside beforehand can still be written, so that what is read can be logged
}

// limit is a disk that is full for one process: its files may not grow. It needs no rights, and is the same for root as for everybody.
func limit(t *testing.T) disk {
	set := func(p *process, soft uint64) {
		if err := unix.Prlimit(p.Process.Pid, unix.RLIMIT_FSIZE, &unix.Rlimit{Cur: soft, Max: unix.RLIM_INFINITY}, nil); err != nil {
			t.Fatal(err)
		}
	}
	return disk{t.TempDir(), func(p *process) { set(p, 4096) }, func(p *process) { set(p, unix.RLIM_INFINITY) }, false}
}

// mounted is a small file system of its own in memory, which is filled to the last byte. The error says that none may be mounted here.
func mounted(t *testing.T) (disk, error) {
	dir := t.TempDir()
	if err := syscall.Mount("tmpfs", dir, "tmpfs", 0, "size=24m"); err != nil {
		return disk{}, err
	}
	t.Cleanup(func() {
		if err := syscall.Unmount(dir, syscall.MNT_DETACH); err != nil {
			t.Errorf("unmounting: %v", err)
		}
	})
	ballast := filepath.Join(dir, "ballast")
	fill := func(*process) {
		f, err := os.OpenFile(ballast, os.O_CREATE|os.O_WRONLY|os.O_APPEND, 0o600)
		if err != nil {
			t.Fatal(err)
		}
		defer f.Close()
		for size := 1 << 20; size > 0; {
			if _, err := f.Write(make([]byte, size)); err != nil {
				size /= 4
			}
		}
	}
	empty := func(*process) {
		if err := os.Remove(ballast); err != nil && !errors.Is(err, os.ErrNotExist) {
			t.Fatal(err)
		}
	}
	return disk{dir, fill, empty, true}, nil
}

// TestNoSpace (F3, F4): what cannot be written is not said to be taken, reading goes on, and with room again all goes on by itself. Once on files
// into which nothing can be written behind their first page, whoever runs it: there neither place of the view log takes anything, and reading is
// refused in words. Once more on a disk that is really full, wherever one may be mounted: there the second place has its room set aside.
func TestNoSpace(t *testing.T) {
	t.Parallel()
	t.Run("files that may not grow", func(t *testing.T) { noSpace(t, limit(t)) })
	d, err := mounted(t)
	if err != nil {
		t.Logf("no disk of its own: %v", err)
		return
	}
	t.Run("a disk of its own", func(t *testing.T) { noSpace(t, d) })
}

func noSpace(t *testing.T, d disk) {
	dir := filepath.Join(d.dir, "data")
	first, h := demo(t, dir)
	first.kill()
	address := free(t)
	url := "http://" + address
	p := serve(t, dir, address)
	client := &http.Client{Timeout: 20 * time.Second}
	file := func() (int64, int) { return h.check(client, url, record.NewID(clock.Deadline(0)).String()) }
	if seq, code := file(); seq == 0 {
		t.Fatalf("before the disk is full: %d", code)
	}
	d.fill(p)
	refused, taken := 0, []int64{}
	for range 300 { // what is reserved is used up first
		seq, code := file()
		if seq != 0 {
			taken = append(taken, seq)
			continue
		}
		if code != http.StatusInsufficientStorage && code != http.StatusServiceUnavailable {
			t.Fatalf("on a full disk: %d\n%s", code, p.errs)
		}
		if refused++; refused == 5 {
			break
		}
	}
	if refused == 0 {
		t.Fatal("the disk never was full")
	}
	before, err := h.read(client, url, 0)
	if d.reads && err != nil {
		t.Fatalf("reading on a full disk: %v", err)
	}
	if !d.reads && !errors.Is(err, refusedWith(http.StatusServiceUnavailable)) {
		t.Fatalf("reading when no view can be logged: %v", err)
	}
	if res, err := client.Get(url + "/healthz"); err != nil || res.StatusCode != http.StatusOK {
		t.Errorf("health on a full disk: %v %v", res, err)
	}
	d.empty(p)
	since := clock.Deadline(0)
	for seq := int64(0); seq == 0; seq, _ = file() {
		if clock.Deadline(0).Sub(since) > 20*time.Second {
			t.Fatalf("with room again it does not go on\n%s", p.errs)
		}
	}
	t.Logf("%d taken of the reserve; went on %s after there was room", len(taken), clock.Deadline(0).Sub(since).Round(time.Millisecond))
	after, err := h.read(client, url, 0)
	if err != nil || d.reads && len(after) != len(before)+1 {
		t.Errorf("%d entries on the full disk, %d afterwards: %v", len(before), len(after), err)
	}
	p.kill()
	if out, err := run(t, "verify", "--data", dir); err != nil {
		t.Errorf("the record does not verify: %v %s", err, out)
	}
}
