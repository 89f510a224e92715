package present

import (
	"cmp"
	"slices"
	"time"

	"andon/fleet"
	"andon/themes"
	"andon/ui/kit"
)

// RunnerRow is one runner of a host with the job it works on.
type RunnerRow struct {
	Name    kit.Safe
	Sign    kit.Sign
	Word    kit.Safe
	Job     kit.Safe
	PR      kit.Safe
	Elapsed time.Duration // of the job; negative where there is none
	Usual   time.Duration // the longest such job ended well in; 0 unknown
	Service kit.Safe
}

// RunnerRows are the runners of a host, or of all hosts where it is empty:
// those in trouble first, then busy ones. A runner that only a service on the
// host tells of is shown too.
func RunnerRows(s Scene, host fleet.HostName) []RunnerRow {
	jobs := make(map[string]fleet.Job)
	for _, j := range s.Jobs {
		if j.Status == fleet.StatusInProgress {
			jobs[j.Runner] = j
		}
	}
	services := make(map[string]fleet.RunnerService)
	for _, sw := range s.Sweeps {
		for _, svc := range sw.Services {
			if host == "" || sw.Host == host {
				services[svc.Runner] = svc
			}
		}
	}
	usual := s.usualDurations()
	var rows []RunnerRow
	for i, r := range s.Runners {
		if h, ok := s.HostOfRunner(r.Name); (ok && h == host) || host == "" {
			svc, installed := services[r.Name]
			rows = append(rows, s.runnerRow(r.Name, &s.Runners[i], svc, installed, jobs, usual))
			delete(services, r.Name)
		}
	}
	for name, svc := range services {
		rows = append(rows, s.runnerRow(name, nil, svc, true, jobs, usual))
	}
	slices.SortStableFunc(rows, func(a, b RunnerRow) int {
		return cmp.Or(worst(a.Sign, b.Sign), cmp.Compare(len(a.Name), len(b.Name)), cmp.Compare(a.Name, b.Name))
	})
	return rows
}

// runnerRow joins what GitHub, the host and the jobs say of one runner;
// registered is nil where GitHub does not name it.
func (s Scene) runnerRow(name string, registered *fleet.Runner, svc fleet.RunnerService, installed bool, jobs map[string]fleet.Job, usual map[string]time.Duration) RunnerRow {
	r := RunnerRow{Name: kit.Clean(name), Elapsed: -1, Sign: kit.SignUnknown, Word: "not registered, as far as is known"}
	switch {
	case registered == nil:
	case !registered.Online:
		r.Sign, r.Word = kit.SignWarn, "offline"
	case registered.Busy:
		r.Sign, r.Word = kit.SignRun, "busy"
	default:
		r.Sign, r.Word = kit.SignIdle, "idle"
	}
	if j, ok := jobs[name]; ok {
		r.Sign, r.Job, r.Elapsed, r.Usual = kit.SignRun, kit.Clean(j.Name), s.since(j.StartedAt), usual[j.Name]
		if pr, _, ok := s.PROfRun(j.RunKey()); ok {
			r.PR = prNumber(pr.Number)
		} else if run, ok := s.RunOf(j.RunKey()); ok {
			r.PR = kit.Clean(run.Branch)
		}
	}
	if installed {
		r.Service = kit.Clean(svc.State)
		if svc.State != "active" {
			r.Sign = kit.SignWarn
		}
	}
	return r
}

// usualDurations are the longest durations in which jobs ended well, by name.
// GitHub does not tell a job's limit, so this is what progress is measured by.
func (s Scene) usualDurations() map[string]time.Duration {
	out := make(map[string]time.Duration)
	for _, j := range s.Jobs {
		if d, ok := j.Duration(); ok && j.Conclusion == fleet.ConclusionSuccess {
			out[j.Name] = max(out[j.Name], d)
		}
	}
	return out
}

// RunnerLine is a runner on one line of w cells: in fewer than 60 without the
// job's name, and with its usual time alone.
func RunnerLine(r RunnerRow, look kit.Look, w int) kit.Line {
	name, between := 22, kit.Safe("  ")
	if w < 60 {
		name, between = 19, ", "
	}
	line := kit.Line{kit.In(r.Sign.Role(), look.Glyph(r.Sign)+" "), kit.In(themes.Text, kit.PadRight(r.Name, name, look.Ellipsis())+" ")}
	if r.Elapsed < 0 {
		line = line.Then(kit.In(themes.Dim, r.Word))
		if r.Service != "" && r.Service != "active" {
			line = line.Then(kit.In(themes.Warn, between+"service "+r.Service))
		}
		return line
	}
	line = line.Then(kit.In(themes.Info, kit.PadRight(r.PR, 7, look.Ellipsis())+" "))
	if w >= 60 {
		line = line.Then(kit.In(themes.Dim, kit.PadRight(r.Job, 15, look.Ellipsis())+" "))
	}
	line = line.Then(kit.In(themes.Text, kit.PadLeft(kit.Age(r.Elapsed), 4, "")+"  "))
	if r.Usual <= 0 && w >= 60 {
		return line.Then(kit.In(themes.Dim, "usual time unknown"))
	}
	if r.Usual <= 0 || w-line.Width() < 4 {
		return line
	}
	tail := "of " + kit.Age(r.Usual)
	if w >= 60 {
		tail += " usual"
	}
	if bar := min(w-line.Width()-kit.Width(tail)-1, 20); bar >= 4 {
		tail = " " + tail
		line = line.Then(look.Bar(bar, kit.ShareOf(int64(r.Elapsed), int64(r.Usual)), kit.Limits{Mid: 0.99, High: 2})...)
	}
	return line.Then(kit.In(themes.Dim, tail))
}
