// Package rounds is the vocabulary of safety rounds: how closely each person is watched, what a worker says after looking, and the rules
// that tell when the next look is asked for and whether one came in time.
//
// A round is not a row of boxes to tick. A worker goes to a person, sees them, and says where and how they were seen. What counts is the
// true time from one sighting to the next: a tick in each quarter of an hour can hide half an hour in which nobody looked. So lateness is
// worked out from sightings, has no grace, and is never stored. A level rises at once by anybody's word and falls only by the word of a
// role that may; no level falls because time passes. Someone answered through a door was heard, not seen. A tag proves that a device was
// at a place, not that a person was seen.
//
// Everything here is free of databases and clocks: functions of what was ordered, what was seen, and a time. The intervals, the range from
// which irregular times are drawn, the thresholds of patterns and the checklists are data with a source and a date. The working parts
// (tables, dues, pages) are in package room below.
package rounds
