// Package signin is how people show who they are: at the door, again for what signs or gives access, and before a locked screen opens.
//
// Whoever signs in brings a factor. A password of fifteen characters or more stands alone; one of eight or more needs a second factor, a code
// that changes every half minute (TOTP), or one of ten recovery codes. Packages below this one add others (passkey, an organisation's login, a
// quick code on a shared tablet) by offering a Factor: where it is drawn, whether somebody has one, how it is taken away.
//
// # Nobody else
//
// No administrator sets or reads a secret. Whoever cannot sign in any more is invited anew: their factors and sessions end, a link that works
// once lets them choose others, the record says so (staff.invited) and they are told when they next sign in.
//
// # Guessing
//
// A try costs before it is judged, so many at the same instant count as many. Tries from a device on which this person has signed in before
// have a budget of their own: whoever guesses elsewhere slows nobody down but themselves. Elsewhere the budget is that of a name and a block
// of addresses. A name that nobody has costs the same, and is answered in the same words.
package signin
