package record

import (
	"strings"
	"unicode/utf8"

	"milieu/kit/fault"
)

// Signature is somebody's name under what an entry says: drawn on the screen, or typed by who cannot draw or would rather not, which it then
// says. It shows who was there and agreed; who filed the entry is the entry's author all the same. A form sends it as "witness.name",
// "witness.typed" and "witness.drawn".
type Signature struct {
	Name  string   `json:"name" doc:"who signs, as they say their name" max:"100"`
	Typed bool     `json:"typed,omitempty" doc:"signed by typing the name"`
	Drawn *Drawing `json:"drawn,omitempty" doc:"signed by drawing"`
}

// Drawing is a signature as lines in a box of SignatureWidth by SignatureHeight: each line is x, y, x, y and so on, from where the pen came
// down to where it was lifted.
type Drawing struct {
	Lines [][]int `json:"lines"`
}

// The box of a drawing, and how much one may hold: what a hand draws takes some hundreds of points.
const (
	SignatureWidth  = 600
	SignatureHeight = 200

	maxSignatureName  = 100
	maxSignatureLines = 80
	maxSignatureNums  = 3000
)

// Check notes what is wrong with a signature under the name of its field. A missing one is right: whether there must be one is its kind's to say.
func (s *Signature) Check(c *fault.Check, field string) {
	if s == nil {
		return
	}
	c.Want(strings.TrimSpace(s.Name) != "", field+".name", "say who signs")
	c.Want(utf8.RuneCountInString(s.Name) <= maxSignatureName, field+".name", "at most 100 characters")
	c.Want(s.Typed != (s.Drawn != nil), field+".drawn", "sign in the box, or say that the typed name is the signature")
	if s.Drawn != nil {
		c.Want(s.Drawn.sound(), field+".drawn", "this is no drawn signature")
	}
}

func (d *Drawing) sound() bool {
	if len(d.Lines) == 0 || len(d.Lines) > maxSignatureLines {
		return false
	}
	all := 0
	for _, line := range d.Lines {
		if len(line) < 2 || len(line)%2 != 0 {
			return false
		}
		for i, n := range line {
			limit := SignatureWidth
			if i%2 == 1 {
				limit = SignatureHeight
			}
			if n < 0 || n > limit {
				return false
			}
		}
		all += len(line)
	}
	return all >= 4 && all <= maxSignatureNums
}
