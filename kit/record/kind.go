package record

import (
	"bytes"
	"encoding/json"
	"fmt"
	"maps"
	"reflect"
	"slices"
	"strings"

	jsonv2 "github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"

	"milieu/kit/fault"
)

// Body is what a kind states: a struct with JSON tags.
type Body interface {
	// Validate judges the body by itself and by the entry's times; it does no I/O. Its errors are fault.Invalid and name the fields.
	Validate(e *Entry) error
}

// Kind is one sort of entry: the vocabulary of a room.
type Kind struct {
	Name     string // room, dot, past tense: "rounds.checked"
	Version  int    // of the body, from 1
	Chart    string // whose chart it belongs in: "client", "staff", "place", "house" or "any"
	Action   string // what a person must be allowed to do to file it; package access decides
	Withdraw string // what a person must be allowed to do to take one back; empty: record.withdraw
	Own      bool   // filed by the program itself only, never by a sender
	Begins   bool   // may be the first entry of a chart; what people and machines send of any other kind needs a chart that is there
	Example  Body   // a valid body, for the machine interface and the conformance test
	Fresh    bool   // filing one by a page asks to be shown again who one is: for what signs, or gives access
	// Labels are the labels that an entry of the kind may carry, the house's own among them where there is any; others are refused. What everybody
	// who cares for somebody must know carries none. Label is what every entry of the kind carries.
	Labels []string
	Label  string
	// About gives the entry of the same chart that one of this kind speaks of: who may not see that one does not see this. Nil: of none.
	About func(b Body) ID
	// Source says that its entries are what others were made of: who may not see one that cites it does not see it either.
	Source bool
	// Citable says that its entries are facts of the day, which notes and handovers refer to instead of telling them again.
	Citable bool
	// AfterFact says that the kind may be entered well after it happened only with a reason in its body, and is marked for ever.
	AfterFact bool
	// Upgrade brings a stored body of an older version to the current one. Nil while there is one version.
	Upgrade func(version int, body []byte) ([]byte, error)
	// Line says the entry in words, for "said back" and timelines. The name is the client's, already chosen.
	Line func(e *Entry, b Body) Line
	// Into is the unit in which the entry puts whom it speaks of; zero for none. Who files it needs a relation to that unit as well, unless the
	// action may be done anywhere. Nil: it puts nobody anywhere.
	Into func(b Body) ID
	// Raises are further entries that this one gives rise to in other rooms, filed in the same transaction with derived IDs.
	Raises func(e *Entry, b Body) []*Entry

	typ reflect.Type
}

// Line is an entry in words: a message key of the catalogue and its arguments.
type Line struct {
	Key  string
	Args []any
}

// Kinds is every kind the program knows.
type Kinds struct{ byName map[string]*Kind }

// NewKinds checks and gathers the kinds. An error names the first kind that is not whole.
func NewKinds(lists ...[]Kind) (*Kinds, error) {
	ks := &Kinds{byName: map[string]*Kind{}}
	for _, list := range lists {
		for i := range list {
			k := list[i]
			room, past, ok := strings.Cut(k.Name, ".")
			switch {
			case !ok || room == "" || past == "":
				return nil, fmt.Errorf("kind %q: a name is room.past_tense", k.Name)
			case ks.byName[k.Name] != nil:
				return nil, fmt.Errorf("kind %s is offered twice", k.Name)
			case k.Version < 1 || k.Example == nil || k.Line == nil:
				return nil, fmt.Errorf("kind %s: version, example and line are needed", k.Name)
			case k.Action == "" && !k.Own:
				return nil, fmt.Errorf("kind %s names no action", k.Name)
			case k.Version > 1 && k.Upgrade == nil:
				return nil, fmt.Errorf("kind %s: version %d needs Upgrade", k.Name, k.Version)
			}
			k.typ = reflect.TypeOf(k.Example)
			if k.typ.Kind() != reflect.Pointer {
				return nil, fmt.Errorf("kind %s: the example is a pointer to its struct", k.Name)
			}
			k.typ = k.typ.Elem()
			ks.byName[k.Name] = &k
		}
	}
	return ks, nil
}

// Find is the kind of that name.
func (ks *Kinds) Find(name string) (*Kind, error) {
	if k := ks.byName[name]; k != nil {
		return k, nil
	}
	return nil, fault.New(fault.Invalid, "there is no kind of entry called %q", cut(name, 60))
}

// All is every kind by name.
func (ks *Kinds) All() []*Kind {
	out := make([]*Kind, 0, len(ks.byName))
	for _, n := range slices.Sorted(maps.Keys(ks.byName)) {
		out = append(out, ks.byName[n])
	}
	return out
}

// New makes an empty body of the kind.
func (k *Kind) New() Body { return reflect.New(k.typ).Interface().(Body) }

// Type is the body's struct.
func (k *Kind) Type() reflect.Type { return k.typ }

// MaxBody bounds one body in bytes.
const MaxBody = 64 << 10

var strict = jsonv2.JoinOptions(jsonv2.RejectUnknownMembers(true), jsontext.AllowDuplicateNames(false), jsontext.AllowInvalidUTF8(false))

// Parse reads a submitted body strictly: unknown or doubled members, wrong types and broken text are refused, naming the place.
func (k *Kind) Parse(raw []byte) (Body, error) {
	if len(raw) > MaxBody {
		return nil, fault.New(fault.TooLarge, "the entry is larger than %d kB", MaxBody>>10)
	}
	if hasNUL(raw) {
		return nil, fault.New(fault.Invalid, "the text has a character that cannot be kept (NUL)")
	}
	b := k.New()
	if err := jsonv2.Unmarshal(raw, b, strict); err != nil {
		return nil, &fault.Error{Kind: fault.Invalid, Text: "the body is not as " + k.Name + " needs it", Fields: []fault.Field{{Name: pointer(err), Text: plainJSON(err)}}, Err: err}
	}
	return b, nil
}

// hasNUL finds the one character that PostgreSQL cannot keep in a text, written as itself or escaped. A backslash before the escape makes
// it ordinary text.
func hasNUL(raw []byte) bool {
	if bytes.IndexByte(raw, 0) >= 0 {
		return true
	}
	for rest := raw; ; {
		i := bytes.Index(rest, []byte(`\u0000`))
		if i < 0 {
			return false
		}
		before := 0
		for j := i - 1; j >= 0 && rest[j] == '\\'; j-- {
			before++
		}
		if before%2 == 0 {
			return true
		}
		rest = rest[i+1:]
	}
}

// Canonical is the one form in which a body is stored.
func Canonical(b Body) (json.RawMessage, error) {
	out, err := jsonv2.Marshal(b, jsonv2.Deterministic(true))
	if err != nil {
		return nil, fmt.Errorf("writing a body: %w", err)
	}
	return out, nil
}

// Decode gives the stored body as today's struct, through Upgrade where it is older. A destroyed body gives ErrDestroyed.
func (ks *Kinds) Decode(e *Entry) (Body, error) {
	k, err := ks.Find(e.Kind)
	if err != nil {
		return nil, err
	}
	if len(e.Body) == 0 {
		return nil, ErrDestroyed
	}
	raw := []byte(e.Body)
	if e.Version < k.Version {
		if raw, err = k.Upgrade(e.Version, raw); err != nil {
			return nil, fmt.Errorf("bringing %s version %d to version %d: %w", e.Kind, e.Version, k.Version, err)
		}
	}
	b := k.New()
	if err := jsonv2.Unmarshal(raw, b); err != nil {
		return nil, fmt.Errorf("reading entry %s: %w", e.ID, err)
	}
	return b, nil
}

func pointer(err error) string {
	if e, ok := asSemantic(err); ok {
		return strings.ReplaceAll(strings.TrimPrefix(string(e.JSONPointer), "/"), "/", ".")
	}
	return ""
}

func asSemantic(err error) (*jsonv2.SemanticError, bool) {
	e, ok := err.(*jsonv2.SemanticError)
	return e, ok
}

func plainJSON(err error) string {
	e, ok := asSemantic(err)
	if !ok {
		return "this is not well-formed JSON"
	}
	if e.Err != nil && strings.Contains(e.Err.Error(), "unknown object member") {
		return "there is no such field"
	}
	if e.GoType != nil && e.JSONKind != 0 {
		return fmt.Sprintf("a %s does not belong here", e.JSONKind)
	}
	return "this value does not belong here"
}
