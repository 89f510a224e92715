package signature

import (
	"errors"
	"slices"
	"strings"
	"testing"

	"andon/fleet"
)

const goodRow = `rows:
  - slug: warp-core
    class: infra
    literals: [the warp core is cold]
    regexp: 'core is (cold|wet)'
    place: [script, setup]
    cures: [look, rerun]
    advice: warm it up
`

// Every complaint names its place: line and column are checked, not only the words.
func TestLoadRefuses(t *testing.T) {
	replace := func(old, new string) string { return strings.Replace(goodRow, old, new, 1) }
	for _, tc := range []struct{ name, file, want string }{
		{"no literal", replace("    literals: [the warp core is cold]\n", ""), "own.yaml:2:5: row \"warp-core\" has no literal; add literals"},
		{"empty list of literals", replace("[the warp core is cold]", "[]"), "own.yaml:2:5: row \"warp-core\" has no literal"},
		{"short literal", replace("[the warp core is cold]", "[the warp core is cold, warp]"), "own.yaml:4:15: literal \"warp\" has 4 bytes; use one of 6 bytes"},
		{"long expression", replace("'core is (cold|wet)'", "'"+strings.Repeat("x", 513)+"'"), "own.yaml:5:13: regular expression of 513 bytes; keep it to 512"},
		{"bad expression", replace("(cold|wet)", "(cold"), "own.yaml:5:13: regular expression does not compile: "},
		{"slug twice", goodRow + strings.TrimPrefix(goodRow, "rows:\n"), "own.yaml:9:11: slug \"warp-core\" stands twice"},
		{"no slug", replace("slug: warp-core", "title: x"), "own.yaml:2:5: a row has no slug"},
		{"bad slug", replace("warp-core", "Warp Core"), "own.yaml:2:11: slug \"Warp Core\"; use lower case"},
		{"cure", replace("[look, rerun]", "[look, pray]"), "own.yaml:7:12: no cure is called \"pray\"; use chown, reap"},
		{"class", replace("infra", "bad"), "own.yaml:3:12: no class is called \"bad\" here; use infra"},
		{"place", replace("[script, setup]", "[script, attic]"), "own.yaml:6:12: no place is called \"attic\"; use error"},
		{"no class", replace("    class: infra\n", ""), "own.yaml:2:5: row \"warp-core\" has no class"},
		{"no advice", replace("    advice: warm it up\n", ""), "own.yaml:2:5: row \"warp-core\" has no cures or no advice"},
		{"key", replace("advice", "advise"), "own.yaml:8:5: a row has no key \"advise\"; use one of"},
		{"key twice", goodRow + "    advice: again\n", "own.yaml:9:5: key \"advice\" stands twice"},
		{"not a list", "rows: {a: b}\n", "own.yaml:1:7: rows is not a list"},
		{"not a mapping", "- a\n", "own.yaml:1:1: the file is not a mapping"},
		{"not yaml", "rows: [\n", "own.yaml:"},
		{"code without a literal", "code:\n  - {slug: x-y}\n", "own.yaml:2:5: code signature \"x-y\" has no literal"},
		{"strength", "code:\n  - {slug: x-y, literals: [abcdef], strength: mighty}\n", "own.yaml:2:47: no strength is called \"mighty\""},
		{"too big", "rows: []\n#" + strings.Repeat("x", maxFile), "own.yaml:1:1: file has "},
		{"within", replace("    advice", "    near: [abc]\n    within: 99\n    advice"), "own.yaml:9:13: within \"99\"; write 0 to 8"},
		{"flag", replace("    advice", "    sticky: maybe\n    advice"), "own.yaml:8:13: \"maybe\" is no flag"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			_, err := Load(BuiltIn(), File{"own.yaml", []byte(tc.file)})
			var ps fleet.Problems
			if !errors.As(err, &ps) || !strings.Contains(err.Error(), tc.want) || !strings.Contains(err.Error(), "; ") {
				t.Errorf("got %v\nwant %s", err, tc.want)
			}
		})
	}
}

func TestLoadTellsAllProblemsAtOnce(t *testing.T) {
	_, err := Load(File{"a.yaml", []byte("rows:\n  - {slug: a-b}\nhosts: {x: y}\n")}, File{"b.yaml", []byte("row: []\n")})
	var ps fleet.Problems
	if !errors.As(err, &ps) || len(ps) < 4 || ps[len(ps)-1].File != "b.yaml" {
		t.Errorf("%v", err)
	}
}

func TestOwnRowsExtendAndOverride(t *testing.T) {
	own := goodRow + "  - {slug: runner-shutdown, class: suspect, literals: [The runner has received a shutdown signal], place: any, cures: [rerun], advice: ours do that, ends: true}\n"
	c, err := Load(BuiltIn(), File{"own.yaml", []byte(own)})
	if err != nil {
		t.Fatal(err)
	}
	if n := len(builtIn(t).rows); len(c.rows) != n+1 {
		t.Errorf("%d rows, want %d", len(c.rows), n+1)
	}
	j := judge(t, c, "##[group]Run make\nshell: bash -e {0}\n##[endgroup]\nthe warp core is cold\n##[error]Process completed with exit code 2.\n")
	if j.Class != fleet.ClassInfra || j.Signature != "warp-core" || j.Row != 0 || j.Advice != "warm it up" {
		t.Errorf("%+v", j)
	}
	j = judge(t, c, "##[error]The runner has received a shutdown signal. This can happen\n")
	if j.Class != fleet.ClassSuspect || j.Advice != "ours do that" {
		t.Errorf("%+v", j)
	}
}

// The shipped rows: all of the table, each with what an operator needs.
func TestTheCatalogueIsComplete(t *testing.T) {
	c := builtIn(t)
	numbers := map[int]string{}
	for _, r := range c.Rows() {
		if other := numbers[r.Number]; other != "" || r.Number == 0 {
			t.Errorf("row %d: %s and %q", r.Number, r.Slug, other)
		}
		numbers[r.Number] = r.Slug
		if r.Title == "" || r.Guard == "" || len(r.Sources) == 0 {
			t.Errorf("row %d %s lacks title, guard or sources", r.Number, r.Slug)
		}
	}
	for n := 1; n <= 68; n++ {
		if numbers[n] == "" {
			t.Errorf("row %d of the table is missing", n)
		}
	}
	// The table's rule: these are suspects until a host or three branches agree.
	for _, n := range []int{1, 2, 3, 4, 5, 6, 7, 45, 50, 51, 53, 56, 63, 65} {
		if i := slices.IndexFunc(c.rows, func(r Row) bool { return r.Number == n }); c.rows[i].Class != fleet.ClassSuspect {
			t.Errorf("row %d is %s", n, c.rows[i].Class)
		}
	}
}

func FuzzLoad(f *testing.F) {
	f.Add([]byte(goodRow))
	f.Add([]byte("rows: [{slug: *x}]"))
	f.Add([]byte("code: [{slug: a, literals: [abcdef], regexp: '('}]\nmarks: [{begins: true}]"))
	f.Fuzz(func(t *testing.T, b []byte) {
		c, err := Load(File{"own.yaml", b})
		if err != nil {
			if !strings.Contains(err.Error(), "own.yaml:") {
				t.Fatalf("no place in %v", err)
			}
			return
		}
		for _, r := range c.rows {
			for _, l := range r.Literals {
				if len(l) < minLiteral {
					t.Fatalf("literal %q passed", l)
				}
			}
			if len(r.Literals) == 0 || r.Regexp != nil && len(r.Regexp.String()) > maxRegexp {
				t.Fatalf("row %+v passed", r)
			}
		}
	})
}
