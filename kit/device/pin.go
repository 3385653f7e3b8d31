package device

import (
	_ "embed"
	"encoding/json"
	"strconv"
	"strings"
	"unicode"

	"golang.org/x/text/unicode/norm"

	"milieu/kit/fault"
)

// The ways of changing in quickly.
const (
	wayPIN   = "pin"
	wayBadge = "badge"
)

//go:embed pins.json
var pinData []byte

// pinRules are what a PIN must not be, as data with its source.
type pinRules struct {
	From   string                    `json:"from"`
	Source string                    `json:"source"`
	Length int                       `json:"length"`
	Tries  int                       `json:"tries"`
	Years  struct{ First, Last int } `json:"years"`
	Rows   []string                  `json:"rows"` // of the keypad, in the order of a finger's way
}

var pins = readPINs(pinData)

func readPINs(raw []byte) (r pinRules) {
	if err := json.Unmarshal(raw, &r); err != nil {
		panic("device: reading the rules for PINs: " + err.Error()) // embedded; a test reads it
	}
	return r
}

// CheckPIN says what is wrong with a PIN that somebody chooses.
func CheckPIN(pin string) error {
	var c fault.Check
	figures := len(pin) == pins.Length && strings.IndexFunc(pin, func(r rune) bool { return r < '0' || r > '9' }) < 0
	c.Want(figures, "code", "device.pin_figures")
	c.Want(!figures || !pins.trivial(pin), "code", "device.pin_trivial")
	return c.Err()
}

// trivial says that a PIN is among those that are tried first.
func (r pinRules) trivial(pin string) bool {
	return repeats(pin) || runs(pin) || r.year(pin) || r.row(pin)
}

// repeats: few different figures, or a short piece over and over (121212, 123123), or pairs (112233).
func repeats(pin string) bool {
	different := map[rune]bool{}
	for _, d := range pin {
		different[d] = true
	}
	for n := 1; n <= len(pin)/2; n++ {
		if len(pin)%n == 0 && strings.Repeat(pin[:n], len(pin)/n) == pin {
			return true
		}
	}
	pairs := true
	for i := 0; i+1 < len(pin); i += 2 {
		pairs = pairs && pin[i] == pin[i+1]
	}
	return len(different) < 3 || pairs
}

// runs: each figure is one more or one less than the one before, from end to end (123456, 890123) or in both halves (123789, 456321).
func runs(pin string) bool {
	row := func(part string) bool {
		step := (int(part[1]) - int(part[0]) + 10) % 10
		if step != 1 && step != 9 {
			return false
		}
		for i := 1; i < len(part); i++ {
			if (int(part[i])-int(part[i-1])+10)%10 != step {
				return false
			}
		}
		return true
	}
	half := len(pin) / 2
	return row(pin[:half]) && row(pin[half:])
}

// year: it begins or ends with a year in which somebody who works here may be born.
func (r pinRules) year(pin string) bool {
	for _, part := range []string{pin[:4], pin[len(pin)-4:]} {
		if y, err := strconv.Atoi(part); err == nil && y >= r.Years.First && y <= r.Years.Last {
			return true
		}
	}
	return false
}

func (r pinRules) row(pin string) bool {
	for _, row := range r.Rows {
		if strings.Contains(row, pin) {
			return true
		}
	}
	return false
}

const (
	shortestBadge = 8
	longestBadge  = 128
)

// plainBadge is a badge's code as it counts: readers and people write it with spaces and in either case.
func plainBadge(code string) string {
	return strings.ToUpper(strings.Map(func(r rune) rune {
		if unicode.IsSpace(r) {
			return -1
		}
		return r
	}, norm.NFKC.String(code)))
}

// CheckBadge says what is wrong with a badge's code that somebody chooses: one that everybody could type is none.
func CheckBadge(code string) error {
	plain := plainBadge(code)
	different := map[rune]bool{}
	for _, r := range plain {
		different[r] = true
	}
	var c fault.Check
	c.Want(len(plain) >= shortestBadge && len(plain) <= longestBadge, "code", "device.badge_short")
	c.Want(len(plain) < shortestBadge || len(different) >= 4, "code", "device.badge_trivial")
	return c.Err()
}

// checkCode judges a code by its way.
func checkCode(way, code string) error {
	switch way {
	case wayPIN:
		return CheckPIN(code)
	case wayBadge:
		return CheckBadge(code)
	}
	return fault.New(fault.Malformed, "this is not what a device sends")
}

func plainCode(way, code string) string {
	if way == wayBadge {
		return plainBadge(code)
	}
	return code
}
