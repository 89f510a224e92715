package sshexec

import (
	"bufio"
	"context"
	"fmt"
	"net"
	"os"
	"os/exec"
	"os/user"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"golang.org/x/crypto/ssh"
)

// server is a real sshd or dropbear on a loopback port.
type server struct {
	dir     string
	port    int
	user    string
	hostKey ssh.Signer
	client  ssh.Signer
	pid     int
	log     *lockedCapture
	stop    func()
}

// known gives the known_hosts line of the server for a key.
func (s *server) known(key ssh.PublicKey) string {
	return fmt.Sprintf("[127.0.0.1]:%d %s", s.port, ssh.MarshalAuthorizedKey(key))
}

func (s *server) config() HostConfig {
	return HostConfig{HostName: "127.0.0.1", Port: s.port, User: s.user}
}

// options reach the server under the alias "host", with nothing of the user's own.
func (s *server) options() Options {
	return Options{
		Resolver: Static{"host": s.config()}, Signers: []ssh.Signer{s.client},
		KnownHosts: []byte(s.known(s.hostKey.PublicKey())), KnownHostsFiles: []string{},
	}
}

func (s *server) pool(t testing.TB, change ...func(*Options)) *Pool {
	opt := s.options()
	for _, f := range change {
		f(&opt)
	}
	return newPool(t, opt)
}

func newPool(t testing.TB, opt Options) *Pool {
	p := NewPool(opt)
	t.Cleanup(func() {
		ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
		defer cancel()
		if err := p.Close(ctx); err != nil {
			t.Errorf("close pool: %v", err)
		}
	})
	return p
}

// startSSHD runs a real OpenSSH server with these lines in its configuration. Its
// sessions have an empty home, so that no rc file of the account runs.
func startSSHD(t testing.TB, lines ...string) *server {
	t.Helper()
	path := findProgram(t, "sshd", "/usr/sbin/sshd")
	needLogin(t)
	s := newServer(t)
	s.configure(t, lines)
	s.run(t, exec.Command(path, "-D", "-e", "-f", filepath.Join(s.dir, "sshd_config")))
	return s
}

// account of this process, as /etc/passwd has it: home and login shell.
func account(t testing.TB) (home, shell string) {
	t.Helper()
	raw, err := os.ReadFile("/etc/passwd")
	if err != nil {
		t.Skipf("needs to know this account's login shell: %v", err)
	}
	for line := range strings.Lines(string(raw)) {
		f := strings.Split(strings.TrimSpace(line), ":")
		if len(f) == 7 && f[2] == strconv.Itoa(os.Getuid()) {
			return f[5], f[6]
		}
	}
	return "", ""
}

// needLogin skips where an SSH server of this account could let nobody in.
func needLogin(t testing.TB) {
	t.Helper()
	_, shell := account(t)
	if base := filepath.Base(shell); base == "nologin" || base == "false" || shell == "" {
		t.Skipf("needs an account that can log in; the login shell of uid %d is %q", os.Getuid(), shell)
	}
}

func (s *server) configure(t testing.TB, lines []string) {
	t.Helper()
	if os.Getuid() == 0 {
		if err := os.MkdirAll("/run/sshd", 0o755); err != nil { // its privilege separation directory
			t.Fatal(err)
		}
	}
	// sshd keeps the first value of an option.
	config := strings.Join(lines, "\n") + fmt.Sprintf(`
ListenAddress 127.0.0.1:%d
HostKey %[2]s/host_key
AuthorizedKeysFile %[2]s/authorized_keys
PidFile none
UsePAM no
StrictModes no
PermitRootLogin yes
PasswordAuthentication no
KbdInteractiveAuthentication no
MaxStartups 200
SetEnv HOME=%[2]s/home
LogLevel ERROR
`, s.port, s.dir)
	write(t, filepath.Join(s.dir, "sshd_config"), config)
}

// startDropbear runs a real dropbear with one ed25519 host key. It reads the keys of
// the account's own home, so it gets a private one.
func startDropbear(t testing.TB) *server {
	t.Helper()
	path := findProgram(t, "dropbear", "/usr/sbin/dropbear")
	convert := findProgram(t, "dropbearconvert", "/usr/lib/dropbear/dropbearconvert")
	s := newServer(t)
	key := filepath.Join(s.dir, "dropbear_key")
	if out, err := exec.Command(convert, "openssh", "dropbear", filepath.Join(s.dir, "host_key"), key).CombinedOutput(); err != nil {
		t.Fatalf("dropbearconvert: %v: %s", err, out)
	}
	write(t, filepath.Join(s.dir, "home/.ssh/authorized_keys"), string(ssh.MarshalAuthorizedKey(s.client.PublicKey())))
	s.run(t, s.account(t, "/bin/sh", path, "-F", "-E", "-r", key, "-p", fmt.Sprintf("127.0.0.1:%d", s.port), "-s"))
	return s
}

// startSSHDAs is startSSHD where the account has another login shell and the home
// directory s.dir/home, which rc fills.
func startSSHDAs(t testing.TB, shell string, rc map[string]string, lines ...string) *server {
	t.Helper()
	path := findProgram(t, "sshd", "/usr/sbin/sshd")
	s := newServer(t)
	for name, text := range rc {
		write(t, filepath.Join(s.dir, "home", name), text)
	}
	s.configure(t, lines)
	s.run(t, s.account(t, shell, path, "-D", "-e", "-f", filepath.Join(s.dir, "sshd_config")))
	return s
}

// account gives a command that runs in a mount namespace of its own, where the
// account has this shell and a home of the test's.
func (s *server) account(t testing.TB, shell string, args ...string) *exec.Cmd {
	t.Helper()
	me, err := user.Lookup(s.user)
	if err != nil {
		t.Fatal(err)
	}
	home := filepath.Join(s.dir, "home")
	if err := os.MkdirAll(home, 0o700); err != nil {
		t.Fatal(err)
	}
	return s.private(t, shell, map[string]string{me.HomeDir: home}, args...)
}

// private runs args where s.user has this login shell and each path of binds is
// covered by a file or directory of the test.
func (s *server) private(t testing.TB, shell string, binds map[string]string, args ...string) *exec.Cmd {
	t.Helper()
	if os.Getuid() != 0 {
		t.Skip("needs root to change an account in a private mount namespace")
	}
	if out, err := exec.Command("unshare", "-m", "true").CombinedOutput(); err != nil {
		t.Skipf("needs a private mount namespace: %v: %s", err, out)
	}
	passwd, err := os.ReadFile("/etc/passwd")
	if err != nil {
		t.Fatal(err)
	}
	lines := strings.Split(string(passwd), "\n")
	for i, l := range lines {
		if fields := strings.Split(l, ":"); fields[0] == s.user {
			fields[6] = shell
			lines[i] = strings.Join(fields, ":")
		}
	}
	file := filepath.Join(s.dir, "passwd")
	write(t, file, strings.Join(lines, "\n"))
	if err := os.Chmod(file, 0o644); err != nil {
		t.Fatal(err)
	}
	all := []string{"-m", "/bin/sh", "-c", `while [ "$1" != -- ]; do mount --bind "$1" "$2" || exit; shift 2; done; shift; exec "$@"`, "sh", file, "/etc/passwd"}
	for path, with := range binds {
		all = append(all, with, path)
	}
	return exec.Command("unshare", append(append(all, "--"), args...)...)
}

func findProgram(t testing.TB, names ...string) string {
	t.Helper()
	for _, n := range names {
		if path, err := exec.LookPath(n); err == nil {
			return path
		}
	}
	t.Skipf("%s is not installed: this needs the real one", names[0])
	return ""
}

func newServer(t testing.TB) *server {
	t.Helper()
	me, err := user.Current()
	if err != nil {
		t.Fatal(err)
	}
	s := &server{dir: t.TempDir(), user: me.Username, port: freePort(t), log: &lockedCapture{}}
	s.hostKey = newKey(t, filepath.Join(s.dir, "host_key"))
	s.client = newKey(t, filepath.Join(s.dir, "client_key"))
	write(t, filepath.Join(s.dir, "authorized_keys"), string(ssh.MarshalAuthorizedKey(s.client.PublicKey())))
	return s
}

func (s *server) run(t testing.TB, cmd *exec.Cmd) {
	t.Helper()
	cmd.Stderr = s.log
	cmd.SysProcAttr = &syscall.SysProcAttr{Setsid: true}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	s.pid = cmd.Process.Pid
	done := make(chan struct{})
	go func() { cmd.Wait(); close(done) }()
	s.stop = func() {
		for _, pid := range descendants(s.pid) {
			syscall.Kill(pid, syscall.SIGCONT)
			syscall.Kill(pid, syscall.SIGKILL)
		}
		cmd.Process.Kill()
		<-done
	}
	t.Cleanup(func() {
		s.stop()
		if t.Failed() {
			s.log.mu.Lock()
			defer s.log.mu.Unlock()
			t.Logf("server log:\n%s", s.log.c.kept)
		}
	})
	eventually(t, "the server to greet", func() bool {
		c, err := net.Dial("tcp", fmt.Sprintf("127.0.0.1:%d", s.port))
		if err != nil {
			return false
		}
		defer c.Close()
		line, _ := bufio.NewReader(c).ReadString('\n')
		return strings.HasPrefix(line, "SSH-")
	})
}
