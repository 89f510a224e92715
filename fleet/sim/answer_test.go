package sim

import (
	"encoding/json"
	"strings"
	"testing"

	"andon/fleet"
	"andon/fleet/probe"
	"andon/fleet/sim/answer"
)

// TestAnswersReadBack: what the real script said of every host of every scenario,
// read by the real parser, written as an answer and read again, is the same sweep.
func TestAnswersReadBack(t *testing.T) {
	t.Parallel()
	for _, sc := range Scenarios() {
		f := start(t, Options{Scenario: sc.Name})
		c := newConsole(t, f)
		for _, h := range f.Hosts() {
			if h.Name == "mac-mini" {
				continue
			}
			light, err := c.sweep(t.Context(), h, nil)
			if err != nil {
				t.Fatal(err)
			}
			var deep []probe.DeepAsk
			for _, d := range light.Dirs {
				deep = append(deep, probe.DeepAsk{Root: d.Path.Root(), Rel: d.Path.Rel(), UID: h.Roots[0].Owner.UID})
			}
			want, err := c.sweep(t.Context(), h, deep)
			if err != nil {
				t.Fatal(err)
			}
			for i := range want.Dirs {
				if d := &want.Dirs[i]; strings.HasPrefix(d.Writers.Why(), "at least pid ") {
					_, why, _ := strings.Cut(d.Writers.Why(), "; ")
					d.Writers = fleet.Unknown[[]fleet.Writer](why)
				}
			}
			got, err := probe.Parse(h, answer.Encode(h, want), want.At, want.Took)
			if err != nil {
				t.Fatalf("%s, host %s: %v", sc.Name, h.Name, err)
			}
			a, b := asJSON(t, want), asJSON(t, got)
			if a != b {
				i := 0
				for i < min(len(a), len(b)) && a[i] == b[i] {
					i++
				}
				from := max(0, i-200)
				t.Errorf("%s, host %s:\nread    %s\nwritten %s", sc.Name, h.Name, a[from:min(len(a), i+200)], b[from:min(len(b), i+200)])
			}
		}
	}
}

func asJSON(t *testing.T, v any) string {
	t.Helper()
	b, err := json.Marshal(v)
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}
