package contacts

import (
	"embed"
	"encoding/json"
	"fmt"
	"slices"
)

//go:embed data/*.json
var data embed.FS

// choices are the lists that answers are chosen from, each in the order in which it is offered.
type choices struct {
	Source       string   `json:"source"`
	Since        string   `json:"since"`
	Types        []string `json:"types"`
	Modes        []string `json:"modes"`
	Purposes     []string `json:"purposes"`
	Responses    []string `json:"responses"`
	Interpreters []string `json:"interpreters"`
	Reasons      []string `json:"reasons"` // why somebody was not reached
}

// Choices are the lists as they hold now.
var Choices = readChoices()

func readChoices() (c choices) {
	raw, err := data.ReadFile("data/choices.json")
	if err == nil {
		err = json.Unmarshal(raw, &c)
	}
	if err != nil {
		panic(fmt.Sprintf("contacts: the choices cannot be read: %v", err)) // embedded: a mistake in the program, seen at its first start
	}
	return c
}

func among(list []string, codes ...string) bool {
	return !slices.ContainsFunc(codes, func(code string) bool { return !slices.Contains(list, code) })
}
