package device

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/binary"
	"fmt"
	"net/http"
	"time"

	"milieu/kit/clock"
	"milieu/kit/db"
	"milieu/kit/fault"
	"milieu/kit/record"
	"milieu/kit/web"
)

// nonceFor is how long a question of the server's may be answered.
const nonceFor = time.Minute

type proof struct {
	Grant record.ID `json:"grant"`
	Nonce string    `json:"nonce"`
	MAC   []byte    `json:"mac"`
}

// signed is what a device says under a grant's secret, for one purpose.
func signed(secret []byte, purpose string, grant record.ID, nonce string) []byte {
	h := hmac.New(sha256.New, derive(secret, "mac"))
	h.Write([]byte(purpose))
	h.Write(grant[:])
	h.Write([]byte(nonce))
	return h.Sum(nil)
}

// proven reads what a device says about a grant of its own that stands.
func (d *devices) proven(c *web.Ctx) (*Grant, proof, error) {
	var in proof
	if err := readJSON(c, &in); err != nil {
		return nil, in, err
	}
	g, err := findGrant(c.Read(), in.Grant)
	if err != nil {
		return nil, in, fault.Wrap(fault.Unavailable, err, "the grant could not be read")
	}
	if !stands(c, g) {
		return nil, in, fault.New(fault.Denied, "this is over on this device; sign in")
	}
	return g, in, nil
}

// stands says whether what was lent to the device that asks is still lent: nobody signed out, the shift goes on, the person works here.
func stands(c *web.Ctx, g *Grant) bool {
	if g == nil || g.Device != c.DeviceOf() || g.Ended.After(clock.FromMicros(0)) || !g.Until.After(c.Now) {
		return false
	}
	_, err := c.Directory.Scope(g.Person, "")
	return err == nil
}

// resume begins a session for who opened their shift on this device while there was no network: POST /device/resume, asked twice, first for
// a question and then with its answer under the grant's secret. It is a quick session: what asks for a full factor asks for it still.
func (d *devices) resume(c *web.Ctx) error {
	g, in, err := d.proven(c)
	if err != nil {
		return err
	}
	_, key, err := d.keys.newest(c.Context(), c.Read(), c.Committer, c.Clock)
	if err != nil {
		return err
	}
	raw, err := key.Bytes()
	if err != nil {
		return fmt.Errorf("reading the device key: %w", err)
	}
	if in.Nonce == "" {
		return writeJSON(c, map[string]string{"nonce": question(raw, g, c.Now)})
	}
	if !asked60(raw, g, in.Nonce, c.Now) || !hmac.Equal(in.MAC, signed(g.Secret, "milieu resume 1", g.ID, in.Nonce)) {
		return fault.New(fault.Denied, "this is over on this device; sign in")
	}
	err = begin(c, g.Device, g.Person, web.How{Method: "device", Quick: true, Keep: true, Until: g.Until})
	if err != nil {
		return fmt.Errorf("going on with a shift: %w", err)
	}
	c.W.WriteHeader(http.StatusNoContent)
	return nil
}

// question is something that nobody else can have asked: a time, under the house's key, for one grant.
func question(key []byte, g *Grant, now time.Time) string {
	at := binary.BigEndian.AppendUint64(nil, uint64(now.UnixMilli()))
	h := hmac.New(sha256.New, derive(key, "resume"))
	h.Write(at)
	h.Write(g.ID[:])
	return base64.RawURLEncoding.EncodeToString(append(at, h.Sum(nil)...))
}

func asked60(key []byte, g *Grant, nonce string, now time.Time) bool {
	raw, err := base64.RawURLEncoding.DecodeString(nonce)
	if err != nil || len(raw) != 8+sha256.Size {
		return false
	}
	at := time.UnixMilli(int64(binary.BigEndian.Uint64(raw)))
	return now.Sub(at).Abs() <= nonceFor && hmac.Equal([]byte(nonce), []byte(question(key, g, at)))
}

// returned takes a grant back whose person signed out while another's session was the browser's: POST /device/returned.
func (d *devices) returned(c *web.Ctx) error {
	g, in, err := d.proven(c)
	if err != nil {
		return err
	}
	if !hmac.Equal(in.MAC, signed(g.Secret, "milieu return 1", g.ID, "")) {
		return fault.New(fault.Denied, "this is over on this device; sign in")
	}
	if err := giveBack(c.Context(), c.Committer, g.Person, g.Device, c.Now); err != nil {
		return fmt.Errorf("taking back what a device was lent: %w", err)
	}
	c.W.WriteHeader(http.StatusNoContent)
	return nil
}

// standing tells a device which of what it was lent is over, so that it forgets it, and hears for whom tries ran out there without a network:
// POST /device/standing.
func (d *devices) standing(c *web.Ctx) error {
	var in struct {
		Grants []record.ID `json:"grants"`
		Ended  []record.ID `json:"ended"`
	}
	if err := readJSON(c, &in); err != nil {
		return err
	}
	device := c.DeviceOf()
	if len(in.Grants) > 50 || len(in.Ended) > 50 {
		return fault.New(fault.TooLarge, "that is more than a device holds")
	}
	over := []record.ID{}
	for _, id := range in.Grants {
		g, err := findGrant(c.Read(), id)
		if err != nil {
			return err
		}
		if !stands(c, g) {
			over = append(over, id)
		}
	}
	if len(in.Ended) > 0 && device != "" {
		err := c.Committer.Upkeep(c.Context(), func(tx db.Tx) error {
			for _, person := range in.Ended {
				if err := dropQuick(tx, device, person); err != nil {
					return err
				}
			}
			return nil
		})
		if err != nil {
			return fmt.Errorf("ending quick codes: %w", err)
		}
	}
	return writeJSON(c, map[string]any{"over": over})
}
