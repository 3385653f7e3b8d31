package record

import "milieu/kit/db"

// Guard is a rule on what an entry may do to what the tables say: what no body can be judged by alone. It is asked in the writer's transaction,
// under the log's lock: of two entries that each would be right without the other the second is refused, by whatever doors and processes they
// came. Replay does not ask, and neither does what Milieu files itself.
type Guard struct {
	Name string
	// Kinds are those of the entries that it is asked about: when one is filed, and when an amendment takes one away or brings one back.
	Kinds []string
	// Watch is asked before the entry takes effect; what it gives, afterwards. Either refuses by a fault, and then nothing of the entry is left.
	Watch func(q db.Querier, e *Entry, b Body) (after func(q db.Querier) error, err error)
}
