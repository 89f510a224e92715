// Command play shows the console on the fixtures of package uitest, to look at
// it and try its keys. Applying a plan only pretends.
package main

import (
	"context"
	"flag"
	"fmt"
	"os"
	"time"

	"andon/fleet"
	"andon/themes"
	"andon/ui"
	"andon/ui/shell"
	"andon/ui/uitest"
)

func main() {
	theme := flag.String("theme", "andon-dark", "theme by slug")
	ascii := flag.Bool("ascii", false, "draw with ASCII only")
	readOnly := flag.Bool("readonly", false, "every capital explains and does not act")
	empty := flag.Bool("empty", false, "never deliver a snapshot")
	flag.Parse()
	if err := run(*theme, *ascii, *readOnly, *empty); err != nil {
		fmt.Fprintln(os.Stderr, "play:", err)
		os.Exit(1)
	}
}

func run(slug string, ascii, readOnly, empty bool) error {
	theme, err := themes.Load(nil, slug)
	if err != nil {
		return err
	}
	var all []themes.Theme
	for _, s := range themes.Shipped() {
		t, err := themes.Load(nil, s)
		if err != nil {
			return err
		}
		all = append(all, t)
	}
	started := time.Now()
	now := func() time.Time { return uitest.Now().Add(time.Since(started)) }
	s := fleet.Join(uitest.Incident())
	updates := make(chan shell.Update, 1)
	if !empty {
		go live(now, updates)
	}
	d := shell.Deps{Version: "play", Title: string(uitest.Repo), Demo: true, ReadOnly: readOnly, Operator: "you",
		Theme: theme, Themes: all, Depth: themes.TrueColor, ASCII: ascii, Now: now,
		Rules: uitest.Rules(), Actions: uitest.Actions(), Snapshots: updates,
		Refresh: func() {}, Ack: func(fp, by string) { updates <- shell.Update{Snapshot: s, Board: uitest.Alerts(s).Ack(fp, by)} },
		Plan: func(id fleet.ActionID, on []fleet.Subject, _ string) (fleet.Plan, error) {
			return uitest.Plan(s, id, on)
		},
		Apply: pretend,
		Audit: func() ([]fleet.Record, error) { return uitest.Records(), nil },
	}
	return shell.Run(context.Background(), d, os.Stdin, os.Stdout)
}

// live delivers a fresh picture every few seconds.
func live(now func() time.Time, out chan<- shell.Update) {
	for {
		s := fleet.Join(uitest.IncidentAt(now()))
		out <- shell.Update{Snapshot: s, Board: uitest.Alerts(s)}
		time.Sleep(10 * time.Second)
	}
}

// pretend goes through the motions of a plan.
func pretend(ctx context.Context, p fleet.Plan, digest string, progress func(ui.Event)) (fleet.Result, error) {
	res := fleet.Result{Digest: digest, Action: p.Action}
	for _, st := range p.Steps {
		progress(ui.Event{Step: st.N, Says: st.Says})
		select {
		case <-ctx.Done():
			return res, ctx.Err()
		case <-time.After(300 * time.Millisecond):
		}
		r := fleet.StepResult{N: st.N, Outcome: fleet.OutcomeDone, Before: 12, Changed: 12}
		if st.N == 3 {
			r = fleet.StepResult{N: st.N, Outcome: fleet.OutcomeRefused, Reason: "writers", Writers: []fleet.Writer{{PID: 48112, Command: "rustc --crate-name engine"}}}
		}
		res.Steps = append(res.Steps, r)
		progress(ui.Event{Result: &r})
		if st.Verb.OnHost() && r.Outcome.OK() {
			v := fleet.Verification{N: st.N, OK: true, Says: "owner is 1000:1000, nothing below is foreign"}
			res.Verified = append(res.Verified, v)
			progress(ui.Event{Verified: &v})
		}
	}
	return res, nil
}
