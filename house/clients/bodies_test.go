package clients_test

import (
	"strings"
	"testing"
	"time"

	"milieu/house/clients"
	"milieu/kit/fault"
	"milieu/kit/record"
)

func TestAge(t *testing.T) {
	on := time.Date(2026, 11, 19, 2, 0, 0, 0, time.UTC)
	for birth, want := range map[string]int{"1992-11-19": 34, "1992-11-20": 33, "1992": 34, "1993": 33, "1992-11": 34, "1992-12": 33, "2026-11-19": 0, "2004-02-29": 22} {
		if got, ok := (clients.Birth{BirthDate: birth}).Age(on); !ok || got != want {
			t.Errorf("born %s: %d, want %d", birth, got, want)
		}
	}
	for _, birth := range []string{"", "soon", "1992-13", "1992-02-30", "2030"} {
		if got, ok := (clients.Birth{BirthDate: birth}).Age(on); ok {
			t.Errorf("born %q: %d", birth, got)
		}
	}
}

func TestBodiesAreJudged(t *testing.T) {
	e := &record.Entry{Chart: chart(1), Happened: at(12, 0)}
	long := strings.Repeat("x", 5000)
	for name, one := range map[string]struct {
		body  record.Body
		field string
	}{
		"no name":           {&clients.Registered{Unit: cedar}, "used"},
		"no unit":           {&clients.Registered{Identity: clients.Identity{Names: clients.Names{Used: "A"}}}, "unit"},
		"no alias":          {&clients.Registered{Identity: clients.Identity{Names: clients.Names{Anonymous: true, Used: "A"}}, Unit: cedar}, "alias"},
		"born tomorrow":     {&clients.Described{Part: clients.PartBirth, Identity: clients.Identity{Birth: clients.Birth{BirthDate: "2027-01-01"}}}, "birth_date"},
		"no part":           {&clients.Described{}, "part"},
		"another part too":  {&clients.Described{Part: clients.PartBirth, Identity: clients.Identity{Names: clients.Names{Used: "A"}}}, "part"},
		"no substance":      {&clients.AllergyNoted{}, "substance"},
		"no help":           {&clients.PrecautionSet{Code: "fall"}, "helps"},
		"no such care":      {&clients.PrecautionSet{Code: "violent", Helps: "x"}, "code"},
		"long flag":         {&clients.FlagSet{Text: long}, "text"},
		"many names":        {&clients.Described{Part: clients.PartNames, Identity: clients.Identity{Names: clients.Names{Used: "A", Previous: make([]string, 41)}}}, "previous"},
		"ends first":        {&clients.LegalStatusSet{Status: "hold", Until: at(11, 0)}, "until"},
		"no such status":    {&clients.LegalStatusSet{Status: "72"}, "status"},
		"back before":       {&clients.Left{Kind: "leave", Expected: at(11, 0)}, "expected"},
		"no such leave":     {&clients.Left{Kind: "gone"}, "away"},
		"into itself":       {&clients.Merged{Into: chart(1), Reason: "x"}, "into"},
		"photo elsewhere":   {&clients.PhotoSet{Blob: "http://example/x.jpg", Consent: "x"}, "blob"},
		"no consent":        {&clients.PhotoSet{Blob: strings.Repeat("a", 64)}, "consent"},
		"source of nothing": {&clients.Imported{Key: "x"}, "text"},
		"ends nothing":      {&clients.Ended{}, "item"},
	} {
		err := one.body.Validate(e)
		var names []string
		for _, f := range fault.Of(err).Fields {
			names = append(names, f.Name)
		}
		if err == nil || fault.KindOf(err) != fault.Invalid || !strings.Contains(strings.Join(names, " "), one.field) {
			t.Errorf("%s: %v, want %s named", name, err, one.field)
		}
	}
	for _, k := range clients.Kinds() {
		if err := k.Example.Validate(&record.Entry{Chart: chart(1), Happened: at(18, 0)}); err != nil && k.Name != "clients.legal_status_set" {
			t.Errorf("the example of %s is not valid: %v", k.Name, err)
		}
	}
}
