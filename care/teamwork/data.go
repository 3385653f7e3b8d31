package teamwork

import (
	"fmt"
	"time"

	jsonv2 "github.com/go-json-experiment/json"

	"milieu/kit/record"
)

// Names of the rules by which the room's dues are known.
const (
	RuleTask    = "teamwork.task"
	RuleMessage = "teamwork.message"
)

// Data is what a due of this room carries for boards and devices. A task that carries a label carries none of its words: boards are drawn alike for
// all who see the unit.
type Data struct {
	Task  record.ID `json:"task,omitzero"`
	What  string    `json:"what,omitempty"`
	Words string    `json:"words,omitempty"`
	Role  string    `json:"role,omitempty"`
	By    record.ID `json:"by,omitzero"`
	At    time.Time `json:"at,omitzero"`
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
