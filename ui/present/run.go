package present

import (
	"cmp"
	"slices"
	"strings"
	"time"

	"andon/fleet"
	"andon/themes"
	"andon/ui/kit"
)

// RunRow is one job of a pull request's run, or a run none of whose jobs was
// read.
type RunRow struct {
	Run    fleet.RunKey
	Job    int64
	Sign   kit.Sign
	ID     kit.Safe
	Name   kit.Safe
	Runner kit.Safe
	Host   kit.Safe
	Took   time.Duration // negative unknown
	Began  time.Time
	Ended  time.Time // zero while live
	Age    time.Duration
	Why    kit.Safe
}

// RunRowsOf are the jobs of a pull request's runs, newest run first; of each
// job the newest attempt.
func RunRowsOf(s Scene, pr fleet.PRKey) []RunRow {
	var rows []RunRow
	for _, r := range s.runsByPR()[pr] {
		jobs := newestAttempt(s.JobsOf(r.Key()))
		if len(jobs) == 0 {
			rows = append(rows, s.bareRun(r))
		}
		for _, j := range jobs {
			rows = append(rows, s.jobRow(r, j))
		}
	}
	return rows
}

func newestAttempt(jobs []fleet.Job) []fleet.Job {
	last := 0
	for _, j := range jobs {
		last = max(last, j.Attempt)
	}
	jobs = slices.DeleteFunc(jobs, func(j fleet.Job) bool { return j.Attempt != last })
	slices.SortFunc(jobs, func(a, b fleet.Job) int {
		return cmp.Or(worst(RunSign(a.Status, a.Conclusion), RunSign(b.Status, b.Conclusion)), cmp.Compare(a.ID, b.ID))
	})
	return jobs
}

func (s Scene) bareRun(r fleet.WorkflowRun) RunRow {
	row := RunRow{Run: r.Key(), Sign: RunSign(r.Status, r.Conclusion), ID: ShortRun(r.ID), Name: kit.Clean(r.Name),
		Took: -1, Began: r.StartedAt, Age: s.since(r.CreatedAt), Why: "its jobs were not read"}
	if !r.Status.Live() {
		row.Ended = r.UpdatedAt
	}
	return row
}

func (s Scene) jobRow(r fleet.WorkflowRun, j fleet.Job) RunRow {
	row := RunRow{Run: r.Key(), Job: j.ID, Sign: RunSign(j.Status, j.Conclusion), ID: ShortRun(r.ID), Name: kit.Clean(j.Name),
		Runner: kit.Clean(j.Runner), Took: -1, Began: j.StartedAt, Ended: j.CompletedAt, Age: s.since(r.CreatedAt)}
	if h, ok := s.HostOfRunner(j.Runner); ok {
		row.Host = kit.Clean(string(h))
	}
	if d, ok := j.Duration(); ok {
		row.Took = d
	} else if j.Status == fleet.StatusInProgress {
		row.Took = s.since(j.StartedAt)
	}
	row.Why = jobWhy(r, j)
	if r.Attempt > 1 {
		row.ID += "." + kit.Number(int64(r.Attempt))
	}
	return row
}

func jobWhy(r fleet.WorkflowRun, j fleet.Job) kit.Safe {
	if st, ok := j.FailedStep(); ok {
		why := "step " + kit.Clean(st.Name)
		if d, ok := st.Duration(); ok {
			why += " after " + Clock(d)
		}
		return why
	}
	switch {
	case j.Status == fleet.StatusInProgress:
		for _, st := range slices.Backward(j.Steps) {
			if st.Status == fleet.StatusInProgress {
				return "in step " + kit.Clean(st.Name)
			}
		}
		return "in progress"
	case j.Status.Live():
		return "waits for " + kit.Clean(strings.Join(j.Labels, " "))
	case j.Conclusion == fleet.ConclusionCancelled:
		return "cancelled"
	}
	return kit.Clean(r.Event)
}

// ShortRun is a run id short enough for a list: its last six digits.
func ShortRun(id fleet.RunID) kit.Safe {
	s := kit.Number(int64(id))
	if len(s) <= 7 {
		return s
	}
	return "…" + s[len(s)-6:]
}

// Clock writes a duration as minutes and seconds: "55:00".
func Clock(d time.Duration) kit.Safe {
	sec := kit.Number(int64(d/time.Second) % 60)
	if len(sec) == 1 {
		sec = "0" + sec
	}
	return kit.Number(int64(d/time.Minute)) + ":" + sec
}

// RunSchema is the table of a pull request's runs.
func RunSchema() kit.Schema[RunRow, int64] {
	return kit.Schema[RunRow, int64]{
		Columns: []kit.Column[RunRow]{
			{Key: "sign", Width: kit.SignColumn(), Cell: func(r RunRow, c *kit.Cell) { c.Sign(r.Sign) },
				Order: func(a, b RunRow) int { return worst(a.Sign, b.Sign) }},
			{Key: "run", Title: "run", Width: kit.Fixed(7), Cell: func(r RunRow, c *kit.Cell) { c.Plain(r.ID) },
				Order: func(a, b RunRow) int { return cmp.Compare(a.Run.ID, b.Run.ID) }},
			{Key: "took", Title: "took", Width: kit.Fixed(7), Align: kit.Right, Quiet: true, Cell: tookCell,
				Order: func(a, b RunRow) int { return cmp.Compare(a.Took, b.Took) }},
			{Key: "job", Title: "job", Width: kit.Flex(14, 1), Cell: func(r RunRow, c *kit.Cell) { c.Plain(r.Name) },
				Order: func(a, b RunRow) int { return cmp.Compare(a.Name, b.Name) }},
			{Key: "runner", Title: "runner", Width: kit.Flex(12, 1), Drop: 3, Cell: func(r RunRow, c *kit.Cell) { c.Text(themes.Dim, tailOf(r.Runner, c.Width(), c.Look())) },
				Order: func(a, b RunRow) int { return cmp.Compare(a.Runner, b.Runner) }},
			{Key: "word", Title: "ended", Width: kit.Fixed(9), Drop: 2, Cell: func(r RunRow, c *kit.Cell) { c.Text(r.Sign.Role(), r.Sign.Word()) }},
			{Key: "age", Title: "age", Width: kit.Fixed(4), Align: kit.Right, Drop: 4, Quiet: true, Cell: func(r RunRow, c *kit.Cell) { c.Age(themes.Dim, r.Age) }},
			{Key: "why", Title: "why", Width: kit.Flex(14, 2), Drop: 1, Cell: func(r RunRow, c *kit.Cell) { c.Text(themes.Dim, r.Why) }},
		},
		Key: func(r RunRow) int64 {
			if r.Job != 0 {
				return r.Job
			}
			return -int64(r.Run.ID)
		},
		Haystack: func(dst []byte, r RunRow) []byte {
			for _, t := range [...]kit.Safe{r.ID, r.Name, r.Runner, r.Why} {
				dst = append(append(dst, t...), ' ')
			}
			return dst
		},
		Empty: "no run of it is known",
	}
}

func tookCell(r RunRow, c *kit.Cell) {
	if r.Took < 0 {
		c.Unknown()
		return
	}
	c.Text(themes.Dim, Clock(r.Took))
}
