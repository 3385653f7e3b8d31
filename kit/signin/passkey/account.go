package passkey

import (
	"net/http"

	"github.com/a-h/templ"

	"milieu/kit/db"
	"milieu/kit/fault"
	"milieu/kit/record"
	"milieu/kit/signin"
	"milieu/kit/ui"
	"milieu/kit/web"
)

// account is what a person's own page shows of their passkeys.
type account struct {
	Keys         []Key
	Why, Instead string
}

func (k *Keys) section(c *web.Ctx) (templ.Component, error) {
	keys, err := Of(c.Read(), c.Scope.Person)
	if err != nil {
		return nil, err
	}
	_, why, instead := here(c)
	return accountPart(account{keys, why, instead}), nil
}

// newKey is the page on which a person adds a passkey: GET /account/passkeys/new.
func (k *Keys) newKey(c *web.Ctx, code int, wrong string) error {
	_, why, instead := here(c)
	f := form{Action: "/account/passkeys", Ask: "/account/passkeys/ask", Named: true, Name: c.R.PostFormValue("name")}
	return c.ShowAs(code, ui.Page{Title: ui.T(c.Context(), "passkey.add"), Scripts: []string{"door.js"}}, newPage(f, why, instead, wrong))
}

func (k *Keys) askMine(c *web.Ctx) error {
	p, err := need(c)
	if err != nil {
		return err
	}
	if c.Session == nil {
		return fault.New(fault.Denied, "a passkey is made in a browser that one signed in with")
	}
	return k.askNew(c, p, begun{Person: c.Scope.Person, Session: c.Session.ID}, c.Scope.Name)
}

func (k *Keys) makeMine(c *web.Ctx) error {
	if err := c.R.ParseForm(); err != nil {
		return fault.Wrap(fault.Malformed, err, "the form could not be read")
	}
	p, err := need(c)
	if err != nil {
		return err
	}
	if c.Session == nil {
		return fault.New(fault.Denied, "a passkey is made in a browser that one signed in with")
	}
	key, err := k.keepNew(c, p)
	if err != nil {
		text, _, err := k.explain(c, p, err)
		if err != nil {
			return err
		}
		return k.newKey(c, http.StatusUnprocessableEntity, text)
	}
	c.Watch("passkey added", "person", c.Scope.Person)
	c.Say(ui.Toast{What: ui.T(c.Context(), "passkey.added", key.Name)})
	return c.Redirect("/account")
}

func (k *Keys) keepNew(c *web.Ctx, p *place) (*Key, error) {
	name, err := named(c.R.PostForm.Get("name"), c.Session.Agent)
	if err != nil {
		return nil, err
	}
	if name == "" {
		name = ui.T(c.Context(), "passkey.unnamed")
	}
	key, keep, err := k.made(c, p, c.Scope.Person, c.Session.ID, nil, name)
	if err != nil {
		return nil, err
	}
	return key, c.Committer.Upkeep(c.Context(), func(tx db.Tx) error {
		if err := keep(tx); err != nil {
			return err
		}
		return signin.Note(tx, c.Scope.Person, c.Now, "passkey_added", key.Name)
	})
}

// askInvited asks an authenticator to make the first passkey of somebody who was invited.
func (k *Keys) askInvited(c *web.Ctx) error {
	p, person, name, err := k.invited(c)
	if err != nil {
		return err
	}
	return k.askNew(c, p, begun{Person: person, Invited: digest(c.R.PathValue("token"))}, name)
}

func (k *Keys) invited(c *web.Ctx) (p *place, person record.ID, name string, err error) {
	if p, err = need(c); err != nil {
		return nil, person, "", err
	}
	if person, err = signin.Invited(c, c.R.PathValue("token")); err != nil {
		return nil, person, "", err
	}
	scope, err := c.Directory.Scope(person, "")
	if err != nil {
		return nil, person, "", err
	}
	return p, person, scope.Name, nil
}

// makeInvited keeps the passkey of somebody who was invited and lets them in; the invitation is used up with it.
func (k *Keys) makeInvited(c *web.Ctx) error {
	if err := c.R.ParseForm(); err != nil {
		return fault.Wrap(fault.Malformed, err, "the form could not be read")
	}
	p, person, _, err := k.invited(c)
	if err != nil {
		return err
	}
	token := c.R.PathValue("token")
	at := signin.At{Place: signin.AtWelcome, Person: person, Link: token}
	name := web.AgentOf(c.R.UserAgent())
	if name == "" {
		name = ui.T(c.Context(), "passkey.unnamed")
	}
	_, keep, err := k.made(c, p, person, record.Zero, digest(token), name)
	if err == nil {
		err = k.desk.Entered(c, at, person, web.How{Method: method, Also: keep})
	}
	if err == nil {
		return nil
	}
	text, mark, err := k.explain(c, p, err)
	if err != nil {
		return err
	}
	return k.desk.Again(c, at, text, mark)
}

// mine is the key that the address names, of the person who asks.
func mine(c *web.Ctx) (*Key, error) {
	keys, err := Of(c.Read(), c.Scope.Person)
	if err != nil {
		return nil, err
	}
	for i := range keys {
		if pathOf(keys[i].ID) == c.R.PathValue("key") {
			return &keys[i], nil
		}
	}
	return nil, fault.New(fault.NotFound, "there is nothing here that you may see")
}

func (k *Keys) showKey(c *web.Ctx, code int, wrong string) error {
	key, err := mine(c)
	if err != nil {
		return err
	}
	other, err := k.otherWay(c.Read(), key.Person, key.ID)
	if err != nil {
		return err
	}
	return c.ShowAs(code, ui.Page{Title: key.Name, Scripts: []string{"door.js"}}, keyPage(*key, !other, wrong))
}

func (k *Keys) nameKey(c *web.Ctx) error {
	key, err := mine(c)
	if err != nil {
		return err
	}
	name, err := named(c.R.PostFormValue("name"), key.Name)
	if err != nil {
		return k.showKey(c, http.StatusUnprocessableEntity, fault.Of(err).Fields[0].Text)
	}
	if err := c.Committer.Upkeep(c.Context(), func(tx db.Tx) error { return rename(tx, key.Person, key.ID, name) }); err != nil {
		return err
	}
	c.Say(ui.Toast{What: ui.T(c.Context(), "passkey.renamed", name)})
	return c.Redirect("/account")
}

// removeKey takes a passkey away, never the last way in: of two that are removed at once the second asks again.
func (k *Keys) removeKey(c *web.Ctx) error {
	key, err := mine(c)
	if err != nil {
		return err
	}
	last := false
	err = c.Committer.Upkeep(c.Context(), func(tx db.Tx) error {
		other, err := k.otherWay(tx, key.Person, key.ID)
		if last = !other; err != nil || last {
			return err
		}
		if err := remove(tx, key.Person, key.ID); err != nil {
			return err
		}
		return signin.Note(tx, key.Person, c.Now, "passkey_removed", key.Name)
	})
	if err != nil {
		return err
	}
	if last {
		return k.showKey(c, http.StatusConflict, ui.T(c.Context(), "passkey.last"))
	}
	c.Watch("passkey removed", "person", c.Scope.Person)
	c.Say(ui.Toast{What: ui.T(c.Context(), "passkey.removed", key.Name)})
	return c.Redirect("/account")
}
