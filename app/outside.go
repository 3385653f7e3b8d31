package app

import (
	"fmt"
	"net/netip"
	"net/url"

	"milieu/kit/web"
)

// outsideFlags say how a house is reached.
type outsideFlags struct {
	Origin string   `placeholder:"URL" help:"The house's address as people type it, as https://milieu.example.org. Asked for under another name, it answers nothing."`
	Secure bool     `help:"Served over TLS by a proxy: cookies are sent over TLS only, and browsers keep to it."`
	Behind []string `name:"behind-proxy" placeholder:"CIDR" help:"The proxies in front, as 10.0.0.0/8: they say who asks (X-Forwarded-For, X-Forwarded-Proto), nobody else is believed. With it, --secure."`
}

func (f *outsideFlags) outside() (o web.Outside, err error) {
	o.Secure = f.Secure || len(f.Behind) > 0
	for _, text := range f.Behind {
		p, err := netip.ParsePrefix(text)
		if err != nil {
			one, bad := netip.ParseAddr(text)
			if bad != nil {
				return o, fmt.Errorf("--behind-proxy %s: %w; write it as 10.0.0.0/8", text, err)
			}
			p = netip.PrefixFrom(one, one.BitLen())
		}
		if p.Bits() == 0 {
			return o, fmt.Errorf("--behind-proxy %s would believe everybody", text)
		}
		o.Proxies = append(o.Proxies, p)
	}
	o.Origin, err = origin(f.Origin)
	return o, err
}

// origin brings an address into the one form in which browsers give it: no path, no port that goes without saying.
func origin(text string) (string, error) {
	if text == "" {
		return "", nil
	}
	u, err := url.Parse(text)
	if err != nil || u.Scheme != "https" && u.Scheme != "http" || u.Hostname() == "" || u.User != nil || u.Path != "" && u.Path != "/" || u.RawQuery != "" || u.Fragment != "" {
		return "", fmt.Errorf("--origin %s: write it as https://milieu.example.org", text)
	}
	if port := u.Port(); port == "443" && u.Scheme == "https" || port == "80" && u.Scheme == "http" {
		u.Host = u.Host[:len(u.Host)-len(port)-1]
	}
	return u.Scheme + "://" + u.Host, nil
}
