package sshexec

import (
	"crypto/ed25519"
	"crypto/rand"
	"encoding/pem"
	"errors"
	"fmt"
	"net"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"golang.org/x/crypto/ssh"
	"golang.org/x/crypto/ssh/agent"
)

func itoa(n int) string { return strconv.Itoa(n) }

// startAgent serves an agent that holds n fresh keys and the given ones.
func startAgent(t testing.TB, n int, paths ...string) string {
	t.Helper()
	ring := agent.NewKeyring()
	for range n {
		_, key, err := ed25519.GenerateKey(rand.Reader)
		if err != nil {
			t.Fatal(err)
		}
		if err := ring.Add(agent.AddedKey{PrivateKey: key}); err != nil {
			t.Fatal(err)
		}
	}
	for _, path := range paths {
		text, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		key, err := ssh.ParseRawPrivateKey(text)
		if err != nil {
			t.Fatal(err)
		}
		if err := ring.Add(agent.AddedKey{PrivateKey: key}); err != nil {
			t.Fatal(err)
		}
	}
	dir, err := os.MkdirTemp("", "agent") // a socket path must be short
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { os.RemoveAll(dir) })
	socket := filepath.Join(dir, "s")
	l, err := net.Listen("unix", socket)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { l.Close() })
	go func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			go func() { defer c.Close(); agent.ServeAgent(ring, c) }()
		}
	}()
	return socket
}

// login tries to reach s with the keys a configuration names.
func login(t testing.TB, s *server, change func(*HostConfig)) error {
	t.Helper()
	cfg := s.config()
	change(&cfg)
	p := s.pool(t, func(o *Options) { o.Signers, o.Resolver = nil, Static{"host": cfg} })
	_, err := call(t, p, "host")
	return err
}

func TestKeySources(t *testing.T) {
	t.Parallel()
	s := startSSHD(t)
	key := filepath.Join(s.dir, "client_key")
	public := filepath.Join(s.dir, "only.pub")
	write(t, public, string(ssh.MarshalAuthorizedKey(s.client.PublicKey())))
	for name, change := range map[string]func(*HostConfig){
		"file":                        func(c *HostConfig) { c.IdentityFiles = []string{filepath.Join(s.dir, "none"), key} },
		"agent":                       func(c *HostConfig) { c.IdentityAgent = startAgent(t, 2, key) },
		"file behind a full agent":    func(c *HostConfig) { c.IdentityAgent, c.IdentityFiles = startAgent(t, 8), []string{key} },
		"agent's key among eight":     func(c *HostConfig) { c.IdentityAgent, c.IdentityFiles = startAgent(t, 8, key), []string{public} },
		"file when the agent is gone": func(c *HostConfig) { c.IdentityAgent, c.IdentityFiles = "/nonexistent/agent", []string{key} },
	} {
		t.Run(name, func(t *testing.T) {
			if err := login(t, s, change); err != nil {
				t.Error(err)
			}
		})
	}
	for name, c := range map[string]struct {
		change func(*HostConfig)
		says   string
	}{
		"IdentitiesOnly": {func(c *HostConfig) { c.IdentityAgent, c.IdentitiesOnly = startAgent(t, 0, key), true }, "offered 0 keys"},
		"no agent":       {func(c *HostConfig) { c.IdentityAgent = "/nonexistent/agent" }, "agent: "},
		"too many":       {func(c *HostConfig) { c.IdentityAgent = startAgent(t, 8, key) }, "4 further keys"},
	} {
		t.Run(name, func(t *testing.T) {
			if err := login(t, s, c.change); !errors.Is(err, ErrAuth) || !strings.Contains(err.Error(), c.says) {
				t.Errorf("got %v, want ErrAuth saying %q", err, c.says)
			}
		})
	}
}

func TestUnusableKeysAreNamed(t *testing.T) {
	t.Parallel()
	s := startSSHD(t)
	_, raw, err := ed25519.GenerateKey(rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	block, err := ssh.MarshalPrivateKeyWithPassphrase(raw, "", []byte("secret"))
	if err != nil {
		t.Fatal(err)
	}
	locked, open, junk := filepath.Join(s.dir, "locked"), filepath.Join(s.dir, "open"), filepath.Join(s.dir, "junk")
	write(t, locked, string(pem.EncodeToMemory(block)))
	newKey(t, open)
	if err := os.Chmod(open, 0o644); err != nil {
		t.Fatal(err)
	}
	write(t, junk, "junk\x1b[2J")
	err = login(t, s, func(c *HostConfig) { c.IdentityFiles = []string{locked, open, junk} })
	var e *Error
	if !errors.As(err, &e) || e.Kind != ErrAuth {
		t.Fatalf("got %v, want ErrAuth", err)
	}
	for _, want := range []string{locked + ": has a passphrase", open + ": mode", junk + ": not a usable key"} {
		if !strings.Contains(e.Hint, want) {
			t.Errorf("hint %q lacks %q", e.Hint, want)
		}
	}
}

func TestUserCertificate(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	ca := newKey(t, "")
	write(t, filepath.Join(dir, "ca.pub"), string(ssh.MarshalAuthorizedKey(ca.PublicKey())))
	s := startSSHD(t, fmt.Sprintf("TrustedUserCAKeys %s/ca.pub", dir))
	key := newKey(t, filepath.Join(dir, "key"))
	cert := &ssh.Certificate{Key: key.PublicKey(), CertType: ssh.UserCert, ValidPrincipals: []string{s.user}, ValidBefore: ssh.CertTimeInfinity,
		Permissions: ssh.Permissions{Extensions: map[string]string{}}}
	if err := cert.SignCert(rand.Reader, ca); err != nil {
		t.Fatal(err)
	}
	write(t, filepath.Join(dir, "cert"), string(ssh.MarshalAuthorizedKey(cert)))
	withCert := func(c *HostConfig) {
		c.IdentityFiles, c.CertificateFiles = []string{filepath.Join(dir, "key")}, []string{filepath.Join(dir, "cert")}
	}
	if err := login(t, s, withCert); err != nil {
		t.Error(err)
	}
	if err := login(t, s, func(c *HostConfig) { withCert(c); c.CertificateFiles = nil }); !errors.Is(err, ErrAuth) {
		t.Errorf("without the certificate: %v, want ErrAuth", err)
	}
}
