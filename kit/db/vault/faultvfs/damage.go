package faultvfs

import (
	"fmt"
	"os"
)

// FlipBit changes one bit of a closed file.
func FlipBit(path string, off int64, bit int) error {
	return rewrite(path, "flip a bit of", func(b []byte) ([]byte, error) {
		if off >= int64(len(b)) {
			return nil, fmt.Errorf("the file has %d bytes", len(b))
		}
		b[off] ^= 1 << (bit & 7)
		return b, nil
	})
}

// Zero overwrites n bytes at off of a closed file with zeros.
func Zero(path string, off, n int64) error {
	return rewrite(path, "zero a part of", func(b []byte) ([]byte, error) {
		if off+n > int64(len(b)) {
			return nil, fmt.Errorf("the file has %d bytes", len(b))
		}
		clear(b[off : off+n])
		return b, nil
	})
}

// CutTail removes the last n bytes of a closed file.
func CutTail(path string, n int64) error {
	return rewrite(path, "cut", func(b []byte) ([]byte, error) {
		if n > int64(len(b)) {
			return nil, fmt.Errorf("the file has %d bytes", len(b))
		}
		return b[:int64(len(b))-n], nil
	})
}

// Stale puts n bytes at off back to what they were in an older copy of the file, as a
// disk does that lost a write.
func Stale(path, older string, off, n int64) error {
	return rewrite(path, "put back a part of", func(b []byte) ([]byte, error) {
		old, err := os.ReadFile(older)
		if err != nil {
			return nil, err
		}
		if off+n > int64(len(b)) || off+n > int64(len(old)) {
			return nil, fmt.Errorf("the files have %d and %d bytes", len(b), len(old))
		}
		copy(b[off:off+n], old[off:off+n])
		return b, nil
	})
}

func rewrite(path, doing string, f func([]byte) ([]byte, error)) error {
	b, err := os.ReadFile(path)
	if err == nil {
		b, err = f(b)
	}
	if err == nil {
		err = os.WriteFile(path, b, 0o600)
	}
	if err != nil {
		return fmt.Errorf("%s %s: %w", doing, path, err)
	}
	return nil
}
