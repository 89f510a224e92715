package fleet

import (
	"errors"
	"strings"
	"testing"
)

const sha40 = "0123456789abcdef0123456789abcdef01234567"

var testRoot = Root{Path: "/mnt/nvme-raid0/targets", Owner: Owner{1000, 1000}}

func TestParseKnowsAllElevenForms(t *testing.T) {
	for _, tc := range []struct {
		rel  string
		want Place
	}{
		{"intel-clean-room-3/_work/aprender/aprender/target", Place{Form: FormRunnerWork, Repo: "aprender"}},
		{"intel-clean-room-3/_work/_temp/_github_home", Place{Form: FormRunnerWork}},
		{"aprender-ci/1792/debug", Place{Form: FormPRShared, Repo: "aprender", Ref: "1792", PR: 1792}},
		{"aprender-ci/1792/run-25919246467", Place{Form: FormRun, Repo: "aprender", Ref: "1792", PR: 1792, RunID: 25919246467}},
		{"aprender-ci/1792/run-25919246467-guards", Place{Form: FormRunSuffix, Repo: "aprender", Ref: "1792", PR: 1792, RunID: 25919246467, Suffix: "guards"}},
		{"aprender-ci/1792-s2/run-25919246467", Place{Form: FormShard, Repo: "aprender", Ref: "1792-s2", PR: 1792, Shard: 2, RunID: 25919246467}},
		{"aprender-ci/main/run-25919246467", Place{Form: FormBranchRun, Repo: "aprender", Ref: "main", RunID: 25919246467}},
		{"aprender-ci/feature/x/run-7", Place{Form: FormBranchRun, Repo: "aprender", Ref: "feature/x", RunID: 7}},
		{"aprender-ci/gh-readonly-queue/main/pr-1801-" + sha40 + "/run-9", Place{Form: FormQueueRun, Repo: "aprender", Ref: "gh-readonly-queue/main/pr-1801-" + sha40, PR: 1801, SHA: sha40, RunID: 9}},
		{"aprender-ci/gh-readonly-queue/main/pr-1801-" + sha40 + "-s3/run-9", Place{Form: FormQueueRun, Repo: "aprender", Ref: "gh-readonly-queue/main/pr-1801-" + sha40 + "-s3", PR: 1801, SHA: sha40, Shard: 3, RunID: 9}},
		{"aprender-ci/debug", Place{Form: FormSharedOrphan, Repo: "aprender"}},
		{"aprender-ci/run-25919246467", Place{Form: FormEmptyRef, Repo: "aprender", RunID: 25919246467}},
		{"sovereign-ci-forjar/311", Place{Form: FormRefOnly, Repo: "forjar", Ref: "311", PR: 311}},
		{"cargo-ci/registry/1792", Place{Form: FormRefOnly, Repo: "cargo", Ref: "1792", PR: 1792}},
		{"cargo-ci/registry/main", Place{Form: FormRefOnly, Repo: "cargo", Ref: "main"}},
		{"eph-17/_work", Place{Form: FormEphemeral}},
	} {
		p, err := testRoot.Parse(tc.rel)
		if err != nil {
			t.Errorf("%s: %v", tc.rel, err)
		} else if p.Place() != tc.want {
			t.Errorf("%s:\n got %+v\nwant %+v", tc.rel, p.Place(), tc.want)
		}
	}
}

func TestParseLeavesDoubtUnrecognised(t *testing.T) {
	for _, rel := range []string{
		"aprender-ci", "aprender-ci/1792", "aprender-ci/main/debug", "other/1792/run-5",
		"aprender-ci/1792/run-0", "aprender-ci/1792/run--1", "aprender-ci/1792/run-", "aprender-ci/1792/run-05",
		"aprender-ci/1792/run-9223372036854775808", "aprender-ci/1792/run-5-", "aprender-ci/1792/run-5x",
		"aprender-ci/1792/run-5/debug", "aprender-ci/1693/run-25919246467/run-6",
		"aprender-ci/gh-readonly-queue/main/pr-x-" + sha40 + "/run-9", "aprender-ci/gh-readonly-queue/main/run-9",
	} {
		p, err := testRoot.Parse(rel)
		if err != nil {
			t.Errorf("%s: %v", rel, err)
			continue
		}
		if p.Place().Form != FormUnrecognised {
			t.Errorf("%s: recognised as %v", rel, p.Place().Form)
		}
		if !errors.Is(p.Actionable(), ErrNotActionable) {
			t.Errorf("%s: actionable", rel)
		}
	}
}

func TestParseRefusesToLeaveTheRoot(t *testing.T) {
	for _, rel := range []string{
		"", "/etc/passwd", "..", "../x", "aprender-ci/../../etc", "aprender-ci//run-5", "aprender-ci/1792/run-5/",
		"./aprender-ci", "aprender-ci/\x00/run-5", strings.Repeat("a", 256), strings.Repeat("a/", 30) + "b",
	} {
		if p, err := testRoot.Parse(rel); err == nil {
			t.Errorf("%q: accepted as %s", rel, p)
		}
	}
}

func TestHostileNamesAreShownAndNeverActionable(t *testing.T) {
	for _, ref := range []string{"$(id)", "a;b", "a b", "-rf", "\u202e1792", "\x9b2J", "a\nb", "\xff", "a'b", "a\\b", "日本"} {
		p, err := testRoot.Parse("aprender-ci/" + ref + "/run-5")
		if err != nil {
			t.Errorf("%q: %v", ref, err)
		} else if p.Actionable() == nil {
			t.Errorf("%q: actionable", ref)
		}
	}
}

func TestCleanRoot(t *testing.T) {
	for _, bad := range []string{"", "/", "/mnt", "/etc/andon", "/usr/local/x", "mnt/x", "/mnt/../etc", "/mnt//x", "/root/x", "/mnt/./x"} {
		if got, err := CleanRoot(bad); err == nil {
			t.Errorf("%q: accepted as %q", bad, got)
		}
	}
	if got, err := CleanRoot("/mnt/nvme/targets/"); err != nil || got != "/mnt/nvme/targets" {
		t.Errorf("got %q, %v", got, err)
	}
}

func TestLayoutTemplates(t *testing.T) {
	l, err := ParseLayout("{root}/ci-{repo}/{ref}/r{run_id}")
	if err != nil {
		t.Fatal(err)
	}
	p, err := Root{Path: "/srv/ci", Layout: l}.Parse("ci-engine/17/r99")
	if err != nil || p.Place() != (Place{Form: FormRun, Repo: "engine", Ref: "17", PR: 17, RunID: 99}) {
		t.Errorf("got %+v, %v", p.Place(), err)
	}
	for _, bad := range []string{"{root}/{repo}/{ref}/{run_id}", "{repo}/{ref}/run-{run_id}", "{root}/x/{ref}/run-{run_id}", "{root}/{repo}/{ref}/run-{run_id}/x", "{root}/{repo}/{ref}/run-{run_id}x", "{root}/{repo};/{ref}/run-{run_id}"} {
		if _, err := ParseLayout(bad); err == nil {
			t.Errorf("%q: accepted", bad)
		}
	}
}

func FuzzParse(f *testing.F) {
	for _, s := range []string{"aprender-ci/1792/run-25919246467-guards", "aprender-ci//run-5", "../x", "a/_work/b", "aprender-ci/gh-readonly-queue/main/pr-1-" + sha40 + "-s2/run-9", "sovereign-ci-x/3", "\xff/\x00"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, rel string) {
		p, err := testRoot.Parse(rel)
		if err != nil {
			return
		}
		full := p.String()
		if !strings.HasPrefix(full, testRoot.Path+"/") || strings.Contains(full+"/", "/../") || strings.Contains(full+"/", "/./") || strings.Contains(full, "//") || strings.Contains(full, "\x00") {
			t.Fatalf("%q left the root or is not clean: %q", rel, full)
		}
		if got := strings.Join(p.Components(), "/"); got != rel {
			t.Fatalf("components of %q join to %q", rel, got)
		}
		pl := p.Place()
		if pl.Form.HasRun() != (pl.RunID > 0) {
			t.Fatalf("%q: form %v with run id %d", rel, pl.Form, pl.RunID)
		}
		if p.Actionable() == nil {
			for _, c := range p.Components() {
				if !plainName(c) {
					t.Fatalf("%q: actionable with name %q", rel, c)
				}
			}
			if _, err := testRoot.Gate(p.Components()); err != nil {
				t.Fatalf("%q: actionable, but the gate says %v", rel, err)
			}
		}
	})
}
