// Package handover is the vocabulary of the change of shifts: what the outgoing add to what the shift itself has written, what the incoming accept,
// item by item, and what is carried forward until somebody has closed it.
//
// A handover is not written but compiled, after I-PASS (Starmer et al., N Engl J Med 2014;371:1803): how ill, the person in brief, the actions, what to
// be ready for, and, by the receiver, what they have understood. Its lines are worked out from entries whenever they are read, so nothing is copied and
// nothing can grow old in it. What is filed here is only what people do with it: words that no entry holds, an acceptance, a passing on, a taking over.
//
// An item is open as long as its room offers it as open. How often it was carried forward is worked out from when it was asked for and when shifts
// changed since: nobody has to press a button for it to be counted, and nobody can make it look younger.
//
// Everything here is free of databases and clocks. The working parts are in package room below.
package handover
