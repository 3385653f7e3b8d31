// Command milieu is the whole of Milieu: the server, and everything that is done to its data.
package main

import (
	"context"
	"os"
	"os/signal"
	"syscall"

	"milieu/app"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	code := app.Main(ctx, os.Args[1:], os.Stdin, os.Stdout, os.Stderr)
	stop()
	os.Exit(code)
}
