package fhir

import (
	"fmt"
	"regexp"
	"strings"
	"time"
)

// Date is a day, a month or a year as it was written: "1975-09-11", "1975-09",
// "1975". What was not known is not filled in.
type Date string

// DateTime is a Date or a moment with its offset: "2020-01-02T10:00:00+01:00".
// Some servers leave the offset out; the text is then kept as it is.
type DateTime string

// Decimal is a number as it was written, so that no digit is lost.
type Decimal string

// Precision is how much of a date is known.
type Precision int

const (
	// Unknown: empty or not a date.
	Unknown Precision = iota
	Year
	Month
	Day
	// Local is a moment without an offset: its zone must be asked.
	Local
	Moment
)

// Precision tells how much is known.
func (d Date) Precision() Precision { return DateTime(d).Precision() }

// Precision tells how much is known.
func (d DateTime) Precision() Precision {
	precision, _ := d.parse()
	return precision
}

// Start is the earliest moment meant. Dates and local times are taken in zone.
// It is the zero time when Precision is Unknown.
func (d DateTime) Start(zone *time.Location) time.Time {
	precision, at := d.parse()
	if precision == Unknown || precision == Moment {
		return at
	}
	return time.Date(at.Year(), at.Month(), at.Day(), at.Hour(), at.Minute(), at.Second(), at.Nanosecond(), zone)
}

var (
	dateLayouts = map[int]struct {
		precision Precision
		layout    string
	}{4: {Year, "2006"}, 7: {Month, "2006-01"}, 10: {Day, "2006-01-02"}}
	// Seconds may be absent (lenient) or 60, a leap second (allowed by FHIR).
	momentForm = regexp.MustCompile(`^(\d{4}-\d\d-\d\dT\d\d:\d\d)(:\d\d)?(\.\d{1,9})?(Z|[+-]\d\d:\d\d)?$`)
)

func (d DateTime) parse() (Precision, time.Time) {
	text := string(d)
	if form, ok := dateLayouts[len(text)]; ok {
		at, err := time.Parse(form.layout, text)
		if err != nil || at.Year() < 1 {
			return Unknown, time.Time{}
		}
		return form.precision, at
	}
	if len(text) > 40 {
		return Unknown, time.Time{}
	}
	part := momentForm.FindStringSubmatch(text)
	if part == nil {
		return Unknown, time.Time{}
	}
	seconds := part[2]
	switch seconds {
	case "":
		seconds = ":00"
	case ":60":
		seconds = ":59"
	}
	precision, zone := Moment, part[4]
	if zone == "" {
		precision, zone = Local, "Z"
	}
	at, err := time.Parse(time.RFC3339Nano, part[1]+seconds+part[3]+zone)
	if err != nil || at.Year() < 1 {
		return Unknown, time.Time{}
	}
	return precision, at
}

// normalise accepts what can only mean one thing and says what is wrong with
// the rest: an error when the date could not be understood.
func (d Date) normalise() (string, Severity, string) {
	precision := d.Precision()
	switch precision {
	case Year, Month, Day:
		return string(d), Warning, ""
	case Local, Moment:
		// A day written as its midnight; with another offset than UTC it could
		// be the day before or after.
		if day, ok := strings.CutSuffix(strings.TrimSuffix(string(d), "Z"), "T00:00:00"); ok {
			return day, Warning, "a day was expected; the midnight given is read as that day"
		}
		if day, ok := strings.CutSuffix(strings.TrimSuffix(string(d), "Z"), "T00:00:00.000"); ok {
			return day, Warning, "a day was expected; the midnight given is read as that day"
		}
	}
	return "", Error, notADate(string(d))
}

func (d DateTime) normalise() (string, Severity, string) {
	switch d.Precision() {
	case Unknown:
		return "", Error, notADate(string(d))
	case Local:
		return string(d), Warning, "the time says no offset from UTC; it is read as the house's own time"
	}
	return string(d), Warning, ""
}

func notADate(text string) string {
	return fmt.Sprintf("“%s” is not a date as FHIR writes it (1975-09-11, 1975-09 or 1975)", clip(text))
}
