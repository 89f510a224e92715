package config

import (
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"andon/fleet"
)

var known = Known{Rules: []fleet.RuleID{"disk-pressure"}, Themes: []string{"andon-dark"}}

const good = `
repos: [paiml/aprender]
hosts:
  - name: intel
    runners: ["intel-clean-room*"]
    roots:
      - path: /mnt/nvme-raid0/targets/
        owner: 1000:1000
policy: {disk_warn: 80, protected: [main, "rel-*"]}
rules: {disk-pressure: {for: 5m}}
read_only: true
glyphs: ascii
`

func TestLoadFillsDefaults(t *testing.T) {
	c, err := Load("config.yaml", []byte(good), known)
	if err != nil {
		t.Fatal(err)
	}
	h := c.Hosts[0]
	if h.SSH != "intel" || h.Transport != fleet.TransportSSH || h.Privilege != fleet.PrivilegeSudo || h.Roots[0].Path != "/mnt/nvme-raid0/targets" {
		t.Errorf("%+v", h)
	}
	if c.GitHub.BaseURL != "https://api.github.com/" || c.Intervals.Pulls != time.Minute || !c.Policy.ReadOnly || c.Policy.DiskWarn != 80 || c.Policy.DiskStop != 95 || !c.ASCII {
		t.Errorf("%+v", c)
	}
	rules := c.ApplyRules([]fleet.Rule{{ID: "disk-pressure"}, {ID: "other"}})
	if len(rules) != 2 || rules[0].For != 5*time.Minute {
		t.Errorf("%+v", rules)
	}
}

func TestSignatureFilesKeepTheirPlace(t *testing.T) {
	c, err := Load("config.yaml", []byte(good+"signatures: [mine.yaml, /etc/andon/more.yaml]\n"), known)
	if err != nil {
		t.Fatal(err)
	}
	want := []FileAt{{"mine.yaml", 13, 14}, {"/etc/andon/more.yaml", 13, 25}}
	if !slices.Equal(c.Signatures, want) {
		t.Errorf("got %+v, want %+v", c.Signatures, want)
	}
}

// Every complaint names its place: the line and column are checked, not only
// the words.
func TestProblemsNameTheirPlace(t *testing.T) {
	replace := func(old, new string) string { return strings.Replace(good, old, new, 1) }
	for _, tc := range []struct{ name, file, want string }{
		{"unknown key", replace("read_only", "readonly"), "c.yaml:11:1: the file has no key \"readonly\"; use one of"},
		{"unknown key in a host", replace("    runners:", "    runer:"), "c.yaml:5:5: hosts[0] has no key \"runer\""},
		{"wrong type", replace("true", "maybe"), "c.yaml:11:12: read_only is \"maybe\"; write true or false"},
		{"root /", replace("/mnt/nvme-raid0/targets/", "/"), "c.yaml:7:15: root \"/\": too close to /"},
		{"relative root", replace("/mnt/nvme-raid0/targets/", "targets"), "c.yaml:7:15: root \"targets\": not an absolute path"},
		{"system root", replace("/mnt/nvme-raid0/targets/", "/usr/local/targets"), "belongs to the system"},
		{"owner by name", replace("1000:1000", "ci:ci"), "c.yaml:8:16: parse owner \"ci:ci\""},
		{"owner root", replace("1000:1000", "0:0"), "c.yaml:8:16: the wanted owner is root"},
		{"no owner", replace("        owner: 1000:1000\n", ""), "c.yaml:7:9: hosts[0].roots[0] has no owner"},
		{"bad repo", replace("paiml/aprender", "aprender"), "c.yaml:2:9: repos[0] is \"aprender\"; write owner/name"},
		{"rule", replace("disk-pressure", "disk-presure"), "c.yaml:10:9: no rule is called \"disk-presure\""},
		{"not yaml", "hosts: [", "not YAML"},
		{"tab", "hosts:\n\t- x", "c.yaml:2:1: not YAML"},
		{"not a mapping", "- a\n", "c.yaml:1:1: the file is not a mapping"},
		{"duration", replace("5m", "soon"), "is \"soon\", no duration"},
		{"too eager", replace("disk_warn: 80", "min_idle: 1s"), "c.yaml:9:20: min_idle of 1s; use at least 5m"},
		{"signatures are a list", good + "signatures: mine.yaml\n", "c.yaml:13:13: signatures is not a list"},
		{"signature file without a name", good + "signatures: [a.yaml, \"\"]\n", "c.yaml:13:22: a signature file has no name"},
		{"signature file twice", good + "signatures: [a.yaml, ./a.yaml]\n", "c.yaml:13:22: signature file \"./a.yaml\" stands twice"},
		{"http", good + "github: {base_url: \"http://ghe.example/api/v3/\"}\n", "would send the token in clear"},
		{"loopback http is for tests", good + "github: {base_url: \"http://127.0.0.1:80/\"}\n", ""},
		{"alias is an option", replace("    runners:", "    ssh: -oProxyCommand=x\n    runners:"), "c.yaml:5:10: ssh alias"},
		{"empty", "", "no repository named"},
		{"key twice", good + "read_only: false\n", "key \"read_only\" stands twice"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			_, err := Load("c.yaml", []byte(tc.file), known)
			if tc.want == "" {
				if err != nil {
					t.Error(err)
				}
				return
			}
			if err == nil || !strings.Contains(err.Error(), tc.want) || !strings.Contains(err.Error(), "; ") {
				t.Errorf("got %v\nwant %s", err, tc.want)
			}
		})
	}
}

const notifyGood = good + `
notify:
  bell: false
  desktop: osc777
  min_severity: warn
  group_wait: 0s
  repeat: 0
  webhooks:
    - {url: "https://am.example/hook", format: alertmanager, token_env: AM_TOKEN, min_severity: warn}
    - {url_env: SLACK_URL, format: slack}
    - {url_file: /run/secrets/hook, format: alertmanager, token_file: /run/secrets/token}
    - {url: "http://127.0.0.1:9/x", format: alertmanager}
`

func TestNotify(t *testing.T) {
	c, err := Load("c.yaml", []byte(good), known)
	if err != nil || !reflect.DeepEqual(c.Notify, DefaultNotify()) {
		t.Errorf("without a section: %+v %v", c.Notify, err)
	}
	c, err = Load("c.yaml", []byte(notifyGood), known)
	if err != nil {
		t.Fatal(err)
	}
	want := Notify{Desktop: "osc777", MinSeverity: fleet.SeverityWarn, Webhooks: []Webhook{
		{URL: "https://am.example/hook", Format: "alertmanager", TokenEnv: "AM_TOKEN", MinSeverity: fleet.SeverityWarn},
		{URLEnv: "SLACK_URL", Format: "slack"},
		{URLFile: "/run/secrets/hook", Format: "alertmanager", TokenFile: "/run/secrets/token"},
		{URL: "http://127.0.0.1:9/x", Format: "alertmanager"}}}
	if !reflect.DeepEqual(c.Notify, want) {
		t.Errorf("got  %+v\nwant %+v", c.Notify, want)
	}
}

// TestNotifyProblems: every complaint names its place, and none repeats a secret.
func TestNotifyProblems(t *testing.T) {
	replace := func(old, new string) string { return strings.Replace(notifyGood, old, new, 1) }
	for _, tc := range []struct{ name, file, want string }{
		{"desktop", replace("osc777", "growl"), "c.yaml:16:12: notify.desktop is \"growl\"; write osc9 or osc777 or off"},
		{"severity", replace("min_severity: warn", "min_severity: info"), "c.yaml:17:17: notify.min_severity is \"info\"; write stop or warn"},
		{"wait", replace("0s", "1h"), "c.yaml:18:15: group_wait of 1h0m0s; use at most 10m"},
		{"repeat", replace("repeat: 0", "repeat: 10s"), "c.yaml:19:11: repeat of 10s; use at least 5m, or 0"},
		{"tmux", replace("desktop: osc777", "desktop: off\n  tmux_passthrough: true"), "c.yaml:17:21: tmux_passthrough without desktop"},
		{"http", replace("https://am.example/hook", "http://am.example/s3cret"), "c.yaml:21:13: the address would send notices in clear"},
		{"user", replace("https://am.example/hook", "https://u:s3cret@am.example/"), "c.yaml:21:13: the address holds a user"},
		{"no URL", replace("https://am.example/hook", "am.example/s3cret"), "c.yaml:21:13: the address is no URL"},
		{"slack in clear", replace("url_env: SLACK_URL", "url: https://hooks.slack.com/services/s3cret"), "c.yaml:22:13: whoever knows the address of a Slack webhook"},
		{"token in clear", replace("token_env: AM_TOKEN", "token: s3cret"), "c.yaml:21:69: notify.webhooks[0].token would be a secret in a file; put it into an environment variable"},
		{"variable", replace("token_env: AM_TOKEN", "token_env: s3cret-x"), "c.yaml:21:73: token_env is no name of an environment variable"},
		{"relative", replace("/run/secrets/token", "token"), "is not an absolute path"},
		{"two addresses", replace("url_env: SLACK_URL", "url_env: A, url_file: /b"), "c.yaml:22:7: notify.webhooks[1] has more than one address"},
		{"two tokens", replace("token_env: AM_TOKEN", "token_env: A, token_file: /b"), "c.yaml:21:7: notify.webhooks[0] has more than one token"},
		{"no address", replace("url_env: SLACK_URL, ", ""), "c.yaml:22:7: notify.webhooks[1] has no address"},
		{"no format", replace(", format: slack", ""), "c.yaml:22:7: notify.webhooks[1] has no format"},
		{"format", replace("format: slack", "format: teams"), "is \"teams\"; write alertmanager or slack"},
		{"not a list", good + "notify: {webhooks: 3}\n", "notify.webhooks is not a list"},
		{"unknown key", good + "notify: {bel: true}\n", "notify has no key \"bel\""},
	} {
		t.Run(tc.name, func(t *testing.T) {
			_, err := Load("c.yaml", []byte(tc.file), known)
			if err == nil || !strings.Contains(err.Error(), tc.want) || !strings.Contains(err.Error(), "; ") {
				t.Fatalf("got %v\nwant %s", err, tc.want)
			}
			if strings.Contains(err.Error(), "s3cret") {
				t.Errorf("a secret is repeated: %v", err)
			}
		})
	}
}

func TestAllProblemsAtOnce(t *testing.T) {
	_, err := Load("c.yaml", []byte("repos: [x]\nhosts: 3\ntheme: pink\n"), known)
	if err == nil || strings.Count(err.Error(), "\n") != 2 {
		t.Errorf("got %v, want three complaints", err)
	}
}

func TestTwoHostsOfOneNameAndOverlappingRoots(t *testing.T) {
	file := strings.Replace(good, "policy:", "  - name: intel\n    roots: [{path: /a/b, owner: \"1:1\"}, {path: /a/b/c, owner: \"1:1\"}]\npolicy:", 1)
	_, err := Load("c.yaml", []byte(file), known)
	if err == nil || !strings.Contains(err.Error(), "stands twice") || !strings.Contains(err.Error(), "overlap") {
		t.Errorf("got %v", err)
	}
}

func FuzzLoad(f *testing.F) {
	f.Add([]byte(good))
	f.Add([]byte("hosts: [{roots: [{path: *x}]}]"))
	f.Fuzz(func(t *testing.T, b []byte) {
		if c, err := Load("c.yaml", b, known); err == nil {
			for _, h := range c.Hosts {
				for _, r := range h.Roots {
					if p, err := fleet.CleanRoot(r.Path); err != nil || p != r.Path {
						t.Fatalf("root %q passed", r.Path)
					}
				}
			}
		}
	})
}
