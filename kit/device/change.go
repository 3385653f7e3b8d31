package device

import (
	"fmt"
	"net/http"
	"slices"
	"strings"
	"time"

	"milieu/kit/db"
	"milieu/kit/fault"
	"milieu/kit/record"
	"milieu/kit/ui"
	"milieu/kit/web"
)

type offered struct {
	Person string `json:"person"` // whose; empty: a badge that says it by itself
	Way    string `json:"way"`
	Code   string `json:"code"`
}

// setQuick keeps a PIN or a badge with which the person comes back quickly on this device: POST /device/quick. The route asks for a fresh factor.
func (d *devices) setQuick(c *web.Ctx) error {
	var in offered
	if err := readJSON(c, &in); err != nil {
		return err
	}
	if err := checkCode(in.Way, in.Code); err != nil {
		return translated(c, err)
	}
	if c.Session == nil || c.Session.Level != web.Full || c.Scope.Device == "" {
		return fault.New(fault.Denied, "sign in fully on this device first")
	}
	if hidden, err := namesHidden(c.Read()); err != nil || hidden && in.Way == wayPIN {
		return orElse(err, fault.New(fault.Denied, "%s", ui.T(c.Context(), "device.badge_only")))
	}
	code := plainCode(in.Way, in.Code)
	g, err := d.grant(c, time.Time{}, false)
	if err != nil {
		return err
	}
	if in.Way == wayBadge {
		others, err := quickOn(c.Read(), c.Scope.Device, c.Now)
		if err != nil {
			return err
		}
		for _, o := range others {
			if o.Way != wayBadge || o.Person == c.Scope.Person {
				continue
			}
			if same, err := o.fits(c.Context(), code); err != nil || same {
				return orElse(err, fault.New(fault.Conflict, "%s", ui.T(c.Context(), "device.badge_taken")))
			}
		}
	}
	mine := QuickCode{Person: c.Scope.Person, Way: in.Way, Until: earlier(g.Until, c.Session.Until)}
	if err := keepQuick(c.Context(), c.Committer, c.Scope.Device, mine, code, c.Now); err != nil {
		return fmt.Errorf("keeping a quick code: %w", err)
	}
	return writeJSON(c, map[string]int64{"until": mine.Until.UnixMilli()})
}

// dropMine ends coming back quickly for the person who asks: POST /device/quick/end.
func (d *devices) dropMine(c *web.Ctx) error {
	if err := endQuick(c.Context(), c.Committer, c.Scope.Device, c.Scope.Person); err != nil {
		return fmt.Errorf("ending quick codes: %w", err)
	}
	return c.Redirect("/device")
}

type face struct {
	Reader record.ID `json:"reader"`
	Name   string    `json:"name"`
	Role   string    `json:"role"`
	Here   bool      `json:"here"` // whose session is locked in this browser
}

// people says who may change in quickly on this device, by given name and role: GET /device/people.
func (d *devices) people(c *web.Ctx) error {
	out := []face{}
	codes, err := quickOn(c.Read(), c.DeviceOf(), c.Now)
	if err != nil {
		return err
	}
	hidden, err := namesHidden(c.Read())
	if err != nil {
		return err
	}
	for _, code := range codes {
		same := func(f face) bool { return f.Reader == code.Person }
		p := c.Directory.Person(code.Person)
		if p == nil || slices.ContainsFunc(out, same) {
			continue
		}
		if _, err := c.Directory.Scope(code.Person, ""); err != nil {
			continue
		}
		f := face{Reader: code.Person, Here: c.Session != nil && c.Session.Person == code.Person}
		if !hidden {
			f.Name, f.Role = givenName(p.Name), ui.T(c.Context(), "web.role."+string(p.Role))
		}
		out = append(out, f)
	}
	return writeJSON(c, map[string]any{"people": out})
}

// givenName is what the locked screen calls somebody.
func givenName(name string) string {
	first, _, _ := strings.Cut(strings.TrimSpace(name), " ")
	return first
}

// change lets a person in by their quick code, in place of whoever was here: POST /device/change. The session before is kept, locked.
func (d *devices) change(c *web.Ctx) error {
	var in offered
	if err := readJSON(c, &in); err != nil {
		return err
	}
	device := c.DeviceOf()
	if device == "" || in.Way != wayPIN && in.Way != wayBadge {
		return refuse(c, map[string]int{"left": 0})
	}
	if in.Person == "" {
		return d.scanned(c, device, in)
	}
	person, err := record.ParseID(in.Person)
	if err != nil {
		return refuse(c, map[string]int{"left": 0})
	}
	left, some, err := claimTry(c.Context(), c.Committer, device, person, c.Now)
	if err != nil {
		return err
	}
	if !some {
		return refuse(c, map[string]int{"left": 0})
	}
	codes, err := quickOn(c.Read(), device, c.Now)
	if err != nil {
		return err
	}
	for _, code := range codes {
		if code.Person != person || code.Way != in.Way {
			continue
		}
		fits, err := code.fits(c.Context(), plainCode(in.Way, in.Code))
		if err != nil {
			return err
		}
		if fits {
			return d.enter(c, device, code)
		}
	}
	if left == 0 {
		if err := endQuick(c.Context(), c.Committer, device, person); err != nil {
			return fmt.Errorf("ending quick codes: %w", err)
		}
	}
	return refuse(c, map[string]int{"left": left})
}

// scanned finds whose badge was read.
func (d *devices) scanned(c *web.Ctx, device string, in offered) error {
	if in.Way != wayBadge || CheckBadge(in.Code) != nil {
		return refuse(c, map[string]int{"left": 1})
	}
	wait, err := claimScan(c.Context(), c.Committer, device, c.Now)
	if err != nil {
		return err
	}
	if wait > 0 {
		return refuse(c, map[string]int{"left": 1, "wait": int(wait.Seconds()) + 1})
	}
	codes, err := quickOn(c.Read(), device, c.Now)
	if err != nil {
		return err
	}
	for _, code := range codes {
		if code.Way != wayBadge {
			continue
		}
		fits, err := code.fits(c.Context(), plainBadge(in.Code))
		if err != nil {
			return err
		}
		if fits {
			return d.enter(c, device, code)
		}
	}
	return refuse(c, map[string]int{"left": 1})
}

// enter begins the person's session: the one that was kept here when somebody else took over, or a new one that ends with the code.
func (d *devices) enter(c *web.Ctx, device string, code QuickCode) error {
	if _, err := c.Directory.Scope(code.Person, device); err != nil {
		return refuse(c, map[string]int{"left": 0})
	}
	err := begin(c, device, code.Person, web.How{Method: code.Way, Quick: true, Keep: true, Until: code.Until,
		Also: func(tx db.Tx) error { return forgiveTries(tx, device, code.Person) }})
	if err != nil {
		return fmt.Errorf("changing person: %w", err)
	}
	return writeJSON(c, map[string]record.ID{"reader": code.Person})
}

// begin goes on with the session that a person has on a device, or starts one.
func begin(c *web.Ctx, device string, person record.ID, how web.How) error {
	kept, err := c.Sessions.OnDevice(c.Read(), device)
	if err != nil {
		return err
	}
	for _, one := range kept {
		if one.Person != person {
			continue
		}
		if err := c.Sessions.Resume(c, one.ID, how); err == nil || fault.KindOf(err) != fault.SignedOut {
			return err
		}
	}
	return c.Sessions.Start(c, person, how)
}

func refuse(c *web.Ctx, said map[string]int) error {
	c.Watch("sign-in refused", "method", "quick", "left", said["left"])
	c.W.Header().Set("Content-Type", "application/json")
	c.W.WriteHeader(http.StatusForbidden)
	return writeJSON(c, said)
}

// translated puts the words of the catalogue in the place of their keys.
func translated(c *web.Ctx, err error) error {
	f := fault.Of(err)
	for i := range f.Fields {
		f.Fields[i].Text = ui.T(c.Context(), f.Fields[i].Text)
	}
	return f
}

func orElse(err, other error) error {
	if err != nil {
		return err
	}
	return other
}

func earlier(a, b time.Time) time.Time {
	if b.Before(a) {
		return b
	}
	return a
}
