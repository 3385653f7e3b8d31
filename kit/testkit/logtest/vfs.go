package logtest

import (
	"sync"
	"testing"

	"milieu/kit/db/vault"
)

var (
	register sync.Once
	name     string
	failed   error
)

// VFS is the name under which this process's tests open encrypted files.
func VFS(t testing.TB) string {
	t.Helper()
	keys := Keys(t)
	register.Do(func() { name, failed = vault.Register(keys, vault.Options{}) })
	if failed != nil {
		t.Fatal(failed)
	}
	return name
}
