package signature

import (
	"bytes"
	"encoding/csv"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"andon/fleet"
)

// TestCorpus judges a folder of real logs, ANDON_LOG_CORPUS, by its labels.tsv (file,
// verdict, why) and prints the confusion table. No log labelled code may be infra or
// suspect, and every log labelled infra must be.
func TestCorpus(t *testing.T) {
	dir := os.Getenv("ANDON_LOG_CORPUS")
	if dir == "" {
		t.Skip("ANDON_LOG_CORPUS names no folder with logs and labels.tsv")
	}
	f, err := os.Open(filepath.Join(dir, "labels.tsv"))
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	r := csv.NewReader(f)
	r.Comma, r.LazyQuotes, r.FieldsPerRecord = '\t', true, -1
	rows, err := r.ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	c := builtIn(t)
	table := map[string]map[fleet.Class]int{}
	for _, row := range rows[1:] {
		b, err := os.ReadFile(filepath.Join(dir, row[0]))
		if err != nil {
			t.Fatal(err)
		}
		in := Input{Log: b}
		v := c.Classify(in)
		if table[row[1]] == nil {
			table[row[1]] = map[fleet.Class]int{}
		}
		table[row[1]][v.Class]++
		if string(v.Class) != row[1] {
			read, _ := c.Read(bytes.NewReader(b))
			t.Errorf("%s: %s %s at line %d %q, labelled %s (%s)", row[0], v.Class, v.Signature, v.Line, c.Judge(in, read).Excerpt, row[1], strings.Join(row[2:], " "))
		}
	}
	classes := []fleet.Class{fleet.ClassInfra, fleet.ClassSuspect, fleet.ClassCancelled, fleet.ClassCode, fleet.ClassUnknown}
	var out strings.Builder
	fmt.Fprintf(&out, "%d logs; labelled below, judged to the right\n%-10s", len(rows)-1, "")
	for _, j := range classes {
		fmt.Fprintf(&out, "%10s", j)
	}
	for _, l := range classes {
		fmt.Fprintf(&out, "\n%-10s", l)
		for _, j := range classes {
			fmt.Fprintf(&out, "%10d", table[string(l)][j])
		}
	}
	t.Log(out.String())
}
