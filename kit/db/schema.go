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
	var added []string
	for line := range strings.Lines(schema) {
		if addColumn.MatchString(line) {
			added = append(added, strings.TrimSpace(line))
			continue
		}
		rest.WriteString(line)
	}
	if strings.TrimSpace(rest.String()) != "" {
		if err := tx.Exec(d.DDL(rest.String())); err != nil {
			return fmt.Errorf("making tables: %w", err)
		}
	}
	for _, line := range added {
		if d == SQLite {
			named := addColumn.FindStringSubmatch(line)
			there, err := Exists(tx, "SELECT 1 FROM pragma_table_info($1) WHERE name = $2", named[1], named[2])
			if err != nil {
				return fmt.Errorf("looking at table %s: %w", named[1], err)
			}
			if there {
				continue
			}
			line = strings.Replace(line, "IF NOT EXISTS ", "", 1)
		}
		if err := tx.Exec(d.DDL(line)); err != nil {
			return fmt.Errorf("adding a column: %w", err)
		}
	}
	return nil
}
