// Package credentials is the certificates and licences of those who work here: what somebody holds and until when, who has seen the original,
// what the house requires of whom, and what may not be done without it.
//
// A certificate counts from its first day to the end of its last, by the calendar on the house's wall, once somebody other than its holder
// has vouched for it. What the house requires is an entry of the house, accepted by a named person; none is shipped. Without the certificate
// only what the requirement names is taken away, for the time it is missing, and never looking in on people or calling for help.
package credentials
