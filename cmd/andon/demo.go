package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"slices"
	"strings"

	"andon/fleet"
	"andon/fleet/config"
	"andon/fleet/gh"
	"andon/fleet/poll"
	"andon/fleet/sim"
	"andon/fleet/sim/world"
)

// runDemo runs the console, or with --headless any verb, on the embedded fleet.
func runDemo(ctx context.Context, in invocation) int {
	var o sim.Options
	headless, theme, color := false, "", ""
	var rest []string
	if i := slices.Index(in.args, "--"); i >= 0 {
		in.args, rest = in.args[:i], in.args[i+1:]
	}
	c, words, err := in.flags("demo", func(fs *flag.FlagSet) {
		fs.StringVar(&o.Scenario, "scenario", world.Incident, "what happens, by `NAME`; list names them")
		fs.IntVar(&o.Hosts, "hosts", 0, "`N` hosts in all; 0: those of the story")
		fs.IntVar(&o.PRs, "prs", 0, "`N` open pull requests in all")
		fs.IntVar(&o.Dirs, "dirs", 0, "`N` run dirs on each generated host")
		fs.Int64Var(&o.Seed, "seed", 1, "equal `seeds` give equal worlds")
		fs.Float64Var(&o.Speed, "speed", 1, "seconds of the world for each second")
		fs.StringVar(&theme, "theme", "auto", "auto, dark, light, or a theme's `NAME`")
		fs.StringVar(&color, "color", "auto", "auto, always or never")
		fs.BoolVar(&headless, "headless", false, "run the verbs after -- instead of the console")
	})
	if err != nil {
		return in.parseCode(err)
	}
	if len(words) > 0 {
		return in.usage(fmt.Errorf("demo: unexpected %q; verbs go behind --headless --", words[0]))
	}
	if o.Scenario == "list" || o.Scenario == "help" {
		fmt.Fprint(in.out, scenarioList())
		return exitOK
	}
	if _, err := world.ScenarioNamed(o.Scenario); err != nil {
		return in.usage(fmt.Errorf("demo: %w", err))
	}
	if !headless && !in.screen() {
		return in.usage(errors.New("demo: this is no terminal to draw on; try: andon demo --headless -- check"))
	}
	if !headless && len(rest) > 0 {
		return in.usage(errors.New("demo: verbs need --headless before --"))
	}
	if headless && len(rest) == 0 {
		rest = []string{"check"}
	}
	d := &demo{options: o}
	defer d.close()
	in.args, in.open, in.demo = rest, d.open, true
	if headless {
		return sequence(ctx, in)
	}
	in.args = []string{"--theme", theme, "--color", color}
	if c.readonly {
		in.args = append(in.args, "--readonly")
	}
	return runConsole(ctx, in)
}

// scenarioList names each scenario and what happens in it.
func scenarioList() string {
	var b strings.Builder
	for _, s := range sim.Scenarios() {
		fmt.Fprintf(&b, "  %-16s %s\n", s.Name, s.Title)
	}
	return b.String()
}

// demo keeps one session over all verbs of a command line.
type demo struct {
	options sim.Options
	session *session
}

func (d *demo) open(ctx context.Context, _ invocation, c common) (*session, error) {
	if d.session != nil {
		return d.session, nil
	}
	f, err := sim.Start(ctx, d.options)
	if err != nil {
		return nil, err
	}
	state, err := os.MkdirTemp("", "andon-demo-state-")
	if err != nil {
		return nil, errors.Join(fmt.Errorf("demo: %w", err), f.Close())
	}
	end := func() {
		_ = f.Close() // the process ends with it
		_ = os.RemoveAll(state)
	}
	p, err := demoParts(f, state, c)
	if err != nil {
		end()
		return nil, err
	}
	p.close = end
	d.session, err = wire(p)
	return d.session, err
}

func (d *demo) close() {
	if d.session != nil {
		d.session.close()
	}
}

// demoParts fits the simulated fleet to the same wiring as the real one. It
// reads nothing of the user's: no config, keys, agent, known_hosts or token.
func demoParts(f *sim.Fleet, state string, c common) (parts, error) {
	token, err := gh.NewToken(f.Token())
	if err != nil {
		return parts{}, err
	}
	cfg := config.Config{Repos: f.Repos(), Hosts: f.Hosts(), Policy: fleet.DefaultPolicy(), Theme: "auto", Operator: "you"}
	cfg.GitHub.BaseURL = f.GitHubURL()
	cfg.Policy.ReadOnly = c.readonly
	i := poll.DefaultIntervals()
	cfg.Intervals = c.paced(config.Intervals{Hosts: i.Host, Runs: i.Hot, Pulls: i.Pulls, Runners: i.Runners})
	return parts{cfg: cfg, scopes: f.RunnerScopes(), token: token, where: "the demo", state: state, demo: true, now: f.Now, speed: f.Speed(),
		stored: fleet.Reads{Samples: f.Samples(), History: f.History()},
		ssh:    f.SSH()}, nil
}
