package device

import (
	"context"
	"crypto/hpke"
	"fmt"
	"sync"

	"milieu/kit/clock"
	"milieu/kit/db"
	"milieu/kit/web"
)

// keyring is the house's key pairs for devices. The newest is lent out; older ones still open what was sealed to them.
type keyring struct {
	mu  sync.Mutex
	all map[int64]hpke.PrivateKey
}

// find gives a key pair by its number; nil when there is none.
func (k *keyring) find(q db.Querier, number int64) (hpke.PrivateKey, error) {
	k.mu.Lock()
	defer k.mu.Unlock()
	if key := k.all[number]; key != nil {
		return key, nil
	}
	var raw []byte
	switch err := q.QueryRow("SELECT private FROM device_key WHERE number = $1", number).Scan(&raw); err {
	case nil:
	case db.ErrNoRows:
		return nil, nil
	default:
		return nil, fmt.Errorf("reading the device key: %w", err)
	}
	kem, _, _ := suite()
	key, err := kem.NewPrivateKey(raw)
	if err != nil {
		return nil, fmt.Errorf("reading device key %d: %w", number, err)
	}
	if k.all == nil {
		k.all = map[int64]hpke.PrivateKey{}
	}
	k.all[number] = key
	return key, nil
}

// newest gives the key pair to lend out, and makes the first one.
func (k *keyring) newest(ctx context.Context, q db.Querier, w web.Writer, c clock.Clock) (int64, hpke.PrivateKey, error) {
	var number int64
	if err := q.QueryRow("SELECT COALESCE(max(number), 0) FROM device_key").Scan(&number); err != nil {
		return 0, nil, fmt.Errorf("reading the device keys: %w", err)
	}
	if number == 0 {
		kem, _, _ := suite()
		made, err := kem.GenerateKey()
		if err != nil {
			return 0, nil, fmt.Errorf("making the device key: %w", err)
		}
		raw, err := made.Bytes()
		if err != nil {
			return 0, nil, fmt.Errorf("writing the device key: %w", err)
		}
		err = w.Upkeep(ctx, func(tx db.Tx) error { // another process may have been faster
			return tx.Exec("INSERT INTO device_key (number, private, made) VALUES (1, $1, $2) ON CONFLICT (number) DO NOTHING", raw, clock.Micros(c.Now()))
		})
		if err != nil {
			return 0, nil, fmt.Errorf("keeping the device key: %w", err)
		}
		number = 1
	}
	key, err := k.find(q, number)
	if err == nil && key == nil {
		err = fmt.Errorf("device key %d is gone", number)
	}
	return number, key, err
}
