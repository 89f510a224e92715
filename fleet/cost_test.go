package fleet_test

import (
	"fmt"
	"strings"
	"testing"

	"andon/fleet"
	"andon/fleet/fleettest"
)

// built is a world with one run dir for each size, in GiB; below zero is not
// measured.
func built(c fleet.Conclusion, gib ...int64) *fleettest.World {
	w := fleettest.New()
	w.Host("intel")
	for i, g := range gib {
		r := w.Run(fleet.RunID(100+i), w.PR(i+1), c)
		d := w.Dir("intel", fmt.Sprintf("aprender-ci/%d/run-%d", i+1, r.ID))
		if d.Bytes = fleet.Known(g<<30, w.At); g < 0 {
			d.Bytes = fleet.Unknown[int64]("not measured yet")
		}
	}
	return w
}

func TestColdBuildIsTheMedianOfWhatWentWell(t *testing.T) {
	for _, c := range []struct {
		name string
		of   *fleettest.World
		want int64 // GiB; below zero: unknown
	}{
		{"one", built(fleet.ConclusionSuccess, 18), 18},
		{"the middle one", built(fleet.ConclusionSuccess, 900, 18, 17), 18},
		{"the lower of two in the middle", built(fleet.ConclusionSuccess, 16, 18, 20, 900), 18},
		{"what is not measured is not 0", built(fleet.ConclusionSuccess, -1, -1, 18), 18},
		{"none measured", built(fleet.ConclusionSuccess, -1), -1},
		{"a failed build says nothing of a whole one", built(fleet.ConclusionFailure, 1, 2, 3), -1},
		{"no dirs", built(fleet.ConclusionSuccess), -1},
	} {
		got, known := c.of.Snapshot().ColdBuild(fleettest.Repo).Get()
		if known != (c.want >= 0) || known && got != c.want<<30 {
			t.Errorf("%s: %d, known %v, want %d GiB", c.name, got, known, c.want)
		}
	}
	if f := built(fleet.ConclusionSuccess, 18).Snapshot().ColdBuild("other/repo"); f.IsKnown() || !strings.Contains(f.Why(), "other/repo") {
		t.Errorf("another repository's builds are known: %+v", f)
	}
}

// TestColdBuildSumsShards: the dirs of one run are one build, and one of them not
// measured leaves the build unknown.
func TestColdBuildSumsShards(t *testing.T) {
	w := built(fleet.ConclusionSuccess, 10)
	shard := w.Dir("intel", "aprender-ci/1-s2/run-100")
	shard.Bytes = fleet.Known(int64(5<<30), w.At)
	if got, _ := w.Snapshot().ColdBuild(fleettest.Repo).Get(); got != 15<<30 {
		t.Errorf("a build in two shards is %d", got)
	}
	shard.Bytes = fleet.Unknown[int64]("not measured yet")
	if w.Snapshot().ColdBuild(fleettest.Repo).IsKnown() {
		t.Error("a build with an unmeasured shard is known")
	}
}

func TestBuildCost(t *testing.T) {
	known, unknown := built(fleet.ConclusionSuccess, 18).Snapshot(), built(fleet.ConclusionSuccess).Snapshot()
	for _, c := range []struct {
		s          *fleet.Snapshot
		n, cancels int
		want       string
	}{
		{known, 1, 1, "a cold build of about 18 GiB and a cancelled run"},
		{known, 1, 0, "a cold build of about 18 GiB"},
		{known, 8, 3, "8 cold builds of about 18 GiB, 144 GiB in all, and 3 cancelled runs"},
		{known, 100, 0, "100 cold builds of about 18 GiB, 1.8 TiB in all"},
		{unknown, 1, 1, "a cold build of unknown size and a cancelled run"},
		{unknown, 8, 0, "8 cold builds of unknown size"},
	} {
		if got := c.s.BuildCost(fleettest.Repo, c.n, c.cancels); got != c.want {
			t.Errorf("%d builds, %d cancels: %q, want %q", c.n, c.cancels, got, c.want)
		}
	}
}

// TestExplanationPricesRerunAndUpdateBranch: only where a rerun is suggested, and
// an update cancels only runs that live.
func TestExplanationPricesRerunAndUpdateBranch(t *testing.T) {
	w := built(fleet.ConclusionSuccess, 18)
	var a fleet.Alert
	for n := 11; n <= 12; n++ {
		p := w.PR(n)
		a.Subjects = append(a.Subjects, fleet.OfPR(p.Key()), fleet.OfRun(w.Run(fleet.RunID(n), p, fleet.ConclusionFailure).Key()))
		if n == 12 {
			fleettest.Live(w.Run(99, p, ""))
		}
	}
	r := fleet.Rule{Doc: fleet.RuleDoc{Cost: "one run of each failed job."}}
	if got := (fleet.Board{}).Explain(a, r, w.Snapshot()).Costs; len(got) != 1 {
		t.Errorf("no rerun is suggested, and it costs %q", got)
	}
	a.Suggested = []fleet.ActionID{fleet.ActionRerun}
	got := strings.Join(fleet.Board{}.Explain(a, r, w.Snapshot()).Costs, "\n")
	want := "one run of each failed job.\nrerun: up to 2 cold builds of about 18 GiB, 36 GiB in all\nupdate-branch instead: 2 cold builds of about 18 GiB, 36 GiB in all, and a cancelled run"
	if got != want {
		t.Errorf("it costs\n%s\nwant\n%s", got, want)
	}
}
