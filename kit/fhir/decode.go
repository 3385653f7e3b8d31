package fhir

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"reflect"
	"strings"
	"sync"

	"github.com/go-json-experiment/json/jsontext"
)

// complaint is a problem before its place in the file is known.
type complaint struct {
	pointer  jsontext.Pointer
	offset   int64
	severity Severity
	reason   string
}

// textual types may stand as a plain text where an object is usual.
type textual interface{ fromText(string) }

// normaliser types say what of their text can be used.
type normaliser interface {
	normalise() (text string, severity Severity, reason string)
}

var (
	decimalType   = reflect.TypeFor[Decimal]()
	containedType = reflect.TypeFor[Contained]()
)

// decoder fills Go values from one resource, noting what it could not read
// and going on: one bad element must not hide the next.
type decoder struct {
	json       *jsontext.Decoder
	limits     Limits
	values     int
	complaints []complaint
}

// decodeResource reads raw as the type it names. The result is nil for types
// that are not read. It never fails: what is wrong is in the complaints.
func decodeResource(raw []byte, limits Limits) (Resource, []complaint) {
	name, _ := typeAndID(raw)
	resource := newResource(name)
	if resource == nil {
		return nil, nil
	}
	d := &decoder{limits: limits}
	d.strictly(raw)
	d.json = jsontext.NewDecoder(bytes.NewReader(raw), jsontext.AllowDuplicateNames(true), jsontext.AllowInvalidUTF8(true))
	d.value(reflect.ValueOf(resource).Elem())
	return resource, d.complaints
}

// strictly looks for what makes the text ambiguous: a member given twice, or
// bytes that are not UTF-8.
func (d *decoder) strictly(raw []byte) {
	strict := jsontext.NewDecoder(bytes.NewReader(raw))
	for {
		if _, err := strict.ReadToken(); err != nil {
			var bad *jsontext.SyntacticError
			if errors.As(err, &bad) {
				reason := "the text is not UTF-8"
				if errors.Is(err, jsontext.ErrDuplicateName) {
					reason = "the same element is given twice; it is unclear which one holds"
				}
				d.complaints = append(d.complaints, complaint{bad.JSONPointer, bad.ByteOffset, Error, reason})
			}
			return
		}
	}
}

// note complains about what was read last.
func (d *decoder) note(severity Severity, format string, args ...any) {
	d.complaints = append(d.complaints, complaint{
		d.json.StackPointer(), d.json.InputOffset(), severity, fmt.Sprintf(format, args...),
	})
}

// lostSince tells whether an error was noted after the first n complaints.
func (d *decoder) lostSince(n int) bool {
	for _, c := range d.complaints[n:] {
		if c.severity == Error {
			return true
		}
	}
	return false
}

// spent counts one more value and tells whether there were too many.
func (d *decoder) spent() bool {
	d.values++
	if d.values == d.limits.Values+1 {
		d.note(Error, "more than %d elements in one resource; the rest is not read", d.limits.Values)
	}
	return d.values > d.limits.Values
}

func (d *decoder) skip() { _ = d.json.SkipValue() }

// value reads the next JSON value into v.
func (d *decoder) value(v reflect.Value) {
	kind := d.json.PeekKind()
	if d.spent() || kind == 'n' {
		d.skip()
		return
	}
	if v.Type() == containedType {
		d.contained(v)
		return
	}
	switch v.Kind() {
	case reflect.Pointer:
		fresh := reflect.New(v.Type().Elem())
		before := len(d.complaints)
		d.value(fresh.Elem())
		if fresh.Elem().IsZero() && d.lostSince(before) {
			return
		}
		v.Set(fresh)
	case reflect.Struct:
		d.object(v, kind)
	case reflect.Slice:
		d.list(v, kind)
	case reflect.String:
		d.text(v, kind)
	case reflect.Bool:
		d.truth(v, kind)
	default:
		d.skip()
	}
}

func (d *decoder) object(v reflect.Value, kind jsontext.Kind) {
	if loose, ok := v.Addr().Interface().(textual); ok && kind == '"' {
		token, _ := d.json.ReadToken()
		text := token.String()
		d.note(Warning, "an object was expected; the text “%s” is read as it", clip(text))
		if d.usable(text) {
			loose.fromText(text)
		}
		return
	}
	if kind != '{' {
		d.skip()
		d.note(Error, "an object was expected, not %s", kindName(kind))
		return
	}
	if _, err := d.json.ReadToken(); err != nil {
		return
	}
	fields := fieldsOf(v.Type())
	for d.json.PeekKind() == '"' {
		token, err := d.json.ReadToken()
		if err != nil {
			return
		}
		name := token.String()
		if name == "modifierExtension" || name == "implicitRules" {
			d.modifier(name)
			continue
		}
		field, ok := fields[name]
		if !ok {
			d.skip()
			continue
		}
		d.value(v.FieldByIndex(field))
	}
	_, _ = d.json.ReadToken()
}

// modifier refuses what by FHIR's own rule may not be overlooked.
func (d *decoder) modifier(name string) {
	raw, err := d.json.ReadValue()
	if err != nil {
		return
	}
	text := strings.TrimSpace(string(raw))
	if text == "[]" || text == "null" || text == `""` {
		return
	}
	d.note(Error, "carries %s, which changes what the rest means in a way that is not known here: %s", name, clip(text))
}

func (d *decoder) list(v reflect.Value, kind jsontext.Kind) {
	item := reflect.New(v.Type().Elem()).Elem()
	if kind != '[' {
		before := len(d.complaints)
		d.value(item)
		if len(d.complaints) == before {
			d.note(Warning, "a list was expected; the single value is read as one of its items")
		}
		if !item.IsZero() {
			v.Set(reflect.Append(v, item))
		}
		return
	}
	if _, err := d.json.ReadToken(); err != nil {
		return
	}
	for {
		kind := d.json.PeekKind()
		if kind == ']' || kind == 0 {
			break
		}
		item.SetZero()
		d.value(item)
		if kind != 'n' && !item.IsZero() {
			v.Set(reflect.Append(v, item))
		}
	}
	_, _ = d.json.ReadToken()
}

func (d *decoder) text(v reflect.Value, kind jsontext.Kind) {
	if kind == '{' || kind == '[' {
		d.skip()
		d.note(Error, "a text was expected, not %s", kindName(kind))
		return
	}
	token, err := d.json.ReadToken()
	if err != nil {
		return
	}
	text := token.String()
	switch {
	case v.Type() == decimalType:
		if kind != '0' && !json.Valid([]byte(text)) {
			d.note(Error, "a number was expected, not “%s”", clip(text))
			return
		}
	case kind != '"':
		d.note(Warning, "a text was expected; %s is read as “%s”", kindName(kind), clip(text))
	case text == "":
		d.note(Warning, "the text is empty; it is read as not given")
		return
	}
	if !d.usable(text) {
		return
	}
	v.SetString(text)
	if n, ok := v.Interface().(normaliser); ok {
		usable, severity, reason := n.normalise()
		v.SetString(usable)
		if reason != "" {
			d.note(severity, "%s", reason)
		}
	}
}

// usable refuses texts no database and no page could give back as they came.
func (d *decoder) usable(text string) bool {
	if len(text) > d.limits.String {
		d.note(Error, "the text is longer than %d bytes", d.limits.String)
		return false
	}
	if strings.ContainsRune(text, 0) {
		d.note(Error, "the text contains the character U+0000, which FHIR does not allow")
		return false
	}
	return true
}

func (d *decoder) truth(v reflect.Value, kind jsontext.Kind) {
	if kind == '{' || kind == '[' {
		d.skip()
		d.note(Error, "true or false was expected, not %s", kindName(kind))
		return
	}
	token, err := d.json.ReadToken()
	if err != nil {
		return
	}
	switch text := token.String(); {
	case kind == 't' || kind == 'f':
		v.SetBool(kind == 't')
	case text == "true" || text == "false":
		d.note(Warning, "true or false was expected; the text “%s” is read as it", text)
		v.SetBool(text == "true")
	default:
		d.note(Error, "true or false was expected, not “%s”", clip(text))
	}
}

func (d *decoder) contained(v reflect.Value) {
	raw, err := d.json.ReadValue()
	if err != nil {
		return
	}
	inner, complaints := decodeResource(raw, d.limits)
	start, base := d.json.InputOffset()-int64(len(raw)), d.json.StackPointer()
	for _, c := range complaints {
		c.pointer, c.offset = base+c.pointer, c.offset+start
		d.complaints = append(d.complaints, c)
	}
	v.Set(reflect.ValueOf(Contained{Resource: inner}))
}

// kindName says what stands there, in words.
func kindName(kind jsontext.Kind) string {
	switch kind {
	case '{':
		return "an object"
	case '[':
		return "a list"
	case '"':
		return "a text"
	case '0':
		return "a number"
	case 't', 'f':
		return "true or false"
	}
	return "nothing readable"
}

var fieldCache sync.Map // reflect.Type → map[string][]int

// fieldsOf maps the JSON names of a struct, embedded ones included, to fields.
func fieldsOf(t reflect.Type) map[string][]int {
	if known, ok := fieldCache.Load(t); ok {
		return known.(map[string][]int)
	}
	fields := map[string][]int{}
	for _, field := range reflect.VisibleFields(t) {
		if name, _, _ := strings.Cut(field.Tag.Get("json"), ","); name != "" {
			fields[name] = field.Index
		}
	}
	fieldCache.Store(t, fields)
	return fields
}

// typeAndID reads the two members that name a resource, wherever they stand.
func typeAndID(raw []byte) (name, id string) {
	d := jsontext.NewDecoder(bytes.NewReader(raw), jsontext.AllowDuplicateNames(true), jsontext.AllowInvalidUTF8(true))
	if token, err := d.ReadToken(); err != nil || token.Kind() != '{' {
		return "", ""
	}
	for d.PeekKind() == '"' {
		member, err := d.ReadToken()
		if err != nil {
			break
		}
		key := member.String()
		if (key == "resourceType" && name == "" || key == "id" && id == "") && (d.PeekKind() == '"' || d.PeekKind() == '0') {
			token, err := d.ReadToken()
			if err != nil {
				break
			}
			if key == "id" {
				id = token.String()
			} else {
				name = token.String()
			}
			continue
		}
		if d.SkipValue() != nil {
			break
		}
	}
	return name, id
}
