package view

import (
	"testing"

	"milieu/kit/record"
)

// FilePlain logs rows as an older program did, without salts.
func FilePlain(t testing.TB, l *Log, rows ...Row) {
	t.Helper()
	now := l.clock.Now()
	var list []*Row
	for i := range rows {
		rows[i].Kind, rows[i].At = Seen, now
		list = append(list, &rows[i])
	}
	if err := l.file(list, record.NewID(now)); err != nil {
		t.Fatal(err)
	}
}
