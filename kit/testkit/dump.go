package testkit

import (
	"context"
	"fmt"
	"slices"
	"strings"
)

func (h *House) dump(table string) (string, error) {
	rows, err := h.DB.Read(context.Background()).Query("SELECT * FROM " + table)
	if err != nil {
		return "", err
	}
	defer rows.Close()
	named, ok := rows.(interface{ Columns() ([]string, error) })
	if !ok {
		return "", fmt.Errorf("rows without columns")
	}
	columns, err := named.Columns()
	if err != nil {
		return "", err
	}
	var lines []string
	for rows.Next() {
		values := make([]any, len(columns))
		dest := make([]any, len(columns))
		for i := range values {
			dest[i] = &values[i]
		}
		if err := rows.Scan(dest...); err != nil {
			return "", err
		}
		cells := make([]string, 0, len(columns))
		for i, v := range values {
			if columns[i] == "seq" { // where in the log an entry came to lie: the one thing that the order of arrival decides
				continue
			}
			if b, ok := v.([]byte); ok {
				v = fmt.Sprintf("%x", b)
			}
			cells = append(cells, fmt.Sprintf("%s=%v", columns[i], v))
		}
		lines = append(lines, "  "+strings.Join(cells, " ")+"\n")
	}
	slices.Sort(lines)
	return strings.Join(lines, ""), rows.Err()
}
