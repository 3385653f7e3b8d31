package ui

import (
	"context"
	"flag"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/a-h/templ"

	"milieu/kit/record"
)

var update = flag.Bool("update", false, "write the goldens anew")

// noon is a winter day in Berlin, one hour ahead of UTC.
var noon = time.Date(2026, time.November, 19, 12, 52, 0, 0, time.UTC)

func testContext(t *testing.T) context.Context {
	t.Helper()
	zone, err := time.LoadLocation("Europe/Berlin")
	if err != nil {
		t.Fatalf("loading the house's zone: %v", err)
	}
	return With(context.Background(), Env{Zone: zone, Now: noon})
}

func render(t *testing.T, c templ.Component) string {
	t.Helper()
	var b strings.Builder
	if err := c.Render(testContext(t), &b); err != nil {
		t.Fatalf("rendering: %v", err)
	}
	return b.String()
}

// components is one sample of each component a room can draw.
func components(ctx context.Context) map[string]templ.Component {
	strip := Strip{
		Label: "Amara Osei: late, 20 minutes", From: noon.Add(-4 * time.Hour), To: noon,
		Nights: []Span{{noon.Add(-3 * time.Hour), noon.Add(-2 * time.Hour)}},
		Seen:   []Sighting{{At: noon.Add(-200 * time.Minute)}, {At: noon.Add(-150 * time.Minute), Asleep: true}, {At: noon.Add(-90 * time.Minute), Upset: true, Later: true}},
		Spans:  []StripSpan{{Gap, Span{noon.Add(-150 * time.Minute), noon.Add(-90 * time.Minute)}, "60 min"}, {Watched, Span{noon.Add(-60 * time.Minute), noon}, ""}},
		Flags:  []Flag{{noon.Add(-90 * time.Minute), "A"}},
	}
	due := DueRow{ID: "due-1", List: "dues", State: Now, At: noon.Add(4 * time.Minute), NowAt: noon.Add(-time.Minute), Who: "Rafi Haddad", WhoHref: "/people/6", What: "Safety check, every 15", Icon: "round", Last: "13:44 own room", Seen: true, Action: &Action{Label: "Check", Href: "/rounds"}}
	round := RoundRow{ID: "round-1", Order: "1", List: "rounds", Ring: RingOf(ctx, noon.Add(-18*time.Minute), noon.Add(-4*time.Minute), noon.Add(-3*time.Minute)), Name: "Amara Osei", Place: "Room 1", Last: "13:34, asleep", Pips: 3, Level: "Every 15", Href: "/rounds/1", Swap: "#sheet", Current: true}
	toast := Toast{Who: "Rafi Haddad", What: "seen 13:44", Detail: "Own room", Undo: &EntryForm{Kind: "rounds.checked", Chart: "c6", Hidden: []Pair{{"amends", "e1"}}}}
	table := TableData{Caption: "Gaps", Columns: []Column{{Title: "Who", SortHref: "/?sort=who", Sorted: -1}, {Title: "Minutes", Number: true}}, Rows: []TableRow{{ID: "r1", Cells: []Cell{{Text: "Amara Osei", PII: true}, {Text: "20"}}}}, Live: "gaps"}
	ring := Ring{State: Off, Word: "Out", Under: "leave"}
	page := Page{Title: "Round", Where: "Alder House", Detail: "Night shift", Nav: []NavItem{{Label: "Shift", Href: "/", Icon: "shift", Count: 2, CountID: "nav-late", Current: true}, {Label: "Wall", Href: "/wall", Icon: "wall", Desk: true}}, Foot: []Link{{"Sign out", "/sign-out"}}, Live: []string{"unit:1", "person:2"}, Toast: &toast}
	return map[string]templ.Component{
		"shell": Shell(page), "gate": Gate(Page{Title: "Sign in"}), "wall": WallPage(Wall{Title: "Alder House", Late: "1 late", Rows: []WallRow{{ID: "wall-1", Room: "1", Name: "Amara O.", Pips: 3, Level: "15", State: Late, Figure: "7", Words: "min late"}, {ID: "wall-2", Room: "2", Name: "Tomás V.", State: Next, Seen: noon, Words: "seen"}, {ID: "wall-3", Room: "3", State: Off, Words: "out"}}}),
		"nav-count": NavCount("nav-late", 0), "offline": Offline(), "hatches": Hatches(),
		"button": Button(Action{Label: "Check", For: "Amara Osei", Kind: Main, Submit: true, Set: []Pair{{"place", "own room"}, {"state", "asleep"}}}), "button-link": Button(Action{Label: "Open", Icon: "forward", Href: "/x", Swap: "#main", Push: true}),
		"chips": Chips(Choices{Name: "place", Legend: "Where", Grid: true, Error: "Choose where", When: "!seen=no", Choices: []Choice{{Value: "room", Label: "Own room"}, {Value: "hall", Label: "Hallway", Icon: "door", Wide: true}}}),
		"seg":   Seg("view", "Shown as", []Segment{{Label: "Strip", Value: "strip", Current: true}, {Label: "Table", Value: "table"}}), "seg-links": Seg("", "Whose", []Segment{{Label: "Mine", Count: 9, Href: "/?mine", Current: true}, {Label: "Unit", Href: "/"}}),
		"input": Input(Field{Name: "name", Label: "Name", Hint: "As wanted", Error: "Say a name", Value: `<b>"x"</b>`, Max: 80, Mode: "text"}), "area": Area(Field{Name: "words", Label: "Words", Optional: true, Value: "a\n<b>"}), "moment": Moment(Field{Name: "happened", Label: "When"}, noon), "check-box": CheckBox("copy", "yes", "Offered a copy", true),
		"entry": Entry(EntryForm{ID: "f", Kind: "rounds.checked", Chart: "c1", Swap: "#sheet", Needs: "place,state", Keep: Words, Hidden: []Pair{{"amends", "e1"}}}), "error-summary": ErrorSummary("One thing is missing.", []FieldError{{"name", "Say a name"}}),
		"mark": Mark(Eyes), "state": StateWord(Late, "6 min late"), "badge": Badge(Good, "check", "Signed"), "avatar": Avatar("RH", "l", "", false), "avatar-photo": Avatar("JF", "", "/photo/1", true), "level": Level(3, "Every 15"), "icon": Icon("bed"), "logo": Logo(),
		"ring": CountDown(round.Ring), "ring-out": CountDown(ring),
		"card": Card(true), "panel": PanelBox(Panel{ID: "staff", Title: "On shift", Link: Action{Label: "Rota", Href: "/rota"}}), "notice": Notice(Bad), "empty": Empty(EmptyState{Icon: "check", Title: "Nothing is due", Text: "Next at 14:20", Action: &Action{Label: "See everyone", Href: "/"}}), "skeleton": Skeleton(1),
		"people": People([]Person{{Name: "Jo Ferrand", Line: "Rooms 1–7", Staff: true}, {ID: "p2", Name: "Rafi Haddad", Href: "/people/6", NoAvatar: true, Badge: Badge(Quiet, "", "new")}}), "live people": LivePeople("people", []Person{{ID: "p3", Name: "Rafi Haddad", In: "people", Order: "rafi haddad"}}), "tally": Tally([]Count{{"12", "here"}}), "facts": Facts([]Fact{{Label: "Language", Text: "Arabic", Detail: "interpreter"}}), "helps": Helps("What helps", []string{"Quiet"}), "identity": IdentityHead(Identity{Name: "Rafi Haddad", Lines: []string{"he"}, Action: &Action{Label: "Safety plan"}}),
		"steps": Steps(1, 3, true), "bar": Bar("Accepted", 5, 14), "spark": Spark("Mood", []float64{3, 5, 4}), "spark-empty": Spark("Mood", nil),
		"due": DueItem(due), "dues": Dues(DueList{List: "dues", State: Late, Title: "Late"}), "now-line": NowLine(),
		"round": RoundItem(round), "rounds": Rounds("rounds", "Everyone", []RoundRow{round}),
		"sheet": CheckSheet(Sheet{ID: "check", Title: "Rafi Haddad", PII: true, Sub: "Seen 11 min ago", Ring: &round.Ring, Said: &toast, Close: "/rounds", Row: "round-1", Form: EntryForm{Kind: "rounds.checked", Chart: "c6"}, Save: "Save", Needs: "Choose"}), "sheet-slot": SheetSlot("sheet"), "remove": Remove("round-1"), "sweep": Sweep("due-1"), "in-until": InUntil(noon.Add(-time.Minute), noon.Add(time.Minute)),
		"answers": Answers([]Answer{{Label: "Asleep", Detail: "Own room", Icon: "bed", Set: []Pair{{"state", "asleep"}}}}, "!seen=no"), "toast": FloatingToast(toast),
		"tabs": Tabs("Chart", []Tab{{Label: "Timeline", Href: "/a", Current: true}, {Label: "Contacts", Href: "/b", Count: 3}}), "table": Table(table), "table-line": TableLine(table, table.Rows[0]),
		"timeline": Timeline([]TimelineDay{{noon, []TimelineItem{{ID: "tl-1", At: noon, Icon: "note", Title: "Note", Href: "/e/1", By: "Jo", Badges: []templ.Component{Badge(Note, "clock", "Late")}, Text: "Ate.", Amends: []Amend{{Title: "Corrected", Was: "a", Is: "b"}}, Cites: []Cite{{noon, "Walk", "/e/2"}}}}}}),
		"strip":    TimeStrip(strip), "strip-axis": StripAxis(strip), "strips": Strips(strip, []StripRow{{ID: "strip-1", Name: "Amara Osei", Place: "Room 1", Href: "/people/1", Pips: 3, Level: "Every 15", Letter: "B", Strip: strip, State: Late, Summary: "1 late", Detail: "02:29"}}), "ask": Ask("A", "Three at 03:01?"),
		"dialog": Dialog(DialogBox{ID: "raise", Title: "Raise?", Icon: "eye"}), "drawer": Dialog(DialogBox{ID: "cite", Title: "Cite", Drawer: true}),
		"sign": Sign(SignField{Name: "witness", Legend: "Witness", Statement: "I saw this.", Who: "Ana Reyes", Optional: true, When: "_with=witness"}), "signature": Signature(record.Signature{Name: "Ana Reyes", Drawn: &record.Drawing{Lines: [][]int{{10, 20, 30, 40}, {50, 60}}}}), "signature-typed": Signature(record.Signature{Name: "Ana Reyes", Typed: true}),
		"clock": Clock(noon), "when": When(noon.Add(72 * time.Hour)), "ago": Ago(noon.Add(-9 * time.Minute)), "due-time": Due(noon.Add(4 * time.Minute)), "in-time": In(noon.Add(-6 * time.Minute)),
	}
}

var assetHash = regexp.MustCompile(`\?v=[0-9a-f]+`)

func TestComponentsRenderAsTheirGoldens(t *testing.T) {
	for name, component := range components(testContext(t)) {
		t.Run(name, func(t *testing.T) {
			got := assetHash.ReplaceAllString(render(t, component), "?v=HASH")
			got = strings.ReplaceAll(got, "><", ">\n<") + "\n"
			file := filepath.Join("testdata", "golden", name+".html")
			if *update {
				if err := os.WriteFile(file, []byte(got), 0o644); err != nil {
					t.Fatalf("writing the golden: %v", err)
				}
				return
			}
			want, err := os.ReadFile(file)
			if err != nil {
				t.Fatalf("reading the golden (go test -update writes it): %v", err)
			}
			if got != string(want) {
				t.Errorf("differs from %s:\n%s", file, got)
			}
		})
	}
}

// Every exported component must be in the table above: a new one cannot come without its golden.
func TestEveryComponentHasAGolden(t *testing.T) {
	declared := regexp.MustCompile(`(?m)^templ ([A-Z]\w*)\(`)
	templates, err := filepath.Glob("*.templ")
	if err != nil {
		t.Fatal(err)
	}
	table, err := os.ReadFile("golden_test.go")
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range templates {
		text, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		for _, hit := range declared.FindAllStringSubmatch(string(text), -1) {
			alone := regexp.MustCompile(`\b` + hit[1] + `\(`)
			inside := map[string]bool{"Chip": true, "PersonRow": true, "SaidBack": true, "TimelineEntry": true, "CiteLink": true, "StripItem": true, "WallSum": true, "WallBoard": true, "WallItem": true, "RailPlaces": true, "MorePlaces": true}
			if !alone.Match(table) && !inside[hit[1]] {
				t.Errorf("%s in %s has no golden", hit[1], name)
			}
		}
	}
}

func TestNoInlineStyleOrScript(t *testing.T) {
	forbidden := regexp.MustCompile(`(?i)\sstyle=|\son[a-z]+=|javascript:|<style|<script(?:\s[^>]*)?>[^<]`)
	for name, component := range components(testContext(t)) {
		html := regexp.MustCompile(`<script id="messages" type="application/json">[^<]*</script>`).ReplaceAllString(render(t, component), "")
		if found := forbidden.FindString(html); found != "" {
			t.Errorf("%s carries %q, which the content security policy forbids", name, found)
		}
	}
}

func TestHostileTextStaysText(t *testing.T) {
	const hostile = `"><script>alert(1)</script><img src=x onerror=alert(1)>`
	for name, component := range map[string]templ.Component{
		"due":    DueItem(DueRow{ID: hostile, Who: hostile, What: hostile, Last: hostile, WhoHref: "javascript:alert(1)", At: noon, Action: &Action{Label: hostile, Href: "javascript:alert(1)"}}),
		"input":  Input(Field{Name: "n", Label: hostile, Value: hostile, Error: hostile}),
		"toast":  FloatingToast(Toast{Who: hostile, What: hostile, Undo: &EntryForm{Kind: "k.k", Chart: hostile, Hidden: []Pair{{hostile, hostile}}}}),
		"table":  Table(TableData{Caption: hostile, Columns: []Column{{Title: hostile}}, Rows: []TableRow{{Cells: []Cell{{Text: hostile, Href: "javascript:alert(1)"}}}}}),
		"strip":  TimeStrip(Strip{Label: hostile, From: noon, To: noon.Add(time.Hour), Spans: []StripSpan{{Gap, Span{noon, noon.Add(time.Minute)}, hostile}}}),
		"avatar": Avatar(hostile, "l", "javascript:alert(1)", false),
	} {
		html := render(t, component)
		if strings.Contains(html, "<script") || strings.Contains(html, "<img src=x") {
			t.Errorf("%s lets markup through: %s", name, html)
		}
		if strings.Contains(html, `href="javascript:`) {
			t.Errorf("%s lets a script address through: %s", name, html)
		}
	}
}
