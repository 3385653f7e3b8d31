package vault

import (
	"fmt"
	"net/url"
	"path/filepath"
	"slices"
	"strings"

	"milieu/kit/db/vault/shim"

	"modernc.org/libc"
	sqlite3 "modernc.org/sqlite/lib"
)

// refusals are the settings that would write in clear, lose what was acknowledged, or
// leave the frozen format.
var refusals = map[string]struct {
	allowed []string
	reason  string
}{
	"synchronous":  {[]string{"1", "2", "3", "normal", "full", "extra"}, "without syncs neither the log nor the page tokens can be trusted after a power cut"},
	"journal_mode": {[]string{"wal", "delete"}, "only WAL is supported, and DELETE to create the database"},
	"temp_store":   {[]string{"2", "memory"}, "temporary files would be written in clear"},
	"auto_vacuum":  {[]string{"0", "none"}, "the format has no auto-vacuum"},
	"page_size":    {[]string{"4096"}, "pages have 4096 bytes"},
}

// refusedPragma says in words why a setting is refused, or "".
func refusedPragma(zName, zValue uintptr) string {
	if zName == 0 || zValue == 0 {
		return ""
	}
	name := strings.ToLower(libc.GoString(zName))
	value := strings.ToLower(strings.Trim(libc.GoString(zValue), "'\" "))
	r, ok := refusals[name]
	if !ok || slices.Contains(r.allowed, value) {
		return ""
	}
	return fmt.Sprintf("%s=%s is refused by the vault: %s", name, value, r.reason)
}

// pragmaError gives SQLite the message in memory of its own.
func pragmaError(t *libc.TLS, arg uintptr, message string) int32 {
	z := sqlite3.Xsqlite3_malloc(t, int32(len(message)+1))
	if z == 0 {
		return sqlite3.SQLITE_NOMEM
	}
	b := shim.Bytes(z, len(message)+1)
	b[copy(b, message)] = 0
	shim.SetPointerAt(arg, 0, z)
	return sqlite3.SQLITE_ERROR
}

// DSN is the connection string for modernc.org/sqlite: the file, the VFS, transactions
// that take the write lock at once, temporary tables in memory, and then the pragmas
// given, each like "journal_mode(wal)".
func DSN(path, vfsName string, pragmas ...string) string {
	slashed := filepath.ToSlash(path)
	if filepath.VolumeName(path) != "" {
		slashed = "/" + slashed
	}
	var b strings.Builder
	b.WriteString("file:" + (&url.URL{Path: slashed}).EscapedPath())
	b.WriteString("?vfs=" + url.QueryEscape(vfsName) + "&_txlock=immediate")
	for _, p := range append([]string{"busy_timeout(5000)", "temp_store(memory)"}, pragmas...) {
		b.WriteString("&_pragma=" + url.QueryEscape(p))
	}
	return b.String()
}
