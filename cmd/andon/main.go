// Command andon is the terminal console of a self-hosted GitHub Actions fleet:
// it joins what GitHub says with what the runner hosts show, says which line is
// stopped and why, and puts it right with one key. Everything the console can
// do is also a verb without a terminal.
package main

import (
	"context"
	"fmt"
	"os"
	"os/signal"
	"syscall"

	"andon/cmd/andon/early"
)

func main() {
	if err := early.Restore(); err != nil {
		fmt.Fprintln(os.Stderr, "andon: restore TERM:", err)
	}
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	code := run(ctx, os.Args[1:], stdio{os.Stdin, os.Stdout, os.Stderr, os.Getenv})
	stop()
	os.Exit(code)
}
