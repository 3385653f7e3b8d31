package access

import (
	"slices"
	"time"

	kit "milieu/kit/access"
	"milieu/kit/db"
	"milieu/kit/fault"
	"milieu/kit/record"
)

// Consents are what a client may agree to today.
var Consents = []string{kit.SubstanceUse, kit.Kin}

// ConsentGiven says what a client has agreed to: access.consent_given. For what a substance-use programme wrote it has the parts that 42 CFR 2.31
// asks of a written consent: whose record (the chart's), who discloses (this house), how much and what kind, to whom, for what, the right to
// take it back, when it ends, and signature and date.
type ConsentGiven struct {
	What     string    `json:"what" enum:"substance-use|family" doc:"what it opens: what a substance-use programme wrote, or the record to family"`
	To       record.ID `json:"to,omitzero" doc:"the staff chart of the one person whom it lets in; nobody named: all whom the policies let in with consent"`
	Whom     string    `json:"whom,omitempty" max:"300" doc:"to whom, in words: my treating providers"`
	Covers   string    `json:"covers,omitempty" max:"300" doc:"how much, and what kind"`
	Purpose  string    `json:"purpose,omitempty" max:"300"`
	Until    time.Time `json:"until,omitzero"`
	Open     bool      `json:"open,omitempty" doc:"said to have no end"`
	Words    string    `json:"words,omitempty" max:"1000" doc:"what the client said, in their words"`
	How      string    `json:"how" enum:"signed|spoken"`
	Witness  string    `json:"witness,omitempty" max:"120" doc:"who else was there"`
	ToldEnds bool      `json:"told_ends,omitempty" doc:"the client was told that and how it can be taken back"`
}

// Validate implements record.Body.
func (g *ConsentGiven) Validate(e *record.Entry) error {
	var c fault.Check
	c.Want(slices.Contains(Consents, g.What), "what", "say what it is for")
	c.Want(g.How == "signed" || g.How == "spoken", "how", "say how it was given")
	c.Want(g.Until.IsZero() || !g.Open, "until", "an end, or none")
	c.Want(e == nil || g.Until.IsZero() || g.Until.After(e.Happened), "until", "this lies in the past")
	if g.What == kit.SubstanceUse { // 42 CFR 2.31(a)
		c.Want(g.How == "signed", "how", "this consent must be written and signed")
		c.Want(!g.To.IsZero() || said(g.Whom), "whom", "say to whom")
		c.Want(said(g.Covers), "covers", "say how much, and what kind")
		c.Want(said(g.Purpose), "purpose", "say for what")
		c.Want(g.Open || !g.Until.IsZero(), "until", "say when it ends, or that it has no end")
		c.Want(g.ToldEnds, "told_ends", "tell the person first that they can take it back, and how")
	} else {
		c.Want(g.How == "signed" || said(g.Witness) || said(g.Words), "witness", "for a spoken consent: who else heard it, or what was said")
	}
	for _, t := range []struct {
		field, text string
		most        int
	}{{"whom", g.Whom, 300}, {"covers", g.Covers, 300}, {"purpose", g.Purpose, 300}, {"words", g.Words, 1000}, {"witness", g.Witness, 120}} {
		fits(&c, t.field, t.text, t.most)
	}
	return c.Err()
}

// ConsentEnded says that the client takes a consent back: access.consent_ended. It ends when this happened.
type ConsentEnded struct {
	Consent record.ID `json:"consent" doc:"the entry by which it was given"`
	Words   string    `json:"words,omitempty" max:"1000" doc:"what the client said"`
}

// Validate implements record.Body.
func (n *ConsentEnded) Validate(*record.Entry) error {
	var c fault.Check
	c.Want(!n.Consent.IsZero(), "consent", "say which")
	fits(&c, "words", n.Words, 1000)
	return c.Err()
}

// Consent is one consent as it stands.
type Consent struct {
	ConsentGiven
	Root, Chart, Author record.ID
	From, Ends          time.Time // Ends as it came: the earlier of its own end and its being taken back; zero: open
	Ended               bool      // taken back
}

// Holds says whether it held at t.
func (g *Consent) Holds(t time.Time) bool { return holds(g.From, g.Ends, t) }

// ConsentsOf lists what a client has agreed to, by time.
func ConsentsOf(q db.Querier, chart record.ID) ([]Consent, error) {
	return ofFamily(q, chart, func(c record.ID) ([]Consent, error) {
		list, err := facts(q, topicConsent, "chart = $1", c[:])
		if err != nil {
			return nil, err
		}
		var out []Consent
		for _, t := range threads(list, "access.consent_given") {
			b, err := read[ConsentGiven](t.fact)
			if err != nil {
				return nil, err
			}
			t.endedBy("access.consent_ended")
			out = append(out, Consent{ConsentGiven: b, Root: t.root, Chart: t.chart, Author: t.author, From: t.happened, Ends: earlier(b.Until, t.ended), Ended: !t.ended.IsZero()})
		}
		return out, nil
	})
}
