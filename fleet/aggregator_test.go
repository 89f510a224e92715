package fleet

import (
	"slices"
	"testing"
)

func TestAggregator(t *testing.T) {
	if !slices.IsSorted(aggregatorNames[:]) {
		t.Error("the names are searched by halves and must be sorted")
	}
	for _, n := range aggregatorNames {
		if n != plainJobName(n) || len(n) > longestAggregator {
			t.Errorf("%q is not as plainJobName writes it, or too long", n)
		}
	}
	for _, name := range []string{"gate", "Gate", "ci-gate", "all-green", "All green", "ci_success", "required", "sovereign-ci / gate", "CI / build / all-checks-passed"} {
		if !(Job{Name: name}).Aggregator() {
			t.Errorf("%q is an aggregator", name)
		}
	}
	// Jobs that do work of their own, though their names sound final.
	for _, name := range []string{"", "workspace-test", "quality-gate", "gate / workspace-test", "build (gate)", "release", "summary", "done", "gateway", "integration gate tests", "test-results"} {
		if (Job{Name: name}).Aggregator() {
			t.Errorf("%q is no aggregator by its name", name)
		}
	}
}

func BenchmarkAggregator(b *testing.B) {
	j := Job{Name: "sovereign-ci / workspace-test"}
	b.ReportAllocs()
	for b.Loop() {
		if j.Aggregator() {
			b.Fatal("no aggregator")
		}
	}
}
