package ui

import (
	"context"
	"embed"
	"encoding/json"
	"fmt"
	"io/fs"
	"path"
	"strconv"
	"strings"
	"sync"

	"golang.org/x/text/feature/plural"
	"golang.org/x/text/language"
)

//go:embed messages/*.json
var ownMessages embed.FS

// message is a text with {0} or {name} places in it, or one text for each plural form.
type message map[string]string

// UnmarshalJSON reads "text" or {"one": "text", "other": "text"}.
func (m *message) UnmarshalJSON(data []byte) error {
	var text string
	if err := json.Unmarshal(data, &text); err == nil {
		*m = message{"other": text}
		return nil
	}
	forms := map[string]string{}
	if err := json.Unmarshal(data, &forms); err != nil {
		return fmt.Errorf("a message is a text or a text for each plural form: %w", err)
	}
	if forms["other"] == "" {
		return fmt.Errorf("a message with plural forms needs %q", "other")
	}
	*m = forms
	return nil
}

var catalogue = struct {
	sync.RWMutex
	locales map[string]map[string]message
}{locales: map[string]map[string]message{}}

func init() { Register(ownMessages, "messages") }

// Register adds a package's messages: every file dir/LOCALE.json in files, each a JSON object of key to text or to plural forms. Keys begin
// with the package's name, as "rounds.save_seen". It panics on a file that cannot be read or a key that is taken, because both are
// mistakes in the program and show at its first start.
func Register(files fs.FS, dir string) {
	names, err := fs.Glob(files, path.Join(dir, "*.json"))
	if err != nil || len(names) == 0 {
		panic(fmt.Sprintf("ui: no messages in %s: %v", dir, err))
	}
	catalogue.Lock()
	defer catalogue.Unlock()
	scripts.Clear()
	for _, name := range names {
		read, err := readMessages(files, name)
		if err != nil {
			panic(fmt.Sprintf("ui: %v", err))
		}
		locale := strings.TrimSuffix(path.Base(name), ".json")
		if catalogue.locales[locale] == nil {
			catalogue.locales[locale] = map[string]message{}
		}
		for key, text := range read {
			if _, taken := catalogue.locales[locale][key]; taken {
				panic(fmt.Sprintf("ui: message %q is registered twice", key))
			}
			catalogue.locales[locale][key] = text
		}
	}
}

func readMessages(files fs.FS, name string) (map[string]message, error) {
	data, err := fs.ReadFile(files, name)
	if err != nil {
		return nil, fmt.Errorf("reading messages: %w", err)
	}
	read := map[string]message{}
	if err := json.Unmarshal(data, &read); err != nil {
		return nil, fmt.Errorf("reading messages in %s: %w", name, err)
	}
	return read, nil
}

// lookup finds a key in the locale, in its language without region, and then in English.
func lookup(locale, key string) (message, string, bool) {
	catalogue.RLock()
	defer catalogue.RUnlock()
	return find(locale, key)
}

// find is lookup for holders of the catalogue's lock.
func find(locale, key string) (message, string, bool) {
	base, _, _ := strings.Cut(locale, "-")
	for _, try := range []string{locale, base, "en"} {
		if text, ok := catalogue.locales[try][key]; ok {
			return text, try, true
		}
	}
	return nil, "", false
}

// Args fills the named places of a message, as in T(ctx, "rounds.seen_by", Args{"name": name}).
type Args map[string]any

// T returns the message of key in the reader's language. Arguments fill {0}, {1} …, or by name when the one argument is Args. A message
// with plural forms goes by the first number among its arguments, or by the argument named "n". A key that the catalogue lacks comes
// back between brackets, so that it is seen and a test can find it.
func T(ctx context.Context, key string, args ...any) string {
	text, locale, ok := lookup(From(ctx).Locale, key)
	if !ok {
		return "⟦" + key + "⟧"
	}
	args = words(ctx, args)
	form := text["other"]
	if len(text) > 1 {
		if n, counted := counted(args); counted {
			if chosen, ok := text[pluralForm(locale, n)]; ok {
				form = chosen
			}
		}
	}
	return fill(form, args)
}

// Has tells whether the catalogue knows key in the reader's language or in English.
func Has(ctx context.Context, key string) bool {
	_, _, ok := lookup(From(ctx).Locale, key)
	return ok
}

func counted(args []any) (int, bool) {
	for _, arg := range args {
		switch value := arg.(type) {
		case int:
			return value, true
		case int64:
			return int(value), true
		case Args:
			return counted([]any{value["n"]})
		}
	}
	return 0, false
}

func pluralForm(locale string, n int) string {
	if n < 0 {
		n = -n
	}
	switch plural.Cardinal.MatchPlural(language.Make(locale), n, 0, 0, 0, 0) {
	case plural.Zero:
		return "zero"
	case plural.One:
		return "one"
	case plural.Two:
		return "two"
	case plural.Few:
		return "few"
	case plural.Many:
		return "many"
	default:
		return "other"
	}
}

// words translates the arguments that are message keys themselves.
func words(ctx context.Context, args []any) []any {
	for i, arg := range args {
		if word, ok := arg.(interface{ MessageKey() string }); ok {
			args = append([]any(nil), args...)
			args[i] = T(ctx, word.MessageKey())
		}
	}
	return args
}

// fill puts the arguments in their places. What is no place of theirs stays as it is; what an argument brings along is not looked at again.
func fill(text string, args []any) string {
	at := strings.IndexByte(text, '{')
	if len(args) == 0 || at < 0 {
		return text
	}
	var out strings.Builder
	out.Grow(len(text) + 24)
	for at >= 0 {
		out.WriteString(text[:at])
		text = text[at:]
		end := strings.IndexByte(text, '}')
		if end < 0 {
			break
		}
		if value, ok := argument(text[1:end], args); ok {
			say(&out, value)
			text = text[end+1:]
		} else {
			out.WriteByte('{')
			text = text[1:]
		}
		at = strings.IndexByte(text, '{')
	}
	out.WriteString(text)
	return out.String()
}

// argument finds the argument of a place: by its number, or by name where arguments are Args.
func argument(place string, args []any) (any, bool) {
	if n, err := strconv.Atoi(place); err == nil && n >= 0 && n < len(args) {
		if _, named := args[n].(Args); !named {
			return args[n], true
		}
	}
	for _, arg := range args {
		if named, ok := arg.(Args); ok {
			if value, ok := named[place]; ok {
				return value, true
			}
		}
	}
	return nil, false
}

func say(out *strings.Builder, value any) {
	switch v := value.(type) {
	case string:
		out.WriteString(v)
	case int:
		out.WriteString(strconv.Itoa(v))
	default:
		fmt.Fprint(out, v)
	}
}

// scripts are the front end's messages as JSON, by locale: they change with nothing but what is registered.
var scripts sync.Map

// scriptMessages gives the messages the front end needs as JSON: every key that begins with "js.", without that prefix, in the reader's
// language.
func scriptMessages(ctx context.Context) json.RawMessage {
	locale := From(ctx).Locale
	if known, ok := scripts.Load(locale); ok {
		return known.(json.RawMessage)
	}
	catalogue.RLock()
	defer catalogue.RUnlock()
	out := map[string]any{}
	for key := range catalogue.locales["en"] {
		name, ok := strings.CutPrefix(key, "js.")
		if !ok {
			continue
		}
		if text, _, _ := find(locale, key); len(text) == 1 {
			out[name] = text["other"]
		} else {
			out[name] = text
		}
	}
	text, err := json.Marshal(out)
	if err != nil {
		panic(fmt.Sprintf("ui: the messages of scripts: %v", err)) // texts and maps of texts can always be written
	}
	scripts.Store(locale, json.RawMessage(text))
	return text
}
