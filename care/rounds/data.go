package rounds

import (
	"fmt"
	"time"

	jsonv2 "github.com/go-json-experiment/json"

	"milieu/kit/record"
)

// Names of the rules by which the room's dues are known.
const (
	RuleCheck       = "rounds.check"
	RuleRelief      = "rounds.relief"
	RuleSearch      = "rounds.search"
	RuleHelp        = "rounds.help"
	RuleReview      = "rounds.level_review"
	RuleEnvironment = "rounds.environment"
	RuleHazard      = "rounds.hazard"
)

// Data is what a due of this room carries for boards and devices. Which fields are filled depends on the rule; times are in UTC.
type Data struct {
	Unit    record.ID `json:"unit,omitzero"`
	Level   string    `json:"level,omitempty"`
	Minutes int       `json:"minutes,omitzero"` // the longest ordered time between two sightings
	Night   bool      `json:"night,omitzero"`   // protected sleep holds
	At      time.Time `json:"at,omitzero"`      // of the last sighting or answer; of the call, the order, the last walk
	Place   string    `json:"place,omitempty"`
	State   string    `json:"state,omitempty"`
	Reason  string    `json:"reason,omitempty"` // why not seen; why help was called; what the hazard is
	Method  string    `json:"method,omitempty"`
	By      record.ID `json:"by,omitzero"`
	Tried   time.Time `json:"tried,omitzero"`  // looked for since, not seen
	Why     string    `json:"why,omitempty"`   // and why not
	Draws   []int     `json:"draws,omitempty"` // seconds after each of the next looks made without a network
	Words   string    `json:"words,omitempty"`
}

// ParseData reads a window's data.
func ParseData(raw []byte) (Data, error) {
	var d Data
	if len(raw) == 0 {
		return d, nil
	}
	if err := jsonv2.Unmarshal(raw, &d); err != nil {
		return d, fmt.Errorf("reading the data of a due: %w", err)
	}
	return d, nil
}

// Pack writes it.
func (d Data) Pack() ([]byte, error) { return jsonv2.Marshal(d) }

// drawsAhead is how many draws a device is given: more rounds than an offline shift of eight hours asks for at the closest interval would
// make the pattern plain to whoever finds the device; it starts over with the first when it has used all.
const drawsAhead = 8

// Data is what the board and devices show of an open look.
func (n *Next) Data() Data {
	d := Data{Unit: n.Regime.Unit, Level: n.Regime.Level.Code, Minutes: int(n.Regime.Every / time.Minute), Night: n.Regime.Night}
	if l := n.Last; l != nil {
		d.At, d.Place, d.State, d.Reason, d.Method, d.By = l.At, l.Place, l.State, l.Reason, l.Method, l.Author
	}
	if a := n.Attempt; a != nil {
		d.Tried, d.Why = a.At, a.Reason
	}
	if n.Regime.Level.DrawTo > 0 {
		for _, draw := range Draws(n.Anchor, n.Regime.Level, n.Regime.Every, drawsAhead+1)[1:] {
			d.Draws = append(d.Draws, int(draw/time.Second))
		}
	}
	return d
}
