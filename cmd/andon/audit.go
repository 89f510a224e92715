package main

import (
	"context"
	"fmt"
	"io"
	"path/filepath"

	"andon/fleet"
	"andon/fleet/remedy"
)

// runAudit shows the audit log, or checks that it is whole. It needs no fleet.
func runAudit(ctx context.Context, in invocation) int {
	c, words, err := in.flags("audit", nil)
	if err != nil {
		return in.parseCode(err)
	}
	what := "list"
	if len(words) > 0 {
		what = words[0]
	}
	if len(words) > 1 || what != "list" && what != "verify" {
		return in.usage(fmt.Errorf("audit: unexpected %q; want list or verify", words[len(words)-1]))
	}
	path, release, code := in.auditPath(ctx, c)
	if path == "" {
		return code
	}
	defer release()
	records, chain, err := remedy.ReadLog(path)
	if err != nil {
		return in.fail(err)
	}
	if what == "verify" {
		return in.auditVerify(c, path, records, chain)
	}
	if c.json {
		if records == nil {
			records = []fleet.Record{}
		}
		if err := writeJSON(in.out, records); err != nil {
			return in.fail(err)
		}
		return exitOK
	}
	for _, r := range records {
		printRecord(in.out, r)
	}
	for _, r := range remedy.InDoubt(records) {
		fmt.Fprintf(in.out, "in doubt: #%d %s %s: no result was recorded; sweep the host and look\n", r.Seq, plain(string(r.Action)), plain(stepName(r.Step)))
	}
	return exitOK
}

// auditPath finds the log: the demo's own, or the one in the state folder, which
// must be readable even where the config is broken.
func (in invocation) auditPath(ctx context.Context, c common) (string, func(), int) {
	s, err := in.open(ctx, in, c)
	if err == nil && s.audit != nil {
		return s.audit.Path(), func() { in.release(s) }, exitOK
	}
	return filepath.Join(xdg(in.getenv, "XDG_STATE_HOME", ".local/state"), "andon", "audit.jsonl"), func() {}, exitOK
}

func (in invocation) auditVerify(c common, path string, records []fleet.Record, chain remedy.Chain) int {
	doubt := len(remedy.InDoubt(records))
	if c.json {
		out := map[string]any{"path": path, "records": len(records), "whole": chain.Broken == nil, "in_doubt": doubt, "torn_bytes": chain.Torn}
		if chain.Broken != nil {
			out["broken_at_seq"], out["error"] = chain.Seq, chain.Broken.Error()
		}
		if err := writeJSON(in.out, out); err != nil {
			return in.fail(err)
		}
	} else if chain.Broken == nil {
		last := "none"
		if n := len(records); n > 0 {
			last = records[n-1].Hash
		}
		fmt.Fprintf(in.out, "%d records, chain whole, %d in doubt, last hash %s\n", len(records), doubt, last)
	}
	if chain.Broken != nil {
		return in.fail(fmt.Errorf("audit log %s is not as it was written: %w", path, chain.Broken))
	}
	return exitOK
}

func printRecord(w io.Writer, r fleet.Record) {
	fmt.Fprintf(w, "#%-4d %s %-8s %-8s %-6s %s", r.Seq, r.At.UTC().Format("2006-01-02 15:04:05Z"), plain(r.Operator), plain(string(r.Kind)), plain(string(r.Action)), plain(stepName(r.Step)))
	if r.Result != nil {
		fmt.Fprintf(w, " step %d %s", r.Result.N, plain(string(r.Result.Outcome)))
		if r.Result.Reason != "" {
			fmt.Fprintf(w, " (%s)", plain(string(r.Result.Reason)))
		}
		if r.Result.Detail != "" {
			fmt.Fprintf(w, ": %s", plain(r.Result.Detail))
		}
	}
	if r.Verified != nil {
		fmt.Fprintf(w, " step %d ok=%v: %s", r.Verified.N, r.Verified.OK, plain(r.Verified.Says))
	}
	fmt.Fprintln(w)
}

func stepName(s *fleet.Step) string {
	switch {
	case s == nil:
		return ""
	case s.Verb.OnHost():
		return string(s.Host) + ":" + s.Path()
	}
	return "run " + s.Run.String()
}
