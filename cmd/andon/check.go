package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strings"
	"time"

	"andon/fleet"
)

// runCheck looks once and says the colour of the lamp.
func runCheck(ctx context.Context, in invocation) int {
	c, words, err := in.flags("check", nil)
	if err != nil {
		return in.parseCode(err)
	}
	if len(words) > 0 {
		return in.usage(fmt.Errorf("check: unexpected %q", words[0]))
	}
	s, code := in.session(ctx, c)
	if s == nil {
		if code == exitError {
			return checkUnknown // could not look
		}
		return code
	}
	defer in.release(s)
	snap, board := s.look(ctx)
	if c.json {
		err = writeJSON(in.out, newReport(snap, board, s.rules))
	} else {
		err = writeCheck(in.out, snap, board)
	}
	if err != nil {
		in.fail(err)
		return checkUnknown // 1 would say yellow
	}
	if s.tokenErr != nil {
		in.complain(s.tokenErr.Error())
		return exitNeedsAuth
	}
	return lampCode(board.Lamp(snap))
}

func lampCode(l fleet.Lamp) int {
	switch l {
	case fleet.LampGreen:
		return checkGreen
	case fleet.LampYellow:
		return checkYellow
	case fleet.LampRed:
		return checkRed
	}
	return checkUnknown
}

// session opens the fleet and prints what went wrong; the code tells a config
// that is wrong (2) from anything else (1).
func (in invocation) session(ctx context.Context, c common) (*session, int) {
	s, err := in.open(ctx, in, c)
	if err == nil {
		in.sayNotes(s)
		return s, exitOK
	}
	var ce *configError
	if errors.As(err, &ce) {
		for line := range strings.SplitSeq(ce.Error(), "\n") {
			fmt.Fprintln(in.err, plain(line))
		}
		return nil, exitUsage
	}
	return nil, in.fail(err)
}

// sayNotes prints what the operator must know, once.
func (in invocation) sayNotes(s *session) {
	s.mu.Lock()
	notes := s.notes
	s.notes = nil
	s.mu.Unlock()
	for _, n := range notes {
		in.complain(n)
	}
}

// release closes a session that only this verb uses. The demo's lives on for
// the verbs after --then and is closed with the demo.
func (in invocation) release(s *session) {
	in.sayNotes(s)
	if !s.demo {
		s.close()
	}
}

// writeJSON writes indented JSON in printable ASCII: JSON is read on terminals too.
func writeJSON(w io.Writer, v any) error {
	b, err := json.MarshalIndent(v, "", "  ")
	if err != nil {
		return fmt.Errorf("write JSON: %w", err)
	}
	if _, err := w.Write(append(fleet.ASCIIJSON(b), '\n')); err != nil {
		return fmt.Errorf("write JSON: %w", err)
	}
	return nil
}

// writeCheck prints the board as plain lines, foreign text escaped.
func writeCheck(w io.Writer, s *fleet.Snapshot, b fleet.Board) error {
	var out strings.Builder
	fmt.Fprintf(&out, "lamp %s\n", b.Lamp(s))
	pending := 0
	for _, a := range b.Alerts {
		if a.State == fleet.AlertPending {
			pending++
		}
		fmt.Fprintf(&out, "%-5s %-8s %-22s %s", strings.ToUpper(string(a.Severity)), a.State, a.Rule, plain(a.Summary))
		if a.MutedBy != "" {
			fmt.Fprintf(&out, "  (explained by %s)", plain(a.MutedBy))
		}
		out.WriteByte('\n')
		if a.Lit() {
			fmt.Fprintf(&out, "      → %s  (%s)\n", plain(nextStepOf(a)), plain(ownerOf(a)))
		}
	}
	for _, src := range s.Sources {
		if src.Fresh(s.At) || src.State == fleet.SourceAbsent {
			continue
		}
		fmt.Fprintf(&out, "source %-28s %-8s %s", plain(src.ID.String()), src.State, plain(src.Err))
		if age, ok := src.Age(s.At); ok {
			fmt.Fprintf(&out, "  (data %s old)", age.Round(time.Second))
		}
		if src.Remedy != "" {
			fmt.Fprintf(&out, "\n       %s", plain(src.Remedy))
		}
		out.WriteByte('\n')
	}
	if pending > 0 {
		fmt.Fprintf(&out, "%s pending: one look cannot tell whether it lasts; andon watch or the console does\n", fleet.Plural(pending, "alert"))
	}
	fmt.Fprintf(&out, "looked at %d hosts, %d run dirs, %d pull requests, %d runs\n", len(s.Hosts), len(s.Dirs), len(s.PullRequests), len(s.Runs))
	if b.Looked != "" {
		fmt.Fprintf(&out, "same failures: %s\n", plain(b.Looked))
	}
	_, err := io.WriteString(w, out.String())
	return err
}

// nextStepOf is what to do about an alert, in a line.
func nextStepOf(a fleet.Alert) string {
	switch {
	case len(a.Suggested) > 0:
		return joinIDs(a.Suggested)
	case a.Advice != "":
		return a.Advice
	}
	return "andon explain " + alertWord(a)
}

func joinIDs(ids []fleet.ActionID) string {
	words := make([]string, len(ids))
	for i, id := range ids {
		words[i] = string(id)
	}
	return strings.Join(words, ", then ")
}
