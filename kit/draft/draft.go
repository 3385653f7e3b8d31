// Package draft keeps unfinished writing: what a signed-in person has begun in a form and not yet filed. It is not record: it may change and
// go, nobody but its writer reads it, and after thirty days untouched it is gone.
package draft

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
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

// Names of the fields by which a draft says which device wrote it, and when.
const (
	writtenBy = "_by"
	writtenAt = "_kept"
)

// beside is the name under which the words of another device are kept when two write one draft.
func beside(name string) string { return "other " + name }

// get is the value of a field; empty for none.
func (f Fields) get(name string) string {
	for _, pair := range f {
		if pair[0] == name {
			return pair[1]
		}
	}
	return ""
}

// same says that two drafts hold the same words.
func (f Fields) same(o Fields) bool {
	words := func(f Fields) Fields {
		return slices.DeleteFunc(slices.Clone(f), func(pair [2]string) bool { return pair[0] == writtenBy || pair[0] == writtenAt })
	}
	return slices.Equal(words(f), words(o))
}

// Put keeps a draft in place of what stood under its name. Where that came from another device, and the writer has not seen it (seen says when what
// they saw of another device was written), it is kept beside the new one and given back: nobody's words go because two devices are open.
// fault.TooMany when the person has too many.
func Put(ctx context.Context, w web.Writer, person record.ID, name string, fields Fields, seen string, now time.Time) (other Fields, err error) {
	var check fault.Check
	check.Want(name != "" && len(name) <= maxKey, "name", "a draft has a short name")
	check.Want(len(fields) > 0, "fields", "a draft holds something")
	if err := check.Err(); err != nil {
		return nil, err
	}
	raw, err := json.Marshal(fields)
	if err != nil {
		return nil, fmt.Errorf("writing a draft: %w", err)
	}
	err = w.Upkeep(ctx, func(tx db.Tx) error {
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
		if other, err = unseen(tx, person, name, fields, seen); err != nil {
			return err
		}
		if other != nil {
			if err := tx.Exec("DELETE FROM draft WHERE person = $1 AND name = $2", person[:], beside(name)); err != nil {
				return err
			}
			if err := tx.Exec("UPDATE draft SET name = $3 WHERE person = $1 AND name = $2", person[:], name, beside(name)); err != nil {
				return err
			}
		}
		return tx.Exec("INSERT INTO draft (person, name, fields, touched) VALUES ($1, $2, $3, $4) ON CONFLICT (person, name) DO UPDATE SET fields = excluded.fields, touched = excluded.touched",
			person[:], name, raw, clock.Micros(now))
	})
	return other, err
}

// unseen gives what stands under a draft's name if another device wrote it, its words differ, and the writer has not seen it.
func unseen(q db.Querier, person record.ID, name string, fields Fields, seen string) (Fields, error) {
	var raw []byte
	err := q.QueryRow("SELECT fields FROM draft WHERE person = $1 AND name = $2", person[:], name).Scan(&raw)
	if err == db.ErrNoRows {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("reading draft %q: %w", name, err)
	}
	var had Fields
	if err := json.Unmarshal(raw, &had); err != nil {
		return nil, fmt.Errorf("reading draft %q: %w", name, err)
	}
	if by := had.get(writtenBy); by == "" || by == fields.get(writtenBy) || had.get(writtenAt) == seen || had.same(fields) {
		return nil, nil
	}
	return had, nil
}

// Drop forgets a draft; one that is not there is forgotten already.
func Drop(ctx context.Context, w web.Writer, person record.ID, name string) error {
	return w.Upkeep(ctx, func(tx db.Tx) error {
		return tx.Exec("DELETE FROM draft WHERE person = $1 AND name IN ($2, $3)", person[:], name, beside(name))
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
	other, err := Put(c.Context(), c.Committer, c.Scope.Person, c.R.PathValue("name"), fields, c.R.Header.Get("Milieu-Seen"), c.Now)
	if err != nil {
		return err
	}
	if other == nil {
		c.W.WriteHeader(http.StatusNoContent)
		return nil
	}
	c.W.Header().Set("Content-Type", "application/json")
	c.W.Header().Set("Cache-Control", "no-store")
	_ = json.NewEncoder(c.W).Encode(other) // whoever asked has gone
	return nil
}

func drop(c *web.Ctx) error {
	if err := Drop(c.Context(), c.Committer, c.Scope.Person, c.R.PathValue("name")); err != nil {
		return err
	}
	c.W.WriteHeader(http.StatusNoContent)
	return nil
}
