package world

import "andon/fleet"

// judge lets the gate sum up a run whose other jobs have all ended.
func (w *World) judge(x *Run) {
	var gate *Job
	red := false
	for _, j := range x.Latest() {
		if j.Name == "gate" {
			gate = j
			continue
		}
		if j.Status.Live() {
			return
		}
		red = red || j.Conclusion != fleet.ConclusionSuccess
	}
	if gate == nil || !gate.Status.Live() || x.Parked {
		return
	}
	gate.Status, gate.Started, x.Updated = fleet.StatusInProgress, w.now, w.now
	w.step(gate, "Set up job")
	w.after(4, func() {
		w.step(gate, "Require all jobs")
		if red {
			w.finish(gate, fleet.ConclusionFailure, EndGate)
			return
		}
		w.finish(gate, fleet.ConclusionSuccess, EndWell)
	})
}

func (w *World) step(j *Job, name string) {
	w.closeStep(j, fleet.ConclusionSuccess)
	j.Steps = append(j.Steps, Step{Name: name, Status: fleet.StatusInProgress, Started: w.now})
}

func (w *World) closeStep(j *Job, c fleet.Conclusion) {
	if n := len(j.Steps); n > 0 && j.Steps[n-1].Status.Live() {
		s := &j.Steps[n-1]
		s.Status, s.Conclusion, s.Completed = fleet.StatusCompleted, c, w.now
	}
}

func buildStep(job string) string {
	switch job {
	case "lint":
		return "Run cargo clippy"
	case "guards":
		return "Run contract guards"
	}
	return "Run cargo nextest"
}
