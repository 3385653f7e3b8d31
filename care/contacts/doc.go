// Package contacts is the vocabulary of talking with people: who talked with whom, how, from when until when, what about, what was done and how
// it went; who was tried and not reached; and how long a house lets somebody go without a meaningful contact before it asks.
//
// A contact says that people met and what came of it. Whoever cares for the person may read it. What a therapist makes of what was said in
// counselling is another thing: it is written as a psychotherapy note, which is kept apart (45 CFR 164.501); times, manner and how often, which
// that rule leaves in the ordinary record, are here.
//
// Whether a contact was meaningful is for the person who held it to say: ten minutes at the window may be, an hour of waiting together may not.
// What is chosen from lists is data with a source and a date. Everything here is free of databases and clocks.
package contacts
