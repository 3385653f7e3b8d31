package room

import (
	"context"
	"slices"
	"strings"

	"milieu/house/clients"
	"milieu/kit/fault"
	"milieu/kit/record"
	"milieu/kit/ui"
	"milieu/kit/web"
)

// fact is one labelled text of a description.
type fact struct{ Label, Text string }

// partView is one part of the identity, as it is read.
type partView struct {
	Part  string
	Facts []fact
}

type aboutView struct {
	*head
	Parts []partView
}

func (r *Room) showAbout(c *web.Ctx) error {
	h, err := r.open(c, "about")
	if err != nil {
		return err
	}
	v := aboutView{head: h}
	for _, part := range clients.Parts {
		v.Parts = append(v.Parts, partView{part, partFacts(c.Context(), part, h)})
	}
	return c.Show(h.page(c), aboutPage(v))
}

// partFacts are what is known of one part. The legal name is not among them: it stands on legal papers.
func partFacts(ctx context.Context, part string, h *head) []fact {
	i := h.Identity
	var out []fact
	add := func(field, text string) {
		if text != "" {
			out = append(out, fact{ui.T(ctx, "clients.field."+field), text})
		}
	}
	switch part {
	case clients.PartNames:
		add("used", i.Name())
		add("script", i.Script)
		add("pronouns", i.Pronouns)
		add("previous", strings.Join(i.Previous, ", "))
		if i.Anonymous {
			add("anonymous", ui.T(ctx, "clients.page.anonymous"))
		}
	case clients.PartBirth:
		birth := i.BirthDate
		if day, layout, ok := clients.BirthDay(birth); ok && layout == "2006-01-02" {
			birth = ui.DateText(ctx, day.Add(12*60*60*1e9))
		}
		if i.Estimated && birth != "" {
			birth = ui.T(ctx, "clients.page.estimated", birth)
		}
		add("birth_date", birth)
		add("gender", i.Gender)
	case clients.PartNumbers:
		add("record_number", i.RecordNumber)
		for _, n := range i.Identifiers {
			out = append(out, fact{ui.Joined(" · ", n.Kind, n.System), n.Shown()})
		}
	case clients.PartSpeech:
		add("language", languageWords(i.Language))
		add("languages", strings.Join(i.Languages, ", "))
		add("reads", i.Reads)
		if i.Interpreter != "" {
			add("interpreter", ui.T(ctx, "clients.page.interpreter."+i.Interpreter))
		}
		add("interpreter_mode", i.Mode)
	case clients.PartNeeds:
		for _, f := range needs(&i) {
			add(f.Label, f.Text)
		}
	case clients.PartReach:
		add("phone", i.Phone)
		add("email", i.Email)
		add("address", i.Address)
		add("safe", i.Safe)
	}
	return out
}

func needs(i *clients.Identity) []fact {
	return []fact{{"culture", i.Culture}, {"faith", i.Faith}, {"food", i.Food}, {"care", i.Care}, {"senses", i.Senses}, {"own_words", i.OwnWords}}
}

// showPart is the form that states one part anew.
func (r *Room) showPart(c *web.Ctx) error {
	h, err := r.open(c, "about")
	if err != nil {
		return err
	}
	part := c.R.PathValue("part")
	if !slices.Contains(clients.Parts, part) {
		return fault.New(fault.NotFound, "there is nothing here that you may see")
	}
	return c.Show(ui.Page{Title: ui.T(c.Context(), "clients.page.chart")}, partPage(h, part))
}

type healthView struct {
	*head
	Allergies   []clients.Held[*clients.AllergyNoted]
	Diagnoses   []clients.Held[*clients.DiagnosisNoted]
	Precautions []clients.Held[*clients.PrecautionSet]
	Flags       []clients.Held[*clients.FlagSet]
}

func (r *Room) showHealth(c *web.Ctx) error {
	h, err := r.open(c, "health")
	if err != nil {
		return err
	}
	v, q := healthView{head: h}, c.Read()
	if v.Allergies, err = clients.Allergies(q, h.ID); err != nil {
		return err
	}
	all := v.Allergies
	v.Allergies = slices.DeleteFunc(slices.Clone(all), func(a clients.Held[*clients.AllergyNoted]) bool { return overtaken(all, a) })
	if v.Diagnoses, err = clients.Diagnoses(q, h.ID, h.Hidden); err != nil {
		return err
	}
	if v.Precautions, err = clients.PrecautionsOf(q, h.ID); err != nil {
		return err
	}
	if v.Flags, err = clients.Flags(q, h.ID); err != nil {
		return err
	}
	return c.Show(h.page(c), healthPage(v))
}

// overtaken says that nothing was known when somebody asked, and an allergy was noted since: then "none known" would mislead. Said after it,
// both are shown, for somebody to settle.
func overtaken(all []clients.Held[*clients.AllergyNoted], a clients.Held[*clients.AllergyNoted]) bool {
	return a.Says.NoneKnown && a.Ended == nil && slices.ContainsFunc(all, func(o clients.Held[*clients.AllergyNoted]) bool {
		return !o.Says.NoneKnown && !o.Says.Past && o.Ended == nil && o.Happened.After(a.Happened)
	})
}

type contactsView struct {
	*head
	Now, Past []clients.Held[*clients.ContactSet]
}

func (r *Room) showContacts(c *web.Ctx) error {
	h, err := r.open(c, "contacts")
	if err != nil {
		return err
	}
	v := contactsView{head: h}
	all, err := clients.Contacts(c.Read(), h.ID, h.Hidden)
	for _, one := range all {
		if one.Ended != nil || one.Says.Past {
			v.Past = append(v.Past, one)
		} else {
			v.Now = append(v.Now, one)
		}
	}
	if err != nil {
		return err
	}
	return c.Show(h.page(c), contactsPage(v))
}

type legalView struct {
	*head
	History []clients.Fact // the latest first
}

func (r *Room) showLegal(c *web.Ctx) error {
	h, err := r.open(c, "legal")
	if err != nil {
		return err
	}
	v := legalView{head: h}
	if v.History, err = clients.Legal(c.Read(), h.ID); err != nil {
		return err
	}
	slices.Reverse(v.History)
	return c.Show(h.page(c), legalPage(v))
}

type staysView struct {
	*head
	Episodes  []clients.Episode // the latest first
	Elsewhere []clients.Held[*clients.EpisodeNoted]
	Units     map[record.ID]string
	Merges    []clients.Fact // of the charts merged into this one
}

func (r *Room) showStays(c *web.Ctx) error {
	h, err := r.open(c, "stays")
	if err != nil {
		return err
	}
	v, q := staysView{head: h}, c.Read()
	if v.Episodes, err = clients.Episodes(q, h.ID); err != nil {
		return err
	}
	slices.Reverse(v.Episodes)
	if v.Elsewhere, err = clients.Elsewhere(q, h.ID, h.Hidden); err != nil {
		return err
	}
	for _, chart := range h.Merged {
		fs, err := clients.MergesOf(q, chart)
		if err != nil {
			return err
		}
		v.Merges = append(v.Merges, fs...)
	}
	if v.Units, err = unitNames(c); err != nil {
		return err
	}
	return c.Show(h.page(c), staysPage(v))
}

// moveWords says one move of an episode.
func moveWords(ctx context.Context, f clients.Fact, units map[record.ID]string) string {
	switch b := f.Body.(type) {
	case *clients.Admitted:
		return ui.T(ctx, "clients.page.admitted_to", units[b.Unit])
	case *clients.Transferred:
		return ui.T(ctx, "clients.page.moved_to", units[b.Unit])
	case *clients.Left:
		return ui.Joined(" · ", ui.T(ctx, "clients.away."+b.Kind), b.Place, b.With)
	case *clients.Returned:
		return ui.Joined(" · ", ui.T(ctx, "clients.page.back"), b.Note)
	case *clients.DischargedTo:
		return ui.Joined(" · ", ui.T(ctx, "clients.page.discharged"), ui.T(ctx, "clients.destination."+b.Destination), b.Place)
	}
	return ""
}

func roles(ctx context.Context, s *clients.ContactSet) []string {
	var out []string
	for _, r := range []struct {
		is  bool
		key string
	}{{s.NextOfKin, "next_of_kin"}, {s.Emergency, "emergency"}, {s.Guardian, "guardian"}, {s.Agent, "agent"}} {
		if r.is {
			out = append(out, ui.T(ctx, "clients.field."+r.key))
		}
	}
	return out
}
