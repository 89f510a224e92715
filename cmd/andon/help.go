package main

import (
	"context"
	"flag"
	"fmt"
	"runtime/debug"
	"strings"
)

// version is set by the linker for releases.
var version = "dev"

func versionText() string {
	if version != "dev" {
		return version
	}
	if bi, ok := debug.ReadBuildInfo(); ok {
		for _, s := range bi.Settings {
			if s.Key == "vcs.revision" && len(s.Value) >= 12 {
				return "dev-" + s.Value[:12]
			}
		}
	}
	return version
}

func runVersion(_ context.Context, in invocation) int {
	fmt.Fprintln(in.out, "andon", versionText())
	return exitOK
}

func runHelp(_ context.Context, in invocation) int {
	if len(in.args) > 0 && !strings.HasPrefix(in.args[0], "-") {
		if in.args[0] == "config" {
			fmt.Fprint(in.out, starterConfig)
			return exitOK
		}
		for _, v := range verbs() {
			if v.name == in.args[0] {
				v.run(context.Background(), invocation{stdio: in.stdio, args: []string{"--help"}, open: in.open})
				return exitOK
			}
		}
		return in.usage(fmt.Errorf("help: andon has no verb %q", in.args[0]))
	}
	fmt.Fprint(in.out, helpText())
	return exitOK
}

func helpText() string {
	var b strings.Builder
	b.WriteString("andon: see which line of a self-hosted GitHub Actions fleet is stopped, why, and put it right.\n\n")
	for _, v := range verbs() {
		fmt.Fprintf(&b, "  andon %-50s %s\n", strings.TrimSpace(v.name+" "+v.args), v.summary)
	}
	b.WriteString(`
Targets: dir:HOST:/PATH  host:HOST  disk:HOST:/ROOT  pr:OWNER/REPO#N  run:OWNER/REPO/ID
Flags of most verbs: --config FILE  --readonly  --json
Token: GH_TOKEN, GITHUB_TOKEN, or gh auth login. Without one the hosts still show.
Exit: 0 done, 1 error, 2 cancelled or used wrongly, 4 needs a token. check alone: 0 green, 1 yellow, 2 red, 3 unknown.

In the console lower case looks and UPPER CASE acts; every act is previewed. ? shows the keys.
`)
	return b.String()
}

func verbHelp(name string, fs *flag.FlagSet) string {
	var b strings.Builder
	for _, v := range verbs() {
		if v.name == name {
			fmt.Fprintf(&b, "andon %s\n  %s\n\n", strings.TrimSpace(v.name+" "+v.args), v.summary)
		}
	}
	fs.SetOutput(&b)
	fs.PrintDefaults()
	if name == "demo" {
		b.WriteString("\nScenarios:\n" + scenarioList())
	}
	return b.String()
}

const starterConfig = `# andon config: $XDG_CONFIG_HOME/andon/config.yaml (~/.config/andon/config.yaml)
repos: [owner/name]
# signatures: [mine.yaml]              # rows of your own for the classifier
# github:
#   base_url: https://HOST/api/v3/     # GitHub Enterprise Server
#   share: 0.5                         # part of the token's hourly limit to spend
hosts:
  - name: intel                        # what you call the machine
    ssh: intel                         # alias of ~/.ssh/config; default: the name
    runners: ["intel-*"]               # names of the runners that live on it
    privilege: sudo                    # sudo: sudo -n works, or the login is root; none: look only
    roots:
      - path: /mnt/nvme/targets        # the folder that holds the run dirs
        owner: 1000:1000               # uid:gid the builds run as, on this host
        # layout: {root}/{repo}-ci/{ref}/run-{run_id}
# policy: {disk_warn: 85, disk_stop: 95, min_idle: 30m, protected: [main, "release-*"]}
# intervals: {hosts: 15s, runs: 15s, pulls: 60s, runners: 30s}
# rules: {orphan-dirs: {off: true}}
# notify:
#   bell: true                         # the terminal's bell on a stop
#   desktop: off                       # osc9 or osc777, where the terminal knows them
#   # tmux_passthrough: true           # inside tmux; also: tmux set -g allow-passthrough on
#   min_severity: stop                 # stop or warn
#   group_wait: 10s                    # collect what belongs together
#   repeat: 4h                         # what nobody acknowledged is told again; 0: never
#   webhooks:                          # secrets in variables or files, never here
#     - {url: "https://am.example/hook", format: alertmanager, token_env: AM_TOKEN, min_severity: warn}
#     - {url_env: SLACK_URL, format: slack}
# read_only: true
# theme: auto                          # auto, dark, light, or a theme's name
# glyphs: unicode                      # or ascii
# operator: mei                        # your name in the audit log; default: the login
`
