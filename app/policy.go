package app

import (
	"embed"
	"fmt"
	"io/fs"
)

//go:embed policy/*.txt
var policyFiles embed.FS

// Policies are the texts of who may do what, one file a theme, in the order of their names.
func Policies() ([]string, error) {
	names, err := fs.Glob(policyFiles, "policy/*.txt")
	if err != nil {
		return nil, err
	}
	var out []string
	for _, n := range names {
		b, err := policyFiles.ReadFile(n)
		if err != nil {
			return nil, fmt.Errorf("reading %s: %w", n, err)
		}
		out = append(out, string(b))
	}
	return out, nil
}
