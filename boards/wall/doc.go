// Package wall is the board on the wall of a unit, read from four metres: given name and initial, place, level, and how the watching stands.
// Nothing on it is clinical, and it never shows when the next look comes until it is within minutes: a round must not be learned from a wall.
package wall
