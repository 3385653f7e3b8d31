// Package belongings is the vocabulary of what somebody brought along: what was taken in, how much of it, in what condition, where it is kept and
// what it is worth; what was given back, to whom; what was disposed of, and why; and what a count found.
//
// Losing somebody's things is losing their trust, and sometimes the last they have. So every thing has a number that comes down only by an entry
// with a name under it, and what is still here is worked out, never kept beside it. A count that differs from the list is shown as it is: it asks
// somebody to look, and blames nobody. What may not be on a unit is kept, sent home or handed on, in words that do not make a culprit of its owner.
//
// Everything here is free of databases and clocks.
package belongings
