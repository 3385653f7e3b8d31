// Package view is the log of who looked: every view of a chart, every board with the people on it, and every refused attempt.
//
// It is a second log beside the record, with its own file, tree, head and committer, so that a look costs the record nothing and the record's
// trouble costs no look. A row says who, as what, on what device and from where, by which page, at which unit and chart, and under which
// relation. A board shows the same people for hours: the set of charts on it is stored once, and rows refer to it; so is the seat, which is
// person, role, session, device and address together.
//
// An answer waits for the group of its row to be durable (Look.Wait), and whoever waits shares the group's one sync. When the first place
// cannot be written a second one takes over: a file of fixed size, allocated beforehand, whose frames are sealed and synced. What it took in
// is moved into the first place, in order, as soon as that can be written again. Only when both fail is a look not logged, and what is then
// to be shown is for the caller to decide.
//
// Rows are found by an index of their own making: for every 4096 rows, one short list for each chart, person, unit, set and relation in them.
// An ordinary index on each would dirty a page of its own for every look.
package view
