package main

import (
	"context"
	"fmt"
	"io"
	"os"
	"os/signal"
	"syscall"
	_ "time/tzdata" // zones are known wherever the program runs

	"github.com/alecthomas/kong"
)

// subcommands are what the first argument chooses from.
type subcommands struct {
	Serve      serveCommand      `cmd:"" default:"1" help:"Run Data Hour (what happens when no subcommand is given)."`
	Playground playgroundCommand `cmd:"" help:"Run the playground alone: two pretend platforms that outlive the bot."`
	Export     exportCommand     `cmd:"" help:"Write everything to a file that import reads into an empty store of either kind."`
	Import     importCommand     `cmd:"" help:"Fill an empty store from a file that export wrote."`
	Backup     backupCommand     `cmd:"" help:"Write a copy of everything to a new file, while the bot goes on working."`
	Commands   commandsCommand   `cmd:"" help:"Print the reference of all chat commands as Markdown."`
	Manifest   manifestCommand   `cmd:"" help:"Print the manifest of the Slack app, made from the commands."`
	Doctor     doctorCommand     `cmd:"" help:"Look at settings, store, platforms and addresses, and say what to do. Changes nothing; may run beside the bot."`
	Version    versionCommand    `cmd:"" help:"Print the version."`
	Health     healthCommand     `cmd:"" help:"Ask a running Data Hour on DATAHOUR_ADDR whether it is well."`
}

// terminal is where a subcommand prints.
type terminal struct{ out, err io.Writer }

func main() { os.Exit(run(os.Args[1:], terminal{os.Stdout, os.Stderr})) }

// run does what the arguments say and gives the exit status: 0 done, 1 failed,
// 2 misused.
func run(args []string, t terminal) int {
	// The first Ctrl-C (or SIGTERM) stops cleanly. After it signals have their
	// usual effect again, so that a second one stops at once.
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	context.AfterFunc(ctx, stop)
	defer stop()

	exit := -1
	parser, err := kong.New(&subcommands{},
		kong.Name("datahour"),
		kong.Description("A community bot for loose networks of data people. It is configured by environment variables: see docs/operations.md."),
		kong.Writers(t.out, t.err),
		kong.Exit(func(status int) { exit = status }), // after --help; the parser goes on, and we do not
		kong.BindTo(ctx, (*context.Context)(nil)),
		kong.Bind(t))
	if err != nil {
		fmt.Fprintln(t.err, "datahour:", err)
		return 1
	}
	parsed, err := parser.Parse(args)
	switch {
	case exit >= 0:
		return exit
	case err != nil:
		fmt.Fprintf(t.err, "datahour: %v\nTry: datahour --help\n", err)
		return 2
	}
	if err := parsed.Run(); err != nil {
		fmt.Fprintln(t.err, "datahour:", err)
		return 1
	}
	return 0
}
