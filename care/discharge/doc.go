// Package discharge is the vocabulary of leaving well: the plan in the person's words, the visits booked for afterwards, or why none is, what becomes
// of their things, the summary, and the copy they take along.
//
// The days after discharge are the most dangerous of all: a discharge is finished when somebody knows who sees the person next and when, or has
// said why nobody does, and when their things are back, or it is said why not. It is never refused for that: who has left has left, and a
// record that says otherwise keeps people looking for them. What is missing is asked for until it is said, and said with one touch.
//
// A visit counts as follow-up within seven days when it takes place on one of the seven days after the day of discharge; one on that day itself
// does not (HEDIS FUH, MY2025). Everything here is free of databases and clocks.
package discharge
