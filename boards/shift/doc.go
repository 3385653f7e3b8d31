// Package shift is the first screen of a shift: what is late, what is now and what comes next on a unit, out of every due there is. It only
// reads; each room says how its own dues are shown and where the act leads.
package shift
