package main

import (
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"strings"
	"time"

	"andon/fleet"
	"andon/ui/kit"
)

// wishFlags are the flags of plan and apply that say what is meant.
func wishFlags(w *wish) func(*flag.FlagSet) {
	return func(fs *flag.FlagSet) {
		fs.StringVar(&w.alert, "alert", "", "act on the subjects of a firing `RULE`, or of one alert by its fingerprint")
		fs.BoolVar(&w.now, "now", false, "purge: do not wait for the undo window")
	}
}

// parseWish reads ACTION TARGET….
func parseWish(w wish, words []string) (wish, error) {
	if len(words) == 0 {
		return w, errors.New("no action named; see andon help plan")
	}
	w.action = fleet.ActionID(words[0])
	for _, t := range words[1:] {
		x, err := fleet.ParseTarget(t)
		if err != nil {
			return w, err
		}
		w.targets = append(w.targets, x)
		w.named = true
	}
	if len(w.targets) == 0 && w.alert == "" {
		return w, fmt.Errorf("%s: nothing named: give targets, or --alert RULE (nothing selected means nothing is done)", w.action)
	}
	return w, nil
}

// runPlan prints what an action would do. It changes nothing.
func runPlan(ctx context.Context, in invocation) int {
	var w wish
	out := ""
	c, words, err := in.flags("plan", func(fs *flag.FlagSet) {
		wishFlags(&w)(fs)
		fs.StringVar(&out, "o", "", "write the plan to `FILE` for andon apply")
	})
	if err != nil {
		return in.parseCode(err)
	}
	if w, err = parseWish(w, words); err != nil {
		return in.usage(fmt.Errorf("plan: %w", err))
	}
	s, code := in.session(ctx, c)
	if s == nil {
		return code
	}
	defer in.release(s)
	snap, board := s.look(ctx)
	p, err := s.plan(snap, board, w)
	if err != nil {
		return in.fail(err)
	}
	if out != "" {
		if err := writePlan(out, p); err != nil {
			return in.fail(err)
		}
	}
	if c.json {
		err = writeJSON(in.out, p)
	} else {
		err = printPlan(in.out, p, snap.At)
	}
	if err != nil {
		return in.fail(err)
	}
	return exitOK
}

func writePlan(path string, p fleet.Plan) error {
	b, err := json.MarshalIndent(p, "", "  ")
	if err != nil {
		return fmt.Errorf("write plan: %w", err)
	}
	if err := os.WriteFile(path, append(b, '\n'), 0o600); err != nil {
		return fmt.Errorf("write plan: %w", err)
	}
	return nil
}

func readPlan(path string) (fleet.Plan, error) {
	raw, err := os.ReadFile(path)
	if err != nil {
		return fleet.Plan{}, fmt.Errorf("read plan: %w", err)
	}
	var p fleet.Plan
	if err := json.Unmarshal(raw, &p); err != nil {
		return fleet.Plan{}, fmt.Errorf("read plan %s: %w", path, err)
	}
	if err := p.Validate(); err != nil {
		return fleet.Plan{}, fmt.Errorf("read plan %s: %w", path, err)
	}
	return p, nil
}

// printPlan writes a preview: steps, what is kept and why, disks, notes, undo.
func printPlan(w io.Writer, p fleet.Plan, now time.Time) error {
	var b strings.Builder
	fmt.Fprintf(&b, "%s ∙ nothing has been changed\n", plain(p.Title))
	for _, s := range p.Steps {
		fmt.Fprintf(&b, "%3d  %-7s %s\n", s.N, plain(string(s.Verb)), plain(s.Says))
		if s.Verb.OnHost() {
			fmt.Fprintf(&b, "     %s:%s  %s\n", plain(string(s.Host)), plain(s.Path()), sizeOf(s.Bytes))
		} else {
			fmt.Fprintf(&b, "     %s\n", plain(s.Run.String()))
		}
		if len(s.Needs) > 0 {
			fmt.Fprintf(&b, "     only after step %s is done and verified\n", strings.Trim(fmt.Sprint(s.Needs), "[]"))
		}
	}
	if p.Empty() {
		b.WriteString("nothing to do\n")
	}
	for _, k := range p.Kept {
		fmt.Fprintf(&b, "kept %s: %s", plain(k.Subject.String()), plain(strings.Join(k.Why, "; ")))
		if wait := k.Until.Sub(now); !k.Until.IsZero() && wait > 0 {
			fmt.Fprintf(&b, " (in %s)", wait.Round(time.Second))
		}
		b.WriteByte('\n')
	}
	for _, d := range p.Disks {
		fmt.Fprintf(&b, "disk %s %s: %s free now, %s after purge", plain(string(d.Host)), plain(d.Root), kit.Bytes(d.Free), kit.Bytes(d.Free+d.Frees))
		if d.Unknown > 0 {
			fmt.Fprintf(&b, ", and %d dirs nobody measured yet", d.Unknown)
		}
		b.WriteByte('\n')
	}
	for _, n := range p.Notes {
		fmt.Fprintf(&b, "note %s\n", plain(n))
	}
	fmt.Fprintf(&b, "undo %s\ndigest %s\n", plain(p.Undo), p.Digest())
	_, err := io.WriteString(w, b.String())
	return err
}

func sizeOf(f fleet.Fact[int64]) string {
	if n, ok := f.Get(); ok {
		return string(kit.Bytes(n))
	}
	return "size unknown"
}

// plain makes foreign text safe for a terminal or a pipe. Unlike a cell of the
// console nothing is cut: a line to paste must be whole.
func plain(s string) string {
	const piece = 120 // runes; the sanitiser shows up to 512 cells
	var b strings.Builder
	for s != "" {
		end := len(s)
		n := 0
		for i := range s {
			if n == piece {
				end = i
				break
			}
			n++
		}
		b.WriteString(string(kit.Clean(s[:end])))
		s = s[end:]
	}
	return b.String()
}
