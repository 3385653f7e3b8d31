package app

import (
	"embed"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"milieu/kit/access"
)

//go:embed policy/*.cedar policy/*.cedarschema
var policyFiles embed.FS

// Policies are the files of who may do what, one a theme, and their schema.
func Policies() ([]access.File, error) { return readPolicies(policyFiles, "policy") }

// HousePolicies are a house's own, which may only forbid: the files *.cedar in the folder policy of its data. There may be none.
func HousePolicies(data string) ([]access.File, error) {
	out, err := readPolicies(os.DirFS(data), "policy")
	if err != nil {
		return nil, fmt.Errorf("reading the house's own policies in %s: %w", filepath.Join(data, "policy"), err)
	}
	return out, nil
}

func readPolicies(files fs.FS, dir string) ([]access.File, error) {
	var out []access.File
	for _, pattern := range []string{"*.cedarschema", "*.cedar"} {
		names, err := fs.Glob(files, dir+"/"+pattern)
		if err != nil {
			return nil, err
		}
		for _, n := range names {
			b, err := fs.ReadFile(files, n)
			if err != nil {
				return nil, err
			}
			out = append(out, access.File{Name: filepath.Base(n), Text: string(b)})
		}
	}
	return out, nil
}
