package app

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"

	jsonv2 "github.com/go-json-experiment/json"

	"milieu/kit/record"
)

type exportCmd struct {
	dataFlags
	Out string `required:"" type:"path" placeholder:"DIR" help:"A new folder for what is written out. It holds people's charts in clear: keep it safe."`
}

// Run writes the whole record as lines of JSON in the order of the log, and each client as a FHIR bundle.
func (c *exportCmd) Run(ctx context.Context, s *std) error {
	data, err := c.open(ctx, s)
	if err != nil {
		return err
	}
	defer data.Close()
	if err := os.Mkdir(c.Out, 0o700); err != nil {
		return fmt.Errorf("making the folder: %w", err)
	}
	n, err := exportEntries(ctx, data, filepath.Join(c.Out, "entries.jsonl"))
	if err != nil {
		return err
	}
	people, err := exportPeople(ctx, data, filepath.Join(c.Out, "fhir"))
	if err != nil {
		return err
	}
	fmt.Fprintf(s.out, "%d entries in entries.jsonl, %d people in fhir/\n", n, people)
	return nil
}

func exportEntries(ctx context.Context, data *Data, path string) (n int64, err error) {
	f, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return 0, err
	}
	defer func() { err = errors.Join(err, f.Close()) }()
	out := bufio.NewWriterSize(f, 1<<20)
	q := data.DB.Read(ctx)
	for from := int64(1); ctx.Err() == nil; {
		entries, err := record.Range(q, from, 1000)
		if err != nil {
			return n, err
		}
		if len(entries) == 0 {
			return n, out.Flush()
		}
		for _, e := range entries {
			b, err := jsonv2.Marshal(e)
			if err != nil {
				return n, fmt.Errorf("writing entry %d: %w", e.Seq, err)
			}
			if _, err := out.Write(append(b, '\n')); err != nil {
				return n, fmt.Errorf("writing %s: %w", path, err)
			}
		}
		n += int64(len(entries))
		from = entries[len(entries)-1].Seq + 1
	}
	return n, ctx.Err()
}
