// Package cert keeps the certificate by which browsers know the house: one that the house was given, read again when it has been renewed, or one
// that the house signs for itself, for a house that has no other.
package cert

import (
	"crypto/tls"
	"fmt"
	"log/slog"
	"os"
	"runtime"
	"sync"
	"time"

	"milieu/kit/clock"
)

// lookAgain is how often files are looked at for a newer certificate, and one of our own for its age.
const lookAgain = 10 * time.Second

// Kept is a certificate in use. It is renewed by itself, without a restart.
type Kept struct {
	clock clock.Clock
	log   *slog.Logger
	// renew gives a newer certificate, or nil when the one in use is to go on being used.
	renew func(now time.Time) (*tls.Certificate, error)

	mu     sync.Mutex
	now    *tls.Certificate
	looked time.Time
}

// Config is how connections are taken: TLS 1.3 and nothing older, and HTTP/2 where the browser knows it.
func (k *Kept) Config() *tls.Config {
	return &tls.Config{MinVersion: tls.VersionTLS13, NextProtos: []string{"h2", "http/1.1"},
		GetCertificate: func(*tls.ClientHelloInfo) (*tls.Certificate, error) { return k.current(), nil }}
}

// current is the certificate to show now.
func (k *Kept) current() *tls.Certificate {
	k.mu.Lock()
	defer k.mu.Unlock()
	now := k.clock.Now()
	if now.Sub(k.looked).Abs() < lookAgain {
		return k.now
	}
	k.looked = now
	next, err := k.renew(now)
	switch {
	case err != nil: // the one in use goes on: a half-written file is whole a moment later
		k.log.Warn("the certificate could not be renewed; the one in use goes on", "error", err)
	case next != nil:
		k.now = next
		k.log.Info("a newer certificate is in use", "until", next.Leaf.NotAfter.Format(time.DateOnly))
	}
	if left := k.now.Leaf.NotAfter.Sub(now); left < 0 {
		k.log.Error("the certificate has run out: browsers refuse this house", "since", k.now.Leaf.NotAfter)
	}
	return k.now
}

func keep(c clock.Clock, log *slog.Logger, renew func(time.Time) (*tls.Certificate, error)) (*Kept, error) {
	first, err := renew(c.Now())
	if err != nil {
		return nil, err
	}
	return &Kept{clock: c, log: log, renew: renew, now: first, looked: c.Now()}, nil
}

// Files keeps a certificate (with its chain) and its key from files in PEM, as a certificate authority's tools write them. When either file
// changes, both are read again.
func Files(c clock.Clock, log *slog.Logger, certFile, keyFile string) (*Kept, error) {
	var read [2]os.FileInfo
	return keep(c, log, func(time.Time) (*tls.Certificate, error) {
		var found [2]os.FileInfo
		same := true
		for i, name := range []string{certFile, keyFile} {
			info, err := os.Stat(name)
			if err != nil {
				return nil, fmt.Errorf("looking for the certificate: %w", err)
			}
			same = same && read[i] != nil && info.ModTime().Equal(read[i].ModTime()) && info.Size() == read[i].Size() && os.SameFile(info, read[i])
			found[i] = info
		}
		if same {
			return nil, nil //nolint:nilnil // nothing newer, as renew says
		}
		pair, err := tls.LoadX509KeyPair(certFile, keyFile)
		if err != nil {
			return nil, fmt.Errorf("reading the certificate %s with its key %s: %w", certFile, keyFile, err)
		}
		read = found
		if mode := found[1].Mode().Perm(); mode&0o007 != 0 && runtime.GOOS != "windows" {
			log.Warn("everybody on this machine can read the certificate's key: chmod o-rwx it, and have the certificate renewed", "file", keyFile, "mode", mode)
		}
		return &pair, nil
	})
}
