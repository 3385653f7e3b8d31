package ward

import (
	"context"
	"fmt"
	"time"

	"milieu/care/forms"
	"milieu/house/clients"
	"milieu/kit/access"
	"milieu/kit/record"
)

// told are what made-up people say when they come; each answers a little differently.
var told = []struct {
	food, sleep  []string
	faith, helps string
	touch        string
}{
	{[]string{"halal"}, []string{"quiet"}, "Prays at noon and at sunset", "To be left alone for ten minutes. Being crowded makes it worse.", "ask"},
	{[]string{"anything"}, []string{"light", "music"}, "", "Music, and somebody who says what comes next.", "fine"},
	{[]string{"vegetarian"}, []string{"door"}, "", "Walking. Loud voices make it worse.", "ask"},
	{[]string{"soft"}, []string{"late"}, "Reads the psalms in the evening", "Tea, and not having to explain.", "no"},
}

// newcomers are the last of the ward's clients, whose intake is still open, or not yet begun.
const newcomers = 2

// askIn does with everybody who came the intake that the unit wants; of the last two one is half done, and one has not been begun. The rule was
// set before they came.
func (w *Ward) askIn(ctx context.Context, charts []record.ID) error {
	now := w.H.Clock.Now()
	if err := w.file(ctx, w.program(), w.entryAt(forms.KindRules, w.Unit, &forms.RulesSet{Opens: []string{"intake"}}, now.Add(-10*time.Minute))); err != nil {
		return fmt.Errorf("setting what is asked of newcomers: %w", err)
	}
	byFloor := map[record.ID][]*record.Entry{}
	for i, chart := range charts {
		card, err := clients.BareCard(w.H.DB.Read(ctx), chart)
		if err != nil || card.Episode.IsZero() || i == len(charts)-1 {
			if err != nil {
				return err
			}
			continue
		}
		run := forms.RunID(chart, "intake", card.Episode)
		parts := intake(i)
		if len(card.Allergies) == 0 { // the chart knows of none, and of nobody who asked
			parts[1].Answers, parts[1].States = map[string]string{"pain": "no"}, map[string]forms.State{"allergies": forms.Unknown}
		}
		if i == len(charts)-newcomers {
			parts = parts[:2]
		}
		by := w.Floor[i%len(w.Floor)]
		for _, part := range parts {
			part.Run, part.Form, part.Version, part.Language = run, "intake", 1, "en"
			byFloor[by] = append(byFloor[by], w.entry(forms.KindAnswered, chart, part))
		}
		if i < len(charts)-newcomers {
			byFloor[by] = append(byFloor[by], w.entry(forms.KindFinished, chart, &forms.Finished{Run: run, Form: "intake"}))
		}
	}
	for _, by := range w.Floor {
		if err := w.file(ctx, as(by), byFloor[by]...); err != nil {
			return fmt.Errorf("asking newcomers in: %w", err)
		}
	}
	return w.readRights(ctx, charts)
}

// intake is what somebody says, section by section.
func intake(i int) []*forms.Said {
	t := told[i%len(told)]
	daily := &forms.Said{Section: "daily", Chosen: map[string][]string{"food": t.food, "sleep": t.sleep}, Answers: map[string]string{"touch": t.touch}}
	if t.faith != "" {
		daily.Answers["faith"] = t.faith
	} else {
		daily.States = map[string]forms.State{"faith": forms.Declined}
	}
	return []*forms.Said{
		{Section: "who", Answers: map[string]string{"speaks": "en", "interpreter": "no", "reads": "reads"}, States: map[string]forms.State{"called": forms.NotApplicable}},
		{Section: "health", Answers: map[string]string{"allergies": forms.Done, "pain": "no"}},
		daily,
		{Section: "helps", Answers: map[string]string{"helps": t.helps}},
		{Section: "people", Answers: map[string]string{"contacts": forms.Done, "depends": "no"}},
	}
}

// readRights has the rights read to one who signs, with an interpreter on the telephone.
func (w *Ward) readRights(ctx context.Context, charts []record.ID) error {
	if len(charts) <= inHospital+1 {
		return nil
	}
	chart, by := charts[inHospital+1], w.Staff[access.Nurse]
	card, err := clients.BareCard(w.H.DB.Read(ctx), chart)
	if err != nil || card.Episode.IsZero() {
		return err
	}
	f := forms.Current("rights_and_rules")
	run := forms.RunID(chart, f.ID, card.Episode)
	var entries []*record.Entry
	for _, s := range f.Sections[:2] {
		said := &forms.Said{Run: run, Form: f.ID, Version: f.Version, Section: s.Code, Answers: map[string]string{}, Language: "es", Mode: "by_phone", Name: "No. 4417"}
		for _, it := range s.Items {
			said.Answers[it.Code] = forms.WasRead
		}
		entries = append(entries, w.entry(forms.KindAnswered, chart, said))
	}
	signed := &forms.Said{Run: run, Form: f.ID, Version: f.Version, Section: "signed", Answers: map[string]string{"copy": "given"}, Language: "es", Mode: "by_phone", Name: "No. 4417",
		Signatures: map[string]record.Signature{
			"person": {Name: card.Name, Drawn: &record.Drawing{Lines: [][]int{{60, 140, 90, 70, 130, 150, 170, 60, 210, 140}, {230, 120, 300, 110, 360, 130, 430, 90}}}},
			"staff":  {Name: w.H.Directory.Person(by).Name, Typed: true},
		}}
	entries = append(entries, w.entry(forms.KindAnswered, chart, signed), w.entry(forms.KindFinished, chart, &forms.Finished{Run: run, Form: f.ID}))
	if err := w.file(ctx, as(by), entries...); err != nil {
		return fmt.Errorf("reading the rights: %w", err)
	}
	return nil
}
