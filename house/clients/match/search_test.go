package match_test

import (
	"fmt"
	"testing"

	"milieu/house/clients"
	"milieu/house/clients/match"
	"milieu/kit/testkit"
)

func TestSearchForgivesSpelling(t *testing.T) { onBoth(t, searchForgivesSpelling) }

func searchForgivesSpelling(t *testing.T, h *testkit.House) {
	t.Helper()
	all := []clients.Identity{
		{Names: clients.Names{Used: "Rafi Haddad", Script: "رافي حدّاد", Legal: "Rafiq S. Haddad", Previous: []string{"Rafiq Sabbagh"}}, Numbers: clients.Numbers{RecordNumber: "40-1187"}},
		{Names: clients.Names{Used: "Amara Osei"}},
		{Names: clients.Names{Used: "Mei-Lin Tsay"}},
		{Names: clients.Names{Used: "Tomás Vidal"}},
		{Names: clients.Names{Used: "Kathryn O’Brien"}},
		{Names: clients.Names{Used: "Łukasz Groß"}},
		{Names: clients.Names{Anonymous: true, Alias: "Robin of the red coat"}},
		{Names: clients.Names{Used: "Yusuf Adeyin"}, Numbers: clients.Numbers{Identifiers: []clients.Identifier{{System: "http://hospital.example", Kind: "MR", Value: "8d4c4326"}}}},
		{Names: clients.Names{Used: "Philippa Stephens"}},
		{Names: clients.Names{Used: "李小龍"}},
	}
	for i, id := range all {
		h.Must(testkit.Program(), "clients.registered", chart(byte(i+1)), &clients.Registered{Identity: id, Unit: cedar})
	}
	room6, bed6 := bed(h, cedar, "Room 6")
	h.Must(testkit.Program(), "clients.admitted", chart(1), &clients.Admitted{Unit: cedar, Room: room6, Bed: bed6})
	for _, one := range []struct {
		written string
		want    byte // the chart that comes first; 0: nobody
	}{
		{"rafi", 1}, {"RAFI", 1}, {"rafi h", 1}, {"haddad", 1}, {"hadad", 1}, {"haddadd", 1}, {"hadadd", 1}, {"Rfai", 1}, {"raffi hadad", 1},
		{"haddad rafi", 1}, {"sabbagh", 1}, {"rafiq", 1}, {"حداد", 1}, {"رافي", 1}, {"40-1187", 1}, {"401187", 1}, {"4011", 1}, {"room 6", 1}, {"6", 1},
		{"osei", 2}, {"osey", 2}, {"amarah", 2}, {"amra osei", 2}, {"tsay meilin", 3}, {"mei lin", 3}, {"meilin", 3}, {"Tsai", 3},
		{"tomas", 4}, {"tommas vidal", 4}, {"katherine", 5}, {"catherin obrien", 5}, {"o'brien", 5}, {"o brien", 5}, {"lukasz gross", 6}, {"lucas gros", 6},
		{"robin", 7}, {"red coat", 7}, {"yussuf", 8}, {"jusuf", 8}, {"8d4c4326", 8}, {"fillipa", 9}, {"stevens", 9}, {"李", 10}, {"李小龍", 10},
		{"", 0}, {"   ", 0}, {"zzzz", 0}, {"rafi zzzz", 0}, {"'; DROP TABLE entry; --", 0}, {"%", 0}, {"\x00\xff", 0},
	} {
		t.Run(one.written, func(t *testing.T) {
			found, err := match.Search(h.DB.Read(t.Context()), scope(t, h, worker), one.written)
			if err != nil {
				t.Fatal(err)
			}
			switch {
			case one.want == 0 && len(found) != 0:
				t.Errorf("found %s for nobody's name", found[0].Name)
			case one.want != 0 && (len(found) == 0 || found[0].ID != chart(one.want)):
				var names []string
				for _, f := range found {
					names = append(names, fmt.Sprintf("%s %.2f", f.Name, f.Near))
				}
				t.Errorf("found %v, want chart %d first", names, one.want)
			}
			// Nobody of another unit finds anybody.
			others, err := match.Search(h.DB.Read(t.Context()), scope(t, h, stranger), one.written)
			if err != nil || len(others) != 0 {
				t.Errorf("a worker of another unit finds %v, %v", others, err)
			}
		})
	}
}

func TestDuplicates(t *testing.T) { onBoth(t, duplicates) }

func duplicates(t *testing.T, h *testkit.House) {
	t.Helper()
	put := func(n byte, id clients.Identity) {
		h.Must(testkit.Program(), "clients.registered", chart(n), &clients.Registered{Identity: id, Unit: birch})
	}
	put(1, clients.Identity{Names: clients.Names{Used: "Rafi Haddad", Legal: "Rafiq Haddad"}, Birth: clients.Birth{BirthDate: "1992-03-14"}, Reach: clients.Reach{Phone: "+1 555 0142-77"}})
	put(2, clients.Identity{Names: clients.Names{Used: "Amara Osei"}, Birth: clients.Birth{BirthDate: "1992-03-14"}})
	put(3, clients.Identity{Names: clients.Names{Used: "Tomás Vidal"}, Birth: clients.Birth{BirthDate: "1980"}, Numbers: clients.Numbers{Identifiers: []clients.Identifier{{Kind: "SS", Value: "999-12-3456"}}}})
	for _, one := range []struct {
		name   string
		c      match.Candidate
		want   byte
		likely bool
	}{
		{"same name and birth date", match.Candidate{Names: clients.Names{Used: "Rafi Haddad"}, Birth: "1992-03-14"}, 1, true},
		{"spelled otherwise", match.Candidate{Names: clients.Names{Used: "Raffi Hadad"}, Birth: "1992-03-14"}, 1, true},
		{"legal name", match.Candidate{Names: clients.Names{Used: "Rafiq Haddad"}, Birth: "1992-03-14"}, 1, true},
		{"day and month exchanged", match.Candidate{Names: clients.Names{Used: "Rafi Haddad"}, Birth: "1992-14-03"}, 1, true},
		{"a digit wrong", match.Candidate{Names: clients.Names{Used: "Rafi Haddad"}, Birth: "1992-03-11"}, 1, true},
		{"name alone", match.Candidate{Names: clients.Names{Used: "Rafi Haddad"}}, 1, false},
		{"married name, same day", match.Candidate{Names: clients.Names{Used: "Rafi Nasser"}, Birth: "1992-03-14"}, 1, true},
		{"same number", match.Candidate{Names: clients.Names{Used: "Tom V."}, Numbers: clients.Numbers{Identifiers: []clients.Identifier{{Kind: "SS", Value: "999123456"}}}}, 3, true},
		{"year of birth agrees", match.Candidate{Names: clients.Names{Used: "Thomas Vidal"}, Birth: "1980-05-05"}, 3, false},
		{"a year remembered wrongly", match.Candidate{Names: clients.Names{Used: "Rafi Hadad"}, Birth: "1993"}, 1, false},
		{"same birth date alone", match.Candidate{Names: clients.Names{Used: "Bo Lindqvist"}, Birth: "1992-03-14"}, 0, false},
		{"another birth date", match.Candidate{Names: clients.Names{Used: "Rafi Haddad"}, Birth: "1961-11-30"}, 0, false},
		{"phone and half the name", match.Candidate{Names: clients.Names{Used: "Rafi Nasser"}, Phone: "555014277"}, 1, false},
		{"itself", match.Candidate{Names: clients.Names{Used: "Rafi Haddad"}, Birth: "1992-03-14", Chart: chart(1)}, 0, false},
		{"nothing known", match.Candidate{}, 0, false},
	} {
		t.Run(one.name, func(t *testing.T) {
			found, err := match.Duplicates(h.DB.Read(t.Context()), one.c)
			if err != nil {
				t.Fatal(err)
			}
			if one.want == 0 {
				if len(found) != 0 {
					t.Errorf("%s is shown: %v", found[0].Name, found[0].Reasons)
				}
				return
			}
			if len(found) == 0 || found[0].ID != chart(one.want) {
				t.Fatalf("found %+v, want chart %d", found, one.want)
			}
			if found[0].Likely != one.likely || len(found[0].Reasons) == 0 {
				t.Errorf("likely %v (%.0f: %v), want %v", found[0].Likely, found[0].Score, found[0].Reasons, one.likely)
			}
		})
	}
}
