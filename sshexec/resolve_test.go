package sshexec

import (
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"golang.org/x/crypto/ssh"
)

// resolve asks the real ssh with a configuration of the test's own.
func resolve(t testing.TB, alias, config string) (HostConfig, error) {
	t.Helper()
	findProgram(t, "ssh")
	file := filepath.Join(t.TempDir(), "config")
	write(t, file, config)
	return (&OpenSSH{ConfigFile: file}).Resolve(t.Context(), alias)
}

func TestResolveReadsEverything(t *testing.T) {
	dir := t.TempDir()
	write(t, filepath.Join(dir, "included"), "Host farm-*\n  ConnectTimeout 7\n")
	t.Setenv("KEYS", "/k")
	cfg, err := resolve(t, "farm-3", `
Include `+filepath.Join(dir, "included")+`
Match host farm-* exec "true"
  User ci
Host farm-*
  HostName %h.example.org
  Port 2200
  IdentityFile ~/.ssh/%r@%n
  IdentityFile ${KEYS}/id
  IdentitiesOnly yes
  IdentityAgent /run/agent-%r
  CertificateFile %d/cert
  UserKnownHostsFile ~/known-%n /etc/known
  HostKeyAlias alias-%n
  ProxyJump jump@bastion:2222,[::1]:23
  ServerAliveInterval 5
  ServerAliveCountMax 2
  AddressFamily inet
  BindAddress 127.0.0.1
  Ciphers aes128-gcm@openssh.com,3des-cbc
  HostKeyAlgorithms ssh-ed25519,ssh-rsa
  PKCS11Provider /lib/pkcs11.so
  StrictHostKeyChecking no
  RevokedHostKeys /etc/revoked
  ForwardAgent yes
`)
	if err != nil {
		t.Fatal(err)
	}
	home, err := os.UserHomeDir()
	if err != nil {
		t.Fatal(err)
	}
	check := func(name string, got, want any) {
		t.Helper()
		if g, ok := got.([]string); ok {
			if !slices.Equal(g, want.([]string)) {
				t.Errorf("%s = %q, want %q", name, got, want)
			}
		} else if got != want {
			t.Errorf("%s = %v, want %v", name, got, want)
		}
	}
	check("HostName", cfg.HostName, "farm-3.example.org")
	check("Port", cfg.Port, 2200)
	check("User", cfg.User, "ci")
	check("IdentityFiles", cfg.IdentityFiles, []string{home + "/.ssh/ci@farm-3", "/k/id"})
	check("CertificateFiles", cfg.CertificateFiles, []string{home + "/cert"})
	check("IdentitiesOnly", cfg.IdentitiesOnly, true)
	check("IdentityAgent", cfg.IdentityAgent, "/run/agent-ci")
	passwdHome, _ := account(t) // ssh -G expands ~ in this one itself, from the account and not from HOME
	check("KnownHostsFiles", cfg.KnownHostsFiles[:2], []string{passwdHome + "/known-farm-3", "/etc/known"})
	check("HostKeyAlias", cfg.HostKeyAlias, "alias-farm-3")
	check("ProxyJump", cfg.ProxyJump, "jump@bastion:2222,[::1]:23")
	check("ConnectTimeout", cfg.ConnectTimeout, 7*time.Second)
	check("KeepaliveInterval", cfg.KeepaliveInterval, 5*time.Second)
	check("KeepaliveCount", cfg.KeepaliveCount, 2)
	check("AddressFamily", cfg.AddressFamily, "inet")
	check("BindAddress", cfg.BindAddress, "127.0.0.1")
	check("Ciphers", cfg.Ciphers, []string{ssh.CipherAES128GCM})
	check("HostKeyAlgorithms", cfg.HostKeyAlgorithms, []string{ssh.KeyAlgoED25519})
	check("Unsupported", cfg.Unsupported, []string{"pkcs11provider /lib/pkcs11.so", "revokedhostkeys /etc/revoked", "stricthostkeychecking false"})
}

func TestResolveDefaults(t *testing.T) {
	t.Setenv("SSH_AUTH_SOCK", "/run/agent")
	cfg, err := resolve(t, "plain", "Host *\n  ProxyJump none\n  HashKnownHosts yes\n  SendEnv LANG\n  ControlMaster auto\n")
	if err != nil {
		t.Fatal(err)
	}
	if cfg.HostName != "plain" || cfg.Port != 22 || cfg.ProxyJump != "" || cfg.ProxyCommand != "" || cfg.KeepaliveInterval != 0 ||
		cfg.ConnectTimeout != 0 || cfg.Ciphers != nil || cfg.HostKeyAlgorithms != nil || cfg.AddressFamily != "" || cfg.IdentityAgent != "/run/agent" {
		t.Errorf("got %+v, want defaults", cfg)
	}
	if len(cfg.Unsupported) != 0 {
		t.Errorf("Unsupported = %q, want none", cfg.Unsupported)
	}
	if !slices.ContainsFunc(cfg.IdentityFiles, func(f string) bool { return filepath.IsAbs(f) && strings.HasSuffix(f, "/.ssh/id_ed25519") }) {
		t.Errorf("IdentityFiles = %q, want the expanded default keys", cfg.IdentityFiles)
	}
}

func TestResolveDestinations(t *testing.T) {
	for alias, want := range map[string]string{
		"u@h": "u@h:22", "h:2200": "@h:2200", "u@h:2200": "u@h:2200", "ssh://u@h:2200": "u@h:2200", "u@[::1]:23": "u@::1:23", "::1": "@::1:22",
	} {
		cfg, err := resolve(t, alias, "")
		got := cfg.User + "@" + cfg.HostName + ":" + itoa(cfg.Port)
		if !strings.HasSuffix(got, want) || err != nil {
			t.Errorf("%s: %s, %v; want %s", alias, got, err, want)
		}
	}
}

func TestResolveRefuses(t *testing.T) {
	for _, alias := range []string{"", "-oProxyCommand=id", "a b", "a\nb", "$(id)", "a;b"} {
		if _, err := resolve(t, alias, ""); err == nil {
			t.Errorf("alias %q is accepted", alias)
		}
	}
	if _, err := resolve(t, "h", "Nonsense yes\n"); err == nil || !strings.Contains(err.Error(), "Nonsense") && !strings.Contains(err.Error(), "nonsense") {
		t.Errorf("bad configuration: %v, want ssh's own words", err)
	}
	if _, err := resolve(t, "h", "Ciphers 3des-cbc\n"); err == nil || !strings.Contains(err.Error(), "available") {
		t.Errorf("no usable cipher: %v, want what is available", err)
	}
	p := newPool(t, Options{Resolver: &OpenSSH{ConfigFile: os.DevNull}})
	if _, err := call(t, p, "-x"); !errors.Is(err, ErrConfig) {
		t.Errorf("got %v, want ErrConfig", err)
	}
}

func TestResolveSeesAChangedFile(t *testing.T) {
	findProgram(t, "ssh")
	file := filepath.Join(t.TempDir(), "config")
	o := &OpenSSH{ConfigFile: file}
	for i, port := range []int{2201, 2202} {
		write(t, file, strings.Repeat("#\n", i)+"Port "+itoa(port)+"\n")
		for range 2 {
			if cfg, err := o.Resolve(t.Context(), "h"); err != nil || cfg.Port != port {
				t.Errorf("port %d, %v; want %d", cfg.Port, err, port)
			}
		}
	}
}

// TestOpenSSHConfiguration goes the whole way: ssh -G, key file, known_hosts file,
// a jump by the same server.
func TestOpenSSHConfiguration(t *testing.T) {
	t.Parallel()
	noLeaks(t)
	findProgram(t, "ssh")
	s := startSSHD(t)
	known := filepath.Join(s.dir, "known_hosts")
	write(t, known, s.known(s.hostKey.PublicKey()))
	config := filepath.Join(s.dir, "config")
	write(t, config, `
Host direct behind
  HostName 127.0.0.1
  Port `+itoa(s.port)+`
  User `+s.user+`
  IdentityFile `+s.dir+`/client_key
  IdentitiesOnly yes
  IdentityAgent none
  UserKnownHostsFile `+known+`
Host behind
  ProxyJump direct
`)
	p := newPool(t, Options{Resolver: &OpenSSH{ConfigFile: config}})
	for _, alias := range []string{"behind", "direct"} {
		if _, err := call(t, p, alias); err != nil {
			t.Errorf("%s: %v", alias, err)
		}
	}
}
