package sshexec

import (
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"golang.org/x/crypto/ssh"
)

// BenchmarkWarmExec compares, against the same server and in the same run, one more
// command on an open connection: a framed script, a program, a bare session of
// x/crypto/ssh, and OpenSSH through its ControlMaster.
func BenchmarkWarmExec(b *testing.B) {
	s := startSSHD(b)
	h := s.pool(b).Host("host")
	uid := ScriptCall{Script: script(b, "uid.sh")}
	if _, err := h.Script(b.Context(), uid); err != nil {
		b.Fatal(err)
	}
	b.Run("script", func(b *testing.B) {
		for b.Loop() {
			if _, err := h.Script(b.Context(), uid); err != nil {
				b.Fatal(err)
			}
		}
	})
	b.Run("program", func(b *testing.B) {
		for b.Loop() {
			if _, err := h.Program(b.Context(), ProgramCall{Program: Constant("id -u")}); err != nil {
				b.Fatal(err)
			}
		}
	})
	b.Run("bare session", func(b *testing.B) {
		c, err := ssh.Dial("tcp", "127.0.0.1:"+itoa(s.port), &ssh.ClientConfig{User: s.user, Auth: []ssh.AuthMethod{ssh.PublicKeys(s.client)},
			HostKeyCallback: ssh.FixedHostKey(s.hostKey.PublicKey()), Timeout: 10 * time.Second})
		if err != nil {
			b.Fatal(err)
		}
		defer c.Close()
		for b.Loop() {
			session, err := c.NewSession()
			if err != nil {
				b.Fatal(err)
			}
			if err := session.Run("id -u"); err != nil {
				b.Fatal(err)
			}
		}
	})
	b.Run("ControlMaster", func(b *testing.B) {
		client := findProgram(b, "ssh")
		config := filepath.Join(s.dir, "ssh_config")
		write(b, filepath.Join(s.dir, "known"), s.known(s.hostKey.PublicKey()))
		write(b, config, strings.Join([]string{"Host h", "HostName 127.0.0.1", "Port " + itoa(s.port), "User " + s.user, "IdentityFile " + s.dir + "/client_key",
			"UserKnownHostsFile " + s.dir + "/known", "ControlPath " + s.dir + "/cm", "ControlMaster auto", "ControlPersist yes", ""}, "\n"))
		if out, err := exec.Command(client, "-F", config, "h", "true").CombinedOutput(); err != nil {
			b.Fatalf("%v: %s", err, out)
		}
		defer exec.Command(client, "-F", config, "-O", "exit", "h").Run()
		for b.Loop() {
			if err := exec.Command(client, "-F", config, "h", "id -u").Run(); err != nil {
				b.Fatal(err)
			}
		}
	})
}

// BenchmarkColdConnect dials, authenticates and runs one script.
func BenchmarkColdConnect(b *testing.B) {
	s := startSSHD(b)
	for b.Loop() {
		p := NewPool(s.options())
		if _, err := p.Host("host").Script(b.Context(), ScriptCall{Script: script(b, "uid.sh")}); err != nil {
			b.Fatal(err)
		}
		if err := p.Close(b.Context()); err != nil {
			b.Fatal(err)
		}
	}
}
