package rules

import (
	"strings"
	"testing"
	"time"

	"andon/fleet"
	"andon/fleet/fleettest"
)

// TestCorroborated is the table of what bears out a suspect, and what does not.
func TestCorroborated(t *testing.T) {
	type scene struct {
		w   *fleettest.World
		run *fleet.WorkflowRun
		job *fleet.Job
		dir *fleet.RunDir
	}
	alive := func(d *fleet.RunDir, at time.Time, started time.Time) {
		d.Writers = fleet.Known([]fleet.Writer{{PID: 7, Started: started, Command: "rustc"}}, at)
	}
	row := func(n int) fleet.Verdict { return fleet.Verdict{Class: fleet.ClassSuspect, Row: n} }
	for _, tc := range []struct {
		name string
		v    fleet.Verdict
		do   func(x *scene)
		want string // in the fact; "" where nothing bears it out
	}{
		{"cannot create: its dir is root's since birth", row(2), func(x *scene) { fleettest.RootOwned(x.dir, x.job.StartedAt) }, "owner 0:0, wanted 1000:1000"},
		{"cannot create: foreign entries in its dir", row(2), func(x *scene) { x.dir.Foreign = fleet.Known(fleet.Foreign{Count: 3}, x.w.At) }, "3 entries below"},
		{"cannot create: its dir was made again under it", row(2), func(x *scene) { fleettest.RootOwned(x.dir, x.job.StartedAt.Add(20*time.Minute)) }, "deleted under the job"},
		{"cannot create: nothing wrong with its dir", row(2), func(*scene) {}, ""},
		{"cannot create: the dir of another run is root's", row(2), func(x *scene) {
			fleettest.RootOwned(x.w.Dir("intel", "aprender-ci/1791/run-9"), x.job.StartedAt)
		}, ""},
		{"cannot create: its dir on another host is root's", row(2), func(x *scene) {
			x.w.Host("yoga")
			fleettest.RootOwned(x.w.Dir("yoga", "aprender-ci/1790/run-5"), x.job.StartedAt)
		}, ""},
		{"temp dir: writers of the ended run", row(1), func(x *scene) { alive(x.dir, x.w.At, x.job.StartedAt) }, "1 writer of an ended run"},
		{"temp dir: writers that came after the job", row(1), func(x *scene) { alive(x.dir, x.w.At, x.w.At) }, ""},
		{"temp dir: the server of a compiler cache lives on", row(1), func(x *scene) {
			x.dir.Writers = fleet.Known([]fleet.Writer{{PID: 7, Started: x.job.StartedAt, Command: "sccache"}}, x.w.At)
		}, ""},
		{"temp dir: writers of a live run", row(1), func(x *scene) {
			alive(x.dir, x.w.At, x.job.StartedAt)
			fleettest.Live(x.run)
		}, ""},
		{"temp dir: writers of an earlier attempt", row(1), func(x *scene) {
			alive(x.dir, x.w.At, x.job.StartedAt)
			fleettest.Live(x.run).Attempt = 2
			x.run.StartedAt = x.w.At.Add(-time.Minute)
		}, "alive in it"},
		{"temp dir: writers unknown", row(1), func(x *scene) { x.dir.Writers = fleet.Unknown[[]fleet.Writer]("not root") }, ""},
		{"temp dir: writers in the dir its pull request shares", row(1), func(x *scene) {
			alive(x.w.Dir("intel", "aprender-ci/1790/debug"), x.w.At, x.job.StartedAt)
		}, "1 writer"},
		{"temp dir: its dir is gone", row(1), func(x *scene) {
			x.w.Samples = []fleet.Sample{{ID: fleet.DirID{Host: "intel", Path: fleettest.Targets + "/aprender-ci/1790/run-8"}, Run: fleet.RunKey{Repo: fleettest.Repo, ID: 8}}}
			r := fleettest.Live(x.w.Run(8, x.w.PR(1799), ""))
			working(x.w.Job(r, "test", ""), "intel-2", x.w.At.Add(-time.Hour), x.w.At.Add(-time.Hour))
			x.job = endedAs(x.w.Job(r, "guards", "intel-1"), fleet.ConclusionFailure, x.w.At.Add(-time.Minute))
		}, "deleted while its run is live"},
		{"vanished file: an owner is no ground", row(3), func(x *scene) { fleettest.RootOwned(x.dir, x.job.StartedAt) }, ""},
		{"vanished object: writers of the ended run", row(6), func(x *scene) { alive(x.dir, x.w.At, x.job.StartedAt) }, "1 writer"},
		{"unpack: the disk was full when it ended", row(7), func(x *scene) {
			x.w.History.Disks = []fleet.DiskSample{{Host: "intel", Root: fleettest.Targets, At: x.job.CompletedAt.Add(-10 * time.Minute), TotalBytes: 100, FreeBytes: 1}}
		}, "99 % used 10m from the job's end"},
		{"unpack: the disk was full hours before", row(7), func(x *scene) {
			x.w.History.Disks = []fleet.DiskSample{{Host: "intel", Root: fleettest.Targets, At: x.job.CompletedAt.Add(-2 * time.Hour), TotalBytes: 100, FreeBytes: 1}}
		}, ""},
		{"unpack: the disk is full now, the job ended an hour ago", row(7), func(x *scene) { x.w.Sweeps["intel"].Disks[0].FreeBytes = 1 }, ""},
		{"unpack: the disk is full, and the job has just ended", row(7), func(x *scene) {
			x.w.Sweeps["intel"].Disks[0].FreeBytes = 1
			x.job.CompletedAt = x.w.At.Add(-time.Minute)
		}, "100 % used 1m"},
		{"killed: no sweep proves it", row(50), func(x *scene) {
			fleettest.RootOwned(x.dir, x.job.StartedAt)
			x.w.Sweeps["intel"].Disks[0].FreeBytes = 1
		}, ""},
		{"a text of the operator's own, cured by chown", fleet.Verdict{Class: fleet.ClassSuspect, Cures: []fleet.Cure{fleet.CureChown, fleet.CureRerun}},
			func(x *scene) { fleettest.RootOwned(x.dir, x.job.StartedAt) }, "owner 0:0"},
		{"a text of the operator's own, cured by a look", fleet.Verdict{Class: fleet.ClassSuspect, Cures: []fleet.Cure{fleet.CureLook}},
			func(x *scene) { fleettest.RootOwned(x.dir, x.job.StartedAt) }, ""},
		{"host unknown", row(2), func(x *scene) {
			fleettest.RootOwned(x.dir, x.job.StartedAt)
			x.job.Runner = "elsewhere-1"
		}, ""},
	} {
		t.Run(tc.name, func(t *testing.T) {
			x := scene{w: fleettest.New()}
			x.w.Host("intel")
			x.run = x.w.Run(5, x.w.PR(1790), fleet.ConclusionFailure)
			x.job = x.w.Job(x.run, "test", "intel-1")
			x.dir = x.w.Dir("intel", "aprender-ci/1790/run-5")
			tc.do(&x)
			e, ok := corroborated(x.w.Snapshot(), *x.job, tc.v)
			if ok != (tc.want != "") || ok && (!strings.Contains(e.Fact, tc.want) || e.Where == "" || e.What == "" || e.At.IsZero() && !strings.Contains(tc.name, "gone")) {
				t.Errorf("%v %+v, want %q", ok, e, tc.want)
			}
		})
	}
}
