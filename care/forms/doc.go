// Package forms is the vocabulary of checklists: intake, orientation, rights read, a first look at risk, and whatever else a house asks in the
// same words each time.
//
// A form is data: its sections and items, who may fill it, and within how many hours of an admission it is wanted. It is worked on by several
// people over hours, also two at once, also without a network, so each section answered is an entry of its own, and the form as it stands is
// worked out from all of them in any order of arrival. Two answers to one item both stay; the later shows. What was not asked, declined, not
// known, not applicable and skipped by the form's own logic are five different things, and none of them is an answer.
//
// An item may name the fact that it asks for. Once a fact was told, every other form offers it with who was told, when and where; it is taken
// over by a new answer that cites the old one, never by itself.
//
// Everything here is free of databases and clocks. The working parts are in package room below.
package forms
