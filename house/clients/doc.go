// Package clients is the people in care: who they are and want to be called, what helps them and what they must not be given, who belongs to
// them, their legal status with its clock, and where they are: which episode of care, which unit and bed, on leave, in hospital, or absent.
//
// Everything is said by entries in the client's own chart. An item of which there may be several (an allergy, a contact, a precaution) is
// named by the entry that first set it; later entries change or end it by that name. Of two statements about the same thing the one that
// happened later holds, so that the order in which devices deliver does not matter. A merged chart keeps its entries: what is shown is
// worked out from both together, and unmerging separates them again.
package clients

import (
	"fmt"
	"reflect"
	"strconv"
	"time"
	"unicode/utf8"

	"milieu/kit/fault"
	"milieu/kit/record"
)

// Usual is how many characters a text may have where its field says nothing else.
const Usual = 300

// fits notes every text of a body that is longer than its field's max tag, or Usual, allows; lists may have 40 members.
func fits(c *fault.Check, body any) { fitsIn(c, reflect.ValueOf(body).Elem(), "") }

func fitsIn(c *fault.Check, v reflect.Value, prefix string) {
	for i := range v.NumField() {
		f := v.Type().Field(i)
		name, _, _ := cutTag(f.Tag.Get("json"))
		if f.Anonymous {
			fitsIn(c, v.Field(i), prefix)
			continue
		}
		limit := Usual
		if text := f.Tag.Get("max"); text != "" {
			limit, _ = strconv.Atoi(text) // a constant of this program; 0 would fail every test
		}
		field := v.Field(i)
		switch {
		case field.Kind() == reflect.String:
			c.Want(utf8.RuneCountInString(field.String()) <= limit, prefix+name, fmt.Sprintf("at most %d characters", limit))
		case field.Kind() == reflect.Struct && f.Type != reflect.TypeFor[time.Time]():
			fitsIn(c, field, prefix+name+".")
		case field.Kind() == reflect.Slice:
			c.Want(field.Len() <= 40, prefix+name, "at most 40")
			for j := range field.Len() {
				switch one := field.Index(j); one.Kind() {
				case reflect.String:
					c.Want(utf8.RuneCountInString(one.String()) <= limit, prefix+name, fmt.Sprintf("at most %d characters", limit))
				case reflect.Struct:
					fitsIn(c, one, prefix+name+".")
				}
			}
		}
	}
}

func cutTag(tag string) (name, rest string, found bool) {
	for i := range len(tag) {
		if tag[i] == ',' {
			return tag[:i], tag[i+1:], true
		}
	}
	return tag, "", false
}

// one says whether a word is among those offered.
func one(word string, offered ...string) bool {
	for _, o := range offered {
		if word == o {
			return true
		}
	}
	return false
}

// Item is a part of every body that says something of which a client may have several: an allergy, a contact, a precaution.
type Item struct {
	// Item is the entry that first set it; empty when this entry does.
	Item record.ID `json:"item,omitzero" doc:"the entry that first set what this one changes; none for a new one"`
}

// of names the item that an entry is about.
func (i Item) of(entry record.ID) record.ID {
	if i.Item.IsZero() {
		return entry
	}
	return i.Item
}

// Ended says that an item no longer holds. What was true stays in the record.
type Ended struct {
	Item   record.ID `json:"item" doc:"the entry that first set it"`
	Reason string    `json:"reason,omitempty" doc:"why, in a few words" max:"500"`
}

// Validate implements record.Body.
func (n *Ended) Validate(*record.Entry) error {
	var c fault.Check
	c.Want(!n.Item.IsZero(), "item", "say which one has ended")
	fits(&c, n)
	return c.Err()
}
