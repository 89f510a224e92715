package main

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func logFile(t *testing.T, name, text string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), name)
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

const shutdownLog = "2026-05-18T03:12:07.1234567Z ##[group]Run make\n2026-05-18T03:12:07.1234567Z \x1b[36;1mmake\x1b[0m\n2026-05-18T03:12:07.1234567Z shell: bash -e {0}\n2026-05-18T03:12:07.1234567Z ##[endgroup]\n" +
	"2026-05-18T03:12:09.1234567Z ##[error]The runner has received a shutdown signal. This can happen when the runner service is stopped, or a manually started runner is canceled.\n"

func TestClassifyPrintsOneArray(t *testing.T) {
	env := map[string]string{"XDG_CONFIG_HOME": t.TempDir()}
	infra := logFile(t, "workspace-test/4_Run make.txt", shutdownLog)
	code := logFile(t, "b.txt", "##[group]Run tsc\nshell: bash -e {0}\n##[endgroup]\nsrc/a.ts(1,2): error TS2322: no\n##[error]Process completed with exit code 2.\n")
	missing := filepath.Join(t.TempDir(), "gone.txt")
	exit, out, errs := called(t, env, "classify", infra, missing, code, "--json")
	var got []map[string]any
	if err := json.Unmarshal([]byte(out), &got); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	if exit != exitError || len(got) != 3 || !strings.Contains(errs, "gone.txt") {
		t.Fatalf("exit %d, %d results\n%s", exit, len(got), errs)
	}
	for _, field := range []string{"file", "verdict", "signature", "row", "name", "step", "line", "text", "cures", "advice", "guard", "reason", "size_bytes", "lines", "truncated"} {
		for i := range got {
			if _, ok := got[i][field]; !ok {
				t.Errorf("result %d has no %s", i, field)
			}
		}
	}
	if g := got[0]; g["verdict"] != "infra" || g["signature"] != "runner-shutdown" || g["row"] != 22.0 || g["line"] != 5.0 || g["name"] != "infra/workspace-test/make/runner-shutdown" || g["step"] != "Run make" {
		t.Errorf("%v", g)
	}
	if g := got[1]; g["verdict"] != "unknown" || !strings.Contains(g["reason"].(string), "no such file") {
		t.Errorf("%v", g)
	}
	if g := got[2]; g["verdict"] != "code" || g["signature"] != "tsc-error" || g["row"] != nil {
		t.Errorf("%v", g)
	}
}

func TestClassifyText(t *testing.T) {
	env := map[string]string{"XDG_CONFIG_HOME": t.TempDir()}
	exit, out, errs := called(t, env, "classify", logFile(t, "a.txt", shutdownLog+"\x1b]0;owned\x07\n"))
	if exit != exitOK || errs != "" || !strings.HasPrefix(out, "infra      ") || !strings.Contains(out, "runner-shutdown  row 22  line 5 of 6") || !strings.Contains(out, "find who stopped the runner") || strings.Contains(out, "\x1b") {
		t.Errorf("exit %d\n%s%s", exit, out, errs)
	}
}

// Nothing to read, and what is no text, is unknown with a reason and no error.
func TestClassifyOfNothingIsUnknown(t *testing.T) {
	env := map[string]string{"XDG_CONFIG_HOME": t.TempDir()}
	for _, text := range []string{"", "all is well\n", strings.Repeat("\x00\x01\x02\x03PNG", 500)} {
		exit, out, errs := called(t, env, "classify", logFile(t, "a.txt", text))
		if exit != exitOK || !strings.HasPrefix(out, "unknown") || !strings.Contains(out, "why ") || errs != "" {
			t.Errorf("%.20q: exit %d\n%s%s", text, exit, out, errs)
		}
	}
}

func TestClassifyWithRowsOfOnesOwn(t *testing.T) {
	log := logFile(t, "a.txt", "##[group]Run make\nshell: bash -e {0}\n##[endgroup]\nthe warp core is cold\n##[error]Process completed with exit code 2.\n")
	rows := "rows:\n  - slug: warp-core\n    class: infra\n    literals: [the warp core is cold]\n    cures: [look]\n    advice: warm it up\n"
	own := logFile(t, "own.yaml", rows)
	exit, out, errs := called(t, map[string]string{"XDG_CONFIG_HOME": t.TempDir()}, "classify", log, "--signatures", own)
	if exit != exitOK || !strings.HasPrefix(out, "infra") || !strings.Contains(out, "warm it up") {
		t.Errorf("exit %d\n%s%s", exit, out, errs)
	}
	env, file := writeConfig(t, "repos: [a/b]\nhosts: [{name: h, roots: [{path: /x/y, owner: \"1:1\"}]}]\nsignatures: [mine.yaml]\n")
	exit, _, errs = called(t, env, "classify", log)
	if want := file + ":3:14: signature file "; exit != exitUsage || !strings.Contains(errs, want) {
		t.Errorf("missing file: exit %d, want %s\n%s", exit, want, errs)
	}
	if err := os.WriteFile(filepath.Join(filepath.Dir(file), "mine.yaml"), []byte(rows), 0o600); err != nil {
		t.Fatal(err)
	}
	if exit, out, errs = called(t, env, "classify", log); exit != exitOK || !strings.Contains(out, "warp-core") {
		t.Errorf("config's rows: exit %d\n%s%s", exit, out, errs)
	}
	bad := logFile(t, "bad.yaml", "rows:\n  - slug: x\n    class: infra\n    cures: [look]\n    advice: y\n")
	exit, _, errs = called(t, env, "classify", log, "--signatures", bad)
	if exit != exitUsage || !strings.Contains(errs, bad+":2:5: row \"x\" has no literal; ") {
		t.Errorf("row without a literal: exit %d\n%s", exit, errs)
	}
	if exit, _, _ = called(t, env, "classify", "--frob"); exit != exitUsage {
		t.Errorf("unknown flag: exit %d", exit)
	}
}
