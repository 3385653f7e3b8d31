package room

import (
	"strconv"

	"milieu/house/places"
	"milieu/kit/due"
	"milieu/kit/ui"
	"milieu/kit/web"
)

// spareRows is how many empty rows the list of shifts ends with.
const spareRows = 2

func showHouse(c *web.Ctx) error {
	h, err := places.HouseOf(c.Read())
	if err != nil {
		return err
	}
	now := places.ShiftAt(h.Shifts, h.Location(), c.Now)
	return c.Show(ui.Page{Title: ui.T(c.Context(), "places.house")}, housePage(h, now))
}

// shiftRows is the pattern with empty rows behind it.
func shiftRows(h places.House) []places.Shift {
	return append(append([]places.Shift{}, h.Shifts...), make([]places.Shift, spareRows)...)
}

func shiftField(i int, part string) string { return "shifts." + strconv.Itoa(i) + "." + part }

func houseForm() ui.EntryForm {
	return ui.EntryForm{Kind: "places.house_set", Chart: due.House.String(), Class: "stack", Hidden: then("/house"), Needs: "name,zone,language"}
}

// then makes the browser open a page once the entry is filed; what was said back stands on it.
func then(path string, more ...ui.Pair) []ui.Pair {
	return append([]ui.Pair{{Name: "then", Value: path}}, more...)
}
