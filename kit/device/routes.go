package device

import (
	"crypto/hpke"
	"embed"
	"fmt"
	"net/http"
	"sync"
	"time"

	"github.com/a-h/templ"

	"milieu/kit/fault"
	"milieu/kit/record"
	"milieu/kit/room"
	"milieu/kit/ui"
	"milieu/kit/web"
)

//go:embed messages/*.json
var messages embed.FS

func init() { ui.Register(messages, "messages") }

// devices is what the routes share.
type devices struct {
	keys  keyring
	packs []room.PackPart
	mu    sync.Mutex
	heard map[string]lastHeard
}

type lastHeard struct {
	at     time.Time
	person record.ID
}

// Def offers the doors and tables of devices. What a device takes along for a shift is what the given rooms pack.
func Def(rooms []room.Def) room.Def {
	var packs []room.PackPart
	for _, r := range rooms {
		packs = append(packs, r.Pack...)
	}
	return room.Def{Name: "device", Schema: Schema, Routes: Routes(packs...),
		Nav: []web.Place{{Key: "device.nav", Href: "/device", Icon: "device", Action: "device.take", Desk: true, Order: 95}}}
}

// Routes are the doors for devices. Packs are the rooms' parts of what a device takes along for a shift.
func Routes(packs ...room.PackPart) []web.Route {
	d := &devices{packs: packs, heard: map[string]lastHeard{}}
	return []web.Route{
		{Method: "GET", Pattern: "/sw.js", Public: true, Handle: serveWorker},
		{Method: "GET", Pattern: "/device/lock", Public: true, Handle: gate("device.lock", lockPage())},
		{Method: "GET", Pattern: "/device/away", Public: true, Handle: gate("device.away", awayPage())},
		{Method: "GET", Pattern: "/device", Action: "device.take", Handle: showDevice},
		{Method: "POST", Pattern: "/device/take", Action: "device.take", MaxBody: 4 << 10, Handle: d.take},
		{Method: "POST", Pattern: "/device/heard", Action: "device.take", MaxBody: 4 << 10, Handle: d.hello},
		{Method: "POST", Pattern: "/device/return", Action: "device.take", MaxBody: 4 << 10, Handle: d.giveBack},
		{Method: "POST", Pattern: "/outbox", Action: "device.carry", MaxBody: maxDelivery, Handle: d.outbox},
		{Method: "GET", Pattern: "/waiting", Action: "device.take", Handle: d.showWaiting},
		{Method: "POST", Pattern: "/waiting/note", Action: "device.take", MaxBody: 256 << 10, Handle: d.takeNote},
		{Method: "POST", Pattern: "/waiting/{id}/{digest}", Action: "device.take", MaxBody: 16 << 10, Handle: d.deal},
		{Method: "GET", Pattern: "/waiting/house", Action: "device.oversee", Handle: d.showHouse},
		{Method: "POST", Pattern: "/waiting/house/{id}", Action: "device.oversee", MaxBody: 16 << 10, Handle: d.dealSealed},
		{Method: "GET", Pattern: "/device/phones", Action: "device.watch", Handle: phones},
	}
}

// gate shows a page without anybody's data: the service worker keeps it for when there is no network.
func gate(title string, content templ.Component) web.Handler {
	return func(c *web.Ctx) error {
		return c.Gate(http.StatusOK, ui.Page{Title: ui.T(c.Context(), title)}, content)
	}
}

type asked struct {
	Clock int64 `json:"clock"` // ms since 1970 by the device
	Pack  bool  `json:"pack"`  // the shift's pages too
}

type lent struct {
	Grant  record.ID `json:"grant"`
	Reader record.ID `json:"reader"`
	Until  int64     `json:"until"` // ms since 1970
	Now    int64     `json:"now"`   // the server's clock, ms: the device measures its own by it
	Key    int64     `json:"key"`
	Public []byte    `json:"public"`
	Secret []byte    `json:"secret"`
	Drafts []byte    `json:"drafts"` // the key of this person's drafts on this device: the same at every sign-in
	Pages  []string  `json:"pages,omitempty"`
}

// take lends the device what it needs: POST /device/take. Asked again within a shift it answers with the same grant.
func (d *devices) take(c *web.Ctx) error {
	var in asked
	if err := readJSON(c, &in); err != nil {
		return err
	}
	if c.Scope.Device == "" {
		return fault.New(fault.Invalid, "this browser does not keep cookies, so it cannot be told from others")
	}
	unit, err := c.Unit()
	if err != nil && fault.KindOf(err) == fault.Internal {
		return err
	}
	// Who works on no unit takes no shift along, and still needs keys: drafts, and entries while the network is away.
	number, key, err := d.keys.newest(c.Context(), c.Read(), c.Committer, c.Clock)
	if err != nil {
		return err
	}
	g, err := open(c.Read(), c.Scope.Person, c.Scope.Device, unit.ID, c.Now)
	if err != nil {
		return err
	}
	if g == nil {
		g = &Grant{Person: c.Scope.Person, Device: c.Scope.Device, Unit: unit.ID, Made: c.Now, Until: c.Now.Add(unplanned), Skew: c.Now.Sub(time.UnixMilli(in.Clock)), Pack: in.Pack}
		if planned := unit.Until.Add(overtime); planned.After(c.Now.Add(overtime)) {
			g.Until = planned
		}
		if err := lend(c.Context(), c.Committer, g); err != nil {
			return fmt.Errorf("lending to a device: %w", err)
		}
	}
	if in.Pack && !g.Pack {
		if err := packed(c.Context(), c.Committer, g.ID); err != nil {
			return fmt.Errorf("noting what a device took along: %w", err)
		}
	}
	if err := d.hear(c, unit.ID); err != nil {
		return err
	}
	out := lent{Grant: g.ID, Reader: g.Person, Until: g.Until.UnixMilli(), Now: c.Now.UnixMilli(), Key: number, Public: key.PublicKey().Bytes(), Secret: g.Secret}
	if out.Drafts, err = draftKey(key, c.Scope.Person, c.Scope.Device); err != nil {
		return err
	}
	if in.Pack {
		c.SawUnit(unit.ID)
		if out.Pages, err = d.pages(c, unit.ID); err != nil {
			return err
		}
	}
	return writeJSON(c, out)
}

// pages lists the addresses of what goes along, each once.
func (d *devices) pages(c *web.Ctx, unit record.ID) ([]string, error) {
	var out []string
	seen := map[string]bool{}
	for _, p := range d.packs {
		list, err := p.Pages(c, c.Read(), unit)
		if err != nil {
			return nil, fmt.Errorf("listing the pages of %s: %w", p.Name, err)
		}
		for _, u := range list {
			if a := u.RequestURI(); !seen[a] {
				seen[a] = true
				out = append(out, a)
			}
		}
	}
	return out, nil
}

func draftKey(key hpke.PrivateKey, person record.ID, device string) ([]byte, error) {
	raw, err := key.Bytes()
	if err != nil {
		return nil, fmt.Errorf("making the key of drafts: %w", err)
	}
	return derive(raw, "drafts "+person.String()+" "+device), nil
}

func (d *devices) hello(c *web.Ctx) error {
	if err := d.hear(c, record.Zero); err != nil {
		return err
	}
	look, err := mineToLook(c.Read(), c.Scope.Person)
	if err != nil {
		return err
	}
	return writeJSON(c, map[string]int64{"now": c.Now.UnixMilli(), "look": int64(look)})
}

func (d *devices) giveBack(c *web.Ctx) error {
	if err := giveBack(c.Context(), c.Committer, c.Scope.Person, c.Scope.Device, c.Now); err != nil {
		return fmt.Errorf("taking back what a device was lent: %w", err)
	}
	c.W.WriteHeader(http.StatusNoContent)
	return nil
}

// showDevice is the page of the device in hand: taking the shift along, what waits, and for those who answer for the unit who is silent.
func showDevice(c *web.Ctx) error {
	var quiet templ.Component = templ.NopComponent
	if c.Scope.May("device.watch") {
		unit, err := c.Unit()
		if err != nil {
			return err
		}
		if quiet, err = Phones(c, unit.ID); err != nil {
			return err
		}
	}
	return c.Show(ui.Page{Title: ui.T(c.Context(), "device.nav")}, devicePage(quiet))
}

// phones shows which devices of the unit have not been heard from: GET /device/phones.
func phones(c *web.Ctx) error {
	unit, err := c.Unit()
	if err != nil {
		return err
	}
	part, err := Phones(c, unit.ID)
	if err != nil {
		return err
	}
	return c.Fragment(part)
}

// Phones is what a supervisor's page shows of a unit's silent devices; nothing when all are heard.
func Phones(c *web.Ctx, unit record.ID) (templ.Component, error) {
	quiet, err := Silent(c.Read(), unit, c.Now)
	if err != nil {
		return nil, err
	}
	lines := make([]phoneLine, len(quiet))
	for i, q := range quiet {
		lines[i].since = q.Since
		if p := c.Directory.Person(q.Person); p != nil {
			lines[i].name = p.Name
		}
	}
	return phonesPart(lines), nil
}
