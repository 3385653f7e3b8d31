package app

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"log"
	"log/slog"
	"net"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"milieu/kit/cert"
	"milieu/kit/clock"
	"milieu/kit/web"
)

// tlsFlags say by which certificate browsers know the house.
type tlsFlags struct {
	TLS      string `name:"tls" enum:",self" default:"" placeholder:"self" help:"self: serve over TLS with a certificate that the house signs for itself; its authority is written to house-ca.pem in the data folder, to be installed on the devices."`
	TLSCert  string `name:"tls-cert" type:"path" placeholder:"FILE" help:"Serve over TLS with this certificate and its chain (PEM). It is read again when it changes."`
	TLSKey   string `name:"tls-key" type:"path" placeholder:"FILE" help:"The certificate's key (PEM)."`
	Redirect string `placeholder:"HOST:PORT" help:"Listen here without TLS too, as 0.0.0.0:80, only to send browsers on to the address with TLS."`
}

const authorityFile = "house-ca.pem"

// certificate is what the flags ask for; nil without TLS.
func (f *tlsFlags) certificate(data *Data, origin, addr string, c clock.Clock, s *std) (*cert.Kept, error) {
	switch {
	case f.TLS != "" && (f.TLSCert != "" || f.TLSKey != ""):
		return nil, errors.New("--tls self and --tls-cert are two ways: choose one")
	case (f.TLSCert == "") != (f.TLSKey == ""):
		return nil, errors.New("--tls-cert and --tls-key belong together")
	case f.TLSCert != "":
		return cert.Files(c, s.log, f.TLSCert, f.TLSKey)
	case f.TLS == "":
		if f.Redirect != "" {
			return nil, errors.New("--redirect needs TLS: --tls-cert and --tls-key, or --tls self")
		}
		return nil, nil //nolint:nilnil // no TLS was asked for
	}
	names, err := ownNames(origin, addr)
	if err != nil {
		return nil, err
	}
	file := filepath.Join(data.Dir, authorityFile)
	kept, fingerprint, fresh, err := cert.Own(c, s.log, file, data.Keys.Derive("certificate authority", 32), names)
	if err != nil {
		return nil, err
	}
	if fresh {
		fmt.Fprintf(s.out, "The house has a new authority of its own for %s.\nInstall %s on each device, and compare its fingerprint there:\n  SHA-256 %s\n", strings.Join(names, ", "), file, fingerprint)
	}
	return kept, nil
}

// ownNames are the names that a certificate of our own speaks for: those by which this machine can be asked for.
func ownNames(origin, addr string) (names []string, err error) {
	if at, err := url.Parse(origin); err == nil && at.Hostname() != "" {
		names = append(names, at.Hostname())
	}
	host, _, err := net.SplitHostPort(addr)
	if err != nil {
		return nil, fmt.Errorf("reading the address %s: %w", addr, err)
	}
	if ip := net.ParseIP(host); host != "" && (ip == nil || !ip.IsUnspecified()) {
		names = append(names, host)
	} else if len(names) == 0 {
		machine, err := os.Hostname()
		if err != nil {
			return nil, fmt.Errorf("finding this machine's name: %w; say --origin", err)
		}
		names = append(names, machine, "localhost", "127.0.0.1", "::1")
	}
	slices.Sort(names[1:])
	return slices.Compact(names), nil
}

// redirect sends browsers on to the address with TLS until ctx ends. What a form sends without TLS is refused: it was readable on its way.
func redirect(ctx context.Context, l net.Listener, to func(*http.Request) string, log *slog.Logger) (done <-chan struct{}) {
	srv := web.Server(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Cache-Control", "no-store")
		w.Header().Set("X-Content-Type-Options", "nosniff")
		if r.Method != http.MethodGet && r.Method != http.MethodHead {
			http.Error(w, "nothing is taken in without TLS", http.StatusForbidden)
			return
		}
		http.Redirect(w, r, to(r)+r.URL.RequestURI(), http.StatusPermanentRedirect)
	}))
	srv.ErrorLog = quietly(log)
	gone := make(chan struct{})
	go func() {
		defer close(gone)
		if err := srv.Serve(l); !errors.Is(err, http.ErrServerClosed) {
			log.Error("nobody is sent on to TLS any more", "error", err)
		}
	}()
	context.AfterFunc(ctx, func() { _ = srv.Close() }) // it holds nothing worth waiting for
	return gone
}

// secured is where a request without TLS is sent on to: the house's address, or the one asked for at the port with TLS.
func secured(origin string, at net.Addr) func(*http.Request) string {
	return func(r *http.Request) string {
		if origin != "" {
			return origin
		}
		host, _, err := net.SplitHostPort(r.Host)
		if err != nil {
			host = strings.Trim(r.Host, "[]")
		}
		_, port, err := net.SplitHostPort(at.String())
		if err != nil || port == "443" {
			if strings.Contains(host, ":") {
				host = "[" + host + "]"
			}
			return "https://" + host
		}
		return "https://" + net.JoinHostPort(host, port)
	}
}

// quietly keeps the web server's own remarks out of the log unless they matter: who breaks off in the middle could otherwise fill the disk.
func quietly(to *slog.Logger) *log.Logger { return slog.NewLogLogger(to.Handler(), slog.LevelDebug) }

func over(k *cert.Kept) *tls.Config {
	if k == nil {
		return nil
	}
	return k.Config()
}
