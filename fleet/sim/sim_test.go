package sim

import (
	"context"
	"strings"
	"testing"
	"time"

	"andon/fleet"
	"andon/fleet/rules"
	"andon/fleet/sim/world"
)

const gib = 1 << 30

func start(t testing.TB, o Options) *Fleet {
	t.Helper()
	f, err := Start(context.Background(), o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := f.Close(); err != nil {
			t.Errorf("close: %v", err)
		}
	})
	return f
}

// TestTheStory checks that the console's real parts see the incident in the
// world, whole and without a contradiction.
func TestTheStory(t *testing.T) {
	t.Parallel()
	f := start(t, Options{})
	c := newConsole(t, f)
	s := c.look(t, true)
	for _, w := range s.Sweeps {
		if w.Dropped > 0 {
			t.Errorf("%s: %d records were not understood", w.Host, w.Dropped)
		}
		if w.Host == "intel" && (len(w.Services) != 16 || len(w.Caches) != 1 || len(w.Cleaners) < 2) {
			t.Errorf("intel: %d runner services, %d caches, %d cleaners", len(w.Services), len(w.Caches), len(w.Cleaners))
		}
		for _, x := range w.Services {
			if x.Runner == "" || !strings.HasSuffix(x.Dir, "/"+x.Runner) || x.Hook == "" {
				t.Errorf("%s: service %+v", w.Host, x)
			}
		}
		if skew := w.Skew(); skew.Abs() > 5*time.Second {
			t.Errorf("%s: clock off by %s", w.Host, skew)
		}
	}
	t.Run("upkeep", func(t *testing.T) { storyUpkeep(t, s) })
	t.Run("alerts", func(t *testing.T) { storyAlerts(t, s) })
	t.Run("owners", func(t *testing.T) { storyOwners(t, s) })
	t.Run("forms", func(t *testing.T) { storyForms(t, s) })
	t.Run("orphans", func(t *testing.T) { storyOrphans(t, s) })
	t.Run("limit", func(t *testing.T) { storyLimit(t, s) })
	t.Run("texts", func(t *testing.T) { storyTexts(t, c, s) })
	t.Run("writers", func(t *testing.T) { storyWriters(t, f, s) })
	t.Run("samples", func(t *testing.T) { storySamples(t, s) })
	for _, d := range s.Dirs {
		if d.Conflict != "" {
			t.Errorf("%s: %s", d.ID(), d.Conflict)
		}
	}
}

// storyUpkeep: what the host tells of its cleaner and its compiler cache.
func storyUpkeep(t *testing.T, s *fleet.Snapshot) {
	sw, _ := s.SweepOf("intel")
	_, hits, misses := sw.Caches[0].Totals()
	if at, ok := sw.Caches[0].StatsAt.Get(); !ok || at.IsZero() || len(sw.Caches[0].Stats) != 3 || hits.Or(0) != 15 || misses.Or(0) != 2433 {
		t.Errorf("cache %+v", sw.Caches[0])
	}
	for _, c := range sw.Cleaners {
		if said, ok := c.Said.Get(); c.Kind == "timer" && (!ok || len(said) != 2 || c.Schedule != "*-*-* 04:00:00" || !c.Last.IsKnown()) {
			t.Errorf("cleaner %+v: %s", c, c.Said.Why())
		}
	}
}

func storyAlerts(t *testing.T, s *fleet.Snapshot) {
	var b fleet.Board
	seen := map[string]bool{}
	for _, a := range b.Fold(s, rules.All()).Alerts {
		seen[string(a.Rule)+" "+a.Summary] = true
	}
	for _, want := range []string{
		"disk-pressure /mnt/nvme-raid0/targets on intel: 9",
		"run-dir-owner 12 run dirs on intel: owned by 0:0 since birth",
		"run-dir-owner 1 run dir on intel: recreated",
		"shared-run-dir aprender-ci/1788/run-",
		"zombie-writer aprender-ci/1791/run-",
		"at-limit ",
		"host-unreachable mac-mini",
		"orphan-dirs ",
	} {
		found := false
		for a := range seen {
			found = found || strings.HasPrefix(a, want)
		}
		if !found {
			t.Errorf("no alert %q among %v", want, seen)
		}
	}
}

func storyOwners(t *testing.T, s *fleet.Snapshot) {
	born := map[string]int{}
	for _, d := range s.Dirs {
		switch s.Ownership(d).State {
		case fleet.OwnerBorn:
			born[d.Path.Place().Ref]++
		case fleet.OwnerRecreated:
			if d.PR.Number != 1795 {
				t.Errorf("%s: recreated", d.ID())
			}
		}
	}
	for _, ref := range []string{"1792", "1793", "1794", "1796", "1797", "main"} {
		if born[ref] != 2 {
			t.Errorf("%d dirs of %s were born root-owned, want the run's two", born[ref], ref)
		}
	}
	if len(born) != 6 {
		t.Errorf("root-owned since birth: %v", born)
	}
}

func storyForms(t *testing.T, s *fleet.Snapshot) {
	forms := map[fleet.Form]int{}
	for _, d := range s.Dirs {
		forms[d.Path.Place().Form]++
	}
	for _, f := range []fleet.Form{fleet.FormPRShared, fleet.FormRun, fleet.FormRunSuffix, fleet.FormShard, fleet.FormBranchRun,
		fleet.FormQueueRun, fleet.FormSharedOrphan, fleet.FormEmptyRef, fleet.FormRefOnly, fleet.FormUnrecognised} {
		if forms[f] == 0 {
			t.Errorf("no dir of form %s", f)
		}
	}
}

func storyOrphans(t *testing.T, s *fleet.Snapshot) {
	var dead int64
	held := 0
	for _, d := range s.Dirs {
		if _, ok := s.Orphan(d); !ok || d.Host != "intel" {
			continue
		}
		if v := s.Reapable(d, false); v.OK() {
			dead += d.Bytes.Or(0)
		} else if n, _ := d.LiveWriters(); n > 0 {
			held++
		}
	}
	if dead < 400*gib || held != 1 {
		t.Errorf("%d GiB of orphans on intel may be reaped, %d orphans are in use", dead/gib, held)
	}
}

func storyLimit(t *testing.T, s *fleet.Snapshot) {
	exact := 0
	for _, j := range s.Jobs {
		if d, ok := j.Duration(); ok && d == 55*time.Minute && j.Conclusion == fleet.ConclusionCancelled {
			exact++
		}
	}
	if exact != 4 {
		t.Errorf("%d jobs ended at exactly 55:00, want 4", exact)
	}
}

// storyTexts reads the logs of the failed jobs as the classifier will.
func storyTexts(t *testing.T, c *console, s *fleet.Snapshot) {
	branches := map[string]string{}
	for _, j := range s.Jobs {
		if j.Conclusion != fleet.ConclusionFailure || j.Name != "workspace-test" {
			continue
		}
		tail, err := c.github.JobLogTail(t.Context(), j.Repo, j.ID, 1<<20)
		if err != nil {
			t.Fatal(err)
		}
		run, _ := s.RunOf(j.RunKey())
		for _, no := range []string{"(os error 13)", "(os error 2)"} {
			if strings.Contains(string(tail.Text), "error: failed to create directory") && strings.Contains(string(tail.Text), no) {
				branches[run.Branch] = no
			}
		}
	}
	if len(branches) != 7 || branches["tokenizer-bpe"] != "(os error 2)" || branches["main"] != "(os error 13)" {
		t.Errorf("the text of #1798 is in %v", branches)
	}
}

// storyWriters compares what the sweep found by reading /proc with what the world
// knows of its processes.
func storyWriters(t *testing.T, f *Fleet, s *fleet.Snapshot) {
	busy := 0
	f.Use(func(w *world.World) {
		for _, d := range s.Dirs {
			n, known := d.LiveWriters()
			h, _ := w.Host(string(d.Host))
			at, err := h.Lookup(d.ID().Path, false)
			if err != nil || !known {
				continue
			}
			really := len(writersOf(h, at))
			if (n > 0) != (really > 0) {
				t.Errorf("%s: the sweep found %d writers, the world has %d", d.ID(), n, really)
			}
			if n > 0 {
				busy++
			}
		}
	})
	if busy < 7 {
		t.Errorf("only %d dirs are in use", busy)
	}
}

// storySamples checks that what was seen before the start is what is seen now,
// where nothing happened.
func storySamples(t *testing.T, s *fleet.Snapshot) {
	kept := 0
	for _, d := range s.Dirs {
		if d.Sample.Quiet && d.Sample.Last.Sub(d.Sample.Since) >= s.Policy.SampleGap {
			kept++
		}
		if !d.Sample.Recreated.IsZero() {
			t.Errorf("%s: another inode than four minutes ago", d.ID())
		}
	}
	if kept < 40 {
		t.Errorf("only %d dirs look as they did", kept)
	}
}

// TestStartRefusesNonsense and leaves nothing running.
func TestStartRefusesNonsense(t *testing.T) {
	for _, o := range []Options{{Hosts: -1}, {Dirs: maxDirs + 1}, {PRs: maxPRs + 1}, {Speed: -1}} {
		if f, err := Start(t.Context(), o); err == nil {
			t.Errorf("%+v was taken", o)
			f.Close()
		}
	}
}

// TestSpeed lets a job of the story end within moments.
func TestSpeed(t *testing.T) {
	k := newClock()
	f := start(t, Options{Now: k.Now, Speed: 60})
	begin := f.Now()
	k.move(time.Minute)
	if got := f.Now().Sub(begin); got != time.Hour {
		t.Fatalf("a minute at speed 60 is %s", got)
	}
	c := newConsole(t, f)
	p, err := c.github.Pull(t.Context(), fleet.PRKey{Repo: "paiml/aprender", Number: 1798})
	if err != nil {
		t.Fatal(err)
	}
	if p.State != fleet.PRMerged {
		t.Errorf("an hour on, the fix is %s", p.State)
	}
}
