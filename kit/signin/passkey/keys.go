package passkey

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"unicode/utf8"

	"github.com/go-webauthn/webauthn/protocol"
	"github.com/go-webauthn/webauthn/webauthn"

	"milieu/kit/db"
	"milieu/kit/fault"
	"milieu/kit/record"
	"milieu/kit/signin"
	"milieu/kit/signin/ticket"
	"milieu/kit/web"
)

// Keys are the passkeys of one house.
type Keys struct{ desk *signin.Desk }

// askAny asks for a passkey of whoever is there: the authenticator knows whose it is.
func (k *Keys) askAny(c *web.Ctx, p *place) error {
	party, err := p.party()
	if err != nil {
		return err
	}
	asked, data, err := party.BeginDiscoverableLogin()
	if err != nil {
		return fmt.Errorf("asking for a passkey: %w", err)
	}
	return k.hand(c, toSignIn, begun{Data: *data}, asked.Response)
}

// askOf asks a person for one of their passkeys.
func (k *Keys) askOf(c *web.Ctx, p *place, person, session record.ID) error {
	party, err := p.party()
	if err != nil {
		return err
	}
	keys, err := Of(c.Read(), person)
	if err != nil {
		return err
	}
	if len(keys) == 0 {
		return fault.New(fault.Invalid, "you have no passkey here")
	}
	handle, err := handleOf(c.Read(), person)
	if err != nil {
		return err
	}
	asked, data, err := party.BeginLogin(&user{handle: handle, keys: credentials(keys)})
	if err != nil {
		return fmt.Errorf("asking for a passkey: %w", err)
	}
	data.AllowedCredentialIDs = nil // which keys are the person's is read again when one is brought: meanwhile one may have gone
	return k.hand(c, toConfirm, begun{Data: *data, Person: person, Session: session}, asked.Response)
}

// askNew asks an authenticator to make a passkey for a person.
func (k *Keys) askNew(c *web.Ctx, p *place, b begun, name string) error {
	party, err := p.party()
	if err != nil {
		return err
	}
	keys, err := Of(c.Read(), b.Person)
	if err != nil {
		return err
	}
	if len(keys) >= MaxKeys {
		return fault.New(fault.TooMany, "you have %d passkeys already; remove one that you no longer use", len(keys))
	}
	handle, err := handleOf(c.Read(), b.Person)
	if err != nil {
		return err
	}
	who := &user{handle: handle, name: name, keys: credentials(keys)}
	asked, data, err := party.BeginRegistration(who, webauthn.WithExclusions(webauthn.Credentials(who.keys).CredentialDescriptors()))
	if err != nil {
		return fmt.Errorf("asking for a new passkey: %w", err)
	}
	b.Data = *data
	return k.hand(c, toMake, b, asked.Response)
}

// made checks what the form of a page brings of an authenticator that was asked for a new passkey. The second result keeps the passkey, and
// uses the ticket up, in the transaction of whatever else must hold together with it.
func (k *Keys) made(c *web.Ctx, p *place, person, session record.ID, invited []byte, name string) (*Key, func(db.Tx) error, error) {
	b, t, err := k.take(c, toMake, c.R.PostForm.Get("ticket"))
	if err != nil {
		return nil, nil, err
	}
	if b.Person != person || b.Session != session || string(b.Invited) != string(invited) {
		return nil, nil, &refusal{code: again, err: errors.New("begun as somebody else, or in another session")}
	}
	parsed, err := protocol.ParseCredentialCreationResponseBytes([]byte(c.R.PostForm.Get("credential")))
	if err != nil {
		return nil, nil, &refusal{code: failed, err: cause(err)}
	}
	party, err := p.party()
	if err != nil {
		return nil, nil, err
	}
	got, err := party.CreateCredential(&user{handle: b.Data.UserID}, b.Data, parsed)
	if err != nil {
		return nil, nil, &refusal{code: failed, err: cause(err)}
	}
	key := &Key{ID: got.ID, Person: person, Name: name, Made: c.Now, Synced: got.Flags.BackupEligible, data: *got}
	return key, func(tx db.Tx) error {
		if err := ticket.Use(tx, t, c.Now); err != nil {
			return err
		}
		return insert(tx, key, b.Data.UserID, c.Now)
	}, nil
}

// named is what a person calls a key: what they typed, else what is said in its place.
func named(typed, otherwise string) (string, error) {
	name := strings.Join(strings.Fields(typed), " ")
	if name == "" {
		name = otherwise
	}
	if utf8.RuneCountInString(name) > MaxName {
		return "", &fault.Error{Kind: fault.Invalid, Text: "that name is too long", Fields: []fault.Field{{Name: "name", Text: fmt.Sprintf("at most %d characters, please", MaxName)}}}
	}
	return name, nil
}

func rename(tx db.Tx, person record.ID, id []byte, name string) error {
	return tx.Exec("UPDATE passkey SET name = $1 WHERE id = $2 AND person = $3", name, id, person[:])
}

func remove(tx db.Tx, person record.ID, id []byte) error {
	return tx.Exec("DELETE FROM passkey WHERE id = $1 AND person = $2", id, person[:])
}

func writeJSON(c *web.Ctx, v any) error {
	c.W.Header().Set("Content-Type", "application/json")
	c.W.Header().Set("Cache-Control", "no-store")
	c.W.WriteHeader(http.StatusOK)
	return json.NewEncoder(c.W).Encode(v)
}
