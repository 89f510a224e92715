package main

import (
	"context"
	"fmt"
	"io"
	"strings"
	"time"

	"andon/fleet"
)

// runDoctor looks at everything once and says what works and how to mend the
// rest. It changes nothing.
func runDoctor(ctx context.Context, in invocation) int {
	c, words, err := in.flags("doctor", nil)
	if err != nil {
		return in.parseCode(err)
	}
	if len(words) > 0 {
		return in.usage(fmt.Errorf("doctor: unexpected %q", words[0]))
	}
	s, code := in.session(ctx, c)
	if s == nil {
		return code
	}
	defer in.release(s)
	snap, _ := s.look(ctx)
	d := diagnosis{w: in.out}
	d.say(true, "config", fmt.Sprintf("%d repositories, %d hosts", len(s.cfg.Repos), len(s.cfg.Hosts)), "")
	if s.tokenErr != nil {
		d.say(false, "token", s.tokenErr.Error(), "")
	} else {
		d.say(true, "token", "from "+s.tokenFrom, "")
		d.say(snap.Budget.Known, "api budget", fmt.Sprintf("%d of %d left", snap.Budget.Remaining, snap.Budget.Limit), "the server tells none; GHES has none by default")
	}
	if s.cfg.Policy.ReadOnly {
		d.say(false, "acting", "read-only", "drop read_only or --readonly, and see the lines above")
	} else {
		d.say(true, "audit log", s.audit.Path(), "")
	}
	for _, src := range snap.Sources {
		switch src.ID.Kind {
		case fleet.SourceHost:
		case fleet.SourceGroups, fleet.SourceQueue:
			d.may(ctx, s, snap, src)
		default:
			d.say(src.State == fleet.SourceOK, src.ID.String(), sourceSays(src, snap.At), src.Remedy)
		}
	}
	for _, h := range snap.Hosts {
		d.host(snap, h)
		for _, r := range s.remarks(h) {
			fmt.Fprintf(d.w, "note  %-28s %s\n", "host "+plain(string(h.Name)), plain(r))
		}
	}
	for i, w := range s.cfg.Notify.Webhooks {
		r, hook, err := s.webhook(i, w, in.getenv)
		if err != nil {
			d.say(false, "notices "+r.Name, err.Error(), "mend notify.webhooks in the config, or what it names")
			continue
		}
		hook.Close()
		d.say(true, "notices "+r.Name, "address and token are there; nothing was sent", "")
	}
	if d.bad > 0 {
		return exitError
	}
	return exitOK
}

type diagnosis struct {
	w   io.Writer
	bad int
}

func (d *diagnosis) say(ok bool, what, fact, mend string) {
	mark := "ok  "
	if !ok {
		mark = "FAIL"
		d.bad++
	}
	fmt.Fprintf(d.w, "%s  %-28s %s\n", mark, plain(what), plain(fact))
	if !ok && mend != "" {
		fmt.Fprintf(d.w, "      %s\n", plain(mend))
	}
}

// may asks now what the look asked only where something needed it: whether it
// could be read, and which permission is missing.
func (d *diagnosis) may(ctx context.Context, s *session, snap *fleet.Snapshot, src fleet.Source) {
	runs := snap.SourceOf(fleet.SourceID{Kind: fleet.SourceRuns, Of: src.ID.Of})
	if s.may == nil || runs.State != fleet.SourceOK { // the repository itself may be out of sight
		d.say(false, src.ID.String(), "not tried: its runs cannot be read", "")
		return
	}
	fact, err := s.may(ctx, src.ID)
	if err != nil {
		f := fleet.FailureOf(err)
		d.say(false, src.ID.String(), f.Error(), f.Remedy)
		return
	}
	d.say(true, src.ID.String(), fact, "")
}

func sourceSays(src fleet.Source, now time.Time) string {
	if src.State == fleet.SourceOK {
		return "ok"
	}
	return strings.TrimSpace(string(src.State) + " " + src.Err)
}

func (d *diagnosis) host(s *fleet.Snapshot, h fleet.Host) {
	src := s.SourceOf(fleet.HostSource(h.Name))
	name := "host " + string(h.Name)
	if src.State != fleet.SourceOK {
		d.say(false, name, sourceSays(src, s.At), src.Remedy)
		return
	}
	sw, _ := s.SweepOf(h.Name)
	d.say(true, name, fmt.Sprintf("%s %s, swept in %s, %d run dirs", sw.Facts.OS, sw.Facts.Kernel, sw.Took.Round(time.Millisecond), len(sw.Dirs)), "")
	if h.Privilege == fleet.PrivilegeSudo {
		d.say(sw.Facts.UID == 0, name+" sudo -n", fmt.Sprintf("sweeps run as uid %d", sw.Facts.UID), "allow sudo -n for this login, or set privilege: none to only look")
	}
	skew := sw.Skew()
	d.say(skew.Abs() < 5*time.Second, name+" clock", fmt.Sprintf("%+.1f s", skew.Seconds()), "set the host's clock; ages and the reap predicate rest on it")
	if v, ok := sw.Facts.Helper.Get(); ok {
		d.say(true, name+" andon-host", v, "")
	} else if h.Privilege == fleet.PrivilegeSudo {
		d.say(true, name+" andon-host", "not installed; streamed for each use", "")
	}
	for _, r := range h.Roots {
		if _, ok := s.Disk(h.Name, r.Path); !ok {
			d.say(false, name+" root", r.Path+" was not found", "mend the path in the config")
		}
	}
	for _, u := range sw.Unseen {
		d.say(false, name+" sees", u, "")
	}
}
