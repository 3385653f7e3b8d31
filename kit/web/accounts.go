package web

import "time"

// Account is how somebody stands to signing in, for those who look after accounts: nothing secret, and nothing from which a secret is guessed.
type Account struct {
	Set    bool      // they have chosen how to sign in
	Second bool      // and a password alone does not open the door
	Open   int       // sessions open now
	Seen   time.Time // when they last did something in one of those; zero: none is open
}
