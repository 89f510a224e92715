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

// DeedKey names one step of one deed in the audit log.
type DeedKey struct {
	Request string
	Step    int
}

// DeedRow is one step of one deed: its intent, its result and what a fresh look
// said, folded into one row.
type DeedRow struct {
	Key      DeedKey
	Digest   string // of the plan whose step it is
	Seq      int64  // newest record of it
	At       time.Time
	When     kit.Safe // At, as short as it stays clear
	Plan     kit.Safe // the action whose step it is
	Who      kit.Safe
	Action   kit.Safe
	Host     kit.Safe
	Object   kit.Safe
	Sign     kit.Sign
	Outcome  kit.Safe
	Detail   kit.Safe
	Verified kit.Safe
	Bytes    int64
	Undo     time.Time     // end of the undo window; zero where there is none
	Subject  fleet.Subject // what it was done to
	Host0    fleet.HostName
}

// resultWithin is how long an intent may wait for its result before the deed is
// called in doubt.
const resultWithin = 2 * time.Minute

// DeedRows fold audit records into deeds, newest first.
func DeedRows(records []fleet.Record, now time.Time) []DeedRow {
	place := make(map[DeedKey]int)
	var rows []DeedRow
	for _, r := range records {
		k := DeedKey{Request: r.Request, Step: stepOf(r)}
		i, ok := place[k]
		if !ok {
			i = len(rows)
			place[k] = i
			sign, outcome := kit.SignUnknown, kit.Safe("in doubt")
			if now.Sub(r.At) < resultWithin {
				sign, outcome = kit.SignRun, "no result"
			}
			rows = append(rows, DeedRow{Key: k, Digest: r.Digest, At: r.At, When: when(r.At, now), Plan: kit.Clean(string(r.Action)), Who: kit.Clean(r.Operator), Action: kit.Clean(string(r.Action)), Outcome: outcome, Sign: sign})
		}
		rows[i].fold(r, now)
	}
	slices.SortStableFunc(rows, func(a, b DeedRow) int { return cmp.Compare(b.Seq, a.Seq) })
	return rows
}

// when writes a time of the last day with its seconds, an older one with its day.
func when(t, now time.Time) kit.Safe {
	if now.Sub(t) < 24*time.Hour {
		return kit.Clean(t.Format("15:04:05"))
	}
	return kit.Clean(t.Format("02 15:04"))
}

func stepOf(r fleet.Record) int {
	switch {
	case r.Step != nil:
		return r.Step.N
	case r.Result != nil:
		return r.Result.N
	case r.Verified != nil:
		return r.Verified.N
	}
	return 0
}

func (d *DeedRow) fold(r fleet.Record, now time.Time) {
	d.Seq = max(d.Seq, r.Seq)
	if st := r.Step; st != nil {
		d.Host, d.Host0, d.Subject = kit.Clean(string(st.Host)), st.Host, st.Subject
		d.Object = stepObject(*st)
		d.Action = VerbWord(st.Verb)
	}
	if res := r.Result; res != nil {
		d.Outcome, d.Sign = kit.Clean(string(res.Outcome)), OutcomeSign(res.Outcome)
		d.Detail, d.Bytes = kit.Clean(res.Detail), res.Bytes
		if d.Detail == "" {
			d.Detail = kit.Clean(string(res.Reason))
		}
		if res.Until.After(now) && res.Outcome == fleet.OutcomeDone {
			d.Undo = res.Until
		}
	}
	if v := r.Verified; v != nil {
		d.Verified = kit.Clean(v.Says)
		if !v.OK {
			d.Sign = kit.SignWarn
			d.Verified = "NOT verified: " + d.Verified
		}
	}
}

// stepObject names what a step acts on.
func stepObject(st fleet.Step) kit.Safe {
	if st.Verb == fleet.VerbRerun {
		return kit.Clean(string(st.Run.Repo)) + " run " + kit.Number(int64(st.Run.ID))
	}
	if len(st.Components) == 0 && st.Trash != "" {
		return kit.Clean(st.Trash)
	}
	return kit.Clean(strings.Join(st.Components, "/"))
}

// OutcomeSign is the glyph of how a step ended.
func OutcomeSign(o fleet.Outcome) kit.Sign {
	switch o {
	case fleet.OutcomeDone, fleet.OutcomeUnchanged:
		return kit.SignOK
	case fleet.OutcomeRefused:
		return kit.SignWarn
	case fleet.OutcomeFailed:
		return kit.SignFail
	case fleet.OutcomeSkipped:
		return kit.SignSkipped
	}
	return kit.SignUnknown
}

// DeedSchema is the table of the audit page.
func DeedSchema() kit.Schema[DeedRow, DeedKey] {
	return kit.Schema[DeedRow, DeedKey]{
		Columns: []kit.Column[DeedRow]{
			{Key: "sign", Width: kit.SignColumn(), Cell: func(r DeedRow, c *kit.Cell) { c.Sign(r.Sign) },
				Order: func(a, b DeedRow) int { return worst(a.Sign, b.Sign) }},
			{Key: "at", Title: "time", Width: kit.Fixed(8), Quiet: true, Cell: func(r DeedRow, c *kit.Cell) { c.Text(themes.Dim, r.When) },
				Order: func(a, b DeedRow) int { return a.At.Compare(b.At) }},
			{Key: "who", Title: "who", Width: kit.Fixed(8), Drop: 3, Cell: func(r DeedRow, c *kit.Cell) { c.Plain(r.Who) },
				Order: func(a, b DeedRow) int { return cmp.Compare(a.Who, b.Who) }},
			{Key: "action", Title: "deed", Width: kit.Fixed(6), Cell: func(r DeedRow, c *kit.Cell) { c.Plain(r.Action) },
				Order: func(a, b DeedRow) int { return cmp.Compare(a.Action, b.Action) }},
			{Key: "host", Title: "host", Width: kit.Fixed(8), Drop: 4, Cell: func(r DeedRow, c *kit.Cell) { c.Text(themes.Dim, r.Host) },
				Order: func(a, b DeedRow) int { return cmp.Compare(a.Host, b.Host) }},
			{Key: "object", Title: "object", Width: kit.Flex(20, 1), Cell: func(r DeedRow, c *kit.Cell) { c.Plain(tailOf(r.Object, c.Width(), c.Look())) },
				Order: func(a, b DeedRow) int { return cmp.Compare(a.Object, b.Object) }},
			{Key: "outcome", Title: "outcome", Width: kit.Fixed(9), Cell: func(r DeedRow, c *kit.Cell) { c.Text(r.Sign.Role(), r.Outcome) },
				Order: func(a, b DeedRow) int { return cmp.Compare(a.Outcome, b.Outcome) }},
			{Key: "undo", Title: "undo", Width: kit.Fixed(7), Drop: 2, Cell: undoCell},
			{Key: "verified", Title: "verified", Width: kit.Flex(14, 1), Drop: 1, Cell: func(r DeedRow, c *kit.Cell) { c.Text(themes.Dim, deedSays(r)) }},
			{Key: "seq", Title: "entry", Width: kit.Fixed(6), Align: kit.Right, Drop: 5, Cell: func(r DeedRow, c *kit.Cell) { c.Text(themes.Dim, "#"+kit.Number(r.Seq)) },
				Order: func(a, b DeedRow) int { return cmp.Compare(a.Seq, b.Seq) }},
		},
		Key: func(r DeedRow) DeedKey { return r.Key },
		Haystack: func(dst []byte, r DeedRow) []byte {
			for _, t := range [...]kit.Safe{r.Who, r.Action, r.Host, r.Object, r.Outcome, r.Detail, r.Verified} {
				dst = append(append(dst, t...), ' ')
			}
			return dst
		},
		Empty: "nothing was done yet: every deed is recorded here twice, before and after",
	}
}

func undoCell(r DeedRow, c *kit.Cell) {
	if r.Undo.IsZero() {
		c.Text(themes.Faint, "-")
		return
	}
	c.Text(themes.Warn, "z")
	c.Text(themes.Dim, " "+kit.Clean(r.Undo.Format("15:04")))
}

func deedSays(r DeedRow) kit.Safe {
	if r.Verified != "" {
		return r.Verified
	}
	return r.Detail
}
