package record

import (
	"reflect"
	"strings"
	"time"
)

// JSONSchema describes a body's struct for machines: from its JSON tags, and `doc` and `enum` tags where there are any.
func JSONSchema(t reflect.Type) map[string]any {
	s := schemaOf(t)
	s["$schema"] = "https://json-schema.org/draft/2020-12/schema"
	return s
}

var (
	schemaID   = reflect.TypeFor[ID]()
	schemaTime = reflect.TypeFor[time.Time]()
	schemaText = reflect.TypeFor[interface{ MarshalText() ([]byte, error) }]()
)

func schemaOf(t reflect.Type) map[string]any {
	switch {
	case t.Kind() == reflect.Pointer:
		return schemaOf(t.Elem())
	case t == schemaID:
		return map[string]any{"type": "string", "format": "uuid"}
	case t == schemaTime:
		return map[string]any{"type": "string", "format": "date-time"}
	case t.Implements(schemaText):
		return map[string]any{"type": "string"}
	}
	switch t.Kind() {
	case reflect.Struct:
		props, required := map[string]any{}, []string{}
		fieldsOf(t, props, &required)
		out := map[string]any{"type": "object", "properties": props, "additionalProperties": false}
		if len(required) > 0 {
			out["required"] = required
		}
		return out
	case reflect.Slice, reflect.Array:
		if t.Elem().Kind() == reflect.Uint8 {
			return map[string]any{"type": "string", "contentEncoding": "base64"}
		}
		return map[string]any{"type": "array", "items": schemaOf(t.Elem())}
	case reflect.Map:
		return map[string]any{"type": "object", "additionalProperties": schemaOf(t.Elem())}
	case reflect.Bool:
		return map[string]any{"type": "boolean"}
	case reflect.String:
		return map[string]any{"type": "string"}
	case reflect.Float32, reflect.Float64:
		return map[string]any{"type": "number"}
	case reflect.Int, reflect.Int8, reflect.Int16, reflect.Int32, reflect.Int64, reflect.Uint, reflect.Uint16, reflect.Uint32, reflect.Uint64:
		return map[string]any{"type": "integer"}
	}
	return map[string]any{}
}

func fieldsOf(t reflect.Type, props map[string]any, required *[]string) {
	for f := range t.Fields() {
		name, opts, _ := strings.Cut(f.Tag.Get("json"), ",")
		if f.Anonymous && name == "" && f.Type.Kind() == reflect.Struct {
			fieldsOf(f.Type, props, required)
			continue
		}
		if name == "" || name == "-" || !f.IsExported() {
			continue
		}
		s := schemaOf(f.Type)
		if doc := f.Tag.Get("doc"); doc != "" {
			s["description"] = doc
		}
		if enum := f.Tag.Get("enum"); enum != "" {
			s["enum"] = strings.Split(enum, "|")
		}
		props[name] = s
		if !strings.Contains(opts, "omitempty") && !strings.Contains(opts, "omitzero") {
			*required = append(*required, name)
		}
	}
}
