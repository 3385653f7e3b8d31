package app

import (
	"context"
	"errors"
	"fmt"
	"os"
	"time"

	"milieu/app/load"
	"milieu/app/ward"
	"milieu/kit/access"
	"milieu/kit/clock"
	"milieu/kit/room"
	"milieu/kit/signin"
	"milieu/kit/web"
)

type simulateCmd struct {
	Live simulateLiveCmd `cmd:"" help:"Make wards in a new folder and let them live at some speed."`
	Load simulateLoadCmd `cmd:"" help:"Measure a server of made-up data: appends, batches, pages, live, outbox."`
}

type simulateLiveCmd struct {
	Data    string        `required:"" type:"path" placeholder:"DIR" help:"A new folder, or one made by this command."`
	Units   int           `default:"1" help:"How many wards."`
	Beds    int           `default:"24" help:"Beds of each."`
	Hours   float64       `default:"8" help:"How long they live, in their own hours."`
	Speed   float64       `default:"0" help:"1 is true speed; 0 is as fast as the machine can."`
	Entries int           `help:"Instead of living: file this many safety checks over all charts, as fast as they go in."`
	JSON    bool          `help:"At the end print one line of JSON with what a load needs: tokens, units, charts."`
	Ago     time.Duration `default:"0s" help:"Let it begin this long ago; by default so that it ends now."`
}

// Run makes or opens the wards and lets them live.
func (c *simulateLiveCmd) Run(ctx context.Context, s *std) error {
	fresh := !exists(c.Data + "/" + settingsFile)
	if fresh {
		if err := CreateData(c.Data, "simulation.key", madeForSimulation, NewKeys()); err != nil {
			return err
		}
	}
	data, err := OpenData(ctx, c.Data, "", os.Getenv("MILIEU_DATABASE"), s.log)
	if err != nil {
		return err
	}
	defer data.Close()
	if data.Settings.Made == madeForHouse {
		return errors.New("this is a house's record: nothing is simulated in it")
	}
	if !fresh {
		return errors.New("these wards have lived already: make new ones in another folder")
	}
	now := clock.System().Now()
	lived := time.Duration(c.Hours * float64(time.Hour))
	if c.Ago == 0 {
		c.Ago = lived
	}
	fake := clock.NewFake(now.Add(-c.Ago))
	h, err := data.Build(ctx, fake, s.log, nil)
	if err != nil {
		return err
	}
	wards, err := c.furnish(ctx, h)
	until := now.Add(lived - c.Ago) // moving in takes its part of the time: nothing happens in what is yet to come
	if err == nil && c.Entries > 0 {
		err = load.Fill(ctx, h, wards, c.Entries, max(until.Sub(fake.Now()), time.Minute), s.progress())
	} else if err == nil {
		err = c.live(ctx, fake, wards, until)
	}
	if err == nil && c.JSON {
		err = c.print(ctx, s, h, wards)
	}
	return errors.Join(err, h.Close())
}

func (c *simulateLiveCmd) furnish(ctx context.Context, h *room.Building) ([]*ward.Ward, error) {
	var wards []*ward.Ward
	for i := range c.Units {
		o := ward.Options{Zone: "UTC", Unit: fmt.Sprintf("Ward %d", i+1), Beds: c.Beds, Seed: uint64(i + 1)}
		if i == 0 {
			o.House = "Simulated House"
		}
		w, err := ward.Furnish(ctx, h, o)
		if err != nil {
			return nil, err
		}
		if err := w.MoveInMadeUp(ctx, c.Beds); err != nil {
			return nil, err
		}
		wards = append(wards, w)
	}
	return wards, nil
}

// live lets all wards live a minute at a time, in turn.
func (c *simulateLiveCmd) live(ctx context.Context, fake *clock.Fake, wards []*ward.Ward, until time.Time) error {
	const stride = time.Minute
	true1 := clock.System()
	for fake.Now().Before(until) {
		begun, from := true1.Now(), fake.Now()
		for _, w := range wards {
			fake.Set(from)
			if err := w.Run(ctx, from.Add(stride)); err != nil {
				return err
			}
		}
		if c.Speed <= 0 {
			continue
		}
		rest := time.Duration(float64(stride)/c.Speed) - true1.Now().Sub(begun)
		select {
		case <-true1.After(rest):
		case <-ctx.Done():
			return ctx.Err()
		}
	}
	return nil
}

func (c *simulateLiveCmd) print(ctx context.Context, s *std, h *room.Building, wards []*ward.Ward) error {
	target := load.Target{}
	for _, w := range wards {
		u := load.Unit{ID: w.Unit.String()}
		for _, id := range w.Client {
			u.Charts = append(u.Charts, id.String())
		}
		target.Units = append(target.Units, u)
	}
	system := clock.System() // the server that the load will meet runs by the true clock
	var err error
	w := wards[0]
	if target.Token, err = web.NewAPIToken(ctx, h.Committer, system, w.Staff[access.Integration], "load", 240*time.Hour); err != nil {
		return err
	}
	if target.SignIn, err = signin.NewLink(ctx, h.Committer, system, w.Staff[access.Worker], true); err != nil {
		return err
	}
	return target.Write(s.out)
}

type simulateLoadCmd struct {
	What    string        `arg:"" enum:"appends,batches,pages,charts,live,outbox,signins,bare" help:"What to measure: appends, batches, pages, charts (reading them, each with its view logged), live, outbox, signins (how soon those are told who have to come again), or bare one-row commits to compare with."`
	URL     string        `help:"The server, on this machine: http://127.0.0.1:PORT."`
	Target  string        `type:"path" help:"What simulate live --json printed."`
	Conns   int           `default:"64" help:"Connections, or listeners."`
	Size    int           `default:"1" help:"Entries in each request."`
	For     time.Duration `default:"10s" help:"How long."`
	Writes  int           `default:"50" help:"Writes a second that go on meanwhile, for pages and live."`
	JSON    bool          `help:"Print one line of JSON."`
	Devices int           `default:"1" help:"Devices that deliver at once, for outbox."`
}

// Run measures and prints.
func (c *simulateLoadCmd) Run(ctx context.Context, s *std) error {
	o := load.Options{URL: c.URL, Conns: c.Conns, Size: c.Size, For: c.For, Writes: c.Writes, Devices: c.Devices, Clock: clock.System()}
	if c.What == "bare" {
		r, err := load.Bare(ctx, o)
		if err != nil {
			return err
		}
		return r.Print(s.out, c.JSON)
	}
	t, err := load.ReadTarget(c.Target)
	if err != nil {
		return err
	}
	if err := load.Local(c.URL); err != nil {
		return err
	}
	var r load.Result
	switch c.What {
	case "appends", "batches":
		r, err = load.Appends(ctx, t, o)
	case "pages":
		r, err = load.Pages(ctx, t, o)
	case "charts":
		r, err = load.Charts(ctx, t, o)
	case "live":
		r, err = load.Live(ctx, t, o)
	case "outbox":
		r, err = load.Outbox(ctx, t, o)
	case "signins":
		r, err = load.SignIns(ctx, o)
	}
	if err != nil {
		return err
	}
	return r.Print(s.out, c.JSON)
}
