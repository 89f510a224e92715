package main

import (
	"bufio"
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"strings"

	"andon/fleet"
	"andon/fleet/remedy"
)

// runApply previews a plan, has it confirmed, carries it out and verifies it.
func runApply(ctx context.Context, in invocation) int {
	var w wish
	yes := false
	c, words, err := in.flags("apply", func(fs *flag.FlagSet) {
		wishFlags(&w)(fs)
		fs.BoolVar(&yes, "yes", false, "confirm the plan without asking")
	})
	if err != nil {
		return in.parseCode(err)
	}
	file := len(words) == 1 && strings.HasSuffix(words[0], ".json")
	if !file {
		if w, err = parseWish(w, words); err != nil {
			return in.usage(fmt.Errorf("apply: %w", err))
		}
	}
	s, code := in.session(ctx, c)
	if s == nil {
		return code
	}
	defer in.release(s)
	if s.tokenErr != nil && !file && w.action == fleet.ActionRerun {
		in.complain(s.tokenErr.Error())
		return exitNeedsAuth
	}
	p, err := in.planToApply(ctx, s, w, words, file)
	if err != nil {
		return in.fail(err)
	}
	text := in.out
	if c.json {
		text = in.err
	}
	if err := printPlan(text, p, s.now()); err != nil {
		return in.fail(err)
	}
	if p.Empty() {
		return exitOK
	}
	if !yes {
		if err := in.confirm(ctx, p); err != nil {
			return in.usage(err)
		}
	}
	res, err := s.executor.Apply(ctx, p, p.Digest(), func(e remedy.Event) { printEvent(text, e) })
	if err != nil {
		in.complain(err.Error())
	}
	s.lookedAgain()
	if c.json {
		if err := writeJSON(in.out, res); err != nil {
			return in.fail(err)
		}
	}
	ok, refused, failed := res.Counts()
	fmt.Fprintf(text, "%d done, %d refused, %d failed; %s\n", ok, refused, failed, verdict(res))
	if err != nil || !res.OK() {
		return exitError
	}
	return exitOK
}

func (in invocation) planToApply(ctx context.Context, s *session, w wish, words []string, file bool) (fleet.Plan, error) {
	if file {
		return readPlan(words[0])
	}
	snap, board := s.look(ctx)
	return s.plan(snap, board, w)
}

func verdict(r fleet.Result) string {
	if r.OK() {
		return "verified by a fresh look"
	}
	return "not all is as planned: see above, and andon audit list"
}

var errNotConfirmed = errors.New("apply: not confirmed; nothing was changed")

// confirm asks on the terminal. Without one only --yes confirms. A signal says no:
// the reading that is then left behind ends with the process.
func (in invocation) confirm(ctx context.Context, p fleet.Plan) error {
	if !in.tty() {
		return errors.New("apply: this is no terminal to confirm on; look with andon plan, then give --yes")
	}
	want := p.Typed
	if want == "" {
		want = "y"
	}
	fmt.Fprintf(in.out, "Type %s to go on: ", plain(want))
	said := make(chan string, 1)
	go func() {
		line, err := bufio.NewReader(in.in).ReadString('\n')
		if err != nil {
			line = ""
		}
		said <- strings.TrimSpace(line)
	}()
	select {
	case <-ctx.Done():
		fmt.Fprintln(in.out)
	case line := <-said:
		if line == want && ctx.Err() == nil {
			return nil
		}
	}
	return errNotConfirmed
}

func printEvent(w io.Writer, e remedy.Event) {
	switch {
	case e.Kind == remedy.EventProgress: // a host's word; EventStep is the result
	case e.Result != nil:
		fmt.Fprintf(w, "step %d %s", e.Result.N, plain(string(e.Result.Outcome)))
		if e.Result.Reason != "" {
			fmt.Fprintf(w, " (%s)", plain(string(e.Result.Reason)))
		}
		if e.Result.Detail != "" {
			fmt.Fprintf(w, ": %s", plain(e.Result.Detail))
		}
		for _, x := range e.Result.Writers {
			fmt.Fprintf(w, "\n     pid %d uid %d %s: %s", x.PID, x.UID, plain(string(x.Via)), plain(x.Command))
		}
		fmt.Fprintln(w)
	case e.Verified != nil:
		word := "verified"
		if !e.Verified.OK {
			word = "NOT VERIFIED"
		}
		fmt.Fprintf(w, "step %d %s: %s\n", e.Verified.N, word, plain(e.Verified.Says))
	case e.Kind == remedy.EventNote:
		fmt.Fprintln(w, plain(e.Says))
	}
}
