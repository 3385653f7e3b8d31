package chart

import (
	"bytes"
	"context"
	"crypto/sha256"
	_ "embed"
	"encoding/base64"
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"

	"milieu/house/clients"
	"milieu/house/clients/names"
	clientsroom "milieu/house/clients/room"
	"milieu/kit/access"
	"milieu/kit/fault"
	"milieu/kit/record"
	"milieu/kit/ui"
	"milieu/kit/web"
)

// copyView is what of a chart goes onto paper: some days of it, or some kinds of entries.
type copyView struct {
	*clientsroom.Page
	filter
	Rooms []ui.Choice
	Error string
}

// sheet is a chart on paper: a page that prints, or a file that is read without Milieu.
type sheet struct {
	*clientsroom.Page
	House    string
	From     time.Time
	Until    time.Time // the last day
	By       string    // who made it
	Entries  []paperEntry
	Programs bool // something of a substance-use programme is among them
	File     bool
}

// paperEntry is one entry on paper.
type paperEntry struct {
	At      time.Time
	Line    string
	Said    []string // what stands in it beyond its line
	By      string
	Times   string // when it was written and received, where that is not at once
	Marks   []string
	Amended []ui.Amend
}

// mostCopied bounds one copy: more than a year of close watching.
const mostCopied = 10_000

// showCopy asks which days: GET /clients/{chart}/copy. Without an answer the last seven are offered.
func (b *board) showCopy(c *web.Ctx) error {
	f := readFilter(c.R.URL.Query())
	f.When = "range"
	return b.askCopy(c, f, "", http.StatusOK)
}

func (b *board) askCopy(c *web.Ctx, f filter, text string, status int) error {
	p, err := b.people.Open(c, "timeline")
	if err != nil {
		return err
	}
	if f.From == "" && f.Until == "" {
		today := c.Now.In(ui.From(c.Context()).Zone)
		f.From, f.Until = today.AddDate(0, 0, -6).Format(time.DateOnly), today.Format(time.DateOnly)
	}
	found, err := b.filtered(c, p, filter{}, 0)
	if err != nil {
		return err
	}
	offered := findView{Page: p, filter: f}
	offered.offer(c, found)
	return c.ShowAs(status, ui.Page{Title: ui.T(c.Context(), "chart.copy")}, copyPage(copyView{Page: p, filter: f, Rooms: offered.Rooms, Error: text}))
}

// copy makes the copy, as a page to print or a file to keep: POST /clients/{chart}/copy. Which days were taken stands in the view log.
func (b *board) copy(c *web.Ctx) error {
	if err := c.R.ParseForm(); err != nil {
		return fault.Wrap(fault.Malformed, err, "the form could not be read")
	}
	f := readFilter(c.R.PostForm)
	f.When, f.Text, f.From, f.Until = "range", "", c.R.PostForm.Get("from"), c.R.PostForm.Get("until")
	from, until := days(f.From, f.Until, ui.From(c.Context()).Zone)
	if from.IsZero() || until.IsZero() || !from.Before(until) {
		return b.askCopy(c, f, ui.T(c.Context(), "chart.copy_days"), http.StatusUnprocessableEntity)
	}
	c.Takes(f.From + "/" + f.Until)
	p, err := b.people.Open(c, "timeline")
	if err != nil {
		return err
	}
	s := sheet{Page: p, House: c.House().Name, From: from, Until: until.Add(-time.Second), By: c.Scope.Name, File: c.R.PostForm.Get("to") == "file"}
	list, err := b.within(c, p, f)
	if err != nil {
		return err
	}
	if len(list) > mostCopied {
		return b.askCopy(c, f, ui.T(c.Context(), "chart.copy_many", len(list)), http.StatusUnprocessableEntity)
	}
	if err := b.fill(c, &s, list); err != nil {
		return err
	}
	if !s.File {
		return c.Show(ui.Page{Title: ui.T(c.Context(), "chart.copy")}, sheetPage(s))
	}
	return s.send(c)
}

// within gives all entries of some days that the reader may see, oldest first.
func (b *board) within(c *web.Ctx, p *clientsroom.Page, f filter) ([]*record.Entry, error) {
	seqs, _, err := b.seqs(c, p, &f, nil)
	if err != nil {
		return nil, err
	}
	list, err := record.Several(c.Read(), seqs[:min(len(seqs), mostCopied+1)]...)
	slices.SortStableFunc(list, func(a, b *record.Entry) int { return a.Happened.Compare(b.Happened) })
	return list, err
}

// fill puts the entries into words.
func (b *board) fill(c *web.Ctx, s *sheet, list []*record.Entry) error {
	ctx := c.Context()
	amends, err := b.amends(c, s.Page, list)
	if err != nil {
		return err
	}
	here, folded := map[record.ID]bool{}, map[record.ID]bool{}
	for _, e := range list {
		here[e.ID] = true
	}
	for target, all := range amends {
		for _, a := range all {
			folded[a.ID] = folded[a.ID] || here[target]
		}
	}
	for _, e := range list {
		if folded[e.ID] {
			continue
		}
		sight, err := s.Sees(c, e.Chart)
		if err != nil {
			return err
		}
		one := paperEntry{At: e.Happened, Line: lineOf(c, e), By: authorWords(c, e), Times: latency(ctx, e)}
		if body := bodyOf(c, e); body != nil {
			one.Said = beyond(one.Line, wordsIn(ctx, e.Kind, body))
		}
		one.Marks = markWords(ctx, e)
		for _, l := range sight.Of(e) {
			s.Programs = s.Programs || l == access.SubstanceUse
			one.Marks = append(one.Marks, clients.LabelWords(ctx, l))
		}
		for _, a := range amends[e.ID] {
			one.Amended = append(one.Amended, amendment(c, a, one.Line))
		}
		s.Entries = append(s.Entries, one)
	}
	return nil
}

// beyond keeps the texts that a line does not say already.
func beyond(line string, texts []string) []string {
	folded := names.Fold(line)
	return slices.DeleteFunc(texts, func(t string) bool { return strings.Contains(folded, names.Fold(t)) })
}

// latency says when an entry was written and received, where that was not at once.
func latency(ctx context.Context, e *record.Entry) string {
	var out []string
	if e.Written.Sub(e.Happened) >= time.Minute {
		out = append(out, ui.T(ctx, "chart.paper_written", ui.WhenText(ctx, e.Written)))
	}
	if e.Received.Sub(e.Written) >= time.Minute {
		out = append(out, ui.T(ctx, "chart.paper_received", ui.WhenText(ctx, e.Received)))
	}
	return ui.Joined(" · ", out...)
}

//go:embed sheet.css
var sheetStyle string

// policy is what the file lets a browser do: nothing but its own style.
func policy() string {
	sum := sha256.Sum256([]byte(sheetStyle))
	return "default-src 'none'; style-src 'sha256-" + base64.StdEncoding.EncodeToString(sum[:]) + "'"
}

// send answers with the file. Its name tells nothing of the person.
func (s *sheet) send(c *web.Ctx) error {
	var out bytes.Buffer
	if err := sheetFile(*s).Render(c.Context(), &out); err != nil {
		return fmt.Errorf("writing a copy of a chart: %w", err)
	}
	h := c.W.Header()
	h.Set("Content-Type", "text/html; charset=utf-8")
	h.Set("Cache-Control", "no-store")
	h.Set("Content-Disposition", `attachment; filename="chart-`+s.From.Format(time.DateOnly)+"-"+s.Until.In(s.From.Location()).Format(time.DateOnly)+`.html"`)
	h.Set("Content-Length", strconv.Itoa(out.Len()))
	_, _ = c.W.Write(out.Bytes()) // it fails when the reader has left: nobody is left to tell
	return nil
}
