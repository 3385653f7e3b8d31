package cert_test

import (
	"bytes"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"encoding/pem"
	"fmt"
	"io"
	"log/slog"
	"math/big"
	"net"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
	"time"

	"milieu/kit/cert"
	"milieu/kit/clock"
)

var begun = time.Date(2026, 11, 19, 2, 0, 0, 0, time.UTC)

// shake connects over TLS as a browser does and gives the certificate it was shown.
func shake(k *cert.Kept, c clock.Clock, roots *x509.CertPool, name string, most uint16) (*x509.Certificate, tls.ConnectionState, error) {
	a, b := net.Pipe()
	defer a.Close()
	defer b.Close()
	go func() { // the client's error says all
		server := tls.Server(b, k.Config())
		_ = server.Handshake()
		_, _ = io.Copy(io.Discard, server)
	}()
	client := tls.Client(a, &tls.Config{RootCAs: roots, ServerName: name, Time: c.Now, MaxVersion: most, MinVersion: tls.VersionTLS10, NextProtos: []string{"h2"}}) //nolint:gosec // an old client is what is tried
	if err := client.Handshake(); err != nil {
		return nil, tls.ConnectionState{}, err
	}
	return client.ConnectionState().PeerCertificates[0], client.ConnectionState(), nil
}

// written makes a certificate with its key in two files.
func written(t *testing.T, dir, name string, mode os.FileMode) (certFile, keyFile string) {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{SerialNumber: big.NewInt(1), DNSNames: []string{name}, NotBefore: begun.Add(-time.Hour), NotAfter: begun.AddDate(1, 0, 0), IsCA: true, BasicConstraintsValid: true}
	raw, err := x509.CreateCertificate(rand.Reader, template, template, &key.PublicKey, key)
	if err != nil {
		t.Fatal(err)
	}
	secret, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		t.Fatal(err)
	}
	certFile, keyFile = filepath.Join(dir, "cert.pem"), filepath.Join(dir, "key.pem")
	for file, block := range map[string]*pem.Block{certFile: {Type: "CERTIFICATE", Bytes: raw}, keyFile: {Type: "PRIVATE KEY", Bytes: secret}} {
		if err := os.WriteFile(file, pem.EncodeToMemory(block), mode); err != nil {
			t.Fatal(err)
		}
		if err := os.Chmod(file, mode); err != nil {
			t.Fatal(err)
		}
	}
	return certFile, keyFile
}

func pool(t *testing.T, file string) *x509.CertPool {
	t.Helper()
	raw, err := os.ReadFile(file)
	roots := x509.NewCertPool()
	if err != nil || !roots.AppendCertsFromPEM(raw) {
		t.Fatalf("no certificate in %s: %v", file, err)
	}
	return roots
}

func TestFilesAreReadAgain(t *testing.T) {
	dir := t.TempDir()
	certFile, keyFile := written(t, dir, "one.test", 0o600)
	fake := clock.NewFake(begun)
	var told bytes.Buffer
	log := slog.New(slog.NewTextHandler(&told, nil))
	k, err := cert.Files(fake, log, certFile, keyFile)
	if err != nil {
		t.Fatal(err)
	}
	expect := func(step, name string) {
		t.Helper()
		got, _, err := shake(k, fake, pool(t, certFile), name, 0)
		if err != nil || got.DNSNames[0] != name {
			t.Errorf("%s: %v", step, err)
		}
	}
	expect("at first", "one.test")
	if told.Len() > 0 {
		t.Errorf("told of a key that is nobody else's: %s", &told)
	}
	old, err := os.ReadFile(certFile)
	if err != nil {
		t.Fatal(err)
	}
	written(t, dir, "another-name.test", 0o644)
	fake.Advance(time.Minute)
	expect("renewed", "another-name.test")
	if !strings.Contains(told.String(), "chmod") && runtime.GOOS != "windows" {
		t.Errorf("a key that everybody can read is not told of: %s", &told)
	}
	now, err := os.ReadFile(certFile)
	if err != nil {
		t.Fatal(err)
	}
	for step, content := range map[string][]byte{"the certificate of another key": old, "half a file": now[:len(now)/2], "nothing": nil} {
		told.Reset()
		if err := os.WriteFile(certFile, content, 0o600); err != nil {
			t.Fatal(err)
		}
		fake.Advance(time.Minute)
		roots := x509.NewCertPool()
		roots.AppendCertsFromPEM(now)
		if got, _, err := shake(k, fake, roots, "another-name.test", 0); err != nil || got.DNSNames[0] != "another-name.test" {
			t.Errorf("%s: %v", step, err)
		}
		if !strings.Contains(told.String(), "could not be renewed") {
			t.Errorf("%s: nothing is told: %s", step, &told)
		}
	}
	if _, err := cert.Files(fake, log, certFile, keyFile); err == nil {
		t.Error("begins without a certificate")
	}
}

func TestOwn(t *testing.T) {
	file := filepath.Join(t.TempDir(), "ca.pem")
	secret := bytes.Repeat([]byte{7}, 32)
	fake := clock.NewFake(begun)
	log := slog.New(slog.DiscardHandler)
	make := func(names ...string) (*cert.Kept, string, bool) {
		t.Helper()
		k, fingerprint, fresh, err := cert.Own(fake, log, file, secret, names)
		if err != nil {
			t.Fatal(err)
		}
		return k, fingerprint, fresh
	}
	k, first, fresh := make("milieu.test", "10.1.2.3")
	if !fresh || len(first) != 32*3-1 {
		t.Errorf("the first authority: fresh %v, %s", fresh, first)
	}
	installed := pool(t, file)
	for _, name := range []string{"milieu.test", "10.1.2.3"} {
		leaf, state, err := shake(k, fake, installed, name, 0)
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		if state.Version != tls.VersionTLS13 || state.NegotiatedProtocol != "h2" {
			t.Errorf("%s: %x %s", name, state.Version, state.NegotiatedProtocol)
		}
		if leaf.IsCA || leaf.NotAfter.Sub(leaf.NotBefore) > 100*24*time.Hour {
			t.Errorf("%s: a certificate of %s, authority %v", name, leaf.NotAfter.Sub(leaf.NotBefore), leaf.IsCA)
		}
	}
	if _, _, err := shake(k, fake, installed, "elsewhere.test", 0); err == nil {
		t.Error("it is taken for another name")
	}
	if _, _, err := shake(k, fake, installed, "milieu.test", tls.VersionTLS12); err == nil {
		t.Error("TLS 1.2 is taken")
	}
	before, _, err := shake(k, fake, installed, "milieu.test", 0)
	if err != nil {
		t.Fatal(err)
	}
	fake.Advance(61 * 24 * time.Hour)
	after, _, err := shake(k, fake, installed, "milieu.test", 0)
	if err != nil || before.Equal(after) {
		t.Errorf("after two months it is not renewed: %v", err)
	}
	if k, again, fresh := make("milieu.test", "10.1.2.3"); fresh || again != first {
		t.Error("a start makes another authority")
	} else if _, _, err := shake(k, fake, installed, "milieu.test", 0); err != nil {
		t.Errorf("after a start: %v", err)
	}
	// The authority's key is known to a thief: for other names it is of no use.
	thief, err := ecdsa.ParseRawPrivateKey(elliptic.P256(), secret)
	if err != nil {
		t.Fatal(err)
	}
	raw, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	block, _ := pem.Decode(raw)
	authority, err := x509.ParseCertificate(block.Bytes)
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"bank.test", "192.0.2.7"} {
		forged := &x509.Certificate{SerialNumber: big.NewInt(9), NotBefore: begun, NotAfter: begun.AddDate(0, 6, 0), ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth}}
		if ip := net.ParseIP(name); ip != nil {
			forged.IPAddresses = []net.IP{ip}
		} else {
			forged.DNSNames = []string{name}
		}
		der, err := x509.CreateCertificate(rand.Reader, forged, authority, &thief.PublicKey, thief)
		if err != nil {
			t.Fatal(err)
		}
		leaf, err := x509.ParseCertificate(der)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := leaf.Verify(x509.VerifyOptions{Roots: installed, DNSName: name, CurrentTime: fake.Now()}); err == nil {
			t.Errorf("the house's authority speaks for %s", name)
		}
	}
	if _, other, fresh := make("moved.test"); !fresh || other == first {
		t.Error("another name goes on with the old authority")
	}
	if err := os.WriteFile(file, []byte("no certificate"), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, _, _, err := cert.Own(fake, log, file, secret, []string{"milieu.test"}); err == nil || !strings.Contains(fmt.Sprint(err), "take it away") {
		t.Errorf("a damaged authority: %v", err)
	}
}
