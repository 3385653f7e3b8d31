package app

import (
	"errors"
	"net/url"
	"strings"
)

// passwordAdvice says what to do about a password that was not kept.
const passwordAdvice = "The database's password is not kept in the data folder. Give it when serving: in PGPASSWORD or ~/.pgpass, or by --database with the whole URL."

var errAddress = errors.New("the database's address cannot be read: write it as postgres://USER@HOST/NAME")

// secrets are the settings of a PostgreSQL address that nobody else may read.
var secrets = []string{"password", "sslpassword"}

// withoutPassword is a PostgreSQL address as it may be kept, and whether anything was left out of it. An address is a URL, or words such as
// host=db user=milieu. One that cannot be read is refused, for nobody knows where in it the password stands.
func withoutPassword(address string) (kept string, secret bool, err error) {
	if !strings.HasPrefix(address, "postgres://") && !strings.HasPrefix(address, "postgresql://") {
		return wordsWithout(address)
	}
	u, err := url.Parse(address)
	if err != nil {
		return "", true, errAddress
	}
	if _, has := u.User.Password(); has {
		u.User, secret = url.User(u.User.Username()), true
	}
	query, err := url.ParseQuery(u.RawQuery)
	if err != nil {
		return "", true, errAddress
	}
	for name := range query {
		if isSecret(name) {
			query.Del(name)
			secret = true
		}
	}
	if secret {
		u.RawQuery = query.Encode()
	}
	return u.String(), secret, nil
}

// wordsWithout reads name=value pairs. A value may stand between single quotes, with a backslash before a quote or a backslash in it.
func wordsWithout(address string) (kept string, secret bool, err error) {
	var out []string
	for rest := strings.TrimSpace(address); rest != ""; rest = strings.TrimSpace(rest) {
		name, after, ok := strings.Cut(rest, "=")
		if !ok {
			return "", true, errAddress
		}
		after = strings.TrimLeft(after, " \t\r\n")
		n, ok := valueEnd(after)
		if !ok {
			return "", true, errAddress
		}
		if name = strings.TrimSpace(name); isSecret(name) {
			secret = true
		} else {
			out = append(out, name+"="+after[:n])
		}
		rest = after[n:]
	}
	return strings.Join(out, " "), secret, nil
}

func isSecret(name string) bool {
	for _, s := range secrets {
		if strings.EqualFold(name, s) {
			return true
		}
	}
	return false
}

// valueEnd is where a value ends that a text begins with.
func valueEnd(text string) (int, bool) {
	quoted := strings.HasPrefix(text, "'")
	for i := 0; i < len(text); i++ {
		switch c := text[i]; {
		case c == '\\':
			i++
		case quoted && c == '\'' && i > 0:
			return i + 1, true
		case !quoted && strings.ContainsRune(" \t\r\n", rune(c)):
			return i, true
		}
	}
	return len(text), !quoted
}
