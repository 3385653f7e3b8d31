package app

import (
	"bufio"
	"context"
	"embed"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"net"
	"os"
	"os/exec"
	"runtime"
	"strings"
	"time"

	"milieu/app/ward"
	"milieu/kit/access"
	"milieu/kit/clock"
	"milieu/kit/record"
	"milieu/kit/signin"
	"milieu/kit/web"
)

//go:embed demo/people/*.json
var people embed.FS

type demoCmd struct {
	Data   string `type:"path" placeholder:"DIR" help:"Keep the data here; without it a temporary folder is used and removed at the end."`
	Addr   string `default:"127.0.0.1:0" help:"Where to listen: HOST:PORT. Port 0 takes a free one."`
	People string `type:"path" placeholder:"DIR" help:"FHIR bundles of made-up people to use in place of the built-in ones."`
	Beds   int    `default:"24" help:"How many beds the unit has."`
	Hours  int    `default:"9" help:"How many hours the unit has lived when you arrive."`
	Zone   string `default:"UTC" help:"The house's time zone."`
	Still  bool   `help:"Nobody walks rounds by themselves from now on: the unit is yours."`
	JSON   bool   `help:"Print one line of JSON with the address, links and tokens."`
	Led    bool   `hidden:"" help:"A line such as 8h on standard input lets the unit live through that time at once."`
	Open   bool   `help:"Open the browser."`
	organisationFlag
}

// welcome is what the demo prints as JSON.
type welcome struct {
	URL     string            `json:"url"`
	Data    string            `json:"data"`
	SignIn  map[string]string `json:"sign_in"`
	Tokens  map[string]string `json:"tokens"`
	Unit    string            `json:"unit"`
	Clients []record.ID       `json:"clients"`
}

// Run makes a living unit and serves it until it is told to stop.
func (c *demoCmd) Run(ctx context.Context, s *std) (err error) {
	dir := c.Data
	if dir == "" {
		if dir, err = os.MkdirTemp("", "milieu-demo-"); err != nil {
			return fmt.Errorf("making a temporary folder: %w", err)
		}
		defer func() { err = errors.Join(err, os.RemoveAll(dir)) }()
	}
	l, err := net.Listen("tcp", c.Addr)
	if err != nil {
		return fmt.Errorf("listening at %s: %w", c.Addr, err)
	}
	defer l.Close()
	// The key of a demonstration lies beside its data: there is nobody in it to protect, and the folder can be served as it is.
	if err := CreateData(dir, "demo.key", madeForDemo, NewKeys()); err != nil {
		return err
	}
	data, err := OpenData(ctx, dir, "", "", s.log)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, data.Close()) }()
	if data.Organisation, err = c.settings(); err != nil {
		return err
	}
	if !c.JSON {
		fmt.Fprintln(s.out, "Making a unit and letting it live through its last hours …")
	}
	w, err := c.past(ctx, s, data)
	if err != nil {
		return err
	}
	led := clock.NewLed(clock.System())
	h, err := data.start(ctx, s, led)
	if err != nil {
		return err
	}
	w.H = h.Building
	hello, err := c.welcome(ctx, h, w, "http://"+l.Addr().String(), dir)
	if err != nil {
		return errors.Join(err, h.Close())
	}
	if err := c.print(s, hello); err != nil {
		return errors.Join(err, h.Close())
	}
	live, stop := context.WithCancel(ctx)
	done := make(chan error, 1)
	go func() {
		if c.Still {
			done <- nil
			return
		}
		done <- w.Run(live, time.Time{})
	}()
	if c.Led {
		go c.lead(live, w, s)
	}
	err = h.serve(ctx, l, nil)
	stop()
	if lived := <-done; lived != nil && !errors.Is(lived, context.Canceled) {
		err = errors.Join(err, lived)
	}
	return errors.Join(err, h.Close())
}

// lead lets the ward live through as much time as each line says, and answers with what its clock shows then: for trials of a whole day.
func (c *demoCmd) lead(ctx context.Context, w *ward.Ward, s *std) {
	for lines := bufio.NewScanner(s.in); lines.Scan(); {
		on, err := time.ParseDuration(lines.Text())
		if err == nil {
			err = w.Run(ctx, w.H.Clock.Now().Add(on))
		}
		if err != nil {
			fmt.Fprintf(s.out, "%q\n", err.Error())
			continue
		}
		fmt.Fprintf(s.out, "%q\n", w.H.Clock.Now().Format(time.RFC3339Nano))
	}
}

// past makes the ward and lets it live, quickly, from some hours ago until now.
func (c *demoCmd) past(ctx context.Context, s *std, data *Data) (*ward.Ward, error) {
	now := clock.System().Now()
	fake := clock.NewFake(now.Add(-time.Duration(c.Hours) * time.Hour))
	h, err := data.Build(ctx, fake, s.log, nil)
	if err != nil {
		return nil, err
	}
	w, err := ward.Furnish(ctx, h, ward.Options{House: "Alder House", Zone: c.Zone, Unit: "Cedar", Beds: c.Beds, Seed: 1})
	if err == nil {
		err = w.MoveIn(ctx, c.bundles())
	}
	if err == nil {
		err = w.LetIn(ctx)
	}
	if err == nil {
		err = w.Run(ctx, now)
	}
	return w, errors.Join(err, h.Close())
}

// bundles are the people to move in.
func (c *demoCmd) bundles() fs.FS {
	if c.People != "" {
		return os.DirFS(c.People)
	}
	sub, err := fs.Sub(people, "demo/people")
	if err != nil {
		panic(err) // the folder is embedded above
	}
	return sub
}

func (c *demoCmd) welcome(ctx context.Context, h *running, w *ward.Ward, url, dir string) (*welcome, error) {
	hello := &welcome{URL: url, Data: dir, SignIn: map[string]string{}, Tokens: map[string]string{}, Unit: w.Unit.String(), Clients: w.Client}
	for _, role := range access.AllRoles {
		id, ok := w.Staff[role]
		if !ok {
			continue
		}
		if role != access.Integration {
			link, err := signin.NewLink(ctx, h.Committer, h.Clock, id, true)
			if err != nil {
				return nil, fmt.Errorf("making the link for the %s: %w", role, err)
			}
			hello.SignIn[string(role)] = url + link
		}
		if role.Guest() || role == access.Screen {
			continue // nothing is theirs that machines ask for
		}
		token, err := web.NewAPIToken(ctx, h.Committer, h.Clock, id, "demo", 30*24*time.Hour)
		if err != nil {
			return nil, fmt.Errorf("making the token for the %s: %w", role, err)
		}
		hello.Tokens[string(role)] = token
	}
	return hello, nil
}

func (c *demoCmd) print(s *std, hello *welcome) error {
	if c.JSON {
		return json.NewEncoder(s.out).Encode(hello)
	}
	var b strings.Builder
	fmt.Fprintf(&b, "\nA made-up unit of %d people is living at %s\nIts data is in %s\n\nSign in as:\n", len(hello.Clients), hello.URL, hello.Data)
	for _, role := range access.AllRoles {
		if link := hello.SignIn[string(role)]; link != "" {
			fmt.Fprintf(&b, "  %-14s %s\n", strings.ReplaceAll(string(role), "_", " "), link)
		}
	}
	b.WriteString("\nStop it with Ctrl-C.\n")
	_, err := s.out.Write([]byte(b.String()))
	if c.Open && err == nil {
		openBrowser(hello.SignIn[string(access.Worker)])
	}
	return err
}

// openBrowser asks the desktop to open an address. Where there is no desktop the printed link stands.
func openBrowser(url string) {
	name := map[string]string{"darwin": "open", "windows": "explorer"}[runtime.GOOS]
	if name == "" {
		name = "xdg-open"
	}
	if path, err := exec.LookPath(name); err == nil {
		_ = exec.Command(path, url).Start() // the link is printed anyway
	}
}

const (
	madeForDemo       = "demo"
	madeForSimulation = "simulation"
	madeForHouse      = "house"
)
