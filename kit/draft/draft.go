// Package draft keeps unfinished writing: what a signed-in person has begun in a form and not yet filed. It is not record: it may change and
// go, nobody but its writer reads it, and after thirty days untouched it is gone.
package draft

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"time"

	"milieu/kit/clock"
	"milieu/kit/db"
	"milieu/kit/fault"
	"milieu/kit/record"
	"milieu/kit/room"
	"milieu/kit/web"
)

// Limits, as data.
const (
	Keep      = 30 * 24 * time.Hour // untouched for this long, a draft goes
	MaxDrafts = 200                 // of one person
	maxKey    = 200                 // bytes
	maxBody   = 64 << 10
)

// Schema is where drafts are.
const Schema = `
CREATE TABLE IF NOT EXISTS draft (person BLOB NOT NULL, name TEXT NOT NULL, fields BLOB NOT NULL, touched INTEGER NOT NULL, PRIMARY KEY (person, name)) WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS draft_touched ON draft (touched);
`

// Def offers the drafts' doors and table.
func Def() room.Def {
	return room.Def{Name: "draft", Schema: Schema, Routes: Routes()}
}

// Routes are the doors: all of one's own drafts, one kept, one dropped.
func Routes() []web.Route {
	return []web.Route{
		{Method: "GET", Pattern: "/drafts", Action: "draft.keep", Handle: list},
		{Method: "PUT", Pattern: "/drafts/{name}", Action: "draft.keep", MaxBody: maxBody, Handle: keep},
		{Method: "DELETE", Pattern: "/drafts/{name}", Action: "draft.keep", MaxBody: 1 << 10, Handle: drop},
	}
}

// Fields are what a form held: names and values in order.
type Fields [][2]string

// Put keeps a draft in place of what stood under its name. fault.TooMany when the person has too many.
func Put(ctx context.Context, w web.Writer, person record.ID, name string, fields Fields, now time.Time) error {
	var check fault.Check
	check.Want(name != "" && len(name) <= maxKey, "name", "a draft has a short name")
	check.Want(len(fields) > 0, "fields", "a draft holds something")
	if err := check.Err(); err != nil {
		return err
	}
	raw, err := json.Marshal(fields)
	if err != nil {
		return fmt.Errorf("writing a draft: %w", err)
	}
	return w.Upkeep(ctx, func(tx db.Tx) error {
		if err := tx.Exec("DELETE FROM draft WHERE touched < $1", clock.Micros(now.Add(-Keep))); err != nil {
			return err
		}
		var others int64
		if err := tx.QueryRow("SELECT count(*) FROM draft WHERE person = $1 AND name <> $2", person[:], name).Scan(&others); err != nil {
			return fmt.Errorf("counting drafts: %w", err)
		}
		if others >= MaxDrafts {
			return fault.New(fault.TooMany, "there are %d drafts already; finish or drop some", others)
		}
		return tx.Exec("INSERT INTO draft (person, name, fields, touched) VALUES ($1, $2, $3, $4) ON CONFLICT (person, name) DO UPDATE SET fields = excluded.fields, touched = excluded.touched",
			person[:], name, raw, clock.Micros(now))
	})
}

// Drop forgets a draft; one that is not there is forgotten already.
func Drop(ctx context.Context, w web.Writer, person record.ID, name string) error {
	return w.Upkeep(ctx, func(tx db.Tx) error {
		return tx.Exec("DELETE FROM draft WHERE person = $1 AND name = $2", person[:], name)
	})
}

// Of gives a person's drafts by name.
func Of(q db.Querier, person record.ID, now time.Time) (map[string]Fields, error) {
	out := map[string]Fields{}
	err := db.Each(q, "SELECT name, fields FROM draft WHERE person = $1 AND touched >= $2", []any{person[:], clock.Micros(now.Add(-Keep))}, func(r db.Row) error {
		var name string
		var raw []byte
		if err := r.Scan(&name, &raw); err != nil {
			return err
		}
		var f Fields
		if err := json.Unmarshal(raw, &f); err != nil {
			return fmt.Errorf("reading draft %q: %w", name, err)
		}
		out[name] = f
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("reading drafts: %w", err)
	}
	return out, nil
}

func list(c *web.Ctx) error {
	all, err := Of(c.Read(), c.Scope.Person, c.Now)
	if err != nil {
		return err
	}
	c.W.Header().Set("Content-Type", "application/json")
	c.W.Header().Set("Cache-Control", "no-store")
	_ = json.NewEncoder(c.W).Encode(all) // whoever asked has gone
	return nil
}

func keep(c *web.Ctx) error {
	var fields Fields
	if err := json.NewDecoder(c.R.Body).Decode(&fields); err != nil {
		return fault.Wrap(fault.Invalid, err, "this is no draft")
	}
	if err := Put(c.Context(), c.Committer, c.Scope.Person, c.R.PathValue("name"), fields, c.Now); err != nil {
		return err
	}
	c.W.WriteHeader(http.StatusNoContent)
	return nil
}

func drop(c *web.Ctx) error {
	if err := Drop(c.Context(), c.Committer, c.Scope.Person, c.R.PathValue("name")); err != nil {
		return err
	}
	c.W.WriteHeader(http.StatusNoContent)
	return nil
}
