// Package uitest holds what the console's tests are made of: hand-made pictures
// of a fleet, modelled on the incident the project was born from
// (paiml/aprender#1693, #1704, #1798), and a player that turns keys into frames.
package uitest

import (
	"fmt"
	"time"

	"andon/fleet"
)

// Now is the moment the fixtures are about.
func Now() time.Time { return time.Date(2026, 5, 18, 14, 7, 32, 0, time.UTC) }

// Repo is the repository of the incident.
const Repo fleet.Repo = "paiml/aprender"

const root = "/mnt/nvme-raid0/targets"

// Gib is a gibibyte.
const Gib = int64(1) << 30

// Blocked are the pull requests the incident stopped.
func Blocked() []int { return []int{1784, 1791, 1792, 1793, 1794, 1795, 1796, 1797} }

func titles() map[int][2]string {
	return map[int][2]string{
		1784: {"feat: q4k kernels for avx512", "noah"}, 1791: {"fix: clamp softmax overflow", "mei"}, 1792: {"perf: fuse rope and attention", "jonas"},
		1793: {"docs: runbook for on-call", "priya"}, 1794: {"refactor: split the scheduler", "ana"}, 1795: {"test: golden logits", "priya"},
		1796: {"chore(deps): tokio 1.45", "bot"}, 1797: {"feat: 日本語 paths in the cache key", "kenji"},
		1790: {"feat: streaming tokenizer", "jonas"}, 1711: {"feat: mmap the weights", "ana"}, 1698: {"fix: off by one in the sampler", "mei"},
	}
}

// RunOf is the id of the run of a pull request in the fixtures.
func RunOf(pr int) fleet.RunID { return fleet.RunID(25919246000 + pr) }

// Incident is what the collector holds at the height of the incident.
func Incident() fleet.Reads { return IncidentAt(Now()) }

// IncidentAt is Incident at another moment.
func IncidentAt(now time.Time) fleet.Reads {
	r := fleet.Reads{At: now, Policy: fleet.DefaultPolicy(), Repos: []fleet.Repo{Repo}, Hosts: hosts()}
	r.Sources = sources(now)
	r.Budget = fleet.Budget{Known: true, Limit: 5000, Remaining: 4312, Reset: now.Add(41 * time.Minute), PerHour: 212}
	for pr := range titles() {
		r.PullRequests = append(r.PullRequests, pull(pr, now))
		r.Runs = append(r.Runs, run(pr, now))
		r.Jobs = append(r.Jobs, jobs(pr, now)...)
	}
	sortReads(&r)
	for i := range 16 {
		r.Runners = append(r.Runners, fleet.Runner{Scope: string(Repo), ID: int64(100 + i), Name: runner(i), OS: "Linux", Online: true, Busy: i < 3, Labels: []string{"self-hosted", "X64"}})
	}
	r.Sweeps = []fleet.Sweep{intel(now), yoga(now), gx10(now.Add(-3 * time.Minute))}
	return r
}

func hosts() []fleet.Host {
	own := fleet.Owner{UID: 1000, GID: 1000}
	return []fleet.Host{
		{Name: "intel", SSH: "intel", Transport: fleet.TransportSSH, Runners: []string{"intel-clean-room*"}, Roots: []fleet.Root{{Path: root, Owner: own}}, Privilege: fleet.PrivilegeSudo},
		{Name: "yoga", SSH: "yoga", Transport: fleet.TransportSSH, Runners: []string{"yoga-build*"}, Roots: []fleet.Root{{Path: "/srv/intel-mirror/targets", Owner: own}}, Privilege: fleet.PrivilegeSudo},
		{Name: "gx10", SSH: "gx10", Transport: fleet.TransportSSH, Runners: []string{"gx10-pool*"}, Roots: []fleet.Root{{Path: root, Owner: own}}, Privilege: fleet.PrivilegeSudo},
	}
}

func sources(now time.Time) []fleet.Source {
	ok := func(id fleet.SourceID, age time.Duration) fleet.Source {
		return fleet.Source{ID: id, State: fleet.SourceOK, ReadAt: now.Add(-age), TriedAt: now.Add(-age), NextAt: now.Add(15*time.Second - age), Interval: 15 * time.Second}
	}
	down := fleet.Source{ID: fleet.HostSource("gx10"), State: fleet.SourceFailing, Cause: fleet.CauseTimeout, Err: "dial gx10: i/o timeout",
		Remedy: "look at the machine: ssh gx10", ReadAt: now.Add(-3 * time.Minute), TriedAt: now.Add(-8 * time.Second), NextAt: now.Add(12 * time.Second), Interval: 15 * time.Second}
	return []fleet.Source{ok(fleet.HostSource("intel"), 2*time.Second), ok(fleet.HostSource("yoga"), 2*time.Second), down,
		ok(fleet.SourceID{Kind: fleet.SourceRuns, Of: string(Repo)}, 4*time.Second), ok(fleet.SourceID{Kind: fleet.SourceJobs, Of: string(Repo)}, 4*time.Second),
		ok(fleet.SourceID{Kind: fleet.SourcePulls, Of: string(Repo)}, 4*time.Second), ok(fleet.SourceID{Kind: fleet.SourceRunners, Of: string(Repo)}, 9*time.Second)}
}

func runner(i int) string {
	if i == 0 {
		return "intel-clean-room"
	}
	return fmt.Sprintf("intel-clean-room-%d", i+1)
}

func ended(pr int) (fleet.PRState, time.Duration) {
	switch pr {
	case 1711:
		return fleet.PRMerged, 3 * 24 * time.Hour
	case 1698:
		return fleet.PRClosed, 6 * 24 * time.Hour
	}
	return fleet.PROpen, 0
}

func pull(pr int, now time.Time) fleet.PullRequest {
	t := titles()[pr]
	p := fleet.PullRequest{Repo: Repo, Number: pr, Title: t[0], Author: t[1], HeadRepo: Repo, HeadRef: fmt.Sprintf("topic-%d", pr), HeadSHA: fmt.Sprintf("%040x", pr), BaseRef: "main",
		UpdatedAt: now.Add(-14 * time.Minute), ReadAt: now.Add(-4 * time.Second)}
	state, ago := ended(pr)
	if p.State = state; state != fleet.PROpen {
		p.ClosedAt, p.Alone = now.Add(-ago), true
	}
	return p
}

func run(pr int, now time.Time) fleet.WorkflowRun {
	r := fleet.WorkflowRun{Repo: Repo, ID: RunOf(pr), Attempt: 1, Name: "ci", Event: "pull_request", Branch: fmt.Sprintf("topic-%d", pr), SHA: fmt.Sprintf("%040x", pr), HeadRepo: Repo,
		Status: fleet.StatusCompleted, Conclusion: fleet.ConclusionFailure, CreatedAt: now.Add(-14 * time.Minute), StartedAt: now.Add(-14 * time.Minute), UpdatedAt: now.Add(-12 * time.Minute),
		PullRequests: []int{pr}, URL: fmt.Sprintf("https://github.com/%s/actions/runs/%d", Repo, RunOf(pr)), ReadAt: now.Add(-4 * time.Second)}
	switch pr {
	case 1790:
		r.Status, r.Conclusion, r.CreatedAt, r.StartedAt = fleet.StatusInProgress, "", now.Add(-31*time.Minute), now.Add(-31*time.Minute)
	case 1711, 1698:
		_, ago := ended(pr)
		r.Conclusion, r.CreatedAt, r.StartedAt, r.UpdatedAt = fleet.ConclusionSuccess, now.Add(-ago-time.Hour), now.Add(-ago-time.Hour), now.Add(-ago)
	}
	return r
}

func jobs(pr int, now time.Time) []fleet.Job {
	r := run(pr, now)
	j := fleet.Job{Repo: Repo, ID: int64(r.ID) * 10, RunID: r.ID, Attempt: 1, Name: "workspace-test", Status: r.Status, Conclusion: r.Conclusion, Labels: []string{"self-hosted", "X64"},
		Runner: runner(pr % 16), StartedAt: r.StartedAt.Add(20 * time.Second)}
	if r.Status.Live() {
		j.Steps = []fleet.JobStep{{Number: 1, Name: "Run cargo test", Status: fleet.StatusInProgress, StartedAt: j.StartedAt.Add(30 * time.Second)}}
		j.Runner = runner(0)
		return []fleet.Job{j}
	}
	j.CompletedAt = j.StartedAt.Add(72 * time.Second)
	if r.Conclusion == fleet.ConclusionSuccess {
		j.CompletedAt = j.StartedAt.Add(41 * time.Minute)
		return []fleet.Job{j}
	}
	j.Steps = []fleet.JobStep{{Number: 1, Name: "Set up runner", Status: fleet.StatusCompleted, Conclusion: fleet.ConclusionSuccess, StartedAt: j.StartedAt, CompletedAt: j.StartedAt.Add(40 * time.Second)},
		{Number: 2, Name: "Run cargo test", Status: fleet.StatusCompleted, Conclusion: fleet.ConclusionFailure, StartedAt: j.StartedAt.Add(40 * time.Second), CompletedAt: j.CompletedAt}}
	lint := j
	lint.ID, lint.Name, lint.Conclusion, lint.Steps, lint.Runner = j.ID+1, "lint", fleet.ConclusionSuccess, nil, runner((pr+3)%16)
	return []fleet.Job{j, lint}
}
