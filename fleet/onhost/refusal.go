package onhost

import (
	"fmt"

	"andon/fleet"
)

// refusal is a guard's no, or a deed that stopped half-way (failed).
type refusal struct {
	reason  fleet.Reason
	detail  string
	failed  bool // something may have been changed
	writers []fleet.Writer
}

func (r *refusal) Error() string { return r.detail }

func refuse(why fleet.Reason, format string, a ...any) error {
	return &refusal{reason: why, detail: fmt.Sprintf(format, a...)}
}

func fail(why fleet.Reason, format string, a ...any) error {
	return &refusal{reason: why, detail: fmt.Sprintf(format, a...), failed: true}
}

func describeWriter(w fleet.Writer) string {
	s := fmt.Sprintf("pid %d (%s, uid %d) by %s", w.PID, quoted(w.Command), w.UID, w.Via)
	if w.Cgroup != "" {
		s += " in " + quoted(w.Cgroup)
	}
	return s
}
