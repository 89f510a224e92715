package rules

import (
	"strings"
	"testing"
	"time"

	"andon/fleet"
	"andon/fleet/fleettest"
)

func distrust(w *fleettest.World, c fleet.Cause) *fleet.Source {
	src := w.Sources[fleet.HostSource("intel")]
	src.State, src.Cause = fleet.SourceFailing, c
	src.Err = "the host shows ssh-ed25519 SHA256:new, /home/mei/.ssh/known_hosts:3 says ssh-ed25519 SHA256:old"
	src.Remedy = "if the host was reinstalled, remove the line at /home/mei/.ssh/known_hosts:3 and compare the new key"
	return src
}

func TestHostKeyChanged(t *testing.T) {
	for _, tc := range []struct {
		cause fleet.Cause
		never bool // the host was never seen
		want  fleet.Severity
		says  string
	}{
		{fleet.CauseKeyChanged, false, fleet.SeverityStop, "intel: host key changed, last seen"},
		{fleet.CauseKeyRevoked, false, fleet.SeverityStop, "intel: host key is revoked"},
		{fleet.CauseHostKey, true, fleet.SeverityWarn, "intel: host key not on record, never seen"},
		{fleet.CauseHostKey, false, fleet.SeverityStop, "intel: host key not on record, and it was, last seen"},
		{fleet.CauseUnreachable, false, "", ""},
		{fleet.CauseAuth, false, "", ""},
		{fleet.CauseTimeout, true, "", ""},
	} {
		w := fleettest.New()
		w.Host("intel")
		src := distrust(w, tc.cause)
		if tc.never {
			src.ReadAt = time.Time{}
		}
		s := w.Snapshot()
		fs := find(t, "host-key-changed", s)
		if tc.want == "" {
			if len(fs) != 0 || len(find(t, "host-unreachable", s)) != 1 {
				t.Errorf("%s: %+v", tc.cause, fs)
			}
			continue
		}
		if len(fs) != 1 || fs[0].Severity != tc.want || !strings.HasPrefix(fs[0].Summary, tc.says) {
			t.Errorf("%s: %+v", tc.cause, fs)
			continue
		}
		told(t, fs[0])
		if f := fs[0]; !strings.Contains(f.Evidence[0].Fact, "SHA256:new") || !strings.Contains(f.Advice, "known_hosts:3") || !strings.HasPrefix(f.Advice, "it shows SHA256:new, on record is SHA256:old; ") {
			t.Errorf("fingerprint or line missing: %+v", f)
		}
		if fs := find(t, "host-unreachable", s); len(fs) != 0 {
			t.Errorf("told twice: %+v", fs)
		}
	}
}

// TestHostKeyChangedLife: it fires at once, is not forgotten however long the host
// stays untrusted, and ends with the next whole sweep.
func TestHostKeyChangedLife(t *testing.T) {
	w := fleettest.New()
	w.Host("intel")
	life(t, "host-key-changed", w,
		moment{name: "healthy"},
		moment{name: "another key", after: time.Minute, do: func(w *fleettest.World) { distrust(w, fleet.CauseKeyChanged) }, want: fleet.AlertFiring},
		moment{name: "a day later", after: 24 * time.Hour, want: fleet.AlertFiring},
		moment{name: "now it does not answer at all", after: time.Minute, do: func(w *fleettest.World) { distrust(w, fleet.CauseUnreachable) }, want: fleet.AlertStale},
		moment{name: "trusted again", after: time.Minute, want: fleet.AlertResolved, do: func(w *fleettest.World) {
			src := w.Sources[fleet.HostSource("intel")]
			src.State, src.Cause, src.Err = fleet.SourceOK, fleet.CauseNone, ""
			w.Pass(0)
		}})
}

func TestHostUnreachable(t *testing.T) {
	for _, tc := range []struct {
		cause fleet.Cause
		want  fleet.Severity
		says  string
	}{
		{fleet.CauseUnreachable, fleet.SeverityWarn, "intel: unreachable"},
		{fleet.CauseTimeout, fleet.SeverityWarn, "intel: no answer in time"},
		{fleet.CauseAuth, fleet.SeverityStop, "intel: login refused"},
		{fleet.CausePrivilege, fleet.SeverityWarn, "intel: sudo refused"},
		{fleet.CauseTruncated, fleet.SeverityWarn, "intel: answer not usable"},
	} {
		w := fleettest.New()
		w.Host("intel")
		distrust(w, tc.cause).Remedy = ""
		w.Runners = []fleet.Runner{{Scope: string(fleettest.Repo), Name: "intel-1", Online: true}}
		f := one(t, "host-unreachable", w.Snapshot())
		told(t, f)
		if f.Severity != tc.want || !strings.HasPrefix(f.Summary, tc.says) || !strings.Contains(f.RuledOut[len(f.RuledOut)-1].Fact, "the machine is up: 1 of its 1 runners") {
			t.Errorf("%s: %+v", tc.cause, f)
		}
	}
	w := fleettest.New()
	w.Host("intel")
	distrust(w, fleet.CauseTimeout)
	if f := one(t, "host-unreachable", w.Snapshot()); len(f.Unknown) != 1 || f.Unknown[0].What != "whether the machine is up" {
		t.Errorf("%+v", f.Unknown)
	}
	w.Sources[fleet.HostSource("intel")].State = fleet.SourceOK
	if fs := find(t, "host-unreachable", w.Snapshot()); len(fs) != 0 {
		t.Errorf("%+v", fs)
	}
}

// TestStaleSourceOfAHostIsExplained: the host's own alert mutes the one of its source.
func TestStaleSourceOfAHostIsExplained(t *testing.T) {
	for _, c := range []fleet.Cause{fleet.CauseKeyChanged, fleet.CauseUnreachable} {
		w := fleettest.New()
		w.Host("intel")
		distrust(w, c)
		pulls := w.Sources[fleet.SourceID{Kind: fleet.SourcePulls, Of: string(fleettest.Repo)}]
		pulls.State, pulls.Err = fleet.SourceFailing, "502"
		b := fleet.Board{}.Fold(w.Snapshot(), All())
		seen := 0
		for _, a := range b.Alerts {
			if a.Rule == "source-stale" {
				seen++
				if (a.MutedBy != "") != strings.HasPrefix(a.Key, "host:") {
					t.Errorf("%s: %s muted by %q", c, a.Fingerprint(), a.MutedBy)
				}
			}
		}
		if seen != 2 {
			t.Errorf("%s: %d sources told", c, seen)
		}
	}
}
