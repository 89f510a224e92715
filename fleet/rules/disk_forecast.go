package rules

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"andon/fleet"
)

var _ = register(fleet.Rule{
	ID:       "disk-forecast",
	Title:    "disk fills up soon",
	Severity: fleet.SeverityStop,
	Doc: fleet.RuleDoc{
		Whys: []string{
			"A disk that looks half empty will be full before the shift ends.",
			"It loses free bytes steadily, faster than anything is deleted.",
			"Live builds are cold: each writes a dir of its own (543 GB in 3.6 h, paiml/aprender#2634).",
			"Percent used says nothing of speed: no one sees it until the threshold, and then minutes are left.",
			"Go by time to full, and let deletion keep pace with what is built.",
		},
		Cure:   "Reap the orphans and purge; then look at the biggest growers: fewer cold builds at once, or a warm cache.",
		NoCure: "Waiting for the percent alarm. Update-branch or rerun now: each adds a cold build.",
		Cost:   "what is reaped is built again by whoever needs it; holding builds back costs their wait.",
	},
	Actor:      fleet.ActorOperator,
	Requires:   []fleet.SourceKind{fleet.SourceHost},
	Causes:     []fleet.RuleID{"disk-pressure"},
	CausesFrom: fleet.SeverityStop,
	For:        2 * time.Minute,
	Keep:       3 * time.Minute,
	Evaluate:   diskForecast,
})

// Bounds of a forecast.
const (
	forecastWindow = 90 * time.Minute
	forecastSpan   = 10 * time.Minute // least
	forecastPoints = 5                // least
	forecastWarn   = 6 * time.Hour
	forecastStop   = time.Hour
	// forecastSteady is the share of pairs of samples, in percent, in which the later
	// one has less free: a disk that goes up and down has about half.
	forecastSteady = 80
	// forecastFalls is the share of neighbouring samples, in percent, between which free
	// bytes fell: what came in one step is no rate.
	forecastFalls = 50
	// forecastJump is the share of a disk, in percent, by which free bytes rise when
	// somebody deletes: what was before tells nothing of the time after.
	forecastJump = 2
)

func diskForecast(s *fleet.Snapshot) []fleet.Finding {
	var out []fleet.Finding
	var orphans map[fleet.Subject]orphanSum
	sizes := &cold{s: s}
	all := s.History.Disks
	for from := 0; from < len(all); {
		to := from + 1
		for to < len(all) && all[to].Host == all[from].Host && all[to].Root == all[from].Root {
			to++
		}
		tr, ok := trendOf(s, all[from:to])
		from = to
		if !ok || tr.full > forecastWarn {
			continue
		}
		if orphans == nil {
			orphans = orphansByDisk(s)
		}
		out = append(out, tr.finding(s, orphans[fleet.OfDisk(tr.sw.Host, tr.disk.Root)], sizes))
	}
	return out
}

// trend is how a disk fills.
type trend struct {
	sw     *fleet.Sweep
	disk   *fleet.Disk
	points []fleet.DiskSample
	steady int     // see forecastSteady
	rate   float64 // bytes a second
	full   time.Duration
	jump   time.Time // when free bytes last rose at once; zero where they did not
}

// trendOf reads a trend from the samples of one root, oldest first. It is false
// where there are too few, where the disk does not fill, or fills by fits.
func trendOf(s *fleet.Snapshot, all []fleet.DiskSample) (trend, bool) {
	var tr trend
	if !tr.place(s, all[0]) {
		return tr, false
	}
	last := fleet.DiskSample{Host: tr.sw.Host, Root: tr.disk.Root, At: tr.sw.At, TotalBytes: tr.disk.TotalBytes, FreeBytes: tr.disk.FreeBytes}
	start := 0
	for start < len(all) && last.At.Sub(all[start].At) > forecastWindow {
		start++
	}
	for i := start + 1; i < len(all); i++ {
		if all[i].FreeBytes-all[i-1].FreeBytes > all[i].TotalBytes/100*forecastJump {
			start, tr.jump = i, all[i].At
		}
	}
	tr.points = all[start:len(all):len(all)]
	n := len(tr.points)
	if n == 0 {
		return tr, false
	}
	first, newest := tr.points[0], tr.points[n-1]
	if last.FreeBytes-newest.FreeBytes > last.TotalBytes/100*forecastJump {
		return tr, false // somebody has just deleted
	}
	// A disk that would take days even by its two ends needs no closer look.
	lost, span := first.FreeBytes-last.FreeBytes, last.At.Sub(first.At)
	if span < forecastSpan || lost <= 0 || float64(last.FreeBytes)/float64(lost)*span.Seconds() > 4*forecastWarn.Seconds() {
		return tr, false
	}
	if last.At.After(newest.At) {
		tr.points = append(tr.points, last)
	}
	if len(tr.points) < forecastPoints {
		return tr, false
	}
	tr.fit()
	if tr.rate <= 0 || tr.steady < forecastSteady || tr.falls() < forecastFalls {
		return tr, false
	}
	tr.full = time.Duration(float64(last.FreeBytes) / tr.rate * float64(time.Second))
	return tr, true
}

// place finds the disk the samples are of; a root that shares its filesystem with
// an earlier one is not told again.
func (tr *trend) place(s *fleet.Snapshot, of fleet.DiskSample) bool {
	sw, ok := s.SweepOf(of.Host)
	if !ok {
		return false
	}
	for k := range sw.Disks {
		if d := &sw.Disks[k]; d.Root == of.Root && !seenDevice(sw.Disks[:k], d.Device) {
			tr.sw, tr.disk = &sw, d
			return true
		}
	}
	return false
}

func (tr *trend) span() time.Duration {
	return tr.points[len(tr.points)-1].At.Sub(tr.points[0].At)
}

// falls is the share of neighbouring samples, in percent, between which the disk
// filled.
func (tr *trend) falls() int {
	n := 0
	for i, p := range tr.points[1:] {
		if p.FreeBytes < tr.points[i].FreeBytes {
			n++
		}
	}
	return n * 100 / (len(tr.points) - 1)
}

// fit finds the median of all pairs' slopes (Theil and Sen): one purge, one burst
// or one late sweep does not move it.
func (tr *trend) fit() {
	slopes := make([]float64, 0, len(tr.points)*(len(tr.points)-1)/2)
	falling := 0
	for i, a := range tr.points {
		for _, b := range tr.points[i+1:] {
			sec := b.At.Sub(a.At).Seconds()
			if sec <= 0 {
				continue
			}
			if b.FreeBytes < a.FreeBytes {
				falling++
			}
			slopes = append(slopes, float64(a.FreeBytes-b.FreeBytes)/sec)
		}
	}
	if len(slopes) == 0 {
		return
	}
	slices.Sort(slopes)
	tr.rate, tr.steady = slopes[len(slopes)/2], falling*100/len(slopes)
}

func (tr *trend) finding(s *fleet.Snapshot, o orphanSum, sizes *cold) fleet.Finding {
	sw, d := tr.sw, tr.disk
	where := string(sw.Host) + ":" + d.Root
	perHour := int64(tr.rate * 3600)
	f := fleet.Finding{
		Key: where, Severity: fleet.SeverityWarn,
		Subjects: []fleet.Subject{fleet.OfDisk(sw.Host, d.Root), fleet.OfHost(sw.Host)},
		Rests:    []fleet.SourceID{fleet.HostSource(sw.Host)},
		Summary:  fmt.Sprintf("%s on %s: full in %s at %s/h, %s free", d.Root, sw.Host, lasted(tr.full), gib(perHour), gib(d.FreeBytes)),
		Evidence: []fleet.Evidence{
			{What: "df", Where: where, At: sw.At, Why: 1, Fact: fmt.Sprintf("%d %% used, %s free of %s", d.UsedPercent(), gib(d.FreeBytes), gib(d.TotalBytes))},
			{What: "df over time", Where: where, At: sw.At, Why: 2, Fact: fmt.Sprintf("%s/h lost, the median over %d samples of %s", gib(perHour), len(tr.points), lasted(tr.span()))},
		},
		RuledOut: []fleet.Evidence{{What: "df over time", Where: where, At: sw.At, Fact: fmt.Sprintf("not a disk that goes up and down: free bytes fell in %d %% of all pairs of samples", tr.steady)}},
	}
	f.Began = tr.points[0].At
	if tr.full < forecastStop {
		f.Severity = fleet.SeverityStop
	}
	if !tr.jump.IsZero() {
		f.RuledOut = append(f.RuledOut, fleet.Evidence{What: "df over time", Where: where, At: tr.jump, Fact: "somebody deleted then: only what came after is counted"})
	}
	top := tr.growers(s, &f, perHour)
	o.offer(&f, sw, where, sizes)
	if trashOn(sw, d.Root) > 0 {
		f.Suggested = append(f.Suggested, fleet.ActionPurge)
	}
	f.Advice = "hold back new cold builds (update-branch, reruns) until it is calm"
	if len(top) > 0 {
		f.Advice = "biggest growers: " + strings.Join(top, ", ") + "; " + f.Advice
	}
	return f
}
