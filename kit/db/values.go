package db

import (
	"database/sql"
	"database/sql/driver"
	"fmt"
	"reflect"
)

// named turns arguments into what the driver takes.
func named(args []any) ([]driver.NamedValue, error) {
	out := make([]driver.NamedValue, len(args))
	for i, a := range args {
		out[i].Ordinal = i + 1
		switch v := a.(type) {
		case nil, int64, string, []byte, float64:
			out[i].Value = v
		case int:
			out[i].Value = int64(v)
		case bool:
			out[i].Value = int64(0)
			if v {
				out[i].Value = int64(1)
			}
		default:
			value, err := driver.DefaultParameterConverter.ConvertValue(a)
			if err != nil {
				return nil, fmt.Errorf("argument $%d: %w", i+1, err)
			}
			out[i].Value = value
		}
	}
	return out, nil
}

// values is a result read as a whole: its transaction may run further statements while it goes through the rows.
type values struct {
	rows [][]driver.Value
	at   int // of the next row
}

// Next implements Rows.
func (r *values) Next() bool {
	r.at++
	return r.at <= len(r.rows)
}

// Scan implements Rows.
func (r *values) Scan(dest ...any) error {
	if r.at < 1 || r.at > len(r.rows) {
		return fmt.Errorf("there is no row %d", r.at)
	}
	row := r.rows[r.at-1]
	if len(dest) != len(row) {
		return fmt.Errorf("scanning %d columns into %d values", len(row), len(dest))
	}
	for i, to := range dest {
		if err := assign(to, row[i]); err != nil {
			return fmt.Errorf("scanning column %d: %w", i+1, err)
		}
	}
	return nil
}

// Err implements Rows.
func (r *values) Err() error { return nil }

// Close implements Rows.
func (r *values) Close() error { return nil }

// assign puts a value of the driver where the caller wants it. What does not fit is an error, never a guess.
func assign(to any, v driver.Value) error {
	switch d := to.(type) {
	case *int64:
		if n, ok := v.(int64); ok {
			*d = n
			return nil
		}
	case *int:
		if n, ok := v.(int64); ok {
			*d = int(n)
			return nil
		}
	case *string:
		switch s := v.(type) {
		case string:
			*d = s
			return nil
		case []byte:
			*d = string(s)
			return nil
		}
	case *[]byte:
		switch s := v.(type) {
		case nil:
			*d = nil
			return nil
		case []byte:
			*d = s
			return nil
		case string:
			*d = []byte(s)
			return nil
		}
	case *bool:
		if n, ok := v.(int64); ok {
			*d = n != 0
			return nil
		}
	case *float64:
		switch n := v.(type) {
		case float64:
			*d = n
			return nil
		case int64:
			*d = float64(n)
			return nil
		}
	case *any:
		*d = v
		return nil
	case sql.Scanner:
		return d.Scan(v)
	default:
		return assignNamed(reflect.ValueOf(to), v)
	}
	return fmt.Errorf("%T does not fit %T", v, to)
}

// assignNamed serves types of our own made of text or whole numbers.
func assignNamed(p reflect.Value, v driver.Value) error {
	if p.Kind() == reflect.Pointer && !p.IsNil() {
		d := p.Elem()
		switch x := v.(type) {
		case string:
			if d.Kind() == reflect.String {
				d.SetString(x)
				return nil
			}
		case int64:
			switch d.Kind() {
			case reflect.Int, reflect.Int8, reflect.Int16, reflect.Int32, reflect.Int64:
				if !d.OverflowInt(x) {
					d.SetInt(x)
					return nil
				}
			case reflect.Bool:
				d.SetBool(x != 0)
				return nil
			}
		}
	}
	return fmt.Errorf("%T does not fit %s", v, p.Type())
}
