package sim

import (
	"crypto/ed25519"
	"crypto/rand"
	"fmt"
	"net"
	"strconv"
	"strings"

	"golang.org/x/crypto/ssh"

	"andon/fleet"
	"andon/sshexec"
)

func newSigner() (ssh.Signer, error) {
	_, private, err := ed25519.GenerateKey(rand.Reader)
	if err != nil {
		return nil, fmt.Errorf("make key: %w", err)
	}
	s, err := ssh.NewSignerFromKey(private)
	if err != nil {
		return nil, fmt.Errorf("make key: %w", err)
	}
	return s, nil
}

// Endpoint is where and how a host of the fleet is reached.
type Endpoint struct {
	Host       fleet.HostName
	Addr       string // 127.0.0.1:port
	User       string
	HostKey    ssh.PublicKey
	KnownHosts string // the line of a known_hosts file
}

// Endpoints lists the SSH side of all hosts.
func (f *Fleet) Endpoints() []Endpoint {
	out := make([]Endpoint, len(f.hosts))
	for i, h := range f.hosts {
		out[i] = Endpoint{Host: fleet.HostName(h.name), Addr: h.addr, User: h.user, HostKey: h.signer.PublicKey(), KnownHosts: h.knownHostsLine()}
	}
	return out
}

// Signer is the client's key: the only one the servers take.
func (f *Fleet) Signer() ssh.Signer { return f.signer }

// SSH returns what a pool needs to reach the fleet, and nothing of the user's: the
// hosts' addresses and keys and the client's key, all in memory.
func (f *Fleet) SSH() sshexec.Options {
	var known strings.Builder
	static := make(sshexec.Static, len(f.hosts))
	for _, h := range f.hosts {
		name, port, err := net.SplitHostPort(h.addr)
		if err != nil {
			continue // cannot happen: the address is the listener's own
		}
		n, err := strconv.Atoi(port)
		if err != nil {
			continue
		}
		static[h.name] = sshexec.HostConfig{Alias: h.name, HostName: name, Port: n, User: h.user, IdentitiesOnly: true}
		known.WriteString(h.knownHostsLine() + "\n")
	}
	return sshexec.Options{Resolver: static, Signers: []ssh.Signer{f.signer}, KnownHosts: []byte(known.String()), KnownHostsFiles: []string{}}
}
