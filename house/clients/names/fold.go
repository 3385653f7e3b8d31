package names

import (
	"strings"
	"unicode"

	"golang.org/x/text/unicode/norm"
)

// plain are letters that no decomposition brings to a plain one; one with a mark is such a letter once the mark is taken off.
var plain = strings.NewReplacer("ß", "ss", "ł", "l", "ø", "o", "đ", "d", "ð", "d", "þ", "th", "æ", "ae", "œ", "oe", "ı", "i", "ħ", "h", "ŋ", "n", "’", "", "'", "", "ʼ", "", "`", "")

// Fold brings a text to what search compares: small letters without marks, apostrophes gone, everything else that is neither letter nor
// digit a space.
func Fold(text string) string {
	text = plain.Replace(strings.ToLower(norm.NFKD.String(strings.ToValidUTF8(text, " "))))
	var b strings.Builder
	space := false
	for _, r := range text {
		switch {
		case unicode.Is(unicode.Mn, r):
		case unicode.IsLetter(r) || unicode.IsDigit(r):
			if space && b.Len() > 0 {
				b.WriteByte(' ')
			}
			space = false
			b.WriteRune(unicode.ToLower(r))
		default:
			space = true
		}
	}
	return b.String()
}

// longest is how many letters of a word search looks at.
const longest = 16

// Words are the folded words of a text, each cut to longest letters; a word written with a hyphen counts in its parts and joined.
func Words(text string) []string {
	var out []string
	for _, field := range strings.Fields(text) {
		parts := strings.Fields(Fold(field))
		if len(parts) > 1 {
			out = append(out, Clip(strings.Join(parts, "")))
		}
		for _, p := range parts {
			out = append(out, Clip(p))
		}
	}
	return out
}

// Clip cuts a folded word to as many letters as the index keeps.
func Clip(word string) string {
	r := []rune(word)
	return string(r[:min(len(r), longest)])
}

// cuts are a word and every form of it with one letter left out. Two words that differ by one letter written wrongly, left out, added or
// swapped with its neighbour share at least one.
func cuts(word string) []string {
	r := []rune(word)
	out := []string{word}
	if len(r) < 3 {
		return out
	}
	for i := range r {
		if i > 0 && r[i] == r[i-1] {
			continue // leaving out either of two equal letters is the same
		}
		out = append(out, string(r[:i])+string(r[i+1:]))
	}
	return out
}
