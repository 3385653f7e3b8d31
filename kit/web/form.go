package web

import (
	"encoding/json"
	"fmt"
	"maps"
	"math"
	"net/url"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"time"

	"milieu/kit/fault"
	"milieu/kit/record"
)

// envelope are the fields of every entry's form; the rest are its body's. The kind is in the path, and its version is today's: a body may have
// fields of those names.
var envelope = map[string]bool{"id": true, "chart": true, "happened": true, "written": true, "amends": true, "amendment": true, "cites": true, "labels": true, "then": true}

// Decode makes an entry of a submitted form: the envelope's fields, and the kind's body by the JSON names of its fields. A name with dots
// reaches into a struct ("place.code"), with a number into a list of structs ("shifts.0.name"), with a name into a map ("answers.doors"); a repeated name fills a list. Empty fields are left out. Unknown fields are refused.
func Decode(k *record.Kind, form url.Values) (*record.Entry, error) {
	var c fault.Check
	e := &record.Entry{Kind: k.Name, Version: k.Version}
	id := func(name string) (out record.ID) {
		if v := form.Get(name); v != "" {
			var err error
			out, err = record.ParseID(v)
			c.Want(err == nil, name, "this is no ID")
		}
		return out
	}
	moment := func(name string) (t time.Time) {
		if v := form.Get(name); v != "" {
			var err error
			t, err = time.Parse(time.RFC3339Nano, v)
			c.Want(err == nil, name, "this is no date and time")
		}
		return t
	}
	e.ID, e.Chart, e.Amends = id("id"), id("chart"), id("amends")
	e.Happened, e.Written = moment("happened"), moment("written")
	e.Amendment = record.Amendment(form.Get("amendment"))
	for _, v := range form["cites"] {
		cite, err := record.ParseID(v)
		c.Want(err == nil, "cites", "this is no ID")
		e.Cites = append(e.Cites, cite)
	}
	e.Labels = form["labels"]
	body := map[string]any{}
	for _, name := range slices.Sorted(maps.Keys(form)) { // in one order, so that the same form is the same entry
		values := form[name]
		if envelope[name] || strings.HasPrefix(name, "_") {
			continue
		}
		if err := set(body, k.Type(), strings.Split(name, "."), values); err != nil {
			c.Want(false, name, err.Error())
		}
	}
	if err := c.Err(); err != nil {
		return nil, err
	}
	raw, err := json.Marshal(body)
	if err != nil {
		return nil, fmt.Errorf("writing the form as a body: %w", err)
	}
	e.Body = raw
	return e, nil
}

// set puts one field into the body as the struct's field asks for it.
func set(body map[string]any, t reflect.Type, path, values []string) error {
	f, ok := fieldByJSON(t, path[0])
	if !ok {
		return fmt.Errorf("there is no such field")
	}
	ft := f.Type
	if ft.Kind() == reflect.Pointer {
		ft = ft.Elem()
	}
	if len(path) > 1 {
		if ft.Kind() == reflect.Slice && ft.Elem().Kind() == reflect.Struct {
			return setRow(body, ft.Elem(), path, values)
		}
		if ft.Kind() == reflect.Map {
			return setNamed(body, ft.Elem(), path, values)
		}
		if ft.Kind() != reflect.Struct {
			return fmt.Errorf("there is no such field")
		}
		inner, _ := body[path[0]].(map[string]any)
		if inner == nil {
			inner = map[string]any{}
		}
		if err := set(inner, ft, path[1:], values); err != nil {
			return err
		}
		if len(inner) > 0 {
			body[path[0]] = inner
		}
		return nil
	}
	if ft.Kind() == reflect.Slice && ft.Elem().Kind() != reflect.Uint8 {
		var list []any
		for _, v := range values {
			if v == "" {
				continue
			}
			one, err := value(ft.Elem(), v)
			if err != nil {
				return err
			}
			list = append(list, one)
		}
		if list != nil {
			body[path[0]] = list
		}
		return nil
	}
	v := values[len(values)-1]
	if v == "" {
		return nil
	}
	one, err := value(ft, v)
	if err != nil {
		return err
	}
	body[path[0]] = one
	return nil
}

// maxNamed bounds a map in a form.
const maxNamed = 500

// setNamed puts a field named "answers.doors" into a map: what a checklist asks is data, so its items are no fields of a struct. Where the map
// holds lists a repeated name fills one; where it holds structs a further name reaches into one ("signatures.person.name").
func setNamed(body map[string]any, t reflect.Type, path, values []string) error {
	inner := t.Kind() == reflect.Struct && !reflect.PointerTo(t).Implements(textType)
	if path[1] == "" || !inner && len(path) != 2 || inner && len(path) < 3 {
		return fmt.Errorf("there is no such field")
	}
	named, _ := body[path[0]].(map[string]any)
	if named == nil {
		named = map[string]any{}
	}
	one := named[path[1]]
	switch {
	case inner:
		fields, _ := one.(map[string]any)
		if fields == nil {
			fields = map[string]any{}
		}
		if err := set(fields, t, path[2:], values); err != nil || len(fields) == 0 {
			return err
		}
		one = fields
	case t.Kind() == reflect.Slice && t.Elem().Kind() != reflect.Uint8:
		var list []any
		for _, v := range values {
			if v == "" {
				continue
			}
			e, err := value(t.Elem(), v)
			if err != nil {
				return err
			}
			list = append(list, e)
		}
		if list == nil {
			return nil
		}
		one = list
	default:
		v := values[len(values)-1]
		if v == "" {
			return nil
		}
		var err error
		if one, err = value(t, v); err != nil {
			return err
		}
	}
	if _, there := named[path[1]]; !there && len(named) >= maxNamed {
		return fmt.Errorf("too many")
	}
	named[path[1]] = one
	body[path[0]] = named
	return nil
}

// maxRows bounds a list of structs in a form.
const maxRows = 200

// rows is a list of structs being gathered from fields named "shifts.0.name". Rows with nothing in them are left out.
type rows map[int]map[string]any

// MarshalJSON writes the rows in order.
func (r rows) MarshalJSON() ([]byte, error) {
	out := make([]map[string]any, 0, len(r))
	for _, i := range slices.Sorted(maps.Keys(r)) {
		out = append(out, r[i])
	}
	return json.Marshal(out)
}

func setRow(body map[string]any, t reflect.Type, path, values []string) error {
	i, err := strconv.Atoi(path[1])
	if err != nil || i < 0 || i >= maxRows || len(path) < 3 {
		return fmt.Errorf("there is no such field")
	}
	list, _ := body[path[0]].(rows)
	row := list[i]
	if row == nil {
		row = map[string]any{}
	}
	if err := set(row, t, path[2:], values); err != nil || len(row) == 0 {
		return err
	}
	if list == nil {
		list = rows{}
		body[path[0]] = list
	}
	list[i] = row
	return nil
}

func fieldByJSON(t reflect.Type, name string) (reflect.StructField, bool) {
	for i := range t.NumField() {
		f := t.Field(i)
		if f.Anonymous && f.Tag.Get("json") == "" && f.Type.Kind() == reflect.Struct {
			if inner, ok := fieldByJSON(f.Type, name); ok {
				return inner, true
			}
		}
		if tag, _, _ := strings.Cut(f.Tag.Get("json"), ","); tag == name && f.IsExported() {
			return f, true
		}
	}
	return reflect.StructField{}, false
}

var (
	timeType = reflect.TypeFor[time.Time]()
	textType = reflect.TypeFor[interface{ UnmarshalText([]byte) error }]()
)

func value(t reflect.Type, v string) (any, error) {
	if t == timeType || reflect.PointerTo(t).Implements(textType) {
		return v, nil
	}
	switch t.Kind() {
	case reflect.String:
		return strings.ReplaceAll(v, "\r\n", "\n"), nil
	case reflect.Bool:
		switch v {
		case "on", "true", "yes", "1":
			return true, nil
		case "off", "false", "no", "0":
			return false, nil
		}
		return nil, fmt.Errorf("yes or no")
	case reflect.Int, reflect.Int8, reflect.Int16, reflect.Int32, reflect.Int64:
		n, err := strconv.ParseInt(strings.TrimSpace(v), 10, 64)
		if err != nil {
			return nil, fmt.Errorf("this is no whole number")
		}
		return n, nil
	case reflect.Float64, reflect.Float32:
		n, err := strconv.ParseFloat(strings.TrimSpace(v), 64)
		if err != nil || math.IsNaN(n) || math.IsInf(n, 0) {
			return nil, fmt.Errorf("this is no number")
		}
		return n, nil
	case reflect.Struct, reflect.Slice, reflect.Map:
		if !json.Valid([]byte(v)) {
			return nil, fmt.Errorf("this value does not belong here")
		}
		return json.RawMessage(v), nil
	}
	return nil, fmt.Errorf("this value does not belong here")
}
