package gh

import (
	"encoding/json"
	"errors"
	"reflect"
	"testing"
	"time"

	"github.com/google/go-github/v62/github"
)

// FuzzDecode: no body panics; a body that is no list is an error, never an empty
// list; and what is read agrees with json.Unmarshal.
func FuzzDecode(f *testing.F) {
	run := text(runJSON(int64(runID), nil))
	for _, s := range []string{"", "null", "[]", "{}", "7", `"x"`, `{"workflow_runs":[]}`, `{"workflow_runs":null}`, `{"total_count":-3,"workflow_runs":[{}]}`,
		`{"total_count":1,"workflow_runs":[` + run + `]}`, `{"total_count":"x","workflow_runs":[null,{"id":10000000000000000000}]}`,
		`{"WORKFLOW_RUNS":[{"id":1}]}`, `[{"number":1,"state":"closed"}]`, `{"workflow_runs":[` + run} {
		f.Add([]byte(s))
	}
	at := time.Date(2026, 5, 15, 12, 0, 0, 0, time.UTC)
	f.Fuzz(func(t *testing.T, body []byte) {
		p, err := decodePage[wireRun](body, "workflow_runs")
		switch {
		case err != nil && !errors.Is(err, errNoAnswer):
			t.Fatalf("error of another kind: %v", err)
		case err != nil && len(p.items) != 0:
			t.Fatalf("%d items beside %v", len(p.items), err)
		case err == nil && !json.Valid(body):
			t.Fatalf("a broken body was read: %q", body)
		case p.total < -1:
			t.Fatalf("total %d", p.total)
		}
		for _, w := range p.items {
			if r, ok := w.run(repo, at); ok && (r.ID <= 0 || r.Status == "" || r.Attempt < 1) {
				t.Fatalf("accepted %+v", r)
			}
		}
		var plain struct {
			Items []wireRun `json:"workflow_runs"`
		}
		if err == nil && p.dropped == 0 && json.Unmarshal(body, &plain) == nil && !reflect.DeepEqual(plain.Items, p.items) && len(p.items) > 0 {
			t.Fatalf("json.Unmarshal reads %+v, decodePage %+v", plain.Items, p.items)
		}
		pulls, err := decodePage[wirePull](body, "")
		if err == nil && (len(body) == 0 || body[0] == 'n') {
			t.Fatalf("%q is a list of %d", body, len(pulls.items))
		}
		for _, w := range pulls.items {
			if p, ok := w.pull(repo, at, true); ok && (p.Number <= 0 || p.State == "" || (p.State != "open") != !p.ClosedAt.IsZero()) {
				t.Fatalf("accepted %+v", p)
			}
		}
	})
}

func pageOfRuns() []byte {
	var items []any
	for i := range 100 {
		items = append(items, runJSON(int64(runID)+int64(i), nil))
	}
	return []byte(listJSON("workflow_runs", 12345, items...))
}

func pageOfPulls() []byte {
	var items []any
	for i := range 100 {
		items = append(items, pullJSON(i+1, nil))
	}
	return []byte(text(items))
}

// The four benchmarks say what lean structs save; run them together and compare.
func BenchmarkRunsLean(b *testing.B) {
	body := pageOfRuns()
	bench(b, body, func() (int, error) {
		p, err := decodePage[wireRun](body, "workflow_runs")
		return len(p.items), err
	})
}

func BenchmarkRunsGoGitHub(b *testing.B) {
	body := pageOfRuns()
	bench(b, body, func() (int, error) {
		var runs github.WorkflowRuns
		err := json.Unmarshal(body, &runs)
		return len(runs.WorkflowRuns), err
	})
}

func BenchmarkPullsLean(b *testing.B) {
	body := pageOfPulls()
	bench(b, body, func() (int, error) {
		p, err := decodePage[wirePull](body, "")
		return len(p.items), err
	})
}

func BenchmarkPullsGoGitHub(b *testing.B) {
	body := pageOfPulls()
	bench(b, body, func() (int, error) {
		var pulls []*github.PullRequest
		err := json.Unmarshal(body, &pulls)
		return len(pulls), err
	})
}

// BenchmarkUnpack is what a 304 costs before its body is decoded.
func BenchmarkUnpack(b *testing.B) {
	body := pageOfPulls()
	packed := pack(body)
	b.SetBytes(int64(len(body)))
	for b.Loop() {
		if got, err := unpack(packed); err != nil || len(got) != len(body) {
			b.Fatal(err)
		}
	}
}

func bench(b *testing.B, body []byte, decode func() (int, error)) {
	b.SetBytes(int64(len(body)))
	b.ReportAllocs()
	for b.Loop() {
		if n, err := decode(); err != nil || n != 100 {
			b.Fatal(n, err)
		}
	}
}
