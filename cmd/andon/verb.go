package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"slices"
	"strings"
	"time"

	"golang.org/x/term"

	"andon/fleet/config"
)

// Exit codes follow gh; check alone follows monitoring plugins.
const (
	exitOK        = 0
	exitError     = 1
	exitUsage     = 2 // cancelled, or used wrongly
	exitNeedsAuth = 4
)

// Exit codes of check.
const (
	checkGreen   = 0
	checkYellow  = 1
	checkRed     = 2
	checkUnknown = 3
)

// stdio is what a verb may touch of the process.
type stdio struct {
	in     *os.File
	out    *os.File
	err    *os.File
	getenv func(string) string
}

func (s stdio) tty() bool { return term.IsTerminal(int(s.in.Fd())) && term.IsTerminal(int(s.out.Fd())) }

// screen reports whether the console can be drawn: on a terminal that moves its
// cursor.
func (s stdio) screen() bool {
	t := s.getenv("TERM")
	return s.tty() && t != "" && t != "dumb"
}

// invocation is one call of one verb.
type invocation struct {
	stdio
	args []string
	open opener // how verbs get their fleet: the real one, or the demo's
	demo bool   // nothing of the user's is read
}

// verb is one word of the command line.
type verb struct {
	name, args, summary string
	run                 func(context.Context, invocation) int
}

func verbs() []verb {
	return []verb{
		{name: "console", summary: "the console (the default)", run: runConsole},
		{name: "demo", args: "[--scenario NAME|list] [--headless -- VERB …]", summary: "the same on an embedded fleet; no credentials needed", run: runDemo},
		{name: "check", args: "[--json]", summary: "one look at everything; exit 0 green, 1 yellow, 2 red, 3 unknown", run: runCheck},
		{name: "explain", args: "[ALERT] [--json]", summary: "why an alert is there: the five whys with their evidence, cure, cost, whose it is; without a name the alerts", run: runExplain},
		{name: "rules", args: "[RULE] [--json]", summary: "what andon looks for: all rules, or one in full; needs no config and no network", run: runRules},
		{name: "watch", args: "[--json] [--interval D] [--for D] [--heartbeat D]", summary: "look without a screen, send notices, and stream what changes", run: runWatch},
		{name: "report", args: "[--since D] [-o FILE] [--json]", summary: "what happened, as Markdown: timeline, causes, actions, times, what is still open", run: runReport},
		{name: "plan", args: "ACTION [TARGET…] [--alert RULE] [-o FILE]", summary: "what an action would do; changes nothing", run: runPlan},
		{name: "apply", args: "PLANFILE | ACTION [TARGET…] [--alert RULE] [--yes]", summary: "do it: previewed, confirmed, verified, audited", run: runApply},
		{name: "audit", args: "[list|verify] [--json]", summary: "what was done, by whom, and whether the record is whole", run: runAudit},
		{name: "classify", args: "[FILE…] [--json] [--signatures FILE]", summary: "logs in, verdicts out: infra, suspect, cancelled, code or unknown, with line and cure", run: runClassify},
		{name: "doctor", summary: "config, token and each host: what works and how to mend the rest", run: runDoctor},
		{name: "version", summary: "print the version", run: runVersion},
		{name: "help", args: "[VERB|config]", summary: "this text; help config prints a starter config", run: runHelp},
	}
}

// run carries out a command line and returns the exit code. "--then" separates
// several verbs that share one fleet and one audit log.
func run(ctx context.Context, args []string, io stdio) int {
	return dispatch(ctx, invocation{stdio: io, args: args, open: openReal})
}

func dispatch(ctx context.Context, in invocation) int {
	name := "console"
	if len(in.args) > 0 && !strings.HasPrefix(in.args[0], "-") {
		name, in.args = in.args[0], in.args[1:]
	} else if len(in.args) > 0 {
		switch in.args[0] {
		case "-h", "--help", "-help":
			return runHelp(ctx, in)
		case "--version", "-version":
			return runVersion(ctx, in)
		}
	}
	for _, v := range verbs() {
		if v.name == name {
			return v.run(ctx, in)
		}
	}
	names := make([]string, 0, 9)
	for _, v := range verbs() {
		names = append(names, v.name)
	}
	return in.usage(fmt.Errorf("andon has no verb %q; there are %s", name, strings.Join(names, ", ")))
}

// sequence runs verbs separated by --then on the same fleet and returns the code
// of the last, or of the first that could not be run at all.
func sequence(ctx context.Context, in invocation) int {
	code := exitOK
	for len(in.args) > 0 {
		part := in
		if i := slices.Index(in.args, "--then"); i >= 0 {
			part.args, in.args = in.args[:i], in.args[i+1:]
		} else {
			in.args = nil
		}
		if code = dispatch(ctx, part); code == exitNeedsAuth {
			return code
		}
	}
	return code
}

func (in invocation) usage(err error) int {
	in.complain(err.Error())
	return exitUsage
}

func (in invocation) fail(err error) int {
	in.complain(err.Error())
	return exitError
}

// complain writes to standard error. Errors quote what hosts, GitHub and files
// said: no line of them reaches the terminal uncleaned.
func (in invocation) complain(text string) {
	for line := range strings.SplitSeq("andon: "+strings.TrimRight(text, "\n"), "\n") {
		fmt.Fprintln(in.err, plain(line))
	}
}

// common are the flags most verbs share.
type common struct {
	config   string
	readonly bool
	json     bool
	interval time.Duration // of all sources; 0: the config's. Set by the verb that has such a flag
}

// paced returns the intervals a verb goes by.
func (c common) paced(i config.Intervals) config.Intervals {
	if c.interval > 0 {
		i.Hosts, i.Runs, i.Pulls, i.Runners = c.interval, c.interval, c.interval, c.interval
	}
	return i
}

// flags parses a verb's flags, which may stand before or after its arguments.
func (in invocation) flags(name string, more func(*flag.FlagSet)) (common, []string, error) {
	var c common
	fs := flag.NewFlagSet("andon "+name, flag.ContinueOnError)
	fs.SetOutput(io.Discard)
	fs.StringVar(&c.config, "config", "", "config `FILE`; default $XDG_CONFIG_HOME/andon/config.yaml")
	fs.BoolVar(&c.readonly, "readonly", false, "explain instead of act")
	fs.BoolVar(&c.json, "json", false, "print JSON")
	if more != nil {
		more(fs)
	}
	var words []string
	for rest := in.args; ; {
		if err := fs.Parse(rest); err != nil {
			if errors.Is(err, flag.ErrHelp) {
				fmt.Fprint(in.out, verbHelp(name, fs))
				return c, nil, err
			}
			return c, nil, fmt.Errorf("%s: %w; see andon help %s", name, err, name)
		}
		if fs.NArg() == 0 {
			return c, words, nil
		}
		words, rest = append(words, fs.Arg(0)), fs.Args()[1:]
	}
}

// parseCode turns a flag error into an exit code: asking for help is no error.
func (in invocation) parseCode(err error) int {
	if errors.Is(err, flag.ErrHelp) {
		return exitOK
	}
	return in.usage(err)
}
