// Package notes is the vocabulary of notes: what a worker tells of a person in their own words, and the rules that a note follows.
//
// A quick note is a few words. A progress note has a format, whose parts are headings to write under; it cites what the record says already
// instead of telling it again, and is signed by being filed: from then on nothing changes it. Three things may follow, each with the date of
// its own day and naming the note: a late entry is a note about a time long past, with the reason and marked for ever; an addendum puts
// further words to a note, anybody's who may write; a correction stands in a note's place, is its author's alone, and leaves the old words
// readable. A co-signature is a colleague's own words about a note; it rewrites nothing.
//
// An assessment belongs to roles with a licence, whatever door the note comes by. A psychotherapy note (45 CFR 164.501) is a format of its
// own and carries its own label: it never mixes with a progress note.
//
// Everything here is free of databases and clocks. Formats, limits and the terms that a note is better without are data with a source and a
// date; a house adds to them and silences some. The working parts are in package room below.
package notes
