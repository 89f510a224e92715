package probe

import (
	"bytes"
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// shells are the shells this machine has of those hosts have.
func shells(t *testing.T) map[string][]string {
	t.Helper()
	out := make(map[string][]string)
	for name, argv := range map[string][]string{"dash": {"dash"}, "bash": {"bash", "--posix"}, "ash": {"busybox", "sh"}, "sh": {"sh"}} {
		p, err := exec.LookPath(argv[0])
		if err != nil {
			t.Logf("%s is not tested: %v", name, err)
			continue
		}
		out[name] = append([]string{p}, argv[1:]...)
	}
	return out
}

// logins are the login shells this machine has that are not POSIX shells; they
// get the whole line, as sshd gives it to them.
func logins(t *testing.T) map[string][]string {
	t.Helper()
	out := make(map[string][]string)
	for _, name := range []string{"fish", "zsh", "tcsh"} {
		p, err := exec.LookPath(name)
		if err != nil {
			t.Logf("login shell %s is not tested: %v", name, err)
			continue
		}
		out[name] = []string{p}
	}
	return out
}

// body returns what /bin/sh -c is given in a line.
func body(t *testing.T, line string) string {
	t.Helper()
	s, ok := strings.CutPrefix(line, "/bin/sh -c '")
	s, ok2 := strings.CutSuffix(s, "'")
	if !ok || !ok2 || strings.ContainsAny(s, "'\\!\n") {
		t.Fatalf("line is not one that every login shell reads alike: %s", line)
	}
	return s
}

func needRoot(t *testing.T, why string) {
	t.Helper()
	if os.Geteuid() != 0 {
		t.Skipf("not root: %s", why)
	}
}

// staged lists what lies in the folders a binary can be staged in.
func staged(t *testing.T) []string {
	t.Helper()
	var out []string
	for _, b := range []string{"/run", "/var/lib", "/root"} {
		m, err := filepath.Glob(b + "/andon.*")
		if err != nil {
			t.Fatal(err)
		}
		out = append(out, m...)
	}
	return out
}

// A stand-in for andon-host that reads what is left of standard input.
const standIn = "#!/bin/sh\ncase $1 in --version) exit 0;; once) echo ran; cat; rm -rf \"${0%/*}\";; esac\n"

func TestUploadThenOnce(t *testing.T) {
	needRoot(t, "a binary is staged in folders of root's")
	bin := []byte(standIn + "exit\n" + strings.Repeat("\x00\xff\n", 50000))
	sum := hexSum(bin)
	type lines struct {
		argv         []string
		upload, once string
	}
	all := make(map[string]lines)
	for name, argv := range shells(t) {
		all[name] = lines{argv, body(t, UploadLine), body(t, OnceLine)}
	}
	for name, argv := range logins(t) {
		all["login "+name] = lines{argv, UploadLine, OnceLine}
	}
	for name, l := range all {
		t.Run(name, func(t *testing.T) {
			left, fresh := leaveBehind(t, 2*time.Hour), leaveBehind(t, time.Minute)
			before := len(staged(t)) - 1 // the old one goes
			argv := l.argv
			c := exec.Command(argv[0], append(argv[1:], "-c", l.upload)...)
			c.Stdin = bytes.NewReader(append([]byte(sum+"\n"), bin...))
			out, err := c.Output()
			if err != nil {
				t.Fatalf("upload: %v", err)
			}
			dir, err := StagedDir(append([]byte("rc noise \x1b]0;x"), out...), sum)
			if err != nil {
				t.Fatal(err)
			}
			t.Cleanup(func() { os.RemoveAll(dir) })
			if got, err := os.ReadFile(dir + "/andon-host"); err != nil || !bytes.Equal(got, bin) {
				t.Fatalf("staged binary differs: %d bytes, %v", len(got), err)
			}
			if st, err := os.Stat(dir); err != nil || st.Mode().Perm() != 0o700 {
				t.Fatalf("folder: %v %v", st.Mode(), err)
			}
			rest := "\x00\x00\x01 {frame}\nwith lines"
			c = exec.Command(argv[0], append(argv[1:], "-c", l.once)...)
			c.Stdin = strings.NewReader(dir + "\n" + rest)
			out, err = c.Output()
			if err != nil || string(out) != "ran\n"+rest {
				t.Fatalf("once: %q, %v", out, err)
			}
			if n := len(staged(t)); n != before {
				t.Errorf("%d staged folders stay behind", n-before)
			}
			if _, err := os.Stat(left); !os.IsNotExist(err) {
				t.Errorf("a folder left two hours ago is still there: %v", err)
			}
			if _, err := os.Stat(fresh); err != nil {
				t.Errorf("a folder in use by another console: %v", err)
			}
		})
	}
}

// leaveBehind makes a staging folder as a console leaves it that was cut off.
func leaveBehind(t *testing.T, age time.Duration) string {
	t.Helper()
	name := "/run/andon." + rand.Text()[:10]
	if err := os.Mkdir(name, 0o700); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { os.RemoveAll(name) })
	if err := os.WriteFile(name+"/andon-host", nil, 0o700); err != nil {
		t.Fatal(err)
	}
	then := time.Now().Add(-age)
	if err := os.Chtimes(name, then, then); err != nil {
		t.Fatal(err)
	}
	return name
}

func hexSum(b []byte) string {
	s := sha256.Sum256(b)
	return hex.EncodeToString(s[:])
}

func TestUploadLeavesNothingBehind(t *testing.T) {
	needRoot(t, "a binary is staged in folders of root's")
	bin := []byte(standIn)
	sum := hexSum(bin)
	wrong := []byte("not a program\n")
	cases := []struct {
		name  string
		stdin string
		code  int
	}{
		{"empty", "", 65},
		{"no checksum", "abc\n" + standIn, 65},
		{"upper case", strings.ToUpper(sum) + "\n" + standIn, 65},
		{"injection", sum[:40] + "$(touch /tmp/x) ;`id`    \n", 65},
		{"cut", sum + "\n" + standIn[:len(standIn)-1], 66},
		{"more", sum + "\n" + standIn + "x", 66},
		{"does not run", hexSum(wrong) + "\n" + string(wrong), 67},
	}
	for name, argv := range shells(t) {
		for _, tc := range cases {
			t.Run(name+"/"+tc.name, func(t *testing.T) {
				before := len(staged(t))
				c := exec.Command(argv[0], append(argv[1:], "-c", body(t, UploadLine))...)
				c.Stdin = strings.NewReader(tc.stdin)
				out, err := c.Output()
				if got := exitCode(err); got != tc.code {
					t.Errorf("exit %d, want %d; %s", got, tc.code, out)
				}
				if _, err := StagedDir(out, sum); !errors.Is(err, ErrNotStaged) {
					t.Errorf("a folder was told: %q", out)
				}
				if n := len(staged(t)); n != before {
					t.Errorf("%d staged folders stay behind", n-before)
				}
			})
		}
	}
}

func exitCode(err error) int {
	var x *exec.ExitError
	if errors.As(err, &x) {
		return x.ExitCode()
	}
	if err != nil {
		return -1
	}
	return 0
}

func TestUploadGoesAroundNoexec(t *testing.T) {
	needRoot(t, "mounts")
	script := "mount -t tmpfs -o noexec,mode=755 none /run && mount -t tmpfs -o mode=755 none /var/lib && exec /bin/sh -c \"$1\""
	c := exec.Command("unshare", "-m", "--propagation", "private", "sh", "-c", script, "sh", body(t, UploadLine))
	c.Stdin = strings.NewReader(hexSum([]byte(standIn)) + "\n" + standIn)
	out, err := c.CombinedOutput()
	if err != nil {
		if strings.Contains(string(out), "unshare:") || strings.Contains(string(out), "mount:") {
			t.Skipf("no mount namespace here: %s", out)
		}
		t.Fatalf("%v: %s", err, out)
	}
	dir, err := StagedDir(out, hexSum([]byte(standIn)))
	if err != nil || !strings.HasPrefix(dir, "/var/lib/") {
		t.Errorf("staged in %q, want below /var/lib: %v", dir, err)
	}
}

func TestOnceRefusesOtherFolders(t *testing.T) {
	evil := t.TempDir()
	if err := os.WriteFile(evil+"/andon-host", []byte("#!/bin/sh\necho ESCAPED\n"), 0o755); err != nil {
		t.Fatal(err)
	}
	up := strings.Repeat("../", 3) + strings.TrimPrefix(evil, "/")
	dirs := []string{"", evil, "/run/andon.abc", "/run/andon.abcdefghij", "/run/andon./../../" + up, "/run/andon." + up,
		"/run/andon.abcdefghij/" + up, "/run/andon.x/andon.abcdefghij", "/tmp/andon.abcdefghij", "/run/andon.$(id)xxxxx", " " + evil}
	for name, argv := range shells(t) {
		for _, d := range dirs {
			c := exec.Command(argv[0], append(argv[1:], "-c", body(t, OnceLine))...)
			c.Stdin = strings.NewReader(d + "\nframe")
			out, err := c.CombinedOutput()
			if exitCode(err) != 65 || strings.Contains(string(out), "ESCAPED") {
				t.Errorf("%s: folder %q: %v %s", name, d, err, out)
			}
		}
	}
}

func TestLinesAreShort(t *testing.T) {
	for name, l := range map[string]string{"serve": ServeLine, "upload": UploadLine, "once": OnceLine} {
		if len(l) > 1000 {
			t.Errorf("%s: %d bytes, more than a word of tcsh can hold", name, len(l))
		}
		if strings.ContainsAny(l, "\\!\n") {
			t.Errorf("%s holds what login shells read differently", name)
		}
	}
}
