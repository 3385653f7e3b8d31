// Package app wires the rooms into one program: configuration, the list of rooms, and the commands.
package app

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"

	"github.com/alecthomas/kong"
)

// cli is every command with its flags. Flags also come from MILIEU_* variables.
type cli struct {
	Demo     demoCmd     `cmd:"" help:"A living unit in a temporary folder, with links to sign in as each role."`
	Serve    serveCmd    `cmd:"" help:"Serve a data folder."`
	Init     initCmd     `cmd:"" help:"Make a data folder for a house: its key, its recovery sheet, its first administrator."`
	Import   importCmd   `cmd:"" help:"Take in people from other systems' files."`
	Verify   verifyCmd   `cmd:"" help:"Prove that nothing in the record was removed, changed or back-dated."`
	Export   exportCmd   `cmd:"" help:"Write everything out: every entry, and each client as FHIR."`
	Backup   backupCmd   `cmd:"" help:"Copy the record to another place, sealed."`
	Restore  restoreCmd  `cmd:"" help:"Bring a backup back into a new data folder."`
	Prepare  prepareCmd  `cmd:"" help:"Before an upgrade: fill the new version's tables beside the running server."`
	Rebuild  rebuildCmd  `cmd:"" help:"Work out every table afresh from the record. The server must be stopped."`
	Simulate simulateCmd `cmd:"" help:"Let a made-up ward live: for demonstrations, load and endurance. Only on data made for it."`
	Routes   routesCmd   `cmd:"" help:"List every route with its action."`
	Invite   inviteCmd   `cmd:"" help:"A link for somebody who cannot sign in any more, the only administrator among them."`
	Token    tokenCmd    `cmd:"" help:"Tokens with which other programs come in."`
	Downtime downtimeCmd `cmd:"" help:"When no computer works: the code of the downtime packs, and opening one."`
	DB       dbCmd       `cmd:"" name:"db" help:"Rescue: read the database without the program."`
}

// std is where a command reads and writes.
type std struct {
	in       io.Reader
	out, err io.Writer
	log      *slog.Logger
}

// Main runs the program and gives its exit status: 0 done, 1 failed, 2 not understood.
func Main(ctx context.Context, args []string, in io.Reader, out, errs io.Writer) int {
	var c cli
	parser, err := kong.New(&c, kong.Name("milieu"), kong.Description("The record and shift companion of mental health workers."),
		kong.DefaultEnvars("MILIEU"), kong.Writers(out, errs), kong.ConfigureHelp(kong.HelpOptions{Compact: true}), kong.UsageOnError())
	if err != nil {
		fmt.Fprintln(errs, "milieu:", err)
		return 2
	}
	exit := -1
	parser.Exit = func(code int) { exit = code }
	k, err := parser.Parse(args)
	if exit >= 0 {
		return exit
	}
	if err != nil {
		fmt.Fprintln(errs, "milieu:", err)
		return 2
	}
	s := &std{in, out, errs, slog.New(slog.NewTextHandler(errs, &slog.HandlerOptions{ReplaceAttr: quiet}))}
	k.BindTo(ctx, (*context.Context)(nil))
	if err := k.Run(s); err != nil && !errors.Is(err, context.Canceled) {
		fmt.Fprintln(errs, "milieu:", err)
		return 1
	}
	return 0
}

// quiet leaves the time out of log lines: whoever collects them adds it, and ours would be another clock.
func quiet(groups []string, a slog.Attr) slog.Attr {
	if a.Key == slog.TimeKey && len(groups) == 0 {
		return slog.Attr{}
	}
	return a
}

// dataFlags are the flags by which every command finds its data.
type dataFlags struct {
	Data     string `required:"" type:"path" placeholder:"DIR" help:"The data folder."`
	Key      string `type:"path" placeholder:"FILE" help:"The key file, when it is not where the data folder says."`
	Database string `placeholder:"URL" help:"A PostgreSQL database instead of the SQLite file: postgres://…"`
}

func (f *dataFlags) open(ctx context.Context, s *std) (*Data, error) {
	return OpenData(ctx, f.Data, f.Key, f.Database, s.log)
}

// progress writes how far long work has come, a line at each tenth.
func (s *std) progress() func(what string, done, total int64) {
	last := map[string]int64{}
	return func(what string, done, total int64) {
		tenth := int64(10)
		if total > 0 {
			tenth = done * 10 / total
		}
		if before, ok := last[what]; (!ok || tenth > before) && total > 20_000 {
			fmt.Fprintf(s.err, "%s: %d of %d\n", what, done, total)
		}
		last[what] = tenth
	}
}
