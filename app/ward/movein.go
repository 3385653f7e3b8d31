package ward

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"io/fs"
	"path"

	"milieu/house/clients/fhirimport"
	"milieu/kit/record"
)

// MoveIn imports people from FHIR bundles and admits each to a free bed. Beds left over go to invented people.
func (w *Ward) MoveIn(ctx context.Context, bundles fs.FS) error {
	var files []fhirimport.File
	for _, pattern := range []string{"*.json", "*.ndjson", "*.json.gz"} {
		names, err := fs.Glob(bundles, pattern)
		if err != nil {
			return err
		}
		for _, name := range names {
			files = append(files, fhirimport.File{Name: path.Base(name), Open: func() (io.ReadCloser, error) {
				b, err := fs.ReadFile(bundles, name)
				return io.NopCloser(bytes.NewReader(b)), err
			}})
		}
	}
	m := fhirimport.Importer{Committer: w.H.Committer, DB: w.H.DB, Clock: w.H.Clock, Sender: w.program()}
	report, err := m.Import(ctx, files, fhirimport.Options{Source: "demo", Unit: w.Unit, Admit: true})
	if err != nil {
		return fmt.Errorf("moving in: %w", err)
	}
	var charts []record.ID
	for _, p := range report.People {
		if p.Admitted {
			charts = append(charts, p.Chart)
		}
	}
	if len(charts) == 0 {
		return fmt.Errorf("nobody could be moved in: %v", report.Problems)
	}
	return w.Settle(ctx, charts)
}
