package kit

import (
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"andon/themes"
)

var update = flag.Bool("update", false, "write the golden files anew")

// looks are the four ways every block is shown in the golden files.
func looks(t testing.TB) []struct {
	name string
	look Look
} {
	t.Helper()
	styles := func(slug string, d themes.Depth) themes.Styles {
		theme, err := themes.Load(nil, slug)
		if err != nil {
			t.Fatal(err)
		}
		return theme.Styles(d)
	}
	return []struct {
		name string
		look Look
	}{
		{"dark", NewLook(styles("andon-dark", themes.TrueColor), false)},
		{"light", NewLook(styles("andon-light", themes.Colors256), false)},
		{"mono", NewLook(styles("mono", themes.Mono), false)},
		{"ascii", NewLook(styles("mono", themes.NoEscapes), true)},
	}
}

// TestGolden compares each scene with its file. A file holds the scene at 80
// and 160 columns in dark, light, mono and ASCII; ESC is written as ␛ there.
func TestGolden(t *testing.T) {
	for name, scene := range scenes() {
		t.Run(name, func(t *testing.T) {
			var b strings.Builder
			for _, w := range []int{80, 160} {
				for _, l := range looks(t) {
					frame := scene(l.look, w)
					exact(t, frame, w)
					fmt.Fprintf(&b, "-- %d columns, %s --\n%s\n", w, l.name, strings.ReplaceAll(frame, "\x1b", "␛"))
				}
			}
			compare(t, filepath.Join("testdata", "golden", name+".txt"), b.String())
		})
	}
}

func compare(t *testing.T, file, got string) {
	t.Helper()
	if *update {
		if err := os.MkdirAll(filepath.Dir(file), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(file, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if got != string(want) {
		t.Errorf("%s differs; if the new look is meant, run: go test ./ui/kit -run Golden -update\n%s", file, firstDifference(string(want), got))
	}
}

func firstDifference(want, got string) string {
	a, b := strings.Split(want, "\n"), strings.Split(got, "\n")
	for i := range max(len(a), len(b)) {
		if lineAt(a, i) != lineAt(b, i) {
			return fmt.Sprintf("line %d\nwant %q\ngot  %q", i+1, lineAt(a, i), lineAt(b, i))
		}
	}
	return ""
}

// exact fails unless every line of a frame is exactly w cells.
func exact(t testing.TB, frame string, w int) {
	t.Helper()
	for i, line := range strings.Split(frame, "\n") {
		if got := DrawnWidth(line); got != w {
			t.Errorf("line %d is %d cells, not %d: %q", i+1, got, w, line)
		}
	}
}
