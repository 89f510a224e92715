// Andon-host is the part of andon that runs on a runner host, as root. It reads
// one request on standard input, carries it out and answers with JSON lines on
// standard output. See package andon/fleet/onhost for what it promises.
//
//	andon-host serve         one request; the roots of /etc/andon/host.json only
//	andon-host once          the same for an operator who holds full sudo: no host
//	                         file is needed (one that is there binds), and a copy
//	                         streamed into a folder andon.* removes itself first
//	andon-host check [ROOT]  say what this host lacks
//	andon-host --version
//
// Exit codes: 0 the answer is whole (each step's outcome is in it), or the host
// is ready; 1 nothing was tried, the answer could not be written, or the host is
// not ready; 2 wrong usage.
package main

import (
	"context"
	"fmt"
	"os"
	"os/signal"
	"runtime"
	"runtime/debug"
	"syscall"

	"andon/fleet"
	"andon/fleet/onhost"
)

// version is set by the linker in releases.
var version = ""

const usage = "usage: andon-host serve | once | check [ROOT...] | --version"

func main() { os.Exit(run(os.Args[1:])) }

func run(args []string) int {
	if len(args) == 0 {
		fmt.Fprintln(os.Stderr, usage)
		return 2
	}
	// A console that goes away must not kill a step between two entries: writes
	// fail instead, and the session ends by itself.
	signal.Ignore(syscall.SIGPIPE)
	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGTERM, syscall.SIGINT, syscall.SIGHUP)
	defer stop()
	env := onhost.System(build(), os.Getenv("SUDO_UID"))
	var err error
	switch {
	case args[0] == "check":
		err = onhost.Ready(env, args[1:], os.Stdout)
	case len(args) > 1:
		fmt.Fprintln(os.Stderr, usage)
		return 2
	case args[0] == "serve":
		env.NeedHostFile = true
		err = onhost.Serve(ctx, env, os.Stdin, os.Stdout)
	case args[0] == "once":
		if err = onhost.RemoveSelf(); err == nil {
			err = onhost.Serve(ctx, env, os.Stdin, os.Stdout)
		}
	case args[0] == "--version", args[0] == "version":
		fmt.Printf("andon-host %s protocol %d %s/%s\n", build(), fleet.HostProtocol, runtime.GOOS, runtime.GOARCH)
	default:
		fmt.Fprintln(os.Stderr, usage)
		return 2
	}
	if err != nil {
		fmt.Fprintf(os.Stderr, "andon-host: %s\n", err)
		return 1
	}
	return 0
}

// build is the release, or the commit the binary was made from.
func build() string {
	if version != "" {
		return version
	}
	b, ok := debug.ReadBuildInfo()
	if !ok {
		return "unknown"
	}
	for _, s := range b.Settings {
		if s.Key == "vcs.revision" {
			return s.Value[:min(12, len(s.Value))]
		}
	}
	return b.Main.Version
}
