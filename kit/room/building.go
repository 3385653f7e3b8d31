package room

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"maps"
	"slices"
	"sync/atomic"
	"time"

	"milieu/kit/access"
	"milieu/kit/clock"
	"milieu/kit/commit"
	"milieu/kit/db"
	"milieu/kit/due"
	"milieu/kit/live"
	"milieu/kit/record"
	"milieu/kit/view"
	"milieu/kit/web"
)

// Options are what a building is made of.
type Options struct {
	DB            *db.DB
	Clock         clock.Clock
	Log           *slog.Logger
	Defs          []Def
	Policies      []access.File // the program's policies
	HousePolicies []access.File // the house's own, which may only forbid
	HeadFile      string
	Views         ViewOptions
	Outside       web.Outside
	Demo          bool // made-up data: links that sign in again and again are honoured
	Progress      func(what string, done, total int64)
}

// ViewOptions say where the view log keeps what lies beside its database. Zero fields keep none.
type ViewOptions struct {
	HeadFile string
	Second   string // its second place
	Key      []byte // seals the second place
	Size     int64  // of the second place
}

// ViewFile is the view log's own database beside that of the record, on SQLite.
const ViewFile = "views.db"

// Building is all rooms wired together on one database.
type Building struct {
	Defs      []Def
	DB        *db.DB
	Clock     clock.Clock
	Log       *slog.Logger
	Kinds     *record.Kinds
	Policy    *access.Policy
	Directory *access.Directory
	Committer *commit.Committer
	Views     *view.Log
	ViewDB    *db.DB
	Hub       *live.Hub
	Site      *web.Site
	Sweeper   *due.Sweeper

	house atomic.Pointer[web.House]
}

// Plan gathers what rooms offer without a database: the kinds, the projections, the routes.
type Plan struct {
	Kinds       *record.Kinds
	Projections []record.Projection
	Derived     []record.Derived
	Rules       []due.Rule
	Guards      []record.Guard
	Sources     []access.Source
	Routes      []web.Route
	Places      []web.Place
	Policy      *access.Policy
	Schemas     []string
	Actions     []string // every action that kinds, routes, places and pages name
}

// NewPlan gathers and checks. It fails when a kind or route names an action that no policy speaks of.
func NewPlan(defs []Def, policies, house []access.File) (*Plan, error) {
	p := &Plan{Projections: due.Projections(), Derived: []record.Derived{due.TakenDerived()}, Schemas: []string{due.Schema, web.Schema}}
	kinds := [][]record.Kind{record.OwnKinds(), due.Kinds(), access.Kinds()}
	for _, d := range defs {
		kinds = append(kinds, d.Kinds)
		p.Projections = append(p.Projections, d.Projections...)
		p.Derived = append(p.Derived, d.Derived...)
		p.Rules = append(p.Rules, d.Rules...)
		p.Guards = append(p.Guards, d.Guards...)
		p.Sources = append(p.Sources, d.Sources...)
		p.Routes = append(p.Routes, d.Routes...)
		p.Places = append(p.Places, d.Nav...)
		if d.Schema != "" {
			p.Schemas = append(p.Schemas, d.Schema)
		}
	}
	for i := range p.Rules {
		if r := &p.Rules[i]; r.Held && !slices.ContainsFunc(defs, func(d Def) bool { return d.Faces[r.Name].For != nil }) {
			return nil, fmt.Errorf("the windows of rule %s are held, and no face says for whom", r.Name)
		}
		p.Derived = append(p.Derived, p.Rules[i].Derived())
	}
	var err error
	if p.Kinds, err = record.NewKinds(kinds...); err != nil {
		return nil, err
	}
	for _, d := range defs {
		for _, k := range d.Kinds {
			if room, _, _ := cutDot(k.Name); room != d.Name {
				return nil, fmt.Errorf("room %s offers kind %s, which is not its own", d.Name, k.Name)
			}
		}
	}
	p.Projections = append(p.Projections, access.Projection(p.Kinds))
	if p.Policy, err = access.NewPolicy(policies, house); err != nil {
		return nil, err
	}
	actions := append(access.Actions(p.Kinds), web.Actions(p.Routes, p.Places)...)
	for _, d := range defs {
		actions = append(actions, d.Asks...)
		for _, panel := range d.Panels {
			actions = append(actions, panel.Action)
		}
		for _, tab := range d.Tabs {
			actions = append(actions, tab.Action)
		}
		for _, act := range d.Acts {
			actions = append(actions, act.Action)
		}
	}
	p.Actions = actions
	return p, p.Policy.Covers(actions)
}

func cutDot(s string) (before, after string, ok bool) {
	for i := range len(s) {
		if s[i] == '.' {
			return s[:i], s[i+1:], true
		}
	}
	return s, "", false
}

// Migrate makes the tables that are no projections.
func (p *Plan) Migrate(ctx context.Context, d *db.DB) error {
	return d.Write(ctx, func(tx db.Tx) error {
		for _, s := range p.Schemas {
			if err := db.Migrate(tx, d.Dialect, s); err != nil {
				return err
			}
		}
		return nil
	})
}

// Open wires the rooms together and brings their tables up to date.
func Open(ctx context.Context, o Options) (*Building, error) {
	if o.Log == nil {
		o.Log = slog.New(slog.DiscardHandler)
	}
	plan, err := NewPlan(o.Defs, o.Policies, o.HousePolicies)
	if err != nil {
		return nil, err
	}
	if err := plan.Migrate(ctx, o.DB); err != nil {
		return nil, err
	}
	b := &Building{Defs: o.Defs, DB: o.DB, Clock: o.Clock, Log: o.Log, Kinds: plan.Kinds, Policy: plan.Policy}
	b.Directory = access.NewDirectory(o.DB, o.Clock, plan.Policy, plan.Sources)
	b.Directory.Guard(plan.Kinds)
	b.Hub = live.NewHub(o.Clock, o.Log)
	b.Committer, err = commit.Open(ctx, commit.Config{DB: o.DB, Kinds: plan.Kinds, Judge: b.Directory, Clock: o.Clock,
		Projections: plan.Projections, Derived: plan.Derived, Guards: plan.Guards, HeadFile: o.HeadFile, Log: o.Log, Progress: o.Progress})
	if err != nil {
		return nil, err
	}
	if err := b.Directory.Load(ctx); err != nil {
		return nil, err
	}
	if err := b.openViews(ctx, o); err != nil {
		return nil, errors.Join(err, b.Committer.Close())
	}
	b.Hub.Begin(b.Committer.Seq())
	b.Committer.After(b.filed)
	b.Sweeper = &due.Sweeper{DB: o.DB, Committer: b.Committer, Clock: o.Clock, Rules: plan.Rules, Log: o.Log}
	cfg := web.Config{DB: o.DB, Committer: b.Committer, Directory: b.Directory, Views: b.Views, ViewDB: b.ViewDB, Policy: plan.Policy, Hub: b.Hub, Clock: o.Clock, Log: o.Log,
		Routes: plan.Routes, Places: plan.Places, Said: map[string]web.Said{}, FreshIf: map[string]func(db.Querier, *access.Scope) (bool, error){}, House: b.House, Outside: o.Outside, Demo: o.Demo}
	for _, d := range o.Defs {
		maps.Copy(cfg.Said, d.Said)
		maps.Copy(cfg.FreshIf, d.Fresh)
		if d.Ended != nil {
			cfg.Ended = append(cfg.Ended, d.Ended)
		}
		if d.Hub.NameOf != nil {
			cfg.NameOf = either(cfg.NameOf, d.Hub.NameOf)
		}
		if d.Hub.UnitFor != nil {
			cfg.UnitFor = d.Hub.UnitFor
		}
		if d.Hub.SignInName != nil {
			cfg.SignInName = d.Hub.SignInName
		}
		if d.Hub.Invite != nil {
			cfg.Invite = d.Hub.Invite
		}
		if d.Hub.Accounts != nil {
			cfg.Accounts = d.Hub.Accounts
		}
		if d.Hub.Limits != nil {
			cfg.Limits = d.Hub.Limits
		}
		if d.Hub.Confirm != nil {
			cfg.Confirm = d.Hub.Confirm
		}
		if d.Hub.PlaceName != nil {
			cfg.PlaceName = d.Hub.PlaceName
		}
		if d.Hub.Head != nil {
			cfg.Head = d.Hub.Head
		}
		if d.Hub.Around != nil {
			cfg.Around = d.Hub.Around
		}
		if d.Hub.FindSignIn != nil {
			cfg.FindSignIn = d.Hub.FindSignIn
		}
	}
	cfg.NameOf = b.NameOf
	if cfg.UnitFor == nil {
		cfg.UnitFor = func(*web.Ctx) (web.Unit, error) { return web.Unit{}, nil }
	}
	if b.Site, err = web.New(cfg); err != nil {
		return nil, err
	}
	for _, d := range o.Defs {
		for name, make := range d.Views {
			b.Hub.Register(name, make(b.Site))
		}
	}
	return b, nil
}

// either asks the second hub for a name that the first does not know: clients and staff are charts alike.
func either(first, second func(db.Querier, record.ID) string) func(db.Querier, record.ID) string {
	if first == nil {
		return second
	}
	return func(q db.Querier, chart record.ID) string {
		if name := first(q, chart); name != "" {
			return name
		}
		return second(q, chart)
	}
}

// filed hears what was filed: the directory is made fresh, what pages remember is forgotten, then screens are told.
func (b *Building) filed(entries []*record.Entry) {
	before := make([]record.ID, len(entries))
	for i, e := range entries {
		before[i] = b.Directory.UnitOf(e.Chart)
	}
	if err := b.Directory.Filed(entries); err != nil {
		b.Log.Error("the directory could not be made fresh", "error", err)
	}
	b.Site.Filed(entries)
	signals := make([]live.Signal, len(entries))
	for i, e := range entries {
		signals[i] = live.Signal{Seq: e.Seq, Chart: e.Chart, Unit: b.Directory.UnitOf(e.Chart), Kind: e.Kind, Labelled: len(e.Labels) > 0 || e.Kind == "access.relabelled"}
		if before[i] != signals[i].Unit {
			signals[i].Left = before[i]
		}
		if e.Kind == "places.house_set" || !e.Amends.IsZero() {
			b.house.Store(nil)
		}
	}
	b.Hub.Publish(signals...)
}

// NameOf is the name that a chart's person uses, or a place's; empty when nobody knows it.
func (b *Building) NameOf(q db.Querier, chart record.ID) string {
	for _, d := range b.Defs {
		if d.Hub.NameOf == nil {
			continue
		}
		if name := d.Hub.NameOf(q, chart); name != "" {
			return name
		}
	}
	return ""
}

// House is what pages show of the house.
func (b *Building) House() web.House {
	if h := b.house.Load(); h != nil {
		return *h
	}
	h := web.House{Zone: time.UTC, Locale: "en"}
	for _, d := range b.Defs {
		if d.Hub.House == nil {
			continue
		}
		got, err := d.Hub.House(b.DB.Read(context.Background()))
		if err != nil {
			b.Log.Error("the house's settings could not be read", "error", err)
			return h
		}
		h = got
	}
	if h.Zone == nil {
		h.Zone = time.UTC
	}
	b.house.Store(&h)
	return h
}

// Close files what is queued and ends the streams. The database stays open.
func (b *Building) Close() error {
	b.Hub.Close()
	return errors.Join(b.Committer.Close(), b.CloseViews())
}

// openViews opens the log of who looked, beside the record.
func (b *Building) openViews(ctx context.Context, o Options) (err error) {
	if b.ViewDB, err = o.DB.Beside(ctx, ViewFile, view.Busy); err != nil {
		return fmt.Errorf("opening the view log: %w", err)
	}
	b.Views, err = view.Open(ctx, view.Config{DB: b.ViewDB, Clock: o.Clock, Log: o.Log, HeadFile: o.Views.HeadFile, Second: o.Views.Second, Key: o.Views.Key, Size: o.Views.Size})
	if err != nil {
		return errors.Join(err, b.ViewDB.Close())
	}
	return nil
}

// CloseViews ends the view log. Close does it too.
func (b *Building) CloseViews() error { return errors.Join(b.Views.Close(), b.ViewDB.Close()) }
