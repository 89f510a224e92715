package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"time"

	"andon/fleet"
	"andon/fleet/remedy"
	incident "andon/fleet/report"
)

// runReport looks once and writes what happened since some time ago.
func runReport(ctx context.Context, in invocation) int {
	since, out := time.Duration(0), ""
	c, words, err := in.flags("report", func(fs *flag.FlagSet) {
		fs.DurationVar(&since, "since", 2*time.Hour, "how far back")
		fs.StringVar(&out, "o", "", "write the report to `FILE`")
	})
	if err != nil {
		return in.parseCode(err)
	}
	switch {
	case len(words) > 0:
		return in.usage(fmt.Errorf("report: unexpected %q", words[0]))
	case since <= 0:
		return in.usage(errors.New("report: --since must be positive, for example 2h"))
	}
	s, code := in.session(ctx, c)
	if s == nil {
		return code
	}
	defer in.release(s)
	snap, board := s.look(ctx)
	r := incident.Build(s.incident(snap, board, since))
	w := in.out
	if out != "" {
		if w, err = os.OpenFile(out, os.O_WRONLY|os.O_CREATE|os.O_TRUNC, 0o600); err != nil {
			return in.fail(fmt.Errorf("write report: %w", err))
		}
	}
	if c.json {
		err = writeJSON(w, r)
	} else {
		_, err = w.WriteString(r.Markdown(plain))
	}
	if out != "" {
		err = errors.Join(err, w.Close())
	}
	if err != nil {
		return in.fail(fmt.Errorf("write report: %w", err))
	}
	if s.tokenErr != nil {
		in.complain(s.tokenErr.Error())
		return exitNeedsAuth
	}
	return exitOK
}

// incident gathers what a report is made of: the journal of alerts, the audit log,
// and the look that was just taken.
func (s *session) incident(snap *fleet.Snapshot, board fleet.Board, since time.Duration) incident.Input {
	now := s.now()
	in := incident.Input{From: now.Add(-since), To: now, Board: board, Snapshot: snap, Rules: s.rules, Version: versionText()}
	past, err := s.news.journal.Load()
	if err != nil {
		s.say(err.Error())
	}
	in.Changes, in.Told, in.Skipped = past.Changes, past.Told, past.Skipped
	if s.audit == nil {
		in.Audit = "it could not be opened"
		return in
	}
	records, chain, err := remedy.ReadLog(s.audit.Path())
	switch {
	case err != nil:
		in.Audit = err.Error()
	case chain.Broken != nil:
		in.Audit = chain.Broken.Error()
	}
	in.Records = records
	return in
}
