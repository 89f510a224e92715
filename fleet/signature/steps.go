package signature

import (
	"strings"
	"time"

	"andon/fleet"
)

// Annotation is one of a check run's: the only place that tells of a lost runner or a
// job's limit.
type Annotation struct {
	Path    string // ".github" where the runner or GitHub wrote it
	Level   string // failure, warning, notice
	Title   string
	Message string // foreign text
}

// ofRunner reports an annotation that no program and no matcher of problems made.
func (a Annotation) ofRunner() bool { return a.Path == "" || a.Path == ".github" }

// annotation is what the annotations say; mild where only a warning says it.
type annotation struct {
	outcome
	mild bool
}

// annotated reads the runner's annotations as lines that it marked.
func (c *Catalogue) annotated(all []Annotation) (annotation, bool) {
	var best annotation
	found := false
	for _, a := range all {
		if !a.ofRunner() {
			continue
		}
		r, err := c.Read(strings.NewReader("##[error]" + a.Message))
		if err != nil {
			continue
		}
		mild := a.Level != "failure"
		for _, s := range r.segments {
			e, ok := s.decide()
			if !ok || e.row == nil || e.class == classWrapper || mild && !e.row.Warn {
				continue
			}
			if !found || gravity(e.class) > gravity(best.class) {
				best, found = annotation{outcome{event: e}, mild}, true
			}
		}
	}
	return best, found
}

// stepsSay is what a job's steps tell without any text.
type stepsSay struct {
	slug   string // of the catalogue's step rows; empty where the steps do not decide
	name   string // of the failed step
	window window
}

// stepsOf reads a job's steps. A failure in one of the runner's own steps before any
// step of the job ran, and a failed job without a failed step, are infrastructure
// nearly always (actions/runner; paiml/paiml-mcp-agent-toolkit#1185).
func stepsOf(in Input) stepsSay {
	var say stepsSay
	failed, ran := -1, false
	for i, s := range in.Steps {
		if s.Conclusion == fleet.ConclusionFailure || s.Conclusion == fleet.ConclusionTimedOut {
			failed = i
			break
		}
		if kind := kindOfStep(s.Name); kind&Step != 0 && s.Conclusion == fleet.ConclusionSuccess {
			ran = true
		}
	}
	if failed >= 0 {
		say.name = in.Steps[failed].Name
		say.window = windowOf(in.Steps[failed])
	}
	switch {
	case in.Conclusion == fleet.ConclusionCancelled:
		say.slug = "job-cancelled"
	case in.Conclusion == fleet.ConclusionTimedOut:
		say.slug = "job-timed-out"
	case in.Conclusion != fleet.ConclusionFailure || len(in.Steps) == 0:
	case failed < 0:
		say.slug = "runner-lost-silently"
	default:
		say.slug = failedAt(kindOfStep(say.name), ran)
	}
	return say
}

// failedAt names the step row for a failure in a step of a kind.
func failedAt(kind Place, ran bool) string {
	switch {
	case kind&Post != 0:
		return "post-step-failed"
	case kind&Owned == 0 || ran:
		return ""
	case kind&Container != 0:
		return "containers-failed"
	case kind&Checkout != 0:
		return "checkout-failed"
	}
	return "set-up-failed"
}

// windowOf is a step's time with a second to spare: the API gives whole seconds.
func windowOf(s fleet.JobStep) window {
	if s.StartedAt.IsZero() || s.CompletedAt.IsZero() {
		return window{}
	}
	var w window
	const layout = "2006-01-02T15:04:05"
	copy(w.from[:], s.StartedAt.UTC().Add(-time.Second).Format(layout))
	copy(w.to[:], s.CompletedAt.UTC().Add(2*time.Second).Format(layout))
	return w
}
