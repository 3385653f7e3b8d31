package ward

import (
	"context"
	"time"

	"milieu/care/contacts"
	"milieu/house/clients"
	"milieu/kit/access"
)

// talks are what the made-up staff talk about, and how it goes.
var talks = []contacts.Held{
	{Type: "one_to_one", Mode: "in_person", Purposes: []string{"how_today"}, Done: "Sat together over tea and looked at the plan for the day", Responses: []string{"took_part"}, Meaningful: contacts.Yes},
	{Type: "one_to_one", Mode: "in_person", Purposes: []string{"worry"}, Done: "Listened to what keeps coming back, wrote it down together", Responses: []string{"calmer"}, Words: "“It is smaller when it is on paper.”", Meaningful: contacts.Yes},
	{Type: "one_to_one", Mode: "in_person", Purposes: []string{"coping"}, Done: "Tried slow breathing and naming five things in the room", Responses: []string{"tried_skill", "calmer"}, Meaningful: contacts.Yes},
	{Type: "one_to_one", Mode: "in_person", Purposes: []string{"daily_life"}, Done: "Asked at the door", Responses: []string{"spoke_little"}, Words: "“Later, maybe.”", Meaningful: contacts.No},
	{Type: "coaching", Mode: "in_person", Purposes: []string{"goal"}, Done: "Planned Saturday's cooking and the shopping list", Responses: []string{"hopeful"}, Meaningful: contacts.Yes},
	{Type: "counselling", Mode: "in_person", Purposes: []string{"after_event", "coping"}, Responses: []string{"tearful", "listened"}, Meaningful: contacts.Yes},
	{Type: "collateral", Mode: "phone", Purposes: []string{"family"}, With: "a sister", Done: "She asked when visits are best; told her after four", Responses: []string{"other"}, Meaningful: contacts.No},
}

// talk has somebody of the staff talk with somebody who is here: every six minutes by day, now and then at night with who is awake.
func (w *Ward) talk(ctx context.Context, now time.Time) error {
	every := 6 * time.Minute
	if w.night() {
		every = 50 * time.Minute
	}
	if now.Sub(now.Truncate(every)) >= 20*time.Second || len(w.Client) == 0 {
		return nil
	}
	chart := w.Client[w.rng.IntN(len(w.Client))]
	h := talks[w.rng.IntN(len(talks))]
	h.Stopped = now.Add(-time.Duration(20+w.rng.IntN(60)) * time.Second).Truncate(time.Minute)
	h.Started = h.Stopped.Add(-time.Duration(5+w.rng.IntN(30)) * time.Minute)
	card, err := clients.BareCard(w.H.DB.Read(ctx), chart)
	if err != nil || card.Where != clients.Here || h.Started.Before(card.Admitted) {
		return err
	}
	by := w.Floor[w.rng.IntN(min(3, len(w.Floor)))]
	switch {
	case h.Type == "counselling":
		by = w.Staff[access.Clinician]
	case h.Type == "coaching" || w.rng.IntN(4) == 0:
		by = w.Staff[access.Peer]
	}
	if w.rng.IntN(9) == 0 {
		return w.file(ctx, as(by), w.entry(contacts.KindAttempted, chart, &contacts.Attempted{Mode: "in_person", Reason: "asked_later", Words: "Was on the telephone", Next: "Come by again before supper"}))
	}
	return w.file(ctx, as(by), w.entryAt(contacts.KindHeld, chart, &h, h.Stopped))
}
