package contacts

import (
	"strings"
	"testing"
	"time"

	"milieu/kit/fault"
	"milieu/kit/record"
)

var at = time.Date(2026, 11, 19, 14, 0, 0, 0, time.UTC)

func good() *Held {
	return &Held{Type: "one_to_one", Mode: "in_person", Started: at.Add(-20 * time.Minute), Stopped: at, Purposes: []string{"worry"}, Meaningful: Yes}
}

// What a contact must say, and what it may not.
func TestHeld(t *testing.T) {
	for name, test := range map[string]struct {
		change func(*Held)
		bad    string // the field that is named; empty: none
	}{
		"enough":              {func(*Held) {}, ""},
		"within one minute":   {func(h *Held) { h.Started = h.Stopped }, ""},
		"no type":             {func(h *Held) { h.Type = "" }, "type"},
		"no such manner":      {func(h *Held) { h.Mode = "pigeon" }, "mode"},
		"no beginning":        {func(h *Held) { h.Started = time.Time{} }, "started"},
		"no end":              {func(h *Held) { h.Stopped = time.Time{} }, "stopped"},
		"ended before":        {func(h *Held) { h.Stopped = h.Started.Add(-time.Minute) }, "stopped"},
		"longer than a day":   {func(h *Held) { h.Started = at.Add(-25 * time.Hour) }, "started"},
		"not ended yet":       {func(h *Held) { h.Stopped = at.Add(time.Hour) }, "stopped"},
		"about nothing":       {func(h *Held) { h.Purposes = nil }, "purposes"},
		"about no such thing": {func(h *Held) { h.Purposes = []string{"billing"} }, "purposes"},
		"no such response":    {func(h *Held) { h.Responses = []string{"compliant"} }, "responses"},
		"not said whether":    {func(h *Held) { h.Meaningful = "" }, "meaningful"},
		"perhaps":             {func(h *Held) { h.Meaningful = "perhaps" }, "meaningful"},
		"long words":          {func(h *Held) { h.Words = strings.Repeat("ü", 4001) }, "words"},
		"as long as it may":   {func(h *Held) { h.Words = strings.Repeat("ü", 4000) }, ""},
		"no such interpreter": {func(h *Held) { h.Interpreter = "a child" }, "interpreter"},
	} {
		t.Run(name, func(t *testing.T) {
			h := good()
			test.change(h)
			err := h.Validate(&record.Entry{Happened: at})
			if test.bad == "" && err != nil || test.bad != "" && (err == nil || fault.Of(err).Fields[0].Name != test.bad) {
				t.Errorf("want %q refused, got %v", test.bad, err)
			}
		})
	}
	h := good()
	if h.Minutes() != 20 {
		t.Errorf("twenty minutes are %d", h.Minutes())
	}
	if h.Started = h.Stopped; h.Minutes() != 1 {
		t.Errorf("less than a minute is %d", h.Minutes())
	}
}

// The short lists stay short: a thumb chooses from them.
func TestChoicesAreFew(t *testing.T) {
	for name, list := range map[string][]string{"types": Choices.Types, "modes": Choices.Modes, "purposes": Choices.Purposes, "responses": Choices.Responses, "interpreters": Choices.Interpreters, "reasons": Choices.Reasons} {
		if len(list) < 2 || len(list) > 12 {
			t.Errorf("%s: %d", name, len(list))
		}
	}
	if Choices.Source == "" || Choices.Since == "" {
		t.Error("the lists name no source or date")
	}
}

// A contact is asked for after the hours that the unit says, and never at night, also where the clocks change.
func TestAsked(t *testing.T) {
	berlin, err := time.LoadLocation("Europe/Berlin")
	if err != nil {
		t.Fatal(err)
	}
	local := func(day, hour, minute int) time.Time { return time.Date(2026, 11, day, hour, minute, 0, 0, berlin) }
	for name, test := range map[string]struct {
		last      time.Time
		hours     int
		due, late time.Time
	}{
		"by day":            {local(19, 14, 0), 24, local(20, 14, 0), local(20, 20, 0)},
		"in the evening":    {local(19, 14, 0), 6, local(19, 20, 0), local(19, 21, 30)},
		"at night":          {local(19, 15, 30), 8, local(20, 10, 0), local(20, 12, 0)},
		"before breakfast":  {local(19, 6, 0), 24, local(20, 10, 0), local(20, 16, 0)},
		"an hour":           {local(19, 14, 0), 1, local(19, 15, 0), local(19, 16, 0)},
		"as the day begins": {local(19, 8, 0), 24, local(20, 8, 0), local(20, 14, 0)},
		"clocks put back":   {time.Date(2026, 10, 24, 22, 0, 0, 0, berlin), 6, time.Date(2026, 10, 25, 10, 0, 0, 0, berlin), time.Date(2026, 10, 25, 11, 30, 0, 0, berlin)},
	} {
		if due, late := Asked(test.last, test.hours, berlin); !due.Equal(test.due) || !late.Equal(test.late) {
			t.Errorf("%s: due %v late %v, want %v and %v", name, due, late, test.due, test.late)
		}
	}
}
