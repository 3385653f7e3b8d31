package cert

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/sha256"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"math/big"
	"net"
	"os"
	"slices"
	"strings"
	"time"

	"milieu/kit/clock"
)

const (
	authorityYears = 10
	ownLength      = 90 * 24 * time.Hour // of the certificate that browsers see; its key is never written anywhere
	ownRenewed     = 30 * 24 * time.Hour // before it ends
)

// Own keeps a certificate that the house signs for itself. Devices trust it once the house's authority, which is written to authorityFile, has
// been installed on them. The authority's key follows from secret (32 bytes), so that no key lies in a file, and it can speak for nothing but
// names: whoever steals it can pretend to be this house and no other. The authority is written anew when the names are others than before;
// fresh says so, and that devices need it again.
func Own(c clock.Clock, log *slog.Logger, authorityFile string, secret []byte, names []string) (k *Kept, fingerprint string, fresh bool, err error) {
	key, err := ecdsa.ParseRawPrivateKey(elliptic.P256(), secret)
	if err != nil {
		return nil, "", false, fmt.Errorf("making the authority's key: %w", err)
	}
	authority, err := readAuthority(authorityFile)
	if err != nil {
		return nil, "", false, err
	}
	if authority == nil || !key.PublicKey.Equal(authority.PublicKey) || !speaksFor(authority, names) || c.Now().Add(2*ownLength).After(authority.NotAfter) {
		if authority, err = newAuthority(key, names, c.Now()); err != nil {
			return nil, "", false, fmt.Errorf("making the house's authority: %w", err)
		}
		text := pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: authority.Raw})
		if err := os.WriteFile(authorityFile, text, 0o644); err != nil { //nolint:gosec // it is public: devices install it
			return nil, "", false, fmt.Errorf("keeping the house's authority: %w", err)
		}
		fresh = true
	}
	var until time.Time
	k, err = keep(c, log, func(now time.Time) (*tls.Certificate, error) {
		if until.Sub(now) > ownRenewed && until.Sub(now) <= ownLength {
			return nil, nil //nolint:nilnil // nothing newer, as renew says
		}
		pair, err := sign(authority, key, names, now)
		if err == nil {
			until = pair.Leaf.NotAfter
		}
		return pair, err
	})
	sum := sha256.Sum256(authority.Raw)
	return k, strings.ReplaceAll(fmt.Sprintf("% X", sum), " ", ":"), fresh, err
}

func readAuthority(file string) (*x509.Certificate, error) {
	raw, err := os.ReadFile(file)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil //nolint:nilnil // none yet
	}
	if err != nil {
		return nil, fmt.Errorf("reading the house's authority: %w", err)
	}
	block, _ := pem.Decode(raw)
	if block == nil {
		return nil, fmt.Errorf("%s holds no certificate; take it away, and a new one is made", file)
	}
	authority, err := x509.ParseCertificate(block.Bytes)
	if err != nil {
		return nil, fmt.Errorf("reading the house's authority from %s: %w; take it away, and a new one is made", file, err)
	}
	return authority, nil
}

// split parts names of hosts from addresses.
func split(names []string) (hosts []string, addresses []net.IP) {
	for _, name := range names {
		if ip := net.ParseIP(name); ip != nil {
			addresses = append(addresses, ip)
		} else {
			hosts = append(hosts, strings.ToLower(name))
		}
	}
	return hosts, addresses
}

func speaksFor(authority *x509.Certificate, names []string) bool {
	hosts, addresses := split(names)
	for _, host := range hosts {
		if !slices.Contains(authority.PermittedDNSDomains, host) {
			return false
		}
	}
	for _, ip := range addresses {
		if !slices.ContainsFunc(authority.PermittedIPRanges, func(n *net.IPNet) bool { return n.Contains(ip) }) {
			return false
		}
	}
	return true
}

func number() (*big.Int, error) { return rand.Int(rand.Reader, new(big.Int).Lsh(big.NewInt(1), 120)) }

func newAuthority(key *ecdsa.PrivateKey, names []string, now time.Time) (*x509.Certificate, error) {
	serial, err := number()
	if err != nil {
		return nil, err
	}
	hosts, addresses := split(names)
	template := &x509.Certificate{
		SerialNumber: serial, Subject: pkix.Name{CommonName: "Milieu at " + names[0] + " " + now.Format(time.DateOnly)}, NotBefore: now.Add(-time.Hour), NotAfter: now.AddDate(authorityYears, 0, 0),
		IsCA: true, BasicConstraintsValid: true, MaxPathLenZero: true, KeyUsage: x509.KeyUsageCertSign, ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth},
		PermittedDNSDomainsCritical: true, PermittedDNSDomains: hosts,
	}
	if len(hosts) == 0 {
		template.ExcludedDNSDomains = []string{""} // what is not named is excluded, or it would be free
	}
	for _, ip := range addresses {
		bits := 128
		if four := ip.To4(); four != nil {
			ip, bits = four, 32
		}
		template.PermittedIPRanges = append(template.PermittedIPRanges, &net.IPNet{IP: ip, Mask: net.CIDRMask(bits, bits)})
	}
	if len(addresses) == 0 {
		_, four, _ := net.ParseCIDR("0.0.0.0/0") // both are well-formed
		_, six, _ := net.ParseCIDR("::/0")
		template.ExcludedIPRanges = []*net.IPNet{four, six}
	}
	raw, err := x509.CreateCertificate(rand.Reader, template, template, &key.PublicKey, key)
	if err != nil {
		return nil, err
	}
	return x509.ParseCertificate(raw)
}

// sign makes the certificate that browsers see, with a key that lives in memory alone.
func sign(authority *x509.Certificate, by *ecdsa.PrivateKey, names []string, now time.Time) (*tls.Certificate, error) {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return nil, fmt.Errorf("making a certificate: %w", err)
	}
	serial, err := number()
	if err != nil {
		return nil, fmt.Errorf("making a certificate: %w", err)
	}
	template := &x509.Certificate{SerialNumber: serial, Subject: pkix.Name{CommonName: names[0]}, NotBefore: now.Add(-time.Hour), NotAfter: now.Add(ownLength),
		KeyUsage: x509.KeyUsageDigitalSignature, ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth}, BasicConstraintsValid: true}
	template.DNSNames, template.IPAddresses = split(names)
	raw, err := x509.CreateCertificate(rand.Reader, template, authority, &key.PublicKey, by)
	if err != nil {
		return nil, fmt.Errorf("signing a certificate: %w", err)
	}
	leaf, err := x509.ParseCertificate(raw)
	if err != nil {
		return nil, fmt.Errorf("signing a certificate: %w", err)
	}
	return &tls.Certificate{Certificate: [][]byte{raw, authority.Raw}, PrivateKey: key, Leaf: leaf}, nil
}
