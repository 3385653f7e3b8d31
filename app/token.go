package app

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"milieu/house/staff"
	"milieu/kit/access"
	"milieu/kit/clock"
	"milieu/kit/due"
	"milieu/kit/fault"
	"milieu/kit/record"
	"milieu/kit/room"
	"milieu/kit/signin"
	"milieu/kit/web"
)

type inviteCmd struct {
	dataFlags
	SignIn string `arg:"" name:"sign-in" help:"Their sign-in name."`
}

// Run makes a link that works once, within three days. What they signed in with before ends when it is used.
func (c *inviteCmd) Run(ctx context.Context, s *std) error {
	return c.within(ctx, s, func(h *room.Building) error {
		p, err := staff.BySignIn(h.DB.Read(ctx), c.SignIn)
		if err != nil {
			return fmt.Errorf("looking for %s: %w", c.SignIn, err)
		}
		if err := file(ctx, h, due.Program(), "staff.invited", p.ID, &staff.Invited{}); err != nil {
			return err
		}
		link, err := signin.NewLink(ctx, h.Committer, h.Clock, p.ID, false)
		if err != nil {
			return err
		}
		fmt.Fprintf(s.out, "For %s, once, within three days, at the house's address:\n%s\n", p.Name, link)
		return nil
	})
}

// within builds the house for one piece of work.
func (f *dataFlags) within(ctx context.Context, s *std, do func(h *room.Building) error) error {
	data, err := f.open(ctx, s)
	if err != nil {
		return err
	}
	h, err := data.Build(ctx, clock.System(), s.log, s.progress())
	if err != nil {
		return errors.Join(err, data.Close())
	}
	return errors.Join(do(h), h.Close(), data.Close())
}

type tokenCmd struct {
	New    tokenNewCmd    `cmd:"" help:"Make a token and print it, this once."`
	List   tokenListCmd   `cmd:"" help:"List the tokens in use, with their last use."`
	Revoke tokenRevokeCmd `cmd:"" help:"End a token."`
}

type tokenNewCmd struct {
	dataFlags
	For    string   `required:"" placeholder:"NAME" help:"The program that it is for, as it is called among colleagues."`
	Name   string   `required:"" help:"What it is for."`
	Days   int      `default:"90" help:"How many days it is good for."`
	Action []string `placeholder:"ACTION" help:"Only these actions; without it whatever the program may."`
	Unit   []string `placeholder:"NAME" help:"Only these units; without it wherever the program may."`
}

// Run makes a token.
func (c *tokenNewCmd) Run(ctx context.Context, s *std) error {
	if c.Days < 1 || c.Days > 366 {
		return errors.New("a token is good for 1 to 366 days")
	}
	return c.within(ctx, s, func(h *room.Building) error {
		person, err := programNamed(h, c.For)
		if err != nil {
			return err
		}
		now := h.Clock.Now()
		t := web.Token{Person: person, Name: c.Name, Actions: c.Action, Until: now.Add(time.Duration(c.Days) * 24 * time.Hour)}
		scope, err := h.Directory.Scope(person, "")
		if err != nil {
			return err
		}
		for _, a := range c.Action {
			if !scope.May(a) {
				return fmt.Errorf("%s may not %s", c.For, a)
			}
		}
		for _, name := range c.Unit {
			unit, err := unitNamed(h.DB.Read(ctx), name)
			if err != nil {
				return err
			}
			t.Units = append(t.Units, unit)
		}
		text, err := web.MakeToken(ctx, h.Committer, now, t)
		if err != nil {
			return err
		}
		_, err = fmt.Fprintln(s.out, text)
		return err
	})
}

// programNamed finds a program among the colleagues.
func programNamed(h *room.Building, name string) (record.ID, error) {
	var known []string
	for _, p := range h.Directory.People() {
		if p.Role != access.Integration || !p.Disabled.IsZero() {
			continue
		}
		if strings.EqualFold(p.Name, name) {
			return p.ID, nil
		}
		known = append(known, p.Name)
	}
	if len(known) == 0 {
		return record.Zero, errors.New("no program works here yet: add one among the colleagues, in the role of another program")
	}
	slices.Sort(known)
	return record.Zero, fmt.Errorf("no program here is called %q; there is %s", name, strings.Join(known, ", "))
}

type tokenListCmd struct{ dataFlags }

// Run lists the tokens.
func (c *tokenListCmd) Run(ctx context.Context, s *std) error {
	return c.within(ctx, s, func(h *room.Building) error {
		all, err := web.Tokens(h.DB.Read(ctx), h.Clock.Now())
		if err != nil {
			return err
		}
		for _, t := range all {
			who, used, may := t.Person.String(), "never used", "all"
			if p := h.Directory.Person(t.Person); p != nil {
				who = p.Name
			}
			if !t.Used.IsZero() {
				used = "used " + t.Used.Format(time.DateTime)
			}
			if len(t.Actions) > 0 {
				may = strings.Join(t.Actions, ",")
			}
			if _, err := fmt.Fprintf(s.out, "%s\t%s\t%s\t%s\t%s\tuntil %s\n", t.ID, who, t.Name, may, used, t.Until.Format(time.DateOnly)); err != nil {
				return err
			}
		}
		return nil
	})
}

type tokenRevokeCmd struct {
	dataFlags
	ID string `arg:"" help:"The token's ID, from the list."`
}

// Run ends a token.
func (c *tokenRevokeCmd) Run(ctx context.Context, s *std) error {
	id, err := record.ParseID(c.ID)
	if err != nil {
		return fault.New(fault.Invalid, "%q is no ID of a token", c.ID)
	}
	return c.within(ctx, s, func(h *room.Building) error {
		t, err := web.RevokeToken(ctx, h.Committer, h.DB.Read(ctx), h.Clock.Now(), id)
		if err != nil {
			return err
		}
		_, err = fmt.Fprintf(s.out, "%s is revoked.\n", t.Name)
		return err
	})
}
