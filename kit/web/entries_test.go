package web

import "testing"

func TestOwnPath(t *testing.T) {
	for path, want := range map[string]bool{
		"/": true, "/clients": true, "/clients?q=a%0Ab": true, "/a//b": true,
		"": false, "clients": false, "//elsewhere.test": false, "/\\elsewhere.test": false, "\\/elsewhere.test": false, "/\t/elsewhere.test": false,
		"/\n/elsewhere.test": false, "\t//elsewhere.test": false, "https://elsewhere.test": false, "javascript:alert(1)": false, "/a\x00": false,
	} {
		if OwnPath(path) != want {
			t.Errorf("%q: %v", path, !want)
		}
	}
}
