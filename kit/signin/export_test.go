package signin

import "context"

// Cheap makes hashes cost next to nothing, for tests of everything else.
func Cheap() {
	today = params{memory: 64, time: 1, lanes: 1}
	noHash = "$argon2id$v=19$m=64,t=1,p=1$AAAAAAAAAAAAAAAAAAAAAA$AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"
}

// Hasher is the queue of hashes.
type Hasher = hasher

// Enter and Leave are a place among those that compute.
func (h *hasher) Enter(ctx context.Context, known bool) error { return h.enter(ctx, known) }

// Leave gives the place back.
func (h *hasher) Leave() { h.leave() }

// Make and Check hash a secret and hold one against its hash.
func (h *hasher) Make(ctx context.Context, secret string) (string, error) {
	return h.make(ctx, secret, false)
}

// Check says whether a secret fits a hash, and whether the hash is old.
func (h *hasher) Check(ctx context.Context, secret, hash string) (fits, old bool, err error) {
	if err := h.enter(ctx, false); err != nil {
		return false, false, err
	}
	defer h.leave()
	return h.check(secret, hash)
}

// Count is how many hashes were computed.
func (h *hasher) Count() int64 { return h.count.Load() }

// Hashes is a desk's queue.
func (r *Desk) Hashes() *Hasher { return &r.hashes }

// The parts that tables of tests look at.
var (
	JudgePassword = judgePassword
	Pause         = pause
	Resolve       = resolve
	BlockOf       = blockOf
)

// The limits of what waits.
const (
	HashesAtOnce = hashesAtOnce
	HashesQueued = hashesQueued
)

// Dearer makes hashes dearer for a while, as a later version does.
func Dearer() func() {
	before := today
	today = params{memory: 128, time: 2, lanes: 1}
	return func() { today = before }
}

// Waiting counts those who wait for their turn.
func (h *hasher) Waiting() int {
	h.mu.Lock()
	defer h.mu.Unlock()
	return len(h.known) + len(h.strange)
}
