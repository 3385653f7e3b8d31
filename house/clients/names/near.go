package names

import "strings"

// sounds brings spellings of one sound together before vowels are dropped; longer ones first.
var sounds = strings.NewReplacer(
	"tsch", "c", "sch", "s", "tch", "c", "dzh", "j", "ght", "t", "sz", "s", "cz", "c", "sh", "s", "ch", "c", "zh", "s", "dj", "j", "ph", "f", "gh", "g", "kh", "k", "th", "t", "wh", "f",
	"ck", "k", "qu", "k", "q", "k", "x", "ks", "ce", "se", "ci", "si", "cy", "sy", "c", "k", "z", "s", "w", "f", "v", "f", "b", "p", "d", "t", "g", "k", "j", "y")

// Sound is a phonetic key of our own: consonants by their sound, vowels only where a word begins with one, all of them alike. It is coarse
// on purpose; nearness decides what is shown. Words in other scripts than Latin have none.
func Sound(word string) string {
	if word == "" || word[0] > 'z' {
		return ""
	}
	var b strings.Builder
	var last rune
	for i, r := range sounds.Replace(word) {
		switch {
		case strings.ContainsRune("aeiouy", r):
			if i == 0 {
				b.WriteByte('a')
			}
			if r != 'y' {
				last = 0
			}
			continue
		case r == 'h':
			continue
		case r == last:
			continue
		}
		last = r
		b.WriteRune(r)
	}
	return b.String()
}

// Near says how alike two folded words are, from 0 to 1, by Jaro's measure with Winkler's credit for a common beginning (W. E. Winkler,
// String Comparator Metrics and Enhanced Decision Rules in the Fellegi-Sunter Model of Record Linkage, 1990).
func Near(one, other string) float64 {
	if one == other {
		return 1
	}
	a, b := []rune(one), []rune(other)
	if len(a) == 0 || len(b) == 0 {
		return 0
	}
	reach := max(0, max(len(a), len(b))/2-1)
	usedB := make([]bool, len(b))
	var matched []rune
	for i, r := range a {
		for j := max(0, i-reach); j < min(len(b), i+reach+1); j++ {
			if !usedB[j] && b[j] == r {
				usedB[j] = true
				matched = append(matched, r)
				break
			}
		}
	}
	if len(matched) == 0 {
		return 0
	}
	swapped, k := 0, 0
	for j, used := range usedB {
		if used {
			if b[j] != matched[k] {
				swapped++
			}
			k++
		}
	}
	m := float64(len(matched))
	jaro := (m/float64(len(a)) + m/float64(len(b)) + (m-float64(swapped)/2)/m) / 3
	same := 0
	for same < min(4, len(a), len(b)) && a[same] == b[same] {
		same++
	}
	return jaro + float64(same)*0.1*(1-jaro)
}
