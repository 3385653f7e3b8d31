package device

import (
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
	return room.Def{Name: "device", Schema: Schema, Routes: Routes(packs...), Kinds: Kinds(), Projections: Projections(), Ended: takeBack,
		Nav: []web.Place{{Key: "device.nav", Href: "/device", Icon: "device", Action: "device.take", Desk: true, Order: 95}}}
}

// Routes are the doors for devices. Packs are the rooms' parts of what a device takes along for a shift.
func Routes(packs ...room.PackPart) []web.Route {
	d := &devices{packs: packs, heard: map[string]lastHeard{}}
	return []web.Route{
		{Method: "GET", Pattern: "/sw.js", Public: true, Handle: serveWorker},
		{Method: "GET", Pattern: "/device/lock", Public: true, Handle: showLock},
		{Method: "GET", Pattern: "/device/people", Public: true, Quiet: true, Handle: d.people},
		{Method: "POST", Pattern: "/device/change", Public: true, Quiet: true, MaxBody: 4 << 10, Handle: d.change},
		{Method: "POST", Pattern: "/device/resume", Public: true, Quiet: true, MaxBody: 4 << 10, Handle: d.resume},
		{Method: "POST", Pattern: "/device/returned", Public: true, Quiet: true, MaxBody: 4 << 10, Handle: d.returned},
		{Method: "POST", Pattern: "/device/standing", Public: true, Quiet: true, MaxBody: 16 << 10, Handle: d.standing},
		{Method: "GET", Pattern: "/device/quick", Action: "device.take", Fresh: true, Handle: d.showQuick},
		{Method: "POST", Pattern: "/device/quick", Action: "device.take", Fresh: true, MaxBody: 4 << 10, Handle: d.setQuick},
		{Method: "POST", Pattern: "/device/quick/end", Action: "device.take", MaxBody: 1 << 10, Handle: d.dropMine},
		{Method: "GET", Pattern: "/device/away", Public: true, Handle: gate("device.away", awayPage())},
		{Method: "GET", Pattern: "/device", Action: "device.take", Handle: showDevice},
		{Method: "POST", Pattern: "/device/take", Action: "device.take", Quiet: true, MaxBody: 4 << 10, Handle: d.take},
		{Method: "POST", Pattern: "/device/heard", Action: "device.take", MaxBody: 4 << 10, Handle: d.hello},
		{Method: "POST", Pattern: "/device/return", Action: "device.take", MaxBody: 4 << 10, Handle: d.giveBack},
		{Method: "POST", Pattern: "/outbox", Action: "device.carry", Quiet: true, MaxBody: maxDelivery, Handle: d.outbox},
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

// showLock is the locked screen as the service worker keeps it, nobody's, and for a browser that has no session to come back to: GET /device/lock.
func showLock(c *web.Ctx) error {
	return c.Gate(http.StatusOK, ui.Page{Title: ui.T(c.Context(), "device.locked")}, lockPage(houseName(c)))
}

func houseName(c *web.Ctx) string {
	if c.House == nil {
		return ""
	}
	return c.House().Name
}

// showQuick is where a PIN or a badge is set for this device: GET /device/quick.
func (d *devices) showQuick(c *web.Ctx) error {
	mine, err := myQuick(c)
	if err != nil {
		return err
	}
	hidden, err := namesHidden(c.Read())
	if err != nil {
		return err
	}
	return c.Show(ui.Page{Title: ui.T(c.Context(), "device.quick"), Scripts: []string{"door.js"}}, quickPage(mine, hidden))
}

// myQuick gives until when the person who asks may come back quickly on this device; zero: not at all.
func myQuick(c *web.Ctx) (until time.Time, err error) {
	codes, err := quickOn(c.Read(), c.Scope.Device, c.Now)
	for _, code := range codes {
		if code.Person == c.Scope.Person && code.Until.After(until) {
			until = code.Until
		}
	}
	return until, err
}

type asked struct {
	Clock int64 `json:"clock"` // ms since 1970 by the device
	Pack  bool  `json:"pack"`  // the shift's pages too
}

type lent struct {
	Grant  record.ID `json:"grant"`
	Reader record.ID `json:"reader"`
	Name   string    `json:"name"`            // given name, for the locked screen; empty where the house keeps names off it
	Role   string    `json:"role"`            // in words
	Until  int64     `json:"until"`           // ms since 1970
	Quick  int64     `json:"quick,omitempty"` // until when a quick code opens it, ms; 0: there is none
	Now    int64     `json:"now"`             // the server's clock, ms: the device measures its own by it
	Key    int64     `json:"key"`
	Public []byte    `json:"public"`
	Secret []byte    `json:"secret"`
	Drafts []byte    `json:"drafts"` // the key of this person's drafts on this device: the same at every sign-in
	Device []byte    `json:"device"` // the device's own secret, under which quick codes are sealed there
	Pages  []string  `json:"pages,omitempty"`
}

// grant gives what the person of a request holds on their device, and lends it where they hold nothing. at is the device's clock; zero: not said.
func (d *devices) grant(c *web.Ctx, at time.Time, pack bool) (*Grant, error) {
	if c.Scope.Device == "" {
		return nil, fault.New(fault.Invalid, "this browser does not keep cookies, so it cannot be told from others")
	}
	unit, err := c.Unit()
	if err != nil && fault.KindOf(err) == fault.Internal {
		return nil, err
	}
	// Who works on no unit takes no shift along, and still needs keys: drafts, and entries while the network is away.
	g, err := open(c.Read(), c.Scope.Person, c.Scope.Device, unit.ID, c.Now)
	if err != nil || g != nil {
		return g, err
	}
	g = &Grant{Person: c.Scope.Person, Device: c.Scope.Device, Unit: unit.ID, Made: c.Now, Until: c.Now.Add(unplanned), Pack: pack}
	if !at.IsZero() {
		g.Skew = c.Now.Sub(at)
	}
	if unit.Until.After(c.Now.Add(changing)) {
		g.Until = unit.Until.Add(overtime)
	}
	if err := lend(c.Context(), c.Committer, g); err != nil {
		return nil, fmt.Errorf("lending to a device: %w", err)
	}
	return g, nil
}

// take lends the device what it needs: POST /device/take. Asked again within a shift it answers with the same grant.
func (d *devices) take(c *web.Ctx) error {
	var in asked
	if err := readJSON(c, &in); err != nil {
		return err
	}
	number, key, err := d.keys.newest(c.Context(), c.Read(), c.Committer, c.Clock)
	if err != nil {
		return err
	}
	g, err := d.grant(c, time.UnixMilli(in.Clock), in.Pack)
	if err != nil {
		return err
	}
	if in.Pack && !g.Pack {
		if err := packed(c.Context(), c.Committer, g.ID); err != nil {
			return fmt.Errorf("noting what a device took along: %w", err)
		}
	}
	if err := d.hear(c, g.Unit); err != nil {
		return err
	}
	raw, err := key.Bytes()
	if err != nil {
		return fmt.Errorf("reading the device key: %w", err)
	}
	out := lent{Grant: g.ID, Reader: g.Person, Until: g.Until.UnixMilli(), Now: c.Now.UnixMilli(), Key: number, Public: key.PublicKey().Bytes(), Secret: g.Secret,
		Drafts: derive(raw, "drafts "+g.Person.String()+" "+g.Device), Device: derive(raw, "quick "+g.Device)}
	if err := d.introduce(c, &out); err != nil {
		return err
	}
	if in.Pack {
		c.SawUnit(g.Unit)
		if out.Pages, err = d.pages(c, g.Unit); err != nil {
			return err
		}
	}
	return writeJSON(c, out)
}

// introduce says what the locked screen may show of the person, and until when their quick code is good.
func (d *devices) introduce(c *web.Ctx, out *lent) error {
	hidden, err := namesHidden(c.Read())
	if err != nil {
		return err
	}
	if !hidden {
		out.Name, out.Role = givenName(c.Scope.Name), ui.T(c.Context(), "web.role."+string(c.Scope.Role))
	}
	codes, err := quickOn(c.Read(), c.Scope.Device, c.Now)
	for _, code := range codes {
		if code.Person == c.Scope.Person {
			out.Quick = max(out.Quick, code.Until.UnixMilli())
		}
	}
	return err
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
	mine, err := myQuick(c)
	if err != nil {
		return err
	}
	var house templ.Component = templ.NopComponent
	if c.Scope.May("device.lock_screen.set") {
		hidden, err := namesHidden(c.Read())
		if err != nil {
			return err
		}
		house = lockScreens(hidden)
	}
	return c.Show(ui.Page{Title: ui.T(c.Context(), "device.nav")}, devicePage(quiet, mine, house))
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
