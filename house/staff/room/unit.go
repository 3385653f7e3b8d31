package room

import (
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"time"

	"milieu/house/places"
	"milieu/house/staff"
	"milieu/kit/clock"
	"milieu/kit/fault"
	"milieu/kit/record"
	"milieu/kit/ui"
	"milieu/kit/web"
)

const (
	unitCookie  = "milieu_unit"
	rememberFor = 30 * 24 * time.Hour
)

// UnitFor gives the unit somebody works on now: the one the address asks for; else the one chosen or the one whose shift was started, whichever
// came later; else the first of the teams; else, for those who see every unit's people, the first unit there is. Who has none gets the house.
func UnitFor(c *web.Ctx) (web.Unit, error) {
	q := c.Read()
	h, err := web.Remember(c, record.Zero, "house", func() (places.House, error) { return places.HouseOf(q) })
	if err != nil {
		return web.Unit{}, err
	}
	span := places.ShiftAt(h.Shifts, h.Location(), c.Now)
	u := web.Unit{Name: h.Name, Shift: span.Words(c.Context()), From: span.From, Until: span.Until}
	if u.Name == "" {
		u.Name = ui.T(c.Context(), "staff.the_house")
	}
	id, err := worksOn(c)
	if err != nil || id.IsZero() {
		return u, err
	}
	unit, err := web.Remember(c, id, "unit", func() (places.Unit, error) { return places.UnitOf(q, id) })
	if fault.KindOf(err) == fault.NotFound && err != nil {
		return u, nil
	}
	u.ID, u.Name = unit.ID, unit.Name
	return u, err
}

func worksOn(c *web.Ctx) (record.ID, error) {
	if id, err := record.ParseID(c.R.URL.Query().Get("unit")); err == nil && c.Scope.Sees(id) {
		return id, nil
	}
	chosen, at := chosenUnit(c)
	running, err := runningOf(c)
	if err != nil {
		return record.Zero, err
	}
	switch {
	case !running.Unit.IsZero() && c.Scope.Sees(running.Unit) && running.From.After(at):
		return running.Unit, nil
	case !chosen.IsZero():
		return chosen, nil
	case len(c.Scope.Units) > 0:
		return c.Scope.Units[0], nil
	case c.Scope.All && c.Scope.May("see.client"):
		units, err := places.Units(c.Read())
		if open := places.Within(c.Scope, units); len(open) > 0 {
			return open[0].ID, err
		}
		return record.Zero, err
	}
	return record.Zero, nil
}

// runningOf is the shift that is under way of whoever asks; without a unit where none is.
func runningOf(c *web.Ctx) (staff.Shift, error) {
	return web.Remember(c, record.Zero, "shift of "+c.Scope.Person.String(), func() (staff.Shift, error) {
		s, on, err := staff.Running(c.Read(), c.Scope.Person, c.Now)
		if !on {
			s = staff.Shift{}
		}
		return s, err
	})
}

// chosenUnit reads what this person chose on this device, and when.
func chosenUnit(c *web.Ctx) (record.ID, time.Time) {
	ck, err := c.R.Cookie(unitCookie)
	if err != nil {
		return record.Zero, time.Time{}
	}
	parts := strings.Split(ck.Value, ".")
	if len(parts) != 3 || parts[0] != c.Scope.Person.String() {
		return record.Zero, time.Time{}
	}
	unit, err := record.ParseID(parts[1])
	if err != nil || !c.Scope.Sees(unit) {
		return record.Zero, time.Time{}
	}
	us, err := strconv.ParseInt(parts[2], 10, 64)
	if err != nil {
		return record.Zero, time.Time{}
	}
	return unit, clock.FromMicros(us)
}

// unitsView is the page on which one chooses where one works.
type unitsView struct {
	Units []places.Unit
	Now   record.ID
}

func showUnits(c *web.Ctx) error {
	all, err := places.Units(c.Read())
	if err != nil {
		return err
	}
	here, err := c.Unit()
	if err != nil {
		return err
	}
	return c.Show(ui.Page{Title: ui.T(c.Context(), "staff.choose_unit")}, unitsPage(unitsView{places.Within(c.Scope, all), here.ID}))
}

func chooseUnit(c *web.Ctx) error {
	if err := c.R.ParseForm(); err != nil {
		return fault.Wrap(fault.Invalid, err, "the form could not be read")
	}
	unit, err := record.ParseID(c.R.PostForm.Get("unit"))
	if err != nil || !c.Scope.Sees(unit) {
		return fault.New(fault.NotFound, "there is no such unit")
	}
	http.SetCookie(c.W, &http.Cookie{Name: unitCookie, Value: fmt.Sprintf("%s.%s.%d", c.Scope.Person, unit, clock.Micros(c.Now)), Path: "/", MaxAge: int(rememberFor / time.Second), HttpOnly: true, Secure: c.Secure, SameSite: http.SameSiteLaxMode})
	return c.Go("/")
}
