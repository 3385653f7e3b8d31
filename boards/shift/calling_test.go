package shift_test

import (
	"strings"
	"testing"

	"milieu/care/forms"
	formsroom "milieu/care/forms/room"
	"milieu/house/clients"
	"milieu/kit/record"
	"milieu/kit/testkit"
)

// Who has not come yet, and who has left, stands on the board of their unit while an answer of theirs rings; nobody else there does.
func TestWhoIsNotInRingsOnTheBoard(t *testing.T) {
	w := newWard(t, 1, formsroom.Def())
	who := record.DeriveID("board", "client", "at the door")
	w.Must(testkit.Program(), "clients.registered", who, &clients.Registered{Unit: w.unit, Identity: clients.Identity{Names: clients.Names{Used: "Mina Orchard"}}})
	w.Must(testkit.As(w.worker), forms.KindAnswered, who, &forms.Said{Run: record.DeriveID("board", "run"), Form: "risk_screen", Version: 1, Section: "now", Answers: map[string]string{"life_now": "yes"}})
	w.Must(testkit.Program(), "clients.registered", record.DeriveID("board", "client", "tomorrow"), &clients.Registered{Unit: w.unit, Identity: clients.Identity{Names: clients.Names{Used: "Lev Tomorrow"}}})
	page := get(t, w.Browse(w.worker), "/")
	for _, want := range []string{"Mina Orchard", "An answer asks for help now", "/forms/critical/" + who.String()} {
		if !strings.Contains(page, want) {
			t.Errorf("%q is missing on the board", want)
		}
	}
	if strings.Contains(page, "Lev Tomorrow") {
		t.Error("somebody who is expected and has nothing open stands there")
	}
}
