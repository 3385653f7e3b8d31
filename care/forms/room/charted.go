package room

import (
	"cmp"
	"context"
	"slices"

	"milieu/care/forms"
	"milieu/house/clients"
	"milieu/kit/db"
	"milieu/kit/record"
	"milieu/kit/ui"
)

// charted is what the chart itself says about something that a form asks: it is asked there once, and changed there.
type charted struct {
	forms.Known
	Words string // as it stands in the chart
	Path  string // where it is changed
}

// chartedOf reads what a client's chart says, by fact, with the page on which a reader who changes it does so. Values are only there where the chart's own words are one of the form's answers.
func chartedOf(q db.Querier, chart record.ID, changes bool) (map[string]charted, error) {
	parts, err := clients.PartsOf(q, chart)
	if err != nil {
		return nil, err
	}
	who, err := clients.IdentityOf(q, chart)
	if err != nil {
		return nil, err
	}
	flags, err := clients.Flags(q, chart)
	if err != nil {
		return nil, err
	}
	out := map[string]charted{}
	say := func(fact string, f clients.Fact, path, words string, values ...string) {
		if words == "" || f.ID.IsZero() {
			return
		}
		values = slices.DeleteFunc(values, func(v string) bool { return v == "" })
		put := &forms.Put{ID: f.ID, Chart: f.Chart, Happened: f.Happened, Author: f.Author}
		out[fact] = charted{forms.Known{Answer: forms.Answer{Put: put, Values: values, State: forms.Answered}}, words, "/clients/" + chart.String() + path}
	}
	part := func(fact, name, words string, values ...string) {
		page := "/about"
		if changes {
			page += "/" + name
		}
		say(fact, parts[name], page, words, values...)
	}
	part("name_wanted", clients.PartNames, who.Used, who.Used)
	language := map[string]string{"en": "en", "English": "en", "es": "es", "Spanish": "es"}[who.Language]
	part("language_spoken", clients.PartSpeech, who.Language, cmp.Or(language, "other"))
	if language == "" {
		part("language_other", clients.PartSpeech, who.Language, who.Language)
	}
	part("interpreter_wanted", clients.PartSpeech, who.Interpreter, map[string]string{"no": forms.No, "talks": forms.Yes, "always": forms.Yes}[who.Interpreter])
	part("reading", clients.PartSpeech, who.Reads)
	part("faith", clients.PartNeeds, who.Faith, who.Faith)
	part("food", clients.PartNeeds, who.Food)
	part("care_by", clients.PartNeeds, who.Care)
	part("touch", clients.PartNeeds, who.Care)
	part("senses", clients.PartNeeds, who.Senses)
	for _, f := range flags {
		if f.Ended == nil {
			say("helps", f.Fact, "/health", ui.Joined("; ", out["helps"].Words, f.Says.Text))
		}
	}
	return out, nil
}

// fromChart are the items of a section of which the chart says something already: while nobody has answered them here, or where what they
// answered is something else.
func (v *runView) fromChart(s *forms.Section) (out []chartSays) {
	for i := range s.Items {
		it := &s.Items[i]
		known, ok := v.Charted[it.Fact]
		st := v.Status(it)
		switch {
		case !ok || it.Fact == "" || st.State == forms.Skipped:
		case st.State == forms.Open:
			one := chartSays{charted: known, Item: it, Open: true}
			if len(known.Values) == 1 && it.Fits(known.Values[0]) {
				one.Offer = &forms.Offer{Known: known.Known, For: it}
			}
			out = append(out, one)
		case st.State == forms.Answered && len(known.Values) > 0 && !slices.Equal(st.Now.Values, known.Values):
			out = append(out, chartSays{charted: known, Item: it})
		}
	}
	return out
}

// chartSays is what the chart says about one item.
type chartSays struct {
	charted
	Item  *forms.Item
	Offer *forms.Offer // nil: it is no answer of the item's
	Open  bool         // nobody has answered it here
}

// known leaves out of what was told in earlier forms what the chart itself says: one truth is offered, and the chart's is the one that is changed.
func (v *runView) known() map[string]forms.Known {
	out := map[string]forms.Known{}
	for fact, k := range v.Known {
		if len(v.Charted[fact].Values) == 0 {
			out[fact] = k
		}
	}
	return out
}

// words are what the chart says, in the words of the form where it has any.
func (c *chartSays) words(ctx context.Context) string {
	if len(c.Values) == 1 && (c.Item.Type == forms.YesNo || c.Item.Type == forms.One && c.Values[0] != "other") {
		return values(ctx, c.Item, &c.Answer)
	}
	return c.Words
}
