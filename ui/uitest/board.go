package uitest

import (
	"time"

	"andon/fleet"
)

// Rules are what the fixtures' alerts come from, with their five whys.
func Rules() []fleet.Rule {
	return []fleet.Rule{
		{ID: "run-dir-owner", Title: "run dirs with the wrong owner", Severity: fleet.SeverityStop, Doc: fleet.RuleDoc{
			Whys: []string{"The build fails within seconds: it cannot create target/debug.", "Its run dir belongs to root; the build runs as the wanted owner.",
				"dockerd made the dir: a bind source that is missing is created by root.", "The dir is new for every run, so it is missing every time, and nothing gives it away before the first write.",
				"The workflow (or a job-started hook) must make the dir with the right owner before docker can."},
			Cure: "Chown the dir, then rerun the failed jobs. For good: an ownership step before the first write, in every job.", NoCure: "Rerun alone fails the same way.", Cost: "seconds for the chown; one run of each failed job."}, Actor: fleet.ActorOperator, For: time.Minute},
		{ID: "disk-pressure", Title: "disk pressure", Severity: fleet.SeverityStop, Doc: fleet.RuleDoc{
			Whys: []string{"Builds die with no space left on device.", "The filesystem of the run dirs is nearly full.", "One cold build is about 180 GB, and each run has a dir of its own.",
				"Nobody deletes them: cleaners go by age.", "Deletion must follow the state of the run and its pull request."},
			Cure: "Reap the orphans, then purge.", NoCure: "Rerun makes it worse."}, Actor: fleet.ActorOperator},
		{ID: "host-unreachable", Title: "host cannot be looked at", Severity: fleet.SeverityStop, Actor: fleet.ActorHost},
		{ID: "same-failure", Title: "same failure in many branches", Severity: fleet.SeverityStop, Actor: fleet.ActorOperator},
		{ID: "orphan-dirs", Title: "orphan run dirs", Severity: fleet.SeverityWarn},
	}
}

// Actions are those of the console, each with a plan made by hand.
func Actions() []fleet.Action {
	return []fleet.Action{
		{ID: fleet.ActionChown, Key: "C", Title: "chown to the wanted owner"},
		{ID: fleet.ActionFix, Key: "f", Title: "the suggested fix of an alert"},
		{ID: fleet.ActionPurge, Key: "P", Title: "purge the trash"},
		{ID: fleet.ActionReap, Key: "D", Title: "reap (delete) run dirs"},
		{ID: fleet.ActionRerun, Key: "R", Title: "rerun failed jobs"},
		{ID: fleet.ActionUndo, Key: "z", Title: "undo a reap"},
	}
}

// Alerts is the board that goes with Incident.
func Alerts(s *fleet.Snapshot) fleet.Board {
	now := s.At
	alert := func(rule fleet.RuleID, sev fleet.Severity, key, summary string, age time.Duration) fleet.Alert {
		a := fleet.Alert{State: fleet.AlertFiring, Since: now.Add(-age), FiredAt: now.Add(-age), SeenAt: now}
		a.Rule, a.Severity, a.Key, a.Summary = rule, sev, key, summary
		for _, r := range Rules() {
			if r.ID == rule {
				a.Title, a.Actor = r.Title, r.Actor
			}
		}
		return a
	}
	owner := alert("run-dir-owner", fleet.SeverityStop, "intel/born", "8 run dirs on intel: owned by 0:0 since birth, 8 PRs", 4*time.Minute)
	owner.Rests = []fleet.SourceID{fleet.HostSource("intel"), {Kind: fleet.SourceJobs, Of: string(Repo)}}
	owner.Evidence = []fleet.Evidence{{What: "log", Where: "run 25919247784, workspace-test, step 2", Fact: "error: failed to create directory `/workspace/target/debug`", At: now.Add(-12 * time.Minute), Why: 1}}
	owner.RuledOut = []fleet.Evidence{{What: "writers", Where: "intel", Fact: "another build in the dirs: no live writer in any of the 8", At: now.Add(-2 * time.Second)},
		{What: "birth", Where: "intel", Fact: "deleted under the job: each was born as its job began, none later", At: now.Add(-2 * time.Second)}}
	owner.Unknown = []fleet.Gap{{What: "which container made the dirs", Why: "dockerd keeps no record of it", Makes: "docker events on intel while the next run starts"}}
	var prs, runs []fleet.Subject
	for _, pr := range Blocked() {
		id := fleet.DirID{Host: "intel", Path: root + "/" + rel(pr)}
		owner.Subjects = append(owner.Subjects, fleet.OfDir(id))
		prs = append(prs, fleet.OfPR(fleet.PRKey{Repo: Repo, Number: pr}))
		runs = append(runs, fleet.OfRun(fleet.RunKey{Repo: Repo, ID: RunOf(pr)}))
		owner.Evidence = append(owner.Evidence, fleet.Evidence{What: "stat", Where: id.String(), Fact: "owner 0:0, wanted 1000:1000: made as its job began", At: now.Add(-2 * time.Second), Why: 2})
		owner.Bytes += (480 + 16) << 20
	}
	owner.Subjects = append(append(append(owner.Subjects, prs...), runs...), fleet.OfHost("intel"))
	owner.Suggested = []fleet.ActionID{fleet.ActionChown, fleet.ActionRerun}
	disk := alert("disk-pressure", fleet.SeverityStop, "intel:"+root, root+" on intel: 96 % used, 150 GiB free", 11*time.Minute)
	disk.Subjects = []fleet.Subject{fleet.OfDisk("intel", root), fleet.OfHost("intel")}
	disk.Suggested, disk.Bytes = []fleet.ActionID{fleet.ActionReap}, 339*Gib
	disk.Evidence = []fleet.Evidence{{What: "df", Where: "intel:" + root, Fact: "96 % of bytes used, 150 GiB free of 3600 GiB", At: now.Add(-2 * time.Second)},
		{What: "join", Where: "intel:" + root, Fact: "10 orphan dirs of ended pull requests, 339 GiB", At: now.Add(-2 * time.Second)}}
	down := alert("host-unreachable", fleet.SeverityWarn, "gx10", "gx10: no answer in time, last seen 3m0s ago", 3*time.Minute)
	down.Subjects = []fleet.Subject{fleet.OfHost("gx10"), fleet.OfSource(fleet.HostSource("gx10"))}
	down.Evidence = []fleet.Evidence{{What: "ssh", Where: "gx10", Fact: "dial gx10: i/o timeout", At: now.Add(-8 * time.Second)}}
	down.Advice = "look at the machine: ssh gx10"
	same := alert("same-failure", fleet.SeverityWarn, "mkdir", "failed to create directory in 8 branches, all on intel", 5*time.Minute)
	same.Subjects, same.Suggested, same.MutedBy = append(append([]fleet.Subject{}, runs...), prs...), []fleet.ActionID{fleet.ActionRerun}, owner.Fingerprint()
	orphans := alert("orphan-dirs", fleet.SeverityWarn, "intel", "10 orphan dirs of 2 ended PRs on intel, 339 GiB", 2*time.Hour)
	for _, d := range s.Dirs {
		if _, ok := s.Orphan(d); ok {
			orphans.Subjects = append(orphans.Subjects, fleet.OfDir(d.ID()))
		}
	}
	orphans.Subjects = append(orphans.Subjects, fleet.OfHost("intel"))
	orphans.Suggested, orphans.Bytes, orphans.AckedBy = []fleet.ActionID{fleet.ActionReap}, 339*Gib, "mei"
	return fleet.Board{At: now, Alerts: []fleet.Alert{disk, owner, orphans, down, same}}
}

// Records is an audit log with a chown that was verified, a reap that can be
// undone, a refusal and a deed in doubt.
func Records() []fleet.Record {
	now := Now()
	rt := fleet.Root{Path: root, Owner: fleet.Owner{UID: 1000, GID: 1000}}
	var out []fleet.Record
	prev := ""
	add := func(r fleet.Record) {
		r.Operator, r.Console = "mei", "0.1.0"
		r, err := r.Seal(int64(len(out)+1), prev)
		if err != nil {
			panic("uitest: " + err.Error())
		}
		prev = r.Hash
		out = append(out, r)
	}
	step := func(n int, v fleet.Verb, pr int) *fleet.Step {
		return &fleet.Step{N: n, Verb: v, Host: "intel", Root: rt, Components: []string{"aprender-ci", itoa(pr), "run-" + itoa(int(RunOf(pr)))}, Subject: fleet.OfDir(fleet.DirID{Host: "intel", Path: root + "/" + rel(pr)})}
	}
	at := now.Add(-26 * time.Minute)
	add(fleet.Record{At: at, Kind: fleet.RecordIntent, Action: fleet.ActionChown, Digest: "9f31c0de", Request: "c-117", Step: step(1, fleet.VerbChown, 1784)})
	add(fleet.Record{At: at.Add(2 * time.Second), Kind: fleet.RecordResult, Action: fleet.ActionChown, Digest: "9f31c0de", Request: "c-117", Result: &fleet.StepResult{N: 1, Outcome: fleet.OutcomeDone, Before: 11343, Changed: 11343}})
	add(fleet.Record{At: at.Add(4 * time.Second), Kind: fleet.RecordVerified, Action: fleet.ActionChown, Digest: "9f31c0de", Request: "c-117", Verified: &fleet.Verification{N: 1, OK: true, Says: "owner is 1000:1000, nothing below is foreign"}})
	at = now.Add(-9 * time.Minute)
	for n, pr := range []int{1650, 1790} {
		add(fleet.Record{At: at, Kind: fleet.RecordIntent, Action: fleet.ActionReap, Digest: "77aa01", Request: "r-118", Step: step(n+1, fleet.VerbReap, pr)})
	}
	add(fleet.Record{At: at.Add(time.Second), Kind: fleet.RecordResult, Action: fleet.ActionReap, Digest: "77aa01", Request: "r-118", Result: &fleet.StepResult{N: 1, Outcome: fleet.OutcomeDone, Bytes: 61 * Gib, Trash: "r-118-1", Until: now.Add(6 * time.Minute)}})
	add(fleet.Record{At: at.Add(time.Second), Kind: fleet.RecordResult, Action: fleet.ActionReap, Digest: "77aa01", Request: "r-118", Result: &fleet.StepResult{N: 2, Outcome: fleet.OutcomeRefused, Reason: "writers", Detail: "3 live writers, pid 48112 first"}})
	add(fleet.Record{At: at.Add(6 * time.Second), Kind: fleet.RecordVerified, Action: fleet.ActionReap, Digest: "77aa01", Request: "r-118", Verified: &fleet.Verification{N: 1, OK: true, Says: "it is gone from its place"}})
	add(fleet.Record{At: now.Add(-3 * time.Minute), Kind: fleet.RecordIntent, Action: fleet.ActionChown, Digest: "beef02", Request: "c-119", Step: step(1, fleet.VerbChown, 1791)})
	return out
}
