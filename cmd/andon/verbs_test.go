package main

import (
	"context"
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// called runs a command line in this process with an environment of its own and
// returns what it printed.
func called(t *testing.T, env map[string]string, args ...string) (code int, out, errs string) {
	t.Helper()
	dir := t.TempDir()
	file := func(name string) *os.File {
		f, err := os.Create(filepath.Join(dir, name))
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { _ = f.Close() })
		return f
	}
	in, o, e := file("in"), file("out"), file("err")
	code = run(context.Background(), args, stdio{in, o, e, func(k string) string { return env[k] }})
	read := func(f *os.File) string {
		b, err := os.ReadFile(f.Name())
		if err != nil {
			t.Fatal(err)
		}
		return string(b)
	}
	return code, read(o), read(e)
}

func TestDemoCheckPrintsTheFleetAsJSON(t *testing.T) {
	code, out, errs := called(t, nil, "demo", "--headless", "--", "check", "--json")
	if code != checkRed {
		t.Fatalf("exit %d\n%s", code, errs)
	}
	var r struct {
		Lamp   string
		Alerts []struct {
			Rule, Severity, State string
			Subjects, Suggested   []string
			Evidence              []map[string]any
		}
		Hosts        []map[string]any
		PullRequests []struct {
			Number  int
			RunDirs []map[string]any `json:"run_dirs"`
		} `json:"pull_requests"`
		Sources []map[string]any
	}
	if err := json.Unmarshal([]byte(out), &r); err != nil {
		t.Fatal(err)
	}
	seen := map[string]bool{}
	for _, a := range r.Alerts {
		seen[a.Rule] = true
		if len(a.Subjects) == 0 || len(a.Evidence) == 0 || a.Suggested == nil || a.Severity == "" || a.State == "" {
			t.Errorf("alert without subjects, evidence, suggestions, severity or state: %+v", a)
		}
	}
	for _, rule := range []string{"run-dir-owner", "shared-run-dir", "disk-pressure", "orphan-dirs", "same-failure", "at-limit", "host-unreachable", "source-stale"} {
		if !seen[rule] {
			t.Errorf("the story shows no %s", rule)
		}
	}
	dirs := 0
	for _, p := range r.PullRequests {
		for _, d := range p.RunDirs {
			dirs++
			for _, field := range []string{"host", "path", "owner_uid", "bytes", "writers", "form", "run_id"} {
				if _, ok := d[field]; !ok {
					t.Errorf("#%d: run dir without %s", p.Number, field)
				}
			}
		}
	}
	for _, s := range r.Sources {
		if _, ok := s["age_seconds"]; !ok {
			t.Errorf("source without age_seconds: %v", s)
		}
	}
	if r.Lamp != "red" || len(r.Hosts) < 4 || dirs < 30 || len(r.Sources) < 5 {
		t.Errorf("lamp %s, %d hosts, %d run dirs of pull requests, %d sources", r.Lamp, len(r.Hosts), dirs, len(r.Sources))
	}
}

func TestDemoPlanChangesNothingAndFixDoes(t *testing.T) {
	code, out, errs := called(t, nil, "demo", "--headless", "--", "plan", "chown", "--alert", "run-dir-owner", "--then", "check")
	if code != checkRed || strings.Count(out, "/mnt/nvme-raid0/targets/aprender-ci/") < 12 || !strings.Contains(out, "firing   run-dir-owner") {
		t.Errorf("plan, then check: exit %d\n%s%s", code, out, errs)
	}
	code, out, errs = called(t, nil, "demo", "--headless", "--", "apply", "fix", "--alert", "run-dir-owner", "--yes", "--then", "check", "--json", "--then", "audit", "verify")
	if code != exitOK || !strings.Contains(out, "chain whole, 0 in doubt") {
		t.Errorf("fix: exit %d\n%s", code, errs)
	}
	if n := strings.Count(out, "\nstep 1 done"); n != 1 {
		t.Errorf("the end of step 1 is told %d times", n)
	}
	i, j := strings.Index(out, "\n{"), strings.LastIndex(out, "}\n")
	var r report
	if err := json.Unmarshal([]byte(out[i:j+1]), &r); err != nil {
		t.Fatal(err)
	}
	for _, a := range r.Alerts {
		if a.Fingerprint == "run-dir-owner/intel/born" && a.State != "resolved" {
			t.Errorf("%s is %s after the fix", a.Fingerprint, a.State)
		}
		if a.Fingerprint == "run-dir-owner/intel/recreated" && a.State != "firing" {
			t.Errorf("chown is said to cure a dir that was made again: %s", a.State)
		}
	}
}

func TestDemoReapUndoPurge(t *testing.T) {
	disk := "disk:intel:/mnt/nvme-raid0/targets"
	code, out, errs := called(t, nil, "demo", "--headless", "--", "apply", "reap", disk, "--yes", "--then", "apply", "undo", "host:intel", "--yes",
		"--then", "plan", "reap", disk, "--then", "audit", "verify")
	if code != exitOK || !strings.Contains(out, "verified by a fresh look") || strings.Contains(out, "NOT VERIFIED") {
		t.Errorf("exit %d\n%s%s", code, out, errs)
	}
	code, out, errs = called(t, nil, "demo", "--headless", "--", "apply", "reap", disk, "--yes", "--then", "apply", "purge", "host:intel", "--yes", "--then", "apply", "purge", "host:intel", "--now", "--yes", "--then", "check")
	if code != checkRed || !strings.Contains(out, "undo is possible until") || strings.Contains(out, "NOT VERIFIED") || strings.Contains(out, "STOP  firing   disk-pressure") {
		t.Errorf("purge: exit %d\n%s%s", code, out, errs)
	}
}

func TestReadonlyExplainsInsteadOfActing(t *testing.T) {
	code, out, errs := called(t, nil, "demo", "--headless", "--", "apply", "chown", "--alert", "run-dir-owner", "--yes", "--readonly")
	if code != exitError || !strings.Contains(errs, "read-only") || strings.Contains(out, "step 1 done") {
		t.Errorf("exit %d\n%s%s", code, out, errs)
	}
}

func TestUsageErrors(t *testing.T) {
	for _, tc := range []struct {
		args string
		code int
		want string
	}{
		{"frobnicate", exitUsage, "no verb \"frobnicate\""},
		{"demo", exitUsage, "--headless"},
		{"demo --headless -- plan", exitUsage, "no action named"},
		{"demo --headless -- plan chown", exitUsage, "nothing selected"},
		{"demo --headless -- plan chown intel", exitUsage, "want dir:HOST:/PATH"},
		{"demo --headless -- plan rm host:intel", exitError, "action \"rm\": not known"},
		{"demo --headless -- plan chown --alert no-such", exitError, "not firing"},
		{"demo --headless -- apply chown --alert run-dir-owner", exitUsage, "--yes"},
		{"demo --headless -- check --frob", exitUsage, "andon help check"},
		{"demo --headless -- audit frob", exitUsage, "want list or verify"},
		{"demo --hosts -1 --headless -- check", checkUnknown, "at most"},
		{"demo --scenario flood --headless -- check", exitUsage, "scenario \"flood\": no such scenario; there are incident"},
		{"demo --scenario list", exitOK, "incident "},
		{"help demo", exitOK, "Scenarios:\n  incident "},
		{"help", exitOK, "lower case looks"},
		{"help plan", exitOK, "-alert RULE"},
		{"version", exitOK, "andon "},
		{"--version", exitOK, "andon "},
	} {
		code, out, errs := called(t, nil, strings.Fields(tc.args)...)
		if code != tc.code || !strings.Contains(out+errs, tc.want) {
			t.Errorf("andon %s: exit %d, want %d with %q\n%s%s", tc.args, code, tc.code, tc.want, out, errs)
		}
	}
}

// writeConfig makes a config folder with a file and returns the environment.
func writeConfig(t *testing.T, text string) (map[string]string, string) {
	t.Helper()
	dir := t.TempDir()
	file := filepath.Join(dir, "andon", "config.yaml")
	if err := os.MkdirAll(filepath.Dir(file), 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return map[string]string{"XDG_CONFIG_HOME": dir, "XDG_STATE_HOME": filepath.Join(dir, "state"), "HOME": dir}, file
}

func TestWrongConfigNamesThePlace(t *testing.T) {
	env, file := writeConfig(t, "repos: [a/b]\nhosts:\n  - name: intel\n    rots: []\n")
	code, _, errs := called(t, env, "check")
	if want := file + ":4:5: hosts[0] has no key \"rots\"; use one of"; code != exitUsage || !strings.Contains(errs, want) {
		t.Errorf("exit %d, want %d with %s\n%s", code, exitUsage, want, errs)
	}
	code, _, errs = called(t, map[string]string{"XDG_CONFIG_HOME": t.TempDir()}, "check")
	if code != exitUsage || !strings.Contains(errs, "andon help config") {
		t.Errorf("no config: exit %d\n%s", code, errs)
	}
	if _, _, errs := called(t, nil, "help", "config"); errs != "" {
		t.Error(errs)
	}
}

// TestStarterConfigLoads keeps what help prints usable.
func TestStarterConfigLoads(t *testing.T) {
	_, file := writeConfig(t, starterConfig)
	if _, _, err := readConfig(file); err != nil {
		t.Error(err)
	}
	if err := os.Chmod(file, 0o666); err != nil {
		t.Fatal(err)
	}
	cfg, notes, err := readConfig(file)
	if err != nil || !cfg.Policy.ReadOnly || len(notes) != 1 || !strings.Contains(notes[0], "chmod go-w") {
		t.Errorf("config that others may write: read-only %v, notes %v, %v", cfg.Policy.ReadOnly, notes, err)
	}
}

// TestStarterConfigSaysHowToBeTold keeps what stands there as a comment usable.
func TestStarterConfigSaysHowToBeTold(t *testing.T) {
	i, j := strings.Index(starterConfig, "# notify:"), strings.Index(starterConfig, "# read_only:")
	if i < 0 || j < i {
		t.Fatal("no notify section")
	}
	_, file := writeConfig(t, starterConfig+"\n"+strings.ReplaceAll("\n"+starterConfig[i:j], "\n# ", "\n"))
	cfg, _, err := readConfig(file)
	if err != nil || len(cfg.Notify.Webhooks) != 2 || !cfg.Notify.Bell || cfg.Notify.Webhooks[1].URLEnv != "SLACK_URL" {
		t.Errorf("%+v %v", cfg.Notify, err)
	}
}

// TestNoTokenStillShowsTheHosts sweeps this machine with the real script.
func TestNoTokenStillShowsTheHosts(t *testing.T) {
	targets := filepath.Join(t.TempDir(), "targets")
	if err := os.MkdirAll(filepath.Join(targets, "b-ci", "12", "run-5"), 0o755); err != nil {
		t.Fatal(err)
	}
	env, _ := writeConfig(t, "repos: [a/b]\nhosts:\n  - name: here\n    transport: local\n    privilege: none\n    roots: [{path: "+targets+", owner: \"1000:1000\"}]\n")
	env["PATH"] = os.Getenv("PATH")
	t.Setenv("PATH", "/usr/sbin:/usr/bin:/sbin:/bin")
	code, out, errs := called(t, env, "check", "--json")
	if code != exitNeedsAuth || !strings.Contains(errs, "GH_TOKEN") || !strings.Contains(errs, "gh auth login") {
		t.Errorf("exit %d\n%s", code, errs)
	}
	if !strings.Contains(out, "b-ci/12/run-5") {
		t.Errorf("the host's run dir is not shown:\n%s", out)
	}
	code, out, _ = called(t, env, "apply", "rerun", "run:a/b/5", "--yes")
	if code != exitNeedsAuth || out != "" {
		t.Errorf("rerun without a token: exit %d %s", code, out)
	}
}
