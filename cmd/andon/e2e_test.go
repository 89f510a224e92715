//go:build linux

package main

import (
	"bytes"
	"crypto/sha256"
	"fmt"
	"io/fs"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"runtime"
	"strings"
	"syscall"
	"testing"
	"time"
)

// siteE2E is a real runner host on this machine: an operator's account with
// sudo, an OpenSSH server of its own on a loopback port, and a tree of run dirs
// as the incident left them.
type siteE2E struct {
	t        *testing.T
	base     string // below /srv
	targets  string
	user     string
	home     string
	bin      string
	github   *githubE2E
	tmux     string // socket name
	sentinel string // hash of what must not change
}

const userE2E = "andon-e2e"

// needE2E skips where the real thing cannot be had, and says why.
func needE2E(t *testing.T) {
	t.Helper()
	if os.Getenv("ANDON_E2E") == "" {
		t.Skip("set ANDON_E2E=1 on a machine that may be changed: it makes an account with sudo and acts as root below /srv and /var/lib/andon")
	}
	if os.Getuid() != 0 {
		t.Skip("needs root: it makes root-owned trees and an account with sudo")
	}
	for _, tool := range []string{"sshd", "ssh", "sudo", "tmux", "setpriv", "useradd", "visudo"} {
		if _, err := exec.LookPath(tool); err != nil {
			t.Skipf("needs %s: %v", tool, err)
		}
	}
}

func newSiteE2E(t *testing.T) *siteE2E {
	needE2E(t)
	base, err := os.MkdirTemp("/srv", "andon-e2e-")
	must(t, err)
	t.Cleanup(func() { _ = os.RemoveAll(base) })
	must(t, os.Chmod(base, 0o755))
	s := &siteE2E{t: t, base: base, targets: filepath.Join(base, "targets"), user: userE2E, bin: filepath.Join(base, "bin"), tmux: filepath.Base(base)}
	must(t, os.MkdirAll(s.targets, 0o755))
	s.build()
	s.account()
	s.sshd()
	s.github = newGitHubE2E(t, s.targets)
	s.writeSentinel()
	return s
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func (s *siteE2E) sh(name string, args ...string) string {
	s.t.Helper()
	out, err := exec.Command(name, args...).CombinedOutput()
	if err != nil {
		s.t.Fatalf("%s %v: %v\n%s", name, args, err, out)
	}
	return string(out)
}

// build makes the two binaries the way the README says.
func (s *siteE2E) build() {
	s.t.Helper()
	for _, b := range [][2]string{{"andon", "."}, {"andon-host-linux-amd64", "../andon-host"}, {"andon-host-linux-arm64", "../andon-host"}} {
		cmd := exec.Command("go", "build", "-trimpath", "-o", filepath.Join(s.bin, b[0]), b[1])
		cmd.Env = append(os.Environ(), "CGO_ENABLED=0", "GOOS=linux")
		if i := strings.LastIndexByte(b[0], '-'); i > 0 {
			cmd.Env = append(cmd.Env, "GOARCH="+b[0][i+1:])
		}
		if out, err := cmd.CombinedOutput(); err != nil {
			s.t.Fatalf("build %s: %v\n%s", b[0], err, out)
		}
	}
}

func (s *siteE2E) account() {
	s.t.Helper()
	_ = exec.Command("userdel", "-r", s.user).Run() // left by a run that was killed
	s.sh("useradd", "-m", "-p", "*", "-s", "/bin/bash", s.user)
	s.home = "/home/" + s.user
	sudoers := "/etc/sudoers.d/" + s.user
	must(s.t, os.WriteFile(sudoers, []byte(s.user+" ALL=(ALL) NOPASSWD: ALL\n"), 0o440))
	s.sh("visudo", "-c", "-f", sudoers)
	s.t.Cleanup(func() {
		_ = os.Remove(sudoers)
		_ = exec.Command("userdel", "-r", s.user).Run()
	})
}

// asUser writes a file into the operator's home.
func (s *siteE2E) asUser(name, text string, mode os.FileMode) {
	s.t.Helper()
	p := filepath.Join(s.home, name)
	must(s.t, os.MkdirAll(filepath.Dir(p), 0o700))
	must(s.t, os.WriteFile(p, []byte(text), mode))
	s.sh("chown", "-R", s.user+":", s.home)
}

func (s *siteE2E) sshd() {
	s.t.Helper()
	dir := filepath.Join(s.base, "sshd")
	must(s.t, os.MkdirAll(dir, 0o755))
	must(s.t, os.MkdirAll("/run/sshd", 0o755)) // privilege separation wants it
	for _, k := range []string{"host", "stranger", "user"} {
		s.sh("ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", filepath.Join(dir, k))
	}
	port := s.listen(dir, "host")
	other := s.listen(dir, "stranger")
	pub, err := os.ReadFile(filepath.Join(dir, "host.pub"))
	must(s.t, err)
	key, err := os.ReadFile(filepath.Join(dir, "user"))
	must(s.t, err)
	userPub, err := os.ReadFile(filepath.Join(dir, "user.pub"))
	must(s.t, err)
	s.asUser(".ssh/authorized_keys", string(userPub), 0o600)
	s.asUser(".ssh/id_ed25519", string(key), 0o600)
	s.asUser(".ssh/known_hosts", fmt.Sprintf("[127.0.0.1]:%d %s", port, pub), 0o600)
	s.asUser(".ssh/config", fmt.Sprintf("Host runner\n  HostName 127.0.0.1\n  Port %d\nHost stranger\n  HostName 127.0.0.1\n  Port %d\n", port, other), 0o600)
}

// listen starts a real sshd with the named host key and returns its port.
func (s *siteE2E) listen(dir, key string) int {
	s.t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	must(s.t, err)
	port := l.Addr().(*net.TCPAddr).Port
	must(s.t, l.Close())
	cfg := filepath.Join(dir, key+".conf")
	must(s.t, os.WriteFile(cfg, fmt.Appendf(nil, "Port %d\nListenAddress 127.0.0.1\nHostKey %s\nPidFile none\nUsePAM no\nPasswordAuthentication no\nKbdInteractiveAuthentication no\nStrictModes no\nLogLevel ERROR\n", port, filepath.Join(dir, key)), 0o600))
	sshd, err := exec.LookPath("sshd")
	must(s.t, err)
	cmd := exec.Command(sshd, "-D", "-e", "-f", cfg)
	var said bytes.Buffer
	cmd.Stderr = &said
	must(s.t, cmd.Start())
	s.t.Cleanup(func() {
		_ = cmd.Process.Kill()
		_ = cmd.Wait()
		if s.t.Failed() {
			s.t.Logf("sshd %s: %s", key, said.String())
		}
	})
	s.wait("sshd "+key, 10*time.Second, func() bool {
		c, err := net.Dial("tcp", fmt.Sprintf("127.0.0.1:%d", port))
		if err == nil {
			_ = c.Close()
		}
		return err == nil
	})
	return port
}

// wait polls a condition until it holds or time is up.
func (s *siteE2E) wait(what string, limit time.Duration, ok func() bool) {
	s.t.Helper()
	for end := time.Now().Add(limit); !ok(); time.Sleep(100 * time.Millisecond) {
		if time.Now().After(end) {
			s.t.Fatalf("waited %s in vain for %s\n%s", limit, what, s.screen())
		}
	}
}

func (s *siteE2E) config(hosts ...string) {
	var b strings.Builder
	fmt.Fprintf(&b, "repos: [%s]\ngithub: {base_url: \"%s/\"}\npolicy: {sample_gap: 30s, min_idle: 5m}\nintervals: {hosts: 5s, runs: 5s, pulls: 5s, runners: 5s}\nhosts:\n", s.github.repo, s.github.URL)
	for _, h := range hosts {
		fmt.Fprintf(&b, "  - name: %s\n    runners: [\"e2e-runner-*\"]\n    roots: [{path: %s, owner: \"1000:1000\"}]\n", h, s.targets)
	}
	s.asUser(".config/andon/config.yaml", b.String(), 0o600)
}

// dir makes a run dir with a few files; uid owns all of it, and its parents
// below the root as dockerd would.
func (s *siteE2E) dir(ref string, run int64, uid int) string {
	s.t.Helper()
	p := filepath.Join(s.targets, "aprender-ci", ref, fmt.Sprintf("run-%d", run))
	must(s.t, os.MkdirAll(filepath.Join(p, "debug", "deps"), 0o755))
	must(s.t, os.WriteFile(filepath.Join(p, "debug", "deps", "libx.rlib"), make([]byte, 64<<10), 0o644))
	must(s.t, os.Link(filepath.Join(p, "debug", "deps", "libx.rlib"), filepath.Join(p, "debug", "libx.rlib")))
	must(s.t, os.Symlink(filepath.Join(s.base, "sentinel", "secret"), filepath.Join(p, "debug", "escape")))
	must(s.t, filepath.WalkDir(p, func(x string, _ fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		return os.Lchown(x, uid, uid)
	}))
	must(s.t, os.Chown(filepath.Join(s.targets, "aprender-ci"), 1000, 1000))
	return p
}

// age sets the times of a tree back, so that it is idle.
func (s *siteE2E) age(p string, by time.Duration) {
	s.t.Helper()
	then := time.Now().Add(-by)
	must(s.t, filepath.WalkDir(p, func(x string, e fs.DirEntry, err error) error {
		if err != nil || e.Type()&fs.ModeSymlink != 0 {
			return err
		}
		return os.Chtimes(x, then, then)
	}))
	s.sh("find", p, "-type", "l", "-exec", "touch", "-h", "-d", then.Format(time.RFC3339), "{}", "+")
}

func (s *siteE2E) writeSentinel() {
	s.t.Helper()
	d := filepath.Join(s.base, "sentinel")
	must(s.t, os.MkdirAll(d, 0o755))
	for name, uid := range map[string]int{"secret": 0, "other": 4242, "builder": 1000} {
		must(s.t, os.WriteFile(filepath.Join(d, name), []byte(name), 0o640))
		must(s.t, os.Chown(filepath.Join(d, name), uid, uid))
	}
	s.sentinel = s.hashOutside()
}

// hashOutside covers content, owner and mode of everything beside the targets.
func (s *siteE2E) hashOutside() string {
	s.t.Helper()
	h := sha256.New()
	must(s.t, filepath.WalkDir(filepath.Join(s.base, "sentinel"), func(x string, e fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		st, err := e.Info()
		if err != nil {
			return err
		}
		sys := st.Sys().(*syscall.Stat_t)
		fmt.Fprintf(h, "%s %d %d %o %d\n", x, sys.Uid, sys.Gid, st.Mode(), st.ModTime().UnixNano())
		if st.Mode().IsRegular() {
			b, err := os.ReadFile(x)
			h.Write(b)
			return err
		}
		return nil
	}))
	return fmt.Sprintf("%x", h.Sum(nil))
}

func (s *siteE2E) owners(p string) map[string]int {
	s.t.Helper()
	out := map[string]int{}
	must(s.t, filepath.WalkDir(p, func(x string, e fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		st, err := os.Lstat(x)
		if err != nil {
			return err
		}
		sys := st.Sys().(*syscall.Stat_t)
		out[fmt.Sprintf("%d:%d", sys.Uid, sys.Gid)]++
		return nil
	}))
	return out
}

// andon runs a verb as the operator and returns its output and exit code.
func (s *siteE2E) andon(args ...string) (string, int) {
	s.t.Helper()
	cmd := exec.Command("setpriv", append([]string{"--reuid", s.user, "--regid", s.user, "--init-groups", "env", "-i", "HOME=" + s.home, "PATH=" + os.Getenv("PATH"),
		"GH_ENTERPRISE_TOKEN=" + tokenE2E, filepath.Join(s.bin, "andon")}, args...)...)
	out, err := cmd.CombinedOutput()
	var code *exec.ExitError
	if err != nil && !asExit(err, &code) {
		s.t.Fatalf("andon %v: %v", args, err)
	}
	if strings.Contains(string(out), tokenE2E) {
		s.t.Errorf("andon %v printed the token", args)
	}
	return string(out), cmd.ProcessState.ExitCode()
}

func asExit(err error, e **exec.ExitError) bool {
	x, ok := err.(*exec.ExitError)
	*e = x
	return ok
}

// open starts the console in a real terminal.
func (s *siteE2E) open(w, h int) {
	s.t.Helper()
	cmd := fmt.Sprintf("setpriv --reuid %s --regid %[1]s --init-groups env -i HOME=%s PATH=%s TERM=screen-256color LC_ALL=C.UTF-8 GH_ENTERPRISE_TOKEN=%s %s/andon 2>%s/err", s.user, s.home, os.Getenv("PATH"), tokenE2E, s.bin, s.home)
	s.sh("tmux", "-L", s.tmux, "-f", "/dev/null", "new-session", "-d", "-x", fmt.Sprint(w), "-y", fmt.Sprint(h), cmd)
	s.t.Cleanup(func() { _ = exec.Command("tmux", "-L", s.tmux, "kill-server").Run() })
}

func (s *siteE2E) keys(k ...string) {
	s.t.Helper()
	s.sh("tmux", append([]string{"-L", s.tmux, "send-keys"}, k...)...)
}

func (s *siteE2E) screen() string {
	out, err := exec.Command("tmux", "-L", s.tmux, "capture-pane", "-p").CombinedOutput()
	if err != nil {
		return "(no screen)"
	}
	return string(out)
}

func (s *siteE2E) see(re string, limit time.Duration) {
	s.t.Helper()
	x := regexp.MustCompile(re)
	s.wait("screen with "+re, limit, func() bool { return x.MatchString(s.screen()) })
}

// TestEndToEndFixInTheConsole is the main job: the Board shows red, f previews,
// y confirms, the dirs are 1000:1000 on the real disk, nothing outside them
// changed, each rerun arrived once, and the lamp turns green by a fresh sweep.
func TestEndToEndFixInTheConsole(t *testing.T) {
	for _, size := range [][2]int{{160, 45}, {80, 24}} {
		t.Run(fmt.Sprintf("%dx%d", size[0], size[1]), func(t *testing.T) {
			s := newSiteE2E(t)
			s.config("runner")
			var dirs []string
			runs := []*runE2E{{id: 25919246467, pr: 1792, concl: "failure"}, {id: 25919246499, pr: 1793, concl: "failure"}, {id: 25919246500, concl: "failure"}}
			for _, r := range runs {
				dirs = append(dirs, s.dir(s.github.add(r).ref(), r.id, 0))
			}
			s.open(size[0], size[1])
			s.see("1 STOP", 30*time.Second)
			s.see("(?i)run dirs with", 30*time.Second)
			s.keys("f")
			s.see("nothing has been changed", 10*time.Second)
			s.wait("the fix to begin", 20*time.Second, func() bool {
				s.keys("y")
				return !strings.Contains(s.screen(), "nothing has been changed")
			})
			for _, d := range dirs {
				s.wait(d+" to be 1000:1000", 30*time.Second, func() bool {
					o := s.owners(d)
					return len(o) == 1 && o["1000:1000"] > 0
				})
			}
			for _, r := range runs {
				s.wait(fmt.Sprintf("rerun of %d", r.id), 30*time.Second, func() bool { return s.github.count(r.id) == 1 })
			}
			s.keys("Escape")
			s.keys("Escape")
			s.see(`ANDON +✓ \d+ ok`, 60*time.Second) // no stop, no warning, nothing stale
			if got := s.hashOutside(); got != s.sentinel {
				t.Error("something outside the run dirs changed")
			}
			s.keys("q")
			s.wait("the console to end", 10*time.Second, func() bool {
				return exec.Command("tmux", "-L", s.tmux, "has-session").Run() != nil
			})
			if out, code := s.andon("check"); code != checkGreen {
				t.Errorf("check after the fix: exit %d\n%s", code, out)
			}
			if out, code := s.andon("audit", "verify"); code != exitOK || !strings.Contains(out, "chain whole, 0 in doubt") {
				t.Errorf("audit verify: exit %d\n%s", code, out)
			}
			for _, r := range runs {
				if n := s.github.count(r.id); n != 1 {
					t.Errorf("run %d was re-run %d times", r.id, n)
				}
			}
			journal, err := os.ReadFile("/var/lib/andon/journal.jsonl")
			if want := fmt.Sprintf(`"root":%q,"rel":"aprender-ci/1792/run-25919246467"`, s.targets); err != nil || !strings.Contains(string(journal), want) {
				t.Errorf("the host's own journal does not hold %s: %v", want, err)
			}
			if left, _ := filepath.Glob("/run/andon.*"); len(left) > 0 {
				t.Errorf("streamed andon-host left behind: %v", left)
			}
		})
	}
}

// TestEndToEndReap: a dir with a live writer is refused with its pid; a dead one
// is reaped, put back, reaped again and purged.
func TestEndToEndReap(t *testing.T) {
	s := newSiteE2E(t)
	s.config("runner")
	live := s.dir(s.github.add(&runE2E{id: 31, pr: 1700, concl: "success", merged: true}).ref(), 31, 1000)
	dead := s.dir(s.github.add(&runE2E{id: 32, pr: 1701, concl: "success", merged: true}).ref(), 32, 1000)
	s.age(dead, 3*time.Hour)
	writer := exec.Command("setpriv", "--reuid", "1000", "--regid", "1000", "--clear-groups", "sh", "-c", "exec 3>>out; while echo x >&3; do sleep 0.2; done")
	writer.Dir = live
	must(t, writer.Start())
	defer func() { _ = writer.Process.Kill(); _ = writer.Wait() }()

	out, code := s.andon("plan", "reap", "dir:runner:"+live)
	if code != exitOK || !strings.Contains(out, fmt.Sprintf("pid %d", writer.Process.Pid)) || !strings.Contains(out, "reap 0 run dirs") {
		t.Errorf("dir with a live writer: exit %d\n%s", code, out)
	}
	target := "dir:runner:" + dead
	if _, err := os.Readlink("/proc/1/cwd"); err != nil {
		out, _ = s.andon("plan", "reap", target)
		if !strings.Contains(out, "unknown") || !strings.Contains(out, "reap 0 run dirs") {
			t.Errorf("a process that even root cannot look at must make writers unknown:\n%s", out)
		}
		t.Logf("the rest is not run: root may not look at process 1 of this machine (%v), so every reap is rightly refused here; onhost's tests and the demo run it", err)
		return
	}
	s.wait("two equal looks at the dead dir", 90*time.Second, func() bool {
		out, _ = s.andon("plan", "reap", target)
		return strings.Contains(out, "reap 1 run dir ")
	})
	if out, code = s.andon("apply", "reap", target); code != exitUsage || !strings.Contains(out, "--yes") {
		t.Errorf("without a terminal and --yes: exit %d\n%s", code, out)
	}
	before, err := os.Stat(dead)
	must(t, err)
	if out, code = s.andon("apply", "reap", target, "--yes"); code != exitOK {
		t.Fatalf("reap: exit %d\n%s", code, out)
	}
	if _, err := os.Lstat(dead); !os.IsNotExist(err) {
		t.Errorf("reaped dir is still there: %v", err)
	}
	if out, code = s.andon("apply", "undo", target, "--yes"); code != exitOK {
		t.Fatalf("undo: exit %d\n%s", code, out)
	}
	if after, err := os.Stat(dead); err != nil || !os.SameFile(before, after) {
		t.Errorf("not the same dir was put back: %v", err)
	}
	s.wait("the dead dir to be eligible again", 90*time.Second, func() bool {
		out, _ = s.andon("plan", "reap", target)
		return strings.Contains(out, "reap 1 run dir ")
	})
	if out, code = s.andon("apply", "reap", target, "--yes"); code != exitOK {
		t.Fatalf("second reap: exit %d\n%s", code, out)
	}
	if out, code = s.andon("apply", "purge", target, "--now", "--yes"); code != exitOK {
		t.Fatalf("purge: exit %d\n%s", code, out)
	}
	if left, _ := filepath.Glob(filepath.Join(s.targets, ".andon-trash", "*", "*")); len(left) > 0 {
		t.Errorf("trash after purge: %v", left)
	}
	if _, err := os.Stat(live); err != nil {
		t.Errorf("the live dir: %v", err)
	}
	if out, code := s.andon("audit", "verify"); code != exitOK {
		t.Errorf("audit verify: exit %d\n%s", code, out)
	}
	if s.hashOutside() != s.sentinel {
		t.Error("something outside the run dirs changed")
	}
}

// TestEndToEndFailuresAreData: an unknown host key, GitHub's HTML, a missing
// token: each shows, and costs the others nothing.
func TestEndToEndFailuresAreData(t *testing.T) {
	s := newSiteE2E(t)
	s.config("runner", "stranger")
	s.dir(s.github.add(&runE2E{id: 41, pr: 1792, concl: "failure"}).ref(), 41, 0)
	out, code := s.andon("check")
	if code != checkRed || !strings.Contains(out, "known_hosts") || !strings.Contains(out, "ssh-ed25519 ") || !strings.Contains(out, "run-dir-owner") {
		t.Errorf("unknown host key: exit %d\n%s", code, out)
	}
	s.config("runner")
	for _, status := range []int{403, 429, 502} {
		s.github.breakWith(status)
		out, code := s.andon("plan", "reap", "host:runner")
		if code != exitOK || !strings.Contains(out, "reap 0 run dirs") {
			t.Errorf("GitHub %d: exit %d\n%s", status, code, out)
		}
		if strings.ContainsAny(out, "\x1b\x07") {
			t.Errorf("GitHub %d: control bytes of the answer came through: %q", status, out)
		}
	}
	s.github.breakWith(0)
	cmd := exec.Command("setpriv", "--reuid", s.user, "--regid", s.user, "--init-groups", "env", "-i", "HOME="+s.home, "PATH=/usr/sbin:/usr/bin:/sbin:/bin", filepath.Join(s.bin, "andon"), "check", "--json")
	raw, _ := cmd.Output()
	if code := cmd.ProcessState.ExitCode(); code != exitNeedsAuth || !strings.Contains(string(raw), "aprender-ci/1792/run-41") {
		t.Errorf("no token: exit %d, and the hosts' dirs must show\n%s", code, raw)
	}
}

// TestEndToEndInstalled: with andon-host installed, the one sudoers line of the
// README and nothing else, chown works within the roots of the host's own file.
func TestEndToEndInstalled(t *testing.T) {
	s := newSiteE2E(t)
	s.config("runner")
	dir := s.dir(s.github.add(&runE2E{id: 51, pr: 1792, concl: "failure"}).ref(), 51, 0)
	const helper, policy = "/usr/local/libexec/andon-host", "/etc/andon/host.json"
	for _, p := range []string{helper, policy} {
		if _, err := os.Lstat(p); err == nil {
			t.Fatalf("%s is there already: this machine is in use", p)
		}
	}
	must(t, os.WriteFile("/etc/sudoers.d/"+s.user, []byte(s.user+" ALL=(root) NOPASSWD: "+helper+" serve\n"), 0o440))
	s.sh("visudo", "-c", "-f", "/etc/sudoers.d/"+s.user)
	s.sh("install", "-D", "-o", "root", "-g", "root", "-m", "0755", filepath.Join(s.bin, "andon-host-linux-"+runtime.GOARCH), helper)
	t.Cleanup(func() { _ = os.Remove(helper) })
	must(t, os.MkdirAll(filepath.Dir(policy), 0o755))
	t.Cleanup(func() { _ = os.Remove(policy) })

	must(t, os.WriteFile(policy, []byte(`{"roots":[{"path":"/srv/elsewhere","layout":"","owner":{"uid":1000,"gid":1000}}]}`), 0o644))
	if out, code := s.andon("apply", "chown", "--alert", "run-dir-owner", "--yes"); code != exitError || !strings.Contains(out, "policy") {
		t.Errorf("a root the host does not allow: exit %d\n%s", code, out)
	}
	if o := s.owners(dir); o["1000:1000"] != 0 {
		t.Errorf("owners changed against the host's file: %v", o)
	}
	must(t, os.WriteFile(policy, fmt.Appendf(nil, `{"roots":[{"path":%q,"layout":"","owner":{"uid":1000,"gid":1000}}]}`, s.targets), 0o644))
	if out, code := s.andon("apply", "chown", "--alert", "run-dir-owner", "--yes"); code != exitOK {
		t.Errorf("chown: exit %d\n%s", code, out)
	}
	if o := s.owners(dir); len(o) != 1 || o["1000:1000"] == 0 {
		t.Errorf("owners %v", o)
	}
	if out, code := s.andon("check", "--json"); code == checkRed || !strings.Contains(out, "sudo -n") {
		t.Errorf("a sweep without root must say what it cannot see: exit %d\n%s", code, out)
	}
	if s.hashOutside() != s.sentinel {
		t.Error("something outside the run dirs changed")
	}
}
