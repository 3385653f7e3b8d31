//go:build !unix

package pgtest

import "os/exec"

// account is whom the server runs as; only where there are Unix users is there a choice.
type account struct{}

func unprivileged() (*account, error) { return nil, nil }

func (*account) own(string) error { return nil }

func (*account) apply(*exec.Cmd) {}
