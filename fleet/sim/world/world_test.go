package world

import (
	"fmt"
	"testing"
	"time"

	"andon/fleet"
)

const t0 = 1779300000

func TestDump(t *testing.T) {
	begin := time.Now()
	w := New(1, t0, Scale{})
	w.Advance(t0)
	t.Log(time.Since(begin))
	for _, r := range w.Repos {
		for _, p := range r.PRs {
			t.Log(p.Number, p.State, p.Title)
		}
		for _, x := range r.Runs {
			if x.Created < t0-4*3600 {
				continue
			}
			s := fmt.Sprintf("run %d %s %s %s a%d -%dm:", x.ID, x.Ref, x.Status(), x.Conclusion(), x.Attempt, (t0-x.Created)/60)
			for _, j := range x.Jobs {
				name := "-"
				if j.Runner != nil {
					name = j.Runner.Name
				}
				s += fmt.Sprintf(" [%s %s %s %ds %s e%d]", j.Name, j.Status, j.Conclusion, j.Completed-j.Started, name, j.Ending)
			}
			t.Log(s)
		}
	}
	for _, h := range w.Hosts {
		for _, d := range h.Disks {
			u, _ := h.Used(d)
			t.Log(h.Name, d.MountAt, float64(u)/float64(d.Total))
		}
		t.Log(h.Name, len(h.Procs))
	}
	_ = fleet.RootOwner
}
