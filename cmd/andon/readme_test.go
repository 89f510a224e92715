package main

import (
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"andon/fleet/actions"
	"andon/fleet/rules"
	"andon/fleet/sim"
	"andon/ui"
)

var update = flag.Bool("update", false, "write the README's generated tables")

// TestReadmeTables keeps the README's tables as the code has them. Run with
// -update to write them.
func TestReadmeTables(t *testing.T) {
	path := filepath.Join("..", "..", "README.md")
	raw, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	text := string(raw)
	for name, table := range map[string]string{"verbs": verbTable(), "keys": keyTable(), "rules": ruleTable(), "actions": actionTable(), "scenarios": scenarioTable()} {
		from, to := "<!-- "+name+" -->\n", "<!-- /"+name+" -->"
		i, j := strings.Index(text, from), strings.Index(text, to)
		if i < 0 || j < i {
			t.Fatalf("README has no place for the %s", name)
		}
		if got := text[i+len(from) : j]; got != table {
			if !*update {
				t.Errorf("README's %s are not the code's; run: go test ./cmd/andon -run TestReadmeTables -update\nwant\n%s", name, table)
			}
			text = text[:i+len(from)] + table + text[j:]
		}
	}
	if *update {
		if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
}

func row(cells ...string) string {
	for i, c := range cells {
		cells[i] = strings.ReplaceAll(c, "|", "\\|")
	}
	return "| " + strings.Join(cells, " | ") + " |\n"
}

func head(cells ...string) string {
	line := "|"
	for range cells {
		line += " --- |"
	}
	return row(cells...) + line + "\n"
}

func verbTable() string {
	out := head("verb", "what it does")
	for _, v := range verbs() {
		out += row("`"+strings.TrimSpace("andon "+v.name+" "+v.args)+"`", v.summary)
	}
	return out
}

func keyTable() string {
	out := head("key", "what it does")
	for _, b := range ui.DefaultKeymap(actions.All()) {
		if b.Shown == "" {
			continue
		}
		out += row("`"+b.Shown+"`", b.Does)
	}
	return out
}

func ruleTable() string {
	out := head("rule", "worst", "what it sees", "what cures it", "what does not")
	for _, r := range rules.All() {
		out += row("`"+string(r.ID)+"`", string(r.Severity), r.Title+": "+r.Doc.Whys[1], r.Doc.Cure, r.Doc.NoCure)
	}
	return out
}

func actionTable() string {
	out := head("key", "action", "what it does", "cost")
	for _, a := range actions.All() {
		out += row("`"+a.Key+"`", fmt.Sprintf("`%s`", a.ID), a.Doc, a.Cost)
	}
	return out
}

func scenarioTable() string {
	out := head("scenario", "what happens", "what andon says")
	for _, s := range sim.Scenarios() {
		said := make([]string, len(s.Tells))
		for i, id := range s.Tells {
			said[i] = "`" + string(id) + "`"
		}
		if len(said) == 0 {
			said = []string{"green"}
		}
		out += row("`"+s.Name+"`", s.Title, strings.Join(said, ", "))
	}
	return out
}
