package signin

import (
	"fmt"
	"slices"
	"time"

	"milieu/kit/access"
	"milieu/kit/clock"
	"milieu/kit/db"
	"milieu/kit/fault"
	"milieu/kit/record"
	"milieu/kit/web"
)

// LimitsSet says how long sessions last: of everybody, of one role, on one unit, or of one role on one unit. The most particular of those in
// force holds; of several units the strictest. Between one hour idle and a day at all lies what SP 800-63B-4 (2025, 2.2.3) allows where two
// factors are shown.
type LimitsSet struct {
	Role   access.Role `json:"role,omitempty"`
	Unit   record.ID   `json:"unit,omitzero"`
	Idle   int         `json:"idle"`             // minutes without anybody doing anything, before a session locks
	Length int         `json:"length"`           // minutes that a session lasts at all
	Second bool        `json:"second,omitempty"` // a password alone is not enough: codes from an app beside it, or a passkey
}

// The widest limits, in minutes.
const (
	mostIdle   = 60
	leastStay  = 15
	mostLength = 24 * 60
)

// screenLimits hold for a screen on a wall, whatever the house has set for people: nobody sits there who could unlock it or bring a second factor,
// and it shows the wall board and nothing else. The program's own rule, from 2026-11-28.
var screenLimits = web.Limits{Idle: 90 * 24 * time.Hour, Length: 90 * 24 * time.Hour}

// Validate implements record.Body.
func (l *LimitsSet) Validate(*record.Entry) error {
	var f fault.Check
	f.Want(l.Role == "" || slices.Contains(access.Roles, l.Role) && !l.Role.Machine(), "role", "signin.no_such_role")
	f.Want(l.Idle >= 1 && l.Idle <= mostIdle, "idle", "signin.idle_range")
	f.Want(l.Length >= leastStay && l.Length <= mostLength, "length", "signin.length_range")
	return f.Err()
}

// Kinds is what the house says of signing in.
func Kinds() []record.Kind {
	return []record.Kind{{Name: "signin.limits_set", Version: 1, Chart: "house", Action: "signin.limits", Withdraw: "signin.limits", Fresh: true,
		Example: &LimitsSet{Role: access.Administrator, Idle: 10, Length: 8 * 60, Second: true},
		Line: func(_ *record.Entry, b record.Body) record.Line {
			l := b.(*LimitsSet)
			return record.Line{Key: "signin.limits_said", Args: []any{l.Idle, l.Length / 60, l.Length % 60}}
		}}}
}

// Projections keep the limits in force.
func Projections() []record.Projection {
	return []record.Projection{{
		Name: "signin_limits", Version: 1, Kinds: []string{"signin.limits_set"}, Tables: []string{"signin_limits_v1"},
		Schema: `CREATE TABLE IF NOT EXISTS signin_limits_v1 (happened INTEGER NOT NULL, id BLOB NOT NULL, role TEXT NOT NULL, unit BLOB NOT NULL, idle INTEGER NOT NULL, length INTEGER NOT NULL, second INTEGER NOT NULL, PRIMARY KEY (happened, id)) WITHOUT ROWID;`,
		Put: func(tx db.Tx, e *record.Entry, b record.Body) error {
			l := b.(*LimitsSet)
			second := 0
			if l.Second {
				second = 1
			}
			return tx.Exec("INSERT INTO signin_limits_v1 (happened, id, role, unit, idle, length, second) VALUES ($1, $2, $3, $4, $5, $6, $7) ON CONFLICT DO NOTHING",
				clock.Micros(e.Happened), e.ID[:], string(l.Role), l.Unit[:], l.Idle, l.Length, second)
		},
		Drop: func(tx db.Tx, e *record.Entry, _ record.Body) error {
			return tx.Exec("DELETE FROM signin_limits_v1 WHERE happened = $1 AND id = $2", clock.Micros(e.Happened), e.ID[:])
		},
	}}
}

// Rule is one limit in force, and the entry that says so.
type Rule struct {
	LimitsSet
	Entry record.ID
	Since time.Time
}

// Rules gives the limits in force: the latest for each role and unit, the widest first.
func Rules(q db.Querier) (out []Rule, err error) {
	at := map[[2]string]int{}
	err = db.Each(q, "SELECT happened, id, role, unit, idle, length, second FROM signin_limits_v1 ORDER BY happened, id", nil, func(r db.Row) error {
		var rule Rule
		var happened, second int64
		var role string
		if err := r.Scan(&happened, &rule.Entry, &role, &rule.Unit, &rule.Idle, &rule.Length, &second); err != nil {
			return err
		}
		rule.Role, rule.Since, rule.Second = access.Role(role), clock.FromMicros(happened), second != 0
		key := [2]string{role, rule.Unit.String()}
		if i, known := at[key]; known {
			out[i] = rule
			return nil
		}
		at[key] = len(out)
		out = append(out, rule)
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("reading the limits of sessions: %w", err)
	}
	slices.SortStableFunc(out, func(a, b Rule) int { return a.narrow() - b.narrow() })
	return out, nil
}

// narrow is how particular a rule is.
func (l *LimitsSet) narrow() (n int) {
	if l.Role != "" {
		n++
	}
	if !l.Unit.IsZero() {
		n += 2
	}
	return n
}

// holds says whether a rule is about a role on a unit.
func (l *LimitsSet) holds(role access.Role, unit record.ID) bool {
	return (l.Role == "" || l.Role == role) && (l.Unit.IsZero() || l.Unit == unit)
}

// resolve gives what holds for a role that works on some units, and whether a second factor is asked for.
func resolve(rules []Rule, role access.Role, units []record.ID) (web.Limits, bool) {
	if len(units) == 0 {
		units = []record.ID{record.Zero}
	}
	limits, second := web.Limits{}, false
	for i, unit := range units {
		here, two := web.DefaultLimits, false
		for _, r := range rules { // the narrowest comes last
			if r.holds(role, unit) {
				here, two = web.Limits{Idle: time.Duration(r.Idle) * time.Minute, Length: time.Duration(r.Length) * time.Minute}, r.Second
			}
		}
		if i == 0 {
			limits = here
		}
		limits = web.Limits{Idle: min(limits.Idle, here.Idle), Length: min(limits.Length, here.Length)}
		second = second || two
	}
	return limits, second
}

// LimitsOf gives how long the sessions of somebody last.
func LimitsOf(q db.Querier, s *access.Scope) (web.Limits, error) {
	limits, _, err := asked(q, s)
	return limits, err
}

func asked(q db.Querier, s *access.Scope) (web.Limits, bool, error) {
	if s.Role == access.Screen {
		return screenLimits, false, nil
	}
	rules, err := Rules(q)
	if err != nil {
		return web.Limits{}, false, err
	}
	limits, second := resolve(rules, s.Role, s.Units)
	return limits, second, nil
}
