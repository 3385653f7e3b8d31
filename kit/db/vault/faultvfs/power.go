package faultvfs

import (
	"bytes"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
)

const sector = 512

// PowerCut writes into the folder what the disk would hold after losing power now.
// Called again it gives another possible outcome of the same moment.
func (d *Disk) PowerCut(folder string) error {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.cut = true
	names := make([]string, 0, len(d.files))
	for name := range d.files {
		names = append(names, name)
	}
	slices.Sort(names)
	// How much of the unsynced survives differs from cut to cut.
	chance := []float64{0, 0.1, 0.5, 0.9, 1}[d.rand.IntN(5)]
	for _, name := range names {
		content, there := d.files[name].afterCut(d.rand, chance)
		if !there {
			continue
		}
		target := filepath.Join(folder, filepath.Base(name))
		if err := os.WriteFile(target, content, 0o600); err != nil {
			return fmt.Errorf("write what a power cut leaves: %w", err)
		}
	}
	return nil
}

// afterCut draws one possible state of the file.
func (k *tracked) afterCut(r *rand.Rand, chance float64) ([]byte, bool) {
	content, there := bytes.Clone(k.durable), k.kept
	for i, c := range k.pending {
		switch c.what {
		case Any:
			if !there {
				content, there = nil, r.Float64() < chance
			}
			if !there {
				return nil, false
			}
		case Delete:
			if r.Float64() >= chance {
				return content, there // the deletion, and all after it, did not reach the disk
			}
			content, there = nil, false
			if !slices.ContainsFunc(k.pending[i:], func(c change) bool { return c.what == Any }) {
				return nil, false
			}
		case Truncate:
			if r.Float64() < chance {
				content = c.apply(content)
			}
		default:
			content = c.tear(r, content, chance)
		}
	}
	return content, there
}

// tear applies a write wholly, not at all, or in some of its sectors.
func (c change) tear(r *rand.Rand, content []byte, chance float64) []byte {
	switch x := r.Float64(); {
	case x < chance*0.9:
		return c.apply(content)
	case x > chance*0.9+0.1:
		return content
	}
	torn := r.Float64() // the share of sectors that arrive
	for start := int64(0); start < int64(len(c.data)); {
		// Sectors are the disk's, not the write's.
		end := min(start+sector-(c.off+start)%sector, int64(len(c.data)))
		if r.Float64() < torn {
			content = change{Write, c.off + start, c.data[start:end]}.apply(content)
		}
		start = end
	}
	return content
}
