package room

import (
	"milieu/care/rounds"
	"milieu/kit/room"
)

// Def is the room of safety rounds.
func Def() room.Def {
	return room.Def{
		Name:        "rounds",
		Reads:       stayKinds,
		Kinds:       rounds.Kinds(),
		Projections: Projections(),
		Rules:       Rules(),
		Routes:      routes(),
		Nav:         nav(),
		Views:       views(),
		Faces:       faces(),
		Said:        said(),
		Pack:        pack(),
		Panels:      panels(),
		Handover:    handover(),
	}
}
