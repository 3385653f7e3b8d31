package room

import (
	"milieu/kit/record"
	"milieu/kit/ui"
	"milieu/kit/web"

	"github.com/a-h/templ"
)

// afresh compiles the handover again after something was filed, with the person of an entry open. ok is false where the entry is of no handover that is
// under way.
func (h *handovers) afresh(c *web.Ctx, e *record.Entry) (view, bool, error) {
	unit, err := c.Unit()
	if err != nil || unit.ID.IsZero() {
		return view{}, false, err
	}
	s, ok, err := h.current(c, unit)
	if err != nil || !ok || s.called[e.Chart] == nil {
		return view{}, false, err
	}
	v, err := newView(c, s)
	v.open(s.called[e.Chart])
	return v, err == nil, err
}

// saidItem answers with the items as they stand now. There is no undo: what was accepted is given back by passing it on, so that nobody's list empties
// unseen.
func (h *handovers) saidItem(c *web.Ctx, e *record.Entry, b record.Body) (templ.Component, error) {
	v, ok, err := h.afresh(c, e)
	if err != nil || !ok {
		return nil, err
	}
	t := c.Toast(e, b)
	t.Undo = nil
	return templ.Join(items(&v), takeCount(&v), pickRow(&v, v.Person), ui.FloatingToast(t)), nil
}

// saidWords answers with what is told of the person, the new words among it.
func (h *handovers) saidWords(c *web.Ctx, e *record.Entry, b record.Body) (templ.Component, error) {
	v, ok, err := h.afresh(c, e)
	if err != nil || !ok {
		return nil, err
	}
	return templ.Join(told(&v), ahead(&v), ui.FloatingToast(c.Toast(e, b))), nil
}
