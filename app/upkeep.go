package app

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"text/tabwriter"
	"time"

	"milieu/kit/clock"
	"milieu/kit/commit"
	"milieu/kit/db/vault"
	"milieu/kit/due"
	"milieu/kit/room"
	"milieu/kit/web"
)

func (d *Data) plan() (*room.Plan, error) {
	policies, err := Policies()
	if err != nil {
		return nil, err
	}
	own, err := HousePolicies(d.Dir)
	if err != nil {
		return nil, err
	}
	return room.NewPlan(Rooms(d), policies, own)
}

type prepareCmd struct {
	dataFlags
	Rest time.Duration `default:"20ms" help:"How long to rest between small steps, so that the running server stays quick."`
}

// Run fills the new version's tables.
func (c *prepareCmd) Run(ctx context.Context, s *std) error {
	data, err := c.open(ctx, s)
	if err != nil {
		return err
	}
	defer data.Close()
	plan, err := data.plan()
	if err != nil {
		return err
	}
	pace := commit.Pace{Chunk: 50, Rest: c.Rest, Clock: clock.System()}
	if err := commit.Prepare(ctx, data.DB, plan.Kinds, plan.Projections, pace, s.progress()); err != nil {
		return err
	}
	fmt.Fprintln(s.out, "Prepared: start this version with `milieu serve`; it only has to catch up what is filed until then.")
	return nil
}

type rebuildCmd struct{ dataFlags }

// Run works every table out afresh.
func (c *rebuildCmd) Run(ctx context.Context, s *std) error {
	data, err := c.open(ctx, s)
	if err != nil {
		return err
	}
	defer data.Close()
	if err := data.hold(); err != nil {
		return err
	}
	plan, err := data.plan()
	if err != nil {
		return err
	}
	if err := plan.Migrate(ctx, data.DB); err != nil {
		return err
	}
	if err := commit.Rebuild(ctx, data.DB, plan.Projections, due.Tables()); err != nil {
		return err
	}
	c1 := clock.System()
	begun := c1.Now()
	b, err := data.Build(ctx, c1, s.log, s.progress())
	if err != nil {
		return err
	}
	took := c1.Now().Sub(begun)
	fmt.Fprintf(s.out, "Rebuilt from %d entries in %s.\n", b.Committer.Seq(), took.Round(time.Millisecond))
	return b.Close()
}

type routesCmd struct {
	JSON bool `help:"As JSON: method, path, action."`
}

// Run lists the routes.
func (c *routesCmd) Run(s *std) error {
	plan, err := (&Data{}).plan()
	if err != nil {
		return err
	}
	type row struct {
		Method string `json:"method"`
		Path   string `json:"path"`
		Action string `json:"action"`
	}
	rows := []row{{"GET", "/static/", "public"}}
	for _, r := range web.All(plan.Routes) {
		action := r.Action
		if r.Public {
			action = "public"
		}
		rows = append(rows, row{r.Method, r.Pattern, action})
	}
	if c.JSON {
		return json.NewEncoder(s.out).Encode(rows)
	}
	w := tabwriter.NewWriter(s.out, 0, 8, 2, ' ', 0)
	for _, r := range rows {
		fmt.Fprintf(w, "%s\t%s\t%s\n", r.Method, r.Path, r.Action)
	}
	return w.Flush()
}

type dbCmd struct {
	Decrypt decryptCmd `cmd:"" help:"Write the database as an ordinary SQLite file, for rescue. Keep it as safe as the people in it."`
}

type decryptCmd struct {
	Data   string `required:"" type:"path" placeholder:"DIR" help:"The data folder."`
	Key    string `type:"path" placeholder:"FILE" help:"The key file, when it is not where the data folder says."`
	Out    string `arg:"" type:"path" help:"The file to write."`
	Rescue bool   `help:"Go on past damaged pages and say which they are."`
}

func (c *decryptCmd) keys() (vault.Keys, error) {
	var set settings
	b, err := os.ReadFile(c.Data + "/" + settingsFile)
	if err == nil {
		err = json.Unmarshal(b, &set)
	}
	if err != nil && c.Key == "" {
		return vault.Keys{}, fmt.Errorf("reading the settings of %s: %w; say where the key is with --key", c.Data, err)
	}
	k, err := LoadKeys(set.keyPath(c.Data, c.Key))
	if err != nil {
		return vault.Keys{}, err
	}
	return k.sealing()
}

// Run writes the database in clear.
func (c *decryptCmd) Run(ctx context.Context, s *std) error {
	keys, err := c.keys()
	if err != nil {
		return err
	}
	report, err := vault.Decrypt(filepath.Join(c.Data, databaseFile), keys, c.Out, c.Rescue)
	for _, d := range report.Damages {
		fmt.Fprintln(s.out, "damaged:", d.Error())
	}
	if err != nil {
		return err
	}
	fmt.Fprintf(s.out, "%s is an ordinary SQLite file now. Keep it as safe as the people in it, and delete it when you are done.\n", c.Out)
	return nil
}
