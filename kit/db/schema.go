package db

import (
	"fmt"
	"regexp"
	"strings"
)

var addColumn = regexp.MustCompile(`^ALTER TABLE (\w+) ADD COLUMN IF NOT EXISTS (\w+) `)

// Migrate makes the tables of a schema in a write transaction. What is there already stays: CREATE … IF NOT EXISTS, and for a table that has
// grown, a line of its own "ALTER TABLE t ADD COLUMN IF NOT EXISTS c …;", which SQLite does not know and is asked about here.
func Migrate(tx Tx, d Dialect, schema string) error {
	var rest strings.Builder
	flush := func() error {
		defer rest.Reset()
		if strings.TrimSpace(rest.String()) == "" {
			return nil
		}
		if err := tx.Exec(d.DDL(rest.String())); err != nil {
			return fmt.Errorf("making tables: %w", err)
		}
		return nil
	}
	for line := range strings.Lines(schema) {
		if !addColumn.MatchString(line) {
			rest.WriteString(line)
			continue
		}
		if err := flush(); err != nil { // in order: an index may stand on a column that an older table gets first
			return err
		}
		if err := addTo(tx, d, strings.TrimSpace(line)); err != nil {
			return err
		}
	}
	return flush()
}

// addTo adds a column to a table that may have it.
func addTo(tx Tx, d Dialect, line string) error {
	if d == SQLite {
		named := addColumn.FindStringSubmatch(line)
		there, err := Exists(tx, "SELECT 1 FROM pragma_table_info($1) WHERE name = $2", named[1], named[2])
		if err != nil {
			return fmt.Errorf("looking at table %s: %w", named[1], err)
		}
		if there {
			return nil
		}
		line = strings.Replace(line, "IF NOT EXISTS ", "", 1)
	}
	if err := tx.Exec(d.DDL(line)); err != nil {
		return fmt.Errorf("adding a column: %w", err)
	}
	return nil
}

// Places are n places of a statement from a first number on: "$2, $3, $4".
func Places(first, n int) string {
	var b strings.Builder
	for i := range n {
		if i > 0 {
			b.WriteString(", ")
		}
		fmt.Fprintf(&b, "$%d", first+i)
	}
	return b.String()
}
