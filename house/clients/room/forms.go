package room

import (
	"context"
	"encoding/json"
	"strings"
	"time"

	"golang.org/x/text/language"
	"golang.org/x/text/language/display"

	"milieu/house/clients"
	"milieu/kit/access"
	"milieu/kit/fault"
	"milieu/kit/record"
	"milieu/kit/ui"
	"milieu/kit/web"
)

// then says where the browser goes once an entry is filed.
func then(to string, more ...ui.Pair) []ui.Pair {
	return append([]ui.Pair{{Name: "then", Value: to}}, more...)
}

// languageWords names a language that was written as a tag; anything else stays as it was written.
func languageWords(text string) string {
	tag, err := language.Parse(text)
	if err != nil {
		return text
	}
	if name := display.English.Tags().Name(tag); name != "" {
		return name
	}
	return text
}

// noTime leaves the fields of a moment empty.
var noTime time.Time

// choices are the chips of a list of codes; their words are in the catalogue under prefix and code.
func choices(ctx context.Context, prefix string, codes []string, chosen string) []ui.Choice {
	out := make([]ui.Choice, len(codes))
	for i, code := range codes {
		out[i] = ui.Choice{Value: code, Label: ui.T(ctx, prefix+code), Checked: code == chosen}
	}
	return out
}

// span is a time from one known date until another, in days as they were written.
func span(from, until string) string {
	switch {
	case until == "":
		return day(from)
	case from == "":
		return "– " + day(until)
	}
	return day(from) + " – " + day(until)
}

// day leaves the time of day out of a date as another system wrote it.
func day(text string) string {
	if len(text) > len("2006-01-02T") && text[len("2006-01-02")] == 'T' {
		return text[:len("2006-01-02")]
	}
	return text
}

// topics are the items that forms set and end, with the kinds of entry that do and the action each needs.
var topics = map[string]struct{ set, end, may, mayEnd, page string }{
	"allergy":    {"clients.allergy_noted", "clients.allergy_ended", "clients.allergy", "clients.allergy.end", "/health"},
	"diagnosis":  {"clients.diagnosis_noted", "clients.diagnosis_ended", "clients.diagnosis", "clients.diagnosis", "/health"},
	"precaution": {"clients.precaution_set", "clients.precaution_lifted", "clients.precaution", "clients.precaution.lift", "/health"},
	"flag":       {"clients.flag_set", "clients.flag_lifted", "clients.flag", "clients.flag", "/health"},
	"contact":    {"clients.contact_set", "clients.contact_ended", "clients.describe", "clients.describe", "/contacts"},
}

// itemForm is the form of one item: a new one, or one to change. The item's chart may be one merged into the client's.
type itemForm struct {
	*head
	Topic, Kind, Item, Back, What string
	Chart                         record.ID
	Labels                        []string // that may be put on
	Allergy                       clients.AllergyNoted
	Diagnosis                     clients.DiagnosisNoted
	Precaution                    clients.PrecautionSet
	Flag                          clients.FlagSet
	Contact                       clients.ContactSet
}

func notHere() error { return fault.New(fault.NotFound, "there is nothing here that you may see") }

func (r *Room) showSet(c *web.Ctx) error {
	f, err := r.itemOf(c)
	if err != nil {
		return err
	}
	if !c.Scope.May(topics[f.Topic].may) {
		return c.Denied(topics[f.Topic].may)
	}
	f.Kind = topics[f.Topic].set
	if k, err := c.Committer.Kinds().Find(f.Kind); err == nil {
		for _, l := range c.Policy.LabelNames() {
			bears := access.Bears(k, l)
			if bears && c.Directory.MayLabel(c.Scope, f.Chart, l) {
				f.Labels = append(f.Labels, l)
			}
		}
	}
	return c.Show(ui.Page{Title: ui.T(c.Context(), "clients.page.chart")}, setPage(f))
}

func (r *Room) showEnd(c *web.Ctx) error {
	f, err := r.itemOf(c)
	if err != nil {
		return err
	}
	if f.Item == "" {
		return notHere()
	}
	if !c.Scope.May(topics[f.Topic].mayEnd) {
		return c.Denied(topics[f.Topic].mayEnd)
	}
	f.Kind = topics[f.Topic].end
	return c.Show(ui.Page{Title: ui.T(c.Context(), "clients.page.chart")}, endPage(f))
}

// itemOf reads which item a form is about.
func (r *Room) itemOf(c *web.Ctx) (*itemForm, error) {
	topic := c.R.PathValue("topic")
	t, ok := topics[topic]
	if !ok {
		return nil, notHere()
	}
	h, err := r.open(c, strings.TrimPrefix(t.page, "/"))
	if err != nil {
		return nil, err
	}
	f := &itemForm{head: h, Topic: topic, Back: path(h.ID, t.page), Chart: h.ID}
	text := c.R.URL.Query().Get("item")
	if text == "" {
		return f, nil
	}
	item, err := record.ParseID(text)
	if err != nil {
		return nil, notHere()
	}
	q := c.Read()
	switch topic {
	case "allergy":
		list, err := clients.Allergies(q, h.ID)
		return f, find(f, list, err, item, func(b *clients.AllergyNoted) { f.Allergy, f.What = *b, b.Substance })
	case "diagnosis":
		list, err := clients.Diagnoses(q, h.ID, h.Hidden)
		return f, find(f, list, err, item, func(b *clients.DiagnosisNoted) { f.Diagnosis, f.What = *b, b.Text })
	case "precaution":
		list, err := clients.PrecautionsOf(q, h.ID)
		return f, find(f, list, err, item, func(b *clients.PrecautionSet) { f.Precaution, f.What = *b, b.Helps })
	case "flag":
		list, err := clients.Flags(q, h.ID)
		return f, find(f, list, err, item, func(b *clients.FlagSet) { f.Flag, f.What = *b, b.Text })
	}
	list, err := clients.Contacts(q, h.ID, h.Hidden)
	return f, find(f, list, err, item, func(b *clients.ContactSet) { f.Contact, f.What = *b, b.Name })
}

func find[B record.Body](f *itemForm, list []clients.Held[B], err error, item record.ID, take func(B)) error {
	if err != nil {
		return err
	}
	for _, h := range list {
		if h.Item == item && h.Ended == nil {
			f.Item, f.Chart = item.String(), h.Chart
			take(h.Says)
			return nil
		}
	}
	return notHere()
}

// labels are those that the writer may put on what the form says, as chips; none where its kind carries none.
func (f *itemForm) labels(ctx context.Context) []ui.Choice {
	out := make([]ui.Choice, 0, len(f.Labels))
	for _, l := range f.Labels {
		out = append(out, ui.Choice{Value: l, Label: clients.LabelWords(ctx, l), Icon: "tag"})
	}
	return out
}

func (f *itemForm) hidden() []ui.Pair {
	out := then(f.Back)
	if f.Item != "" {
		out = append(out, ui.Pair{Name: "item", Value: f.Item})
	}
	return out
}

// keptNumbers are what a form of numbers carries along unseen, so that changing one does not take the others away.
func keptNumbers(i *clients.Identity) []ui.Pair {
	var out []ui.Pair
	for _, n := range i.Identifiers {
		raw, err := json.Marshal(n)
		if err == nil { // three texts always encode
			out = append(out, ui.Pair{Name: "identifiers", Value: string(raw)})
		}
	}
	for _, h := range i.Heritage {
		out = append(out, ui.Pair{Name: "heritage", Value: h})
	}
	return out
}
