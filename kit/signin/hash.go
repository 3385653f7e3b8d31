package signin

import (
	"context"
	"crypto/rand"
	"crypto/subtle"
	"encoding/base64"
	"fmt"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"golang.org/x/crypto/argon2"
	"golang.org/x/text/unicode/norm"

	"milieu/kit/fault"
)

// Cost of a password hash (argon2id; OWASP Password Storage Cheat Sheet, 2024: 19 MiB and two passes, or dearer). A hash that was made for
// less is made anew when its person next signs in.
const (
	argonMemory = 19 << 10 // KiB
	argonTime   = 2
	argonLanes  = 1
)

const (
	hashesAtOnce = 2                      // each takes argonMemory while it is computed
	hashesQueued = 24                     // in each of the two queues
	longestWait  = 500 * time.Millisecond // in a queue: who would wait longer is told to come again within a second, and costs nothing
)

// hasher computes hashes, few at a time, so that a flood of tries takes neither the memory nor all of the machine. Tries from devices that
// their person has used before go first: a flood from elsewhere does not hold them up.
type hasher struct {
	mu      sync.Mutex
	running int
	known   []chan struct{}
	strange []chan struct{}
	count   atomic.Int64 // computations so far
}

// busy is what those are told who would wait too long.
func busy() error {
	return fault.New(fault.Unavailable, "too many people are signing in just now; try again in a few seconds")
}

// enter waits for a turn. The caller calls leave at the end.
func (h *hasher) enter(ctx context.Context, known bool) error {
	h.mu.Lock()
	if h.running < hashesAtOnce {
		h.running++
		h.mu.Unlock()
		return nil
	}
	queue := &h.strange
	if known {
		queue = &h.known
	}
	if len(*queue) >= hashesQueued {
		h.mu.Unlock()
		return busy()
	}
	turn := make(chan struct{}, 1)
	*queue = append(*queue, turn)
	h.mu.Unlock()
	late := time.NewTimer(longestWait)
	defer late.Stop()
	var err error
	select {
	case <-turn:
		return nil
	case <-late.C:
		err = busy()
	case <-ctx.Done():
		err = ctx.Err()
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	for i, other := range *queue {
		if other == turn {
			*queue = append((*queue)[:i], (*queue)[i+1:]...)
			return err
		}
	}
	h.next() // the turn came at the same instant: it goes to whoever is next
	return err
}

func (h *hasher) leave() {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.next()
}

// next hands a turn on, or gives it back. The caller holds the lock.
func (h *hasher) next() {
	for _, queue := range []*[]chan struct{}{&h.known, &h.strange} {
		if len(*queue) > 0 {
			turn := (*queue)[0]
			*queue = (*queue)[1:]
			turn <- struct{}{}
			return
		}
	}
	h.running--
}

// params are what a hash was made with.
type params struct {
	memory, time uint32
	lanes        uint8
	salt, sum    []byte
}

var today = params{memory: argonMemory, time: argonTime, lanes: argonLanes}

// sum computes; the caller has its turn.
func (h *hasher) sum(secret string, p params) []byte {
	h.count.Add(1)
	return argon2.IDKey([]byte(norm.NFKC.String(secret)), p.salt, p.time, p.memory, p.lanes, 32)
}

// make hashes a secret with a fresh salt, in the usual form: $argon2id$v=19$m=…,t=…,p=…$salt$hash.
func (h *hasher) make(ctx context.Context, secret string, known bool) (string, error) {
	p := today
	p.salt = make([]byte, 16)
	_, _ = rand.Read(p.salt) // never fails: package rand ends the program instead
	if err := h.enter(ctx, known); err != nil {
		return "", err
	}
	defer h.leave()
	sum := h.sum(secret, p)
	b := base64.RawStdEncoding
	return fmt.Sprintf("$argon2id$v=19$m=%d,t=%d,p=%d$%s$%s", p.memory, p.time, p.lanes, b.EncodeToString(p.salt), b.EncodeToString(sum)), nil
}

// check says whether a secret fits a hash, and whether the hash was made for less than is asked for today. The caller has its turn.
func (h *hasher) check(secret, hash string) (fits, old bool, err error) {
	p, err := readHash(hash)
	if err != nil {
		return false, false, err
	}
	return subtle.ConstantTimeCompare(h.sum(secret, p), p.sum) == 1, p.memory < today.memory || p.time < today.time, nil
}

func readHash(hash string) (p params, err error) {
	parts := strings.Split(hash, "$")
	if len(parts) != 6 || parts[1] != "argon2id" {
		return p, fmt.Errorf("a kept hash is not well-formed")
	}
	if _, err := fmt.Sscanf(parts[3], "m=%d,t=%d,p=%d", &p.memory, &p.time, &p.lanes); err != nil || p.memory > 1<<20 || p.time == 0 || p.lanes == 0 {
		return p, fmt.Errorf("the cost of a kept hash cannot be read: %w", err)
	}
	if p.salt, err = base64.RawStdEncoding.DecodeString(parts[4]); err != nil {
		return p, fmt.Errorf("the salt of a kept hash cannot be read: %w", err)
	}
	if p.sum, err = base64.RawStdEncoding.DecodeString(parts[5]); err != nil {
		return p, fmt.Errorf("a kept hash cannot be read: %w", err)
	}
	return p, nil
}

// noHash is compared with when there is no such person, or no password: the work is the same.
var noHash = "$argon2id$v=19$m=19456,t=2,p=1$AAAAAAAAAAAAAAAAAAAAAA$AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"
