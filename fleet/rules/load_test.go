package rules

import (
	"fmt"
	"testing"
	"time"

	"andon/fleet"
	"andon/fleet/fleettest"
)

// busyFleet is a large day: 600 pull requests with four runs each, every second one
// superseded, some of the others red in many ways; 400 live jobs, half of them
// queued, over 20 sets of labels; 1,000 runners on 100 hosts.
func busyFleet() fleet.Reads {
	w := fleettest.New()
	for h := range 100 {
		w.Host(fleet.HostName(fmt.Sprintf("h%02d", h)))
	}
	labels := func(n int) []string { return []string{"self-hosted", "Linux", fmt.Sprintf("pool-%d", n%20)} }
	for i := range 1000 {
		name := fmt.Sprintf("h%02d-%d", i/10, i%10)
		runner(w, name, i%50 != 0, i%5 != 0, labels(i)...)
		seen(w, name, w.At.Add(-72*time.Hour), w.At)
	}
	for i := range 20 {
		seen(w, fmt.Sprintf("gone-%d", i), w.At.Add(-72*time.Hour), w.At.Add(-10*time.Hour))
	}
	verdicts := []fleet.Verdict{diskFull, lostServer, noCreate, textBusy, badCode}
	live := 0
	for p := range 600 {
		pr := w.PR(1000 + p)
		for k := range 4 {
			run := w.Run(fleet.RunID(10*p+k+1), pr, fleet.ConclusionSuccess)
			run.CreatedAt = w.At.Add(-time.Duration(6-k) * time.Hour)
			run.StartedAt, run.UpdatedAt = run.CreatedAt, run.CreatedAt.Add(time.Hour)
			if k%2 == 0 {
				run.Conclusion = fleet.ConclusionCancelled
			}
			if k == 3 && live < 400 {
				fleettest.Live(run)
			}
			for n, name := range []string{"workspace-test", "lint", "guards", "gate"} {
				j := w.Job(run, name, fmt.Sprintf("h%02d-%d", (p+n)%100, p%10))
				j.Labels, j.CreatedAt = labels(p), run.CreatedAt.Add(-time.Minute)
				switch {
				case run.Status.Live() && n < 2:
					live++
					if n == 0 {
						queued(j, w.At.Add(-8*time.Minute), labels(p)...)
					}
				case run.Status.Live():
					endedAs(j, fleet.ConclusionSuccess, w.At.Add(-time.Minute))
				case k == 1 && p%3 == 0:
					verdict(endedAs(j, fleet.ConclusionFailure, w.At.Add(-time.Hour)), "cargo test", verdicts[p%len(verdicts)])
				}
			}
		}
	}
	for i := range 20 {
		w.Groups = append(w.Groups, fleet.ConcurrencyGroup{Repo: fleettest.Repo, Name: fmt.Sprint("g", i), Members: []fleet.GroupMember{{Run: fleet.RunID(10*i + 4)}, {Run: fleet.RunID(10*i + 3), Position: 1}}})
	}
	return w.Reads()
}

// BenchmarkRulesOfGitHub folds a large day; BenchmarkEachRule says which rule it is.
func BenchmarkRulesOfGitHub(b *testing.B) {
	r := busyFleet()
	rules := All()
	b.ReportAllocs()
	for b.Loop() {
		fleet.Board{}.Fold(fleet.Join(r), rules)
	}
}

func BenchmarkEachRule(b *testing.B) {
	s := fleet.Join(busyFleet())
	for _, r := range All() {
		b.Run(string(r.ID), func(b *testing.B) {
			for b.Loop() {
				r.Evaluate(s)
			}
		})
	}
}

// TestRulesOfABusyDayEndInFindings proves that the benchmarks exercise the rules.
func TestRulesOfABusyDayEndInFindings(t *testing.T) {
	s := fleet.Join(busyFleet())
	for _, id := range []fleet.RuleID{"superseded", "same-failure", "infra-failure", "idle-runner", "runner-dropped", "runner-offline", "concurrency-queue"} {
		fs := find(t, id, s)
		if len(fs) == 0 {
			t.Errorf("%s: the benchmark does not exercise it", id)
		}
		for _, f := range fs {
			told(t, f)
		}
	}
}
