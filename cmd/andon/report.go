package main

import (
	"time"

	"andon/fleet"
)

// report is what check --json prints. Field names are stable; figures that are
// not known are null, never 0, with the reason in unknown.
type report struct {
	Lamp         fleet.Lamp     `json:"lamp"`
	At           time.Time      `json:"at"`
	Alerts       []alertReport  `json:"alerts"`
	Hosts        []hostReport   `json:"hosts"`
	PullRequests []pullReport   `json:"pull_requests"`
	OtherDirs    []dirReport    `json:"other_run_dirs"` // of branches, and those no pull request was found for
	Sources      []sourceReport `json:"sources"`
	Budget       fleet.Budget   `json:"api_budget"`
	Looked       string         `json:"looked"` // what the search for like failures looked at
}

type alertReport struct {
	Fingerprint string           `json:"fingerprint"`
	Rule        fleet.RuleID     `json:"rule"`
	Title       string           `json:"title"`
	Severity    fleet.Severity   `json:"severity"`
	State       fleet.AlertState `json:"state"`
	Summary     string           `json:"summary"`
	Since       time.Time        `json:"since"`
	AgeSeconds  int64            `json:"age_seconds"`
	Subjects    []string         `json:"subjects"` // usable as targets, where of a kind that can be
	Evidence    []fleet.Evidence `json:"evidence"`
	Suggested   []fleet.ActionID `json:"suggested"`
	Advice      string           `json:"advice,omitempty"`
	Owner       string           `json:"owner"` // who has it, else whose it is by its rule
	AckedBy     string           `json:"acked_by,omitempty"`
	CameBack    string           `json:"came_back,omitempty"` // why an acknowledgement ended
	RuledOut    []fleet.Evidence `json:"ruled_out"`
	Unknown     []fleet.Gap      `json:"unknown"`
	Cost        string           `json:"cost,omitempty"` // of the cure
	MutedBy     string           `json:"muted_by,omitempty"`
	StaleWhy    string           `json:"stale_why,omitempty"`
}

type hostReport struct {
	Name        fleet.HostName    `json:"name"`
	State       fleet.SourceState `json:"state"`
	Cause       fleet.Cause       `json:"cause,omitempty"`
	Error       string            `json:"error,omitempty"`
	Remedy      string            `json:"remedy,omitempty"`
	AgeSeconds  *int64            `json:"age_seconds"`
	OS          string            `json:"os,omitempty"`
	SkewSeconds *float64          `json:"clock_skew_seconds"`
	Disks       []diskReport      `json:"disks"`
	RunDirs     int               `json:"run_dirs"`
	Unseen      []string          `json:"unseen,omitempty"`
}

type diskReport struct {
	Root          string `json:"root"`
	TotalBytes    int64  `json:"total_bytes"`
	FreeBytes     int64  `json:"free_bytes"`
	UsedPercent   int    `json:"used_percent"`
	InodesPercent *int   `json:"inodes_used_percent"`
}

type pullReport struct {
	Repo    fleet.Repo    `json:"repo"`
	Number  int           `json:"number"`
	Title   string        `json:"title"`
	Author  string        `json:"author"`
	State   fleet.PRState `json:"state"`
	RunDirs []dirReport   `json:"run_dirs"`
}

type dirReport struct {
	Host        fleet.HostName    `json:"host"`
	Path        string            `json:"path"`
	Form        fleet.Form        `json:"form"`
	RunID       *fleet.RunID      `json:"run_id"`
	OwnerUID    uint32            `json:"owner_uid"`
	OwnerGID    uint32            `json:"owner_gid"`
	OwnerState  string            `json:"owner_state"`
	Bytes       *int64            `json:"bytes"`
	Files       *int64            `json:"files"`
	Writers     *int              `json:"writers"`
	WriterPIDs  []int             `json:"writer_pids,omitempty"`
	IdleSeconds *int64            `json:"idle_seconds"`
	JoinKeys    []string          `json:"join_keys"`
	Unknown     map[string]string `json:"unknown,omitempty"`
	KeptBecause []string          `json:"kept_because"` // why reap would refuse; empty: it may be reaped
}

type sourceReport struct {
	ID         string            `json:"id"`
	Kind       fleet.SourceKind  `json:"kind"`
	State      fleet.SourceState `json:"state"`
	Stale      bool              `json:"stale"`
	AgeSeconds *int64            `json:"age_seconds"` // of the last whole answer; null: there was none
	Cause      fleet.Cause       `json:"cause,omitempty"`
	Error      string            `json:"error,omitempty"`
	Remedy     string            `json:"remedy,omitempty"`
}

func newReport(s *fleet.Snapshot, b fleet.Board, rules []fleet.Rule) report {
	r := report{Lamp: b.Lamp(s), At: s.At, Budget: s.Budget, Looked: b.Looked, Alerts: []alertReport{}, Hosts: []hostReport{}, PullRequests: []pullReport{}, OtherDirs: []dirReport{}, Sources: []sourceReport{}}
	for _, a := range b.Alerts {
		r.Alerts = append(r.Alerts, reportAlert(a, ruleOf(rules, a.Rule), s.At))
	}
	for _, h := range s.Hosts {
		r.Hosts = append(r.Hosts, reportHost(s, h))
	}
	for _, p := range s.PullRequests {
		pr := pullReport{Repo: p.Repo, Number: p.Number, Title: p.Title, Author: p.Author, State: p.State, RunDirs: []dirReport{}}
		for _, d := range s.DirsOfPR(p.Key()) {
			pr.RunDirs = append(pr.RunDirs, reportDir(s, d))
		}
		r.PullRequests = append(r.PullRequests, pr)
	}
	for _, d := range s.Dirs {
		if !d.HasPR() {
			r.OtherDirs = append(r.OtherDirs, reportDir(s, d))
		}
	}
	for _, src := range s.Sources {
		r.Sources = append(r.Sources, reportSource(src, s.At))
	}
	return r
}

func reportSource(src fleet.Source, now time.Time) sourceReport {
	return sourceReport{ID: src.ID.String(), Kind: src.ID.Kind, State: src.State, Stale: src.Stale(now),
		AgeSeconds: age(src, now), Cause: src.Cause, Error: src.Err, Remedy: src.Remedy}
}

func reportAlert(a fleet.Alert, rule fleet.Rule, now time.Time) alertReport {
	r := alertReport{Fingerprint: a.Fingerprint(), Rule: a.Rule, Title: a.Title, Severity: a.Severity, State: a.State, Summary: a.Summary, Since: a.Since,
		AgeSeconds: int64(now.Sub(a.Since).Seconds()), Subjects: []string{}, Evidence: a.Evidence, Suggested: a.Suggested, Advice: a.Advice, MutedBy: a.MutedBy, StaleWhy: a.StaleWhy,
		Owner: a.Owner(), AckedBy: a.AckedBy, CameBack: a.CameBack, RuledOut: a.RuledOut, Unknown: a.Unknown, Cost: a.Cost}
	if r.Cost == "" {
		r.Cost = rule.Doc.Cost
	}
	for _, x := range a.Subjects {
		r.Subjects = append(r.Subjects, x.String())
	}
	if r.Evidence == nil {
		r.Evidence = []fleet.Evidence{}
	}
	if r.Suggested == nil {
		r.Suggested = []fleet.ActionID{}
	}
	if r.RuledOut == nil {
		r.RuledOut = []fleet.Evidence{}
	}
	if r.Unknown == nil {
		r.Unknown = []fleet.Gap{}
	}
	return r
}

func reportHost(s *fleet.Snapshot, h fleet.Host) hostReport {
	src := s.SourceOf(fleet.HostSource(h.Name))
	r := hostReport{Name: h.Name, State: src.State, Cause: src.Cause, Error: src.Err, Remedy: src.Remedy, AgeSeconds: age(src, s.At), Disks: []diskReport{}}
	sw, ok := s.SweepOf(h.Name)
	if !ok {
		return r
	}
	skew := sw.Skew().Seconds()
	r.OS, r.SkewSeconds, r.RunDirs, r.Unseen = sw.Facts.OS+" "+sw.Facts.Kernel, &skew, len(sw.Dirs), sw.Unseen
	for _, d := range sw.Disks {
		dr := diskReport{Root: d.Root, TotalBytes: d.TotalBytes, FreeBytes: d.FreeBytes, UsedPercent: d.UsedPercent()}
		if p, ok := d.InodesPercent(); ok {
			dr.InodesPercent = &p
		}
		r.Disks = append(r.Disks, dr)
	}
	return r
}

func reportDir(s *fleet.Snapshot, d fleet.Dir) dirReport {
	pl := d.Path.Place()
	r := dirReport{Host: d.Host, Path: d.Path.String(), Form: pl.Form, OwnerUID: d.Owner.UID, OwnerGID: d.Owner.GID, OwnerState: s.Ownership(d).State.String(),
		JoinKeys: d.Keys.Names(), KeptBecause: s.Reapable(d, true).Refusals}
	if pl.RunID != 0 {
		r.RunID = &pl.RunID
	}
	unknown := map[string]string{}
	r.Bytes = known(d.Bytes, "bytes", unknown)
	r.Files = known(d.Files, "files", unknown)
	if ws := known(d.Writers, "writers", unknown); ws != nil {
		n := len(*ws)
		r.Writers = &n
		for _, w := range *ws {
			r.WriterPIDs = append(r.WriterPIDs, w.PID)
		}
	}
	if t := known(d.Newest, "idle_seconds", unknown); t != nil {
		if sw, ok := s.SweepOf(d.Host); ok {
			idle := int64(sw.Facts.Clock.Sub(*t).Seconds())
			r.IdleSeconds = &idle
		}
	}
	if len(unknown) > 0 {
		r.Unknown = unknown
	}
	if r.JoinKeys == nil {
		r.JoinKeys = []string{}
	}
	if r.KeptBecause == nil {
		r.KeptBecause = []string{}
	}
	return r
}

// known returns a pointer to a fact's value, or nil and the reason.
func known[T any](f fleet.Fact[T], name string, unknown map[string]string) *T {
	v, ok := f.Get()
	if !ok {
		unknown[name] = f.Why()
		return nil
	}
	return &v
}

func age(src fleet.Source, now time.Time) *int64 {
	d, ok := src.Age(now)
	if !ok {
		return nil
	}
	n := int64(d.Seconds())
	return &n
}
