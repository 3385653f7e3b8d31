package places

import (
	"cmp"
	"fmt"
	"strings"
	"time"
	_ "time/tzdata" // the house's zone is known on every machine, also on one without a zone database

	"golang.org/x/text/language"

	"milieu/kit/fault"
	"milieu/kit/record"
)

// House is what holds for everybody: places.house_set. The latest one that happened is in force.
type House struct {
	Name     string  `json:"name" doc:"as people call it" max:"80"`
	Zone     string  `json:"zone" doc:"IANA time zone, as America/New_York"`
	Language string  `json:"language" doc:"BCP 47, as en or es-MX"`
	Shifts   []Shift `json:"shifts" doc:"the day's shifts by wall time"`
}

// Shift is one shift of every day, by the clock on the wall. An End not after Start lies on the next day.
type Shift struct {
	Name  string `json:"name" doc:"Day, Evening, Night" max:"40"`
	Start string `json:"start" doc:"07:00"`
	End   string `json:"end" doc:"19:00"`
}

// DefaultHouse stands until an administrator has set the house up. Twelve-hour shifts from seven are the commonest in residential care; a
// house changes them on its first day.
func DefaultHouse() House {
	return House{Zone: "UTC", Language: "en", Shifts: []Shift{{"Day", "07:00", "19:00"}, {"Night", "19:00", "07:00"}}}
}

const (
	maxName   = 80
	maxShifts = 12
)

// Validate implements record.Body.
func (h *House) Validate(*record.Entry) error {
	var c fault.Check
	name(&c, "name", h.Name, "say what the house is called")
	_, err := zoneOf(h.Zone)
	c.Want(err == nil, "zone", "this is no time zone; write one such as America/New_York")
	_, err = language.Parse(h.Language)
	c.Want(err == nil, "language", "this is no language; write one such as en")
	c.Want(len(h.Shifts) > 0, "shifts", "name at least one shift")
	c.Want(len(h.Shifts) <= maxShifts, "shifts", "too many shifts")
	seen := map[string]bool{}
	for i, s := range h.Shifts {
		at := fmt.Sprintf("shifts.%d.", i)
		name(&c, at+"name", s.Name, "say what the shift is called")
		c.Want(!seen[strings.ToLower(s.Name)], at+"name", "two shifts have this name")
		seen[strings.ToLower(s.Name)] = true
		_, err := wallTime(s.Start)
		c.Want(err == nil, at+"start", "write a time such as 07:00")
		_, err = wallTime(s.End)
		c.Want(err == nil, at+"end", "write a time such as 19:00")
	}
	return c.Err()
}

// Location is the house's zone; UTC when it is not one.
func (h *House) Location() *time.Location {
	zone, err := zoneOf(h.Zone)
	if err != nil {
		return time.UTC
	}
	return zone
}

// zoneOf refuses "Local" and the empty name: they mean another zone on another machine.
func zoneOf(text string) (*time.Location, error) {
	if text == "" || text == "Local" {
		return nil, fmt.Errorf("%q is no time zone", text)
	}
	return time.LoadLocation(text)
}

// wallTime reads "07:30" as minutes since midnight.
func wallTime(text string) (int, error) {
	t, err := time.Parse("15:04", text)
	if err != nil || len(text) != 5 {
		return 0, fmt.Errorf("%q is no time of day", text)
	}
	return t.Hour()*60 + t.Minute(), nil
}

// name checks a short text that people will read in lists.
func name(c *fault.Check, field, text, missing string) {
	c.Want(strings.TrimSpace(text) != "", field, missing)
	c.Want(len([]rune(text)) <= maxName, field, "shorter, please: at most 80 characters")
	c.Want(!strings.ContainsAny(text, "\n\r\t"), field, "on one line, please")
}

// Natural compares names as people sort them: "Room 2" before "Room 10".
func Natural(a, b string) int {
	for a != "" && b != "" {
		if digit(a[0]) && digit(b[0]) {
			x, restA := number(a)
			y, restB := number(b)
			if order := cmp.Or(cmp.Compare(len(x), len(y)), strings.Compare(x, y)); order != 0 {
				return order
			}
			a, b = restA, restB
			continue
		}
		if a[0] != b[0] {
			return cmp.Compare(a[0], b[0])
		}
		a, b = a[1:], b[1:]
	}
	return cmp.Compare(len(a), len(b))
}

func digit(c byte) bool { return c >= '0' && c <= '9' }

// number splits the leading digits off, without their leading zeros.
func number(s string) (digits, rest string) {
	n := 0
	for n < len(s) && digit(s[n]) {
		n++
	}
	return strings.TrimLeft(s[:n], "0"), s[n:]
}
