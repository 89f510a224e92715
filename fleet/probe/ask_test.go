package probe

import (
	"slices"
	"strings"
	"testing"
	"time"

	"andon/fleet"
)

func TestArgs(t *testing.T) {
	l, err := fleet.ParseLayout("{root}/build-{repo}/{ref}/ci-{run_id}")
	if err != nil {
		t.Fatal(err)
	}
	a := Ask{
		Roots:      []fleet.Root{{Path: "/mnt/raid/targets"}, {Path: "/srv/x y/targets", Layout: l}},
		Deep:       []DeepAsk{{"/srv/x y/targets", "build-a/b\nc/ci-7", 1000}},
		DeepBudget: 1500 * time.Millisecond, MaxDirs: 7,
	}
	got, err := a.Args()
	want := []string{"1", "7", "1", "R", "/mnt/raid/targets", "run-", "", "-ci", "R", "/srv/x y/targets", "ci-", "build-", "",
		"D", "1", "1000", "build-a/b\nc/ci-7"}
	if err != nil || !slices.Equal(got, want) {
		t.Errorf("%q, %v", got, err)
	}
}

func TestArgsRefuse(t *testing.T) {
	ok := fleet.Root{Path: "/mnt/targets"}
	many := make([]fleet.Root, 300)
	for i := range many {
		many[i] = fleet.Root{Path: "/mnt/" + strings.Repeat("x", 240)}
	}
	for name, a := range map[string]Ask{
		"root that is not clean": {Roots: []fleet.Root{{Path: "/mnt/targets/"}}},
		"system root":            {Roots: []fleet.Root{{Path: "/etc/x"}}},
		"dir that leaves":        {Roots: []fleet.Root{ok}, Deep: []DeepAsk{{"/mnt/targets", "../x", 0}}},
		"dir with NUL":           {Roots: []fleet.Root{ok}, Deep: []DeepAsk{{"/mnt/targets", "a\x00b", 0}}},
		"dir of no root":         {Roots: []fleet.Root{ok}, Deep: []DeepAsk{{"/mnt/other", "x", 0}}},
		"too many roots":         {Roots: many},
		"too many dirs":          {Roots: []fleet.Root{ok}, MaxDirs: MaxMaxDirs + 1},
		"no dirs":                {Roots: []fleet.Root{ok}, MaxDirs: -1},
		"a long budget":          {Roots: []fleet.Root{ok}, DeepBudget: time.Hour},
		"a tiny budget":          {Roots: []fleet.Root{ok}, DeepBudget: time.Millisecond},
	} {
		if w, err := a.Args(); err == nil {
			t.Errorf("%s: no error, %d words", name, len(w))
		}
	}
}

func TestArgsLeaveOffWhatDoesNotFit(t *testing.T) {
	a := Ask{Roots: []fleet.Root{{Path: "/mnt/targets"}}}
	for range 1000 {
		a.Deep = append(a.Deep, DeepAsk{"/mnt/targets", "a-ci/" + strings.Repeat("n", 240) + "/run-1", 1000})
	}
	w, err := a.Args()
	if err != nil {
		t.Fatal(err)
	}
	if n := wordsSize(w); n > MaxArgs || n < MaxArgs-1000 {
		t.Errorf("%d bytes, want just below %d", n, MaxArgs)
	}
	if (len(w)-8)%4 != 0 {
		t.Errorf("%d words: the last dir is cut", len(w))
	}
}
