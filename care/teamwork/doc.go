// Package teamwork is the vocabulary of what colleagues owe and tell each other: tasks with somebody whose they are and a time by which, messages
// with a receipt, and meetings whose decisions become tasks.
//
// A task lies in the chart of whom it is about: a client's, the unit's, a colleague's. It is somebody's, or a role's, or whoever's is on the unit,
// until it is done or dropped, and each of these is said with its reason. A message about a client lies in that client's chart, so that nobody reads
// it who may not see the client; any other lies in the recipient's chart or the unit's.
//
// Everything here is free of databases and clocks. The working parts are in package room below.
package teamwork
