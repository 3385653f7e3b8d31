package chart

import (
	"cmp"
	"context"
	"maps"
	"slices"
	"strconv"

	clientsroom "milieu/house/clients/room"
	"milieu/kit/fault"
	"milieu/kit/record"
	"milieu/kit/ui"
	"milieu/kit/web"
)

// findView is the page on which something is looked for in a chart.
type findView struct {
	*clientsroom.Page
	filter
	Asked   bool // something is looked for
	Rooms   []ui.Choice
	Authors []ui.Choice
	Count   int
	Days    []ui.TimelineDay
	Earlier []ui.Pair // the fields that lead to what is older; nil: there is no more
	On      bool      // what is shown goes on from an earlier page
}

// showFind is the page, and what a filter without words leaves: GET /clients/{chart}/find.
func (b *board) showFind(c *web.Ctx) error {
	f := readFilter(c.R.URL.Query())
	f.Text = "" // words stand in no address
	return b.answer(c, f, "")
}

// find looks for words, which come in the body of the request: POST /clients/{chart}/find. Without any, the filter goes into the address, so that
// it can be gone back to.
func (b *board) find(c *web.Ctx) error {
	if err := c.R.ParseForm(); err != nil {
		return fault.Wrap(fault.Malformed, err, "the form could not be read")
	}
	f := readFilter(c.R.PostForm)
	before := c.R.PostForm.Get("before")
	if f.Text == "" && before == "" && !c.Scripted() {
		id, err := c.ID("chart")
		if err != nil {
			return err
		}
		return c.Redirect(path(id, "/find?", f.address()))
	}
	if len([]rune(f.Text)) > mostLetters {
		return &fault.Error{Kind: fault.Invalid, Text: "fewer words, please", Fields: []fault.Field{{Name: "q", Text: "fewer words, please"}}}
	}
	return b.answer(c, f, before)
}

const mostLetters = 200

func (b *board) answer(c *web.Ctx, f filter, before string) error {
	p, err := b.people.Open(c, "timeline")
	if err != nil {
		return err
	}
	v := findView{Page: p, filter: f, Asked: !f.empty(), On: before != ""}
	found, err := b.filtered(c, p, f, seqOf(before))
	if err != nil {
		return err
	}
	v.Count = found.Count
	v.offer(c, found)
	if v.Asked {
		list := found.Entries
		if len(list) > pageOf {
			list = list[:pageOf]
			v.Earlier = f.form(list[len(list)-1].Seq)
		}
		if v.Days, err = b.days(c, p, list, found.Looked); err != nil {
			return err
		}
	}
	page := ui.Page{Title: ui.T(c.Context(), "chart.find")}
	return c.Show(page, findPage(v))
}

// mostAuthors is how many authors are offered; others are found by their names, as words.
const mostAuthors = 11

// offer puts together what can be chosen: what there is in this chart for this reader, and nothing else.
func (v *findView) offer(c *web.Ctx, found *found) {
	ctx := c.Context()
	for _, name := range slices.Sorted(maps.Keys(found.Rooms)) {
		if words := roomWords(ctx, name); words != "" {
			v.Rooms = append(v.Rooms, ui.Choice{Value: name, Label: words, Checked: slices.Contains(v.filter.Rooms, name)})
		}
	}
	ids := slices.SortedFunc(maps.Keys(found.Authors), func(a, b record.ID) int {
		if n := cmp.Compare(found.Authors[b], found.Authors[a]); n != 0 {
			return n
		}
		return slices.Compare(a[:], b[:])
	})
	v.Authors = []ui.Choice{{Label: ui.T(ctx, "chart.anybody"), Checked: v.By.IsZero()}}
	for _, id := range ids {
		p := c.Directory.Person(id)
		if p == nil || len(v.Authors) > mostAuthors && id != v.By {
			continue
		}
		v.Authors = append(v.Authors, ui.Choice{Value: id.String(), Label: p.Name, Checked: id == v.By})
	}
}

func (v *findView) times(ctx context.Context) []ui.Choice {
	var out []ui.Choice
	for _, s := range spans {
		words := ui.T(ctx, "chart.when.any")
		if s != "" {
			words = ui.T(ctx, "chart.when."+s)
		}
		out = append(out, ui.Choice{Value: s, Label: words, Checked: v.When == s})
	}
	return out
}

// narrowed says that more than words is chosen: then what is chosen stands open.
func (v *findView) narrowed() bool {
	return len(v.filter.Rooms) > 0 || !v.By.IsZero() || v.When != ""
}

// seqOf reads from where a page goes on; anything that is no such place begins at the end.
func seqOf(text string) int64 {
	n, _ := strconv.ParseInt(text, 10, 64)
	return max(n, 0)
}
