package sshexec

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"golang.org/x/crypto/ssh"
)

// manyKeys starts an sshd with an ed25519, an ECDSA and an RSA key.
func manyKeys(t testing.TB, lines ...string) (s *server, ec, rs ssh.Signer) {
	t.Helper()
	dir := t.TempDir()
	ecKey, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	rsaKey, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		t.Fatal(err)
	}
	ec, rs = writeKey(t, filepath.Join(dir, "ec"), ecKey), writeKey(t, filepath.Join(dir, "rsa"), rsaKey)
	lines = append([]string{"HostKey " + filepath.Join(dir, "ec"), "HostKey " + filepath.Join(dir, "rsa")}, lines...)
	return startSSHD(t, lines...), ec, rs
}

// try runs one call with these known_hosts lines.
func try(t testing.TB, s *server, known string, change ...func(*HostConfig)) error {
	t.Helper()
	p := s.pool(t, func(o *Options) {
		o.KnownHosts = []byte(known)
		cfg := s.config()
		for _, f := range change {
			f(&cfg)
		}
		o.Resolver = Static{"host": cfg}
	})
	_, err := p.Host("host").Script(t.Context(), ScriptCall{Script: script(t, "uid.sh")})
	return err
}

func TestHostKeys(t *testing.T) {
	t.Parallel()
	s, ec, rs := manyKeys(t)
	ed := s.hostKey.PublicKey()
	stranger := newKey(t, "").PublicKey()
	line := func(hosts string, k ssh.PublicKey) string { return hosts + " " + string(ssh.MarshalAuthorizedKey(k)) }
	at := fmt.Sprintf("[127.0.0.1]:%d", s.port)
	alias := func(c *HostConfig) { c.HostKeyAlias = "Farm" }
	upper := func(c *HostConfig) { c.HostName = "LOCALHOST" }
	for _, c := range []struct {
		name, known string
		want        error
		change      func(*HostConfig)
	}{
		{"only ed25519 known", line(at, ed), nil, nil},
		{"only ECDSA known", line(at, ec.PublicKey()), nil, nil},
		{"only RSA known", line(at, rs.PublicKey()), nil, nil},
		{"ed25519 changed, ECDSA good", line(at, ec.PublicKey()) + line(at, stranger), ErrHostKeyChanged, nil},
		{"wildcard and odd port", line("*", ed), nil, nil},
		{"pattern", line("[127.0.0.?]:*", ed), nil, nil},
		{"negated", line("*,!127.0.0.1,!"+at, ed), ErrHostKeyUnknown, nil},
		{"portless line", line("127.0.0.1", ed), nil, nil},
		{"portless line of another key", line("127.0.0.1", stranger), ErrHostKeyUnknown, nil},
		{"garbage around", "garbage\n" + at + " ssh-ed25519 AAAA!\n" + line(at, ed) + at + " ssh-future AAAAC3Nz\n@odd " + line(at, ed), nil, nil},
		{"alias", line("farm", ed), nil, alias},
		{"alias ignores the address", line(at, ed), ErrHostKeyUnknown, alias},
		{"any case", line(fmt.Sprintf("[LocalHost]:%d", s.port), ed), nil, upper},
		{"nothing", "", ErrHostKeyUnknown, nil},
		{"changed", line(at, stranger), ErrHostKeyChanged, nil},
		{"revoked", "@revoked " + line("*", ed) + line(at, ed), ErrHostKeyRevoked, nil},
		{"another revoked", "@revoked " + line("*", stranger) + line(at, ed), nil, nil},
	} {
		t.Run(c.name, func(t *testing.T) {
			change := c.change
			if change == nil {
				change = func(*HostConfig) {}
			}
			if err := try(t, s, c.known, change); !errors.Is(err, c.want) {
				t.Errorf("got %v, want %v", err, c.want)
			}
		})
	}
}

func TestUnknownHostKeyHintIsTheLineToAdd(t *testing.T) {
	t.Parallel()
	s := startSSHD(t)
	err := try(t, s, "")
	var e *Error
	if !errors.As(err, &e) || e.Kind != ErrHostKeyUnknown {
		t.Fatalf("got %v, want ErrHostKeyUnknown", err)
	}
	if !strings.Contains(e.Hint, ssh.FingerprintSHA256(s.hostKey.PublicKey())) || !strings.Contains(e.Hint, "ssh-keygen -lf") {
		t.Errorf("hint %q lacks the fingerprint or how to compare it", e.Hint)
	}
	_, line, _ := strings.Cut(e.Hint, "your known_hosts: ")
	if err := try(t, s, line); err != nil {
		t.Errorf("with the line of the hint added: %v", err)
	}
}

func TestChangedHostKeyNamesTheOldLine(t *testing.T) {
	t.Parallel()
	s := startSSHD(t)
	file := filepath.Join(t.TempDir(), "known_hosts")
	write(t, file, "# comment\n\n"+s.known(newKey(t, "").PublicKey()))
	p := s.pool(t, func(o *Options) { o.KnownHosts, o.KnownHostsFiles = nil, []string{file} })
	_, err := p.Host("host").Script(t.Context(), ScriptCall{Script: script(t, "uid.sh")})
	if !errors.Is(err, ErrHostKeyChanged) || !strings.Contains(err.Error(), file+":3") {
		t.Errorf("got %v, want ErrHostKeyChanged naming %s:3", err, file)
	}
	if st := p.State("host"); st.Phase != PhaseBlocked || !errors.Is(st.Cause, ErrHostKeyChanged) {
		t.Errorf("state %+v, want blocked by the changed key", st)
	}
	_, err = p.Host("host").Script(t.Context(), ScriptCall{Script: script(t, "uid.sh")})
	if !errors.Is(err, ErrCircuitOpen) || !errors.Is(err, ErrHostKeyChanged) {
		t.Errorf("again: %v, want ErrCircuitOpen around the cause", err)
	}
	write(t, file, s.known(s.hostKey.PublicKey()))
	if _, err := p.Host("host").Script(t.Context(), ScriptCall{Script: script(t, "uid.sh")}); err != nil {
		t.Errorf("after the file was put right: %v", err)
	}
}

func TestHashedKnownHosts(t *testing.T) {
	t.Parallel()
	keygen := findProgram(t, "ssh-keygen")
	s := startSSHD(t)
	file := filepath.Join(t.TempDir(), "known_hosts")
	write(t, file, s.known(s.hostKey.PublicKey()))
	if out, err := exec.Command(keygen, "-H", "-f", file).CombinedOutput(); err != nil {
		t.Fatalf("ssh-keygen -H: %v: %s", err, out)
	}
	text, err := os.ReadFile(file)
	if err != nil || strings.Contains(string(text), "127.0.0.1") {
		t.Fatalf("not hashed: %q, %v", text, err)
	}
	if err := try(t, s, string(text)); err != nil {
		t.Error(err)
	}
}

func TestHostCertificates(t *testing.T) {
	t.Parallel()
	keygen := findProgram(t, "ssh-keygen")
	dir := t.TempDir()
	ca := newKey(t, filepath.Join(dir, "ca"))
	sign := func(name, principal, validity string) (keyLine, certLine string) {
		key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
		if err != nil {
			t.Fatal(err)
		}
		path := filepath.Join(dir, name)
		write(t, path+".pub", string(ssh.MarshalAuthorizedKey(writeKey(t, path, key).PublicKey())))
		if out, err := exec.Command(keygen, "-s", filepath.Join(dir, "ca"), "-I", name, "-h", "-n", principal, "-V", validity, path+".pub").CombinedOutput(); err != nil {
			t.Fatalf("ssh-keygen -s: %v: %s", err, out)
		}
		return "HostKey " + path, "HostCertificate " + path + "-cert.pub"
	}
	authority := "@cert-authority * " + string(ssh.MarshalAuthorizedKey(ca.PublicKey()))
	for _, c := range []struct {
		name, principal, validity, known string
		want                             error
	}{
		{"good, CA of another type", "127.0.0.1", "-1h:+1h", authority, nil},
		{"expired", "127.0.0.1", "-2h:-1h", authority, ErrHostKeyUnknown},
		{"wrong principal", "elsewhere", "-1h:+1h", authority, ErrHostKeyUnknown},
		{"revoked CA", "127.0.0.1", "-1h:+1h", authority + "@revoked * " + string(ssh.MarshalAuthorizedKey(ca.PublicKey())), ErrHostKeyRevoked},
		{"unknown CA", "127.0.0.1", "-1h:+1h", "@cert-authority * " + string(ssh.MarshalAuthorizedKey(newKey(t, "").PublicKey())), ErrHostKeyUnknown},
	} {
		t.Run(c.name, func(t *testing.T) {
			key, cert := sign(strings.ReplaceAll(c.name, " ", "_"), c.principal, c.validity)
			if err := try(t, startSSHD(t, key, cert), c.known); !errors.Is(err, c.want) {
				t.Errorf("got %v, want %v", err, c.want)
			}
		})
	}
}

func TestServerWithoutAKnownKeyTypeIsChanged(t *testing.T) {
	t.Parallel()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	s := startSSHD(t)
	if err := try(t, s, s.known(writeKey(t, "", key).PublicKey())); !errors.Is(err, ErrHostKeyChanged) || !strings.Contains(err.Error(), "options:1") {
		t.Errorf("got %v, want ErrHostKeyChanged naming the line", err)
	}
}

func TestKnownHostsWarnings(t *testing.T) {
	t.Parallel()
	s := startSSHD(t)
	p := s.pool(t, func(o *Options) { o.KnownHosts = append([]byte("garbage here now\n"), o.KnownHosts...) })
	if _, err := p.Host("host").Script(t.Context(), ScriptCall{Script: script(t, "uid.sh")}); err != nil {
		t.Fatal(err)
	}
	st := p.State("host")
	if len(st.KnownHosts) != 1 || !strings.HasPrefix(st.KnownHosts[0], "options:1: ") || st.Phase != PhaseUp {
		t.Errorf("state %+v, want one warning for line 1 and PhaseUp", st)
	}
}

func FuzzKnownHosts(f *testing.F) {
	signer := newKey(f, "")
	good := string(ssh.MarshalAuthorizedKey(signer.PublicKey()))
	for _, seed := range []string{"", "h " + good, "@revoked * " + good, "|1|AAAA|BBBB " + good, "[h]:22,!x,*? ssh-rsa AAAA", "@x", "\xff\x00 a b"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		var db knownHosts
		db.parse("fuzz", []byte(text+"\n"+"goodhost "+good))
		cfg := HostConfig{HostName: "goodhost", Port: 22}
		lines := db.about(cfg)
		last := lines[len(lines)-1]
		if last.number <= strings.Count(text, "\n") || !sameKey(last.key, signer.PublicKey()) {
			t.Fatalf("%q hid the good line behind it: %+v", text, last)
		}
		v := newVerifier(cfg, db)
		v.algorithms()
		if e := v.judge(signer.PublicKey()); e != nil && e.Kind != ErrHostKeyRevoked {
			t.Fatalf("%q: the known key is refused: %v", text, e)
		}
		if n := len(db.lines) + len(db.warnings); n > strings.Count(text, "\n")+2 {
			t.Fatalf("%d lines and warnings of %q", n, text)
		}
	})
}
