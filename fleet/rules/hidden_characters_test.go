package rules

import (
	"strings"
	"testing"

	"andon/fleet"
	"andon/fleet/fleettest"
)

func TestHiddenCharacters(t *testing.T) {
	for _, tc := range []struct {
		name string
		do   func(*fleettest.World)
		key  string // "" none
		want fleet.Severity
		says string // in the first fact
	}{
		{"plain", func(w *fleettest.World) { w.PR(1).Title = "fix(ci): mend" }, "", "", ""},
		{"Chinese and emoji", func(w *fleettest.World) { w.PR(1).Title = "修复 👩‍💻 naïve — café" }, "", "", ""},
		{"a title with an escape and a bidi override", func(w *fleettest.World) { w.PR(1).Title = "docs: \x1b]0;x\x07\u202egnp" }, "pulls:paiml/aprender", fleet.SeverityInfo, `title "docs: ]0;xgnp" holds U+001B, U+0007, U+202E`},
		{"of an ended pull request", func(w *fleettest.World) { p := w.PR(1); p.Title, p.State = "x\u200b", fleet.PRMerged }, "", "", ""},
		{"a branch that looks like main", func(w *fleettest.World) { w.PR(1).HeadRef = "ma\u200bin" }, "pulls:paiml/aprender", fleet.SeverityWarn, `branch "main" holds U+200B: it looks like another one`},
		{"a branch like no other", func(w *fleettest.World) { w.PR(1).HeadRef = "fe\u200bature" }, "pulls:paiml/aprender", fleet.SeverityInfo, "U+200B"},
		{"a dir", func(w *fleettest.World) { w.Dir("intel", "aprender-ci/fix-\xff\n/run-5") }, "dirs:intel", fleet.SeverityInfo, "holds 0xFF, U+000A"},
		{"a dir that looks like another", func(w *fleettest.World) {
			w.Dir("intel", "aprender-ci/main/run-5")
			w.Dir("intel", "aprender-ci/m\u00adain/run-5")
		}, "dirs:intel", fleet.SeverityWarn, "holds U+00AD: it looks like another one"},
		{"a runner", func(w *fleettest.World) {
			w.Runners = []fleet.Runner{{Scope: "paiml", Name: "intel-1"}, {Scope: "paiml", Name: "intel-1\u200b"}, {Scope: "acme", Name: "intel-1"}}
		}, "runners:paiml", fleet.SeverityWarn, `runner "intel-1" holds U+200B`},
	} {
		t.Run(tc.name, func(t *testing.T) {
			w := fleettest.New()
			w.Host("intel")
			tc.do(w)
			fs := find(t, "hidden-characters", w.Snapshot())
			if tc.key == "" {
				if len(fs) != 0 {
					t.Errorf("%+v", fs)
				}
				return
			}
			if len(fs) != 1 || fs[0].Key != tc.key || fs[0].Severity != tc.want || !strings.Contains(fs[0].Evidence[0].Fact, tc.says) {
				t.Fatalf("%+v", fs)
			}
			told(t, fs[0])
			texts := fs[0].Summary + fs[0].Advice
			for _, e := range append(fs[0].Evidence, fs[0].RuledOut...) {
				texts += e.What + e.Where + e.Fact
			}
			if h := fleet.HiddenIn(texts); h != nil {
				t.Errorf("printed raw: %q in %q", h, texts)
			}
		})
	}
}

func TestHiddenCharactersLife(t *testing.T) {
	w := fleettest.New()
	w.Host("intel")
	p := w.PR(1)
	wholeLife(t, "hidden-characters", w, fleet.SourceID{Kind: fleet.SourcePulls, Of: string(fleettest.Repo)},
		func(*fleettest.World) { p.Title = "x\u202ey" }, func(*fleettest.World) { p.Title = "xy" })
}
