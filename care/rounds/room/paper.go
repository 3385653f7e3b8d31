package room

import (
	"bytes"
	"context"
	"fmt"
	"time"

	"milieu/care/rounds"
	"milieu/house/clients"
	"milieu/house/places"
	"milieu/kit/db"
	"milieu/kit/record"
	"milieu/kit/ui"
	"milieu/kit/web"
)

// paperView is what a unit needs to go on when the system does not: who is here, how closely each is watched and what to mind, whom to call, and
// blank sheets to write on.
type paperView struct {
	Unit    record.ID
	Name    string
	At      time.Time
	Rows    []Row
	Care    map[record.ID]careOf
	Lines   []int // of a blank sheet
	Entries bool  // on a screen: each person's door for entering from paper
}

// careOf is what to mind with one person.
type careOf struct {
	Order    *rounds.Ordered
	Contacts []string
}

// blankLines is how many looks fit on one person's sheet.
const blankLines = 32

// showPaper is the pack on a screen, to be printed, and the way back from paper: GET /rounds/paper.
func showPaper(c *web.Ctx) error {
	unit, err := c.Unit()
	if err != nil {
		return err
	}
	title := ui.T(c.Context(), "rounds.page.paper")
	if unit.ID.IsZero() {
		return c.Show(ui.Page{Title: title}, noUnit())
	}
	c.SawUnit(unit.ID)
	v, err := paperOf(c.Read(), unit.ID, unit.Name, c.Now, func(chart record.ID) (clients.Hidden, error) {
		return clients.HiddenFrom(c.Directory, c.Read(), c.Scope, chart)
	})
	if err != nil {
		return err
	}
	v.Entries = c.Scope.May(rounds.ActionCheck)
	return c.Show(ui.Page{Title: title}, paperPage(v))
}

// paperOf gathers what a unit's paper says. Hidden gives what whoever prints it may not see; nil, for the program itself, hides nothing.
func paperOf(q db.Querier, unit record.ID, name string, now time.Time, hidden func(chart record.ID) (clients.Hidden, error)) (paperView, error) {
	v := paperView{Unit: unit, Name: name, At: now, Care: map[record.ID]careOf{}, Lines: make([]int, blankLines)}
	var err error
	if v.Rows, err = Rows(q, unit); err != nil {
		return v, err
	}
	for _, r := range v.Rows {
		terms, err := TermsOf(q, r.ID)
		if err != nil {
			return v, err
		}
		one := careOf{Order: terms.InForce(now)}
		var hide clients.Hidden
		if hidden != nil {
			if hide, err = hidden(r.ID); err != nil {
				return v, err
			}
		}
		contacts, err := clients.Contacts(q, r.ID, hide)
		if err != nil {
			return v, err
		}
		for _, held := range contacts {
			one.Contacts = append(one.Contacts, contactLine(held.Says))
		}
		v.Care[r.ID] = one
	}
	return v, nil
}

func contactLine(c *clients.ContactSet) string {
	var parts []string
	for _, p := range []string{c.Name, c.Relationship, c.Phone, c.Safe} {
		if p != "" {
			parts = append(parts, p)
		}
	}
	return join(parts, ", ")
}

// DowntimePack writes a unit's pack as one page of HTML that needs nothing beside it: it opens in any browser and prints, also when this program
// and the network are gone. It holds names and risks: the caller seals it before it touches a disk.
func DowntimePack(ctx context.Context, q db.Querier, unit record.ID, now time.Time) ([]byte, error) {
	house, err := places.HouseOf(q)
	if err != nil {
		return nil, err
	}
	u, err := places.UnitOf(q, unit)
	if err != nil {
		return nil, err
	}
	ctx = ui.With(ctx, ui.Env{Locale: house.Language, Zone: house.Location(), Now: now})
	v, err := paperOf(q, unit, u.Name, now, nil)
	if err != nil {
		return nil, err
	}
	var out bytes.Buffer
	fmt.Fprintf(&out, "<!DOCTYPE html>\n<html lang=%q><head><meta charset=\"utf-8\"><title>%s</title><style>%s</style></head><body>", "en", ui.T(ctx, "rounds.page.paper"), paperStyle)
	if err := paperSheets(v).Render(ctx, &out); err != nil {
		return nil, fmt.Errorf("drawing the downtime pack of unit %s: %w", unit, err)
	}
	out.WriteString("</body></html>\n")
	return out.Bytes(), nil
}

// paperStyle is the pack's own: the file stands alone. Black on white, nothing that a copier loses.
const paperStyle = `body{font:11pt/1.35 system-ui,sans-serif;margin:12mm;color:#000;background:#fff}h1{font-size:16pt;margin:0 0 2mm}h2{font-size:13pt;margin:0}
table{border-collapse:collapse;width:100%;margin:3mm 0}th,td{border:.4pt solid #555;padding:1.2mm 2mm;text-align:left;vertical-align:top}th{font-size:9pt}
.blank td{height:6.5mm}.sheet-paper{break-before:page}.quiet,.small{font-size:9.5pt}p{margin:1mm 0}.svg,svg{display:none}`

// level is how closely somebody is watched, in words.
func (v *paperView) level(ctx context.Context, r Row) string {
	out := levelWords(ctx, r.Level, &r.Data)
	if r.Mode == rounds.Out {
		return ui.T(ctx, "rounds.page.paper_out", out, outWords(ctx, &r))
	}
	return out
}

// mind is what to take care of: precautions with what helps, allergies, what was ordered.
func (v *paperView) mind(ctx context.Context, r Row) []string {
	var out []string
	for _, p := range r.Care {
		line := ui.T(ctx, "clients.precaution."+p.Code)
		if p.Helps != "" {
			line += ": " + p.Helps
		}
		out = append(out, line)
	}
	if o := v.Care[r.ID].Order; o != nil {
		out = append(out, o.Precautions...)
	}
	if len(r.Allergies) > 0 {
		out = append(out, ui.T(ctx, "rounds.page.allergies", join(r.Allergies, ", ")))
	}
	return append(out, r.Helps...)
}
