package sshexec

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"net"
	"os"
	"slices"
	"strings"
	"time"

	"golang.org/x/crypto/ssh"
	"golang.org/x/crypto/ssh/agent"
)

// maxOffered keys are offered to a server: more than six and sshd's default
// MaxAuthTries ends the connection before the right one.
const maxOffered = 5

// credentials are the keys for one authentication, best first.
type credentials struct {
	signers []ssh.Signer
	skipped []string // keys that could not be used, and why
	agent   net.Conn // open while the signers are in use; may be nil
}

func (c *credentials) close() {
	if c.agent != nil {
		c.agent.Close()
	}
}

// gather collects the operator's keys in one list, because only the first method
// "publickey" of a connection is ever tried: configured certificates, configured keys
// the agent holds, configured key files, then the rest of the agent unless
// IdentitiesOnly. A key that cannot be used is skipped with its reason.
func gather(ctx context.Context, cfg HostConfig) *credentials {
	c := &credentials{}
	held := c.fromAgent(ctx, cfg.IdentityAgent)
	var files, inAgent []ssh.Signer
	for _, path := range cfg.IdentityFiles {
		pub := publicHalf(path)
		if i := indexOf(held, pub); pub != nil && i >= 0 {
			inAgent = append(inAgent, held[i])
			continue
		}
		signer, err := readKey(path)
		switch {
		case errors.Is(err, fs.ErrNotExist):
		case err != nil:
			c.skipped = append(c.skipped, fmt.Sprintf("%s: %v", path, err))
		case indexOf(held, signer.PublicKey()) >= 0:
			inAgent = append(inAgent, held[indexOf(held, signer.PublicKey())])
		default:
			files = append(files, signer)
		}
	}
	all := slices.Concat(inAgent, files)
	if !cfg.IdentitiesOnly {
		all = append(all, held...)
	}
	all = append(c.certified(cfg.CertificateFiles, slices.Concat(all, held)), all...)
	for _, s := range all {
		if indexOf(c.signers, s.PublicKey()) < 0 {
			c.signers = append(c.signers, s)
		}
	}
	if len(c.signers) > maxOffered {
		c.skipped = append(c.skipped, fmt.Sprintf("%d further keys: at most %d are offered, set IdentityFile and IdentitiesOnly", len(c.signers)-maxOffered, maxOffered))
		c.signers = c.signers[:maxOffered]
	}
	return c
}

// fromAgent lists the agent's keys; the agent may hang, so ctx bounds all its answers.
func (c *credentials) fromAgent(ctx context.Context, socket string) []ssh.Signer {
	if socket == "" {
		return nil
	}
	conn, err := (&net.Dialer{Timeout: 2 * time.Second}).DialContext(ctx, "unix", socket)
	if err != nil {
		c.skipped = append(c.skipped, fmt.Sprintf("agent: %v", err))
		return nil
	}
	if deadline, ok := ctx.Deadline(); ok {
		conn.SetDeadline(deadline)
	}
	c.agent = conn
	held, err := agent.NewClient(conn).Signers()
	if err != nil {
		c.skipped = append(c.skipped, fmt.Sprintf("agent %s: %v", socket, err))
	}
	return held
}

// certified pairs the certificates with the keys they are for.
func (c *credentials) certified(paths []string, keys []ssh.Signer) []ssh.Signer {
	var list []ssh.Signer
	for _, path := range paths {
		cert, ok := readPublic(path).(*ssh.Certificate)
		if !ok {
			c.skipped = append(c.skipped, path+": no certificate")
			continue
		}
		i := indexOf(keys, cert.Key)
		if i < 0 {
			c.skipped = append(c.skipped, path+": its key is neither in the agent nor a usable file")
			continue
		}
		if signer, err := ssh.NewCertSigner(cert, keys[i]); err == nil {
			list = append(list, signer)
		}
	}
	return list
}

func indexOf(list []ssh.Signer, key ssh.PublicKey) int {
	if key == nil {
		return -1
	}
	return slices.IndexFunc(list, func(s ssh.Signer) bool { return sameKey(s.PublicKey(), key) })
}

// publicHalf reads the public key that stands beside a private one, or is named in
// its place because the agent holds the private half.
func publicHalf(path string) ssh.PublicKey {
	if key := readPublic(path + ".pub"); key != nil {
		return key
	}
	return readPublic(path)
}

func readPublic(path string) ssh.PublicKey {
	text, err := os.ReadFile(path)
	if err != nil {
		return nil
	}
	key, _, _, _, err := ssh.ParseAuthorizedKey(text)
	if err != nil {
		return nil
	}
	return key
}

func readKey(path string) (ssh.Signer, error) {
	info, err := os.Stat(path)
	if err != nil {
		return nil, err
	}
	if info.Mode().Perm()&0o077 != 0 && readPublic(path) == nil {
		return nil, fmt.Errorf("mode %v lets others read it: chmod 600", info.Mode().Perm())
	}
	pem, err := os.ReadFile(path)
	if err != nil {
		return nil, err
	}
	signer, err := ssh.ParsePrivateKey(pem)
	var locked *ssh.PassphraseMissingError
	switch {
	case errors.As(err, &locked):
		return nil, errors.New("has a passphrase: ssh-add it")
	case err != nil && readPublic(path) != nil:
		return nil, errors.New("is a public key the agent does not hold")
	case err != nil:
		return nil, fmt.Errorf("not a usable key: %s", clean(err.Error(), 100))
	}
	return signer, nil
}

// authError explains a refused authentication.
func (c *credentials) authError(user string, allowed []string, cause error) *Error {
	var offered []string
	for _, s := range c.signers {
		offered = append(offered, s.PublicKey().Type()+" "+ssh.FingerprintSHA256(s.PublicKey()))
	}
	e := &Error{Kind: ErrAuth, Stage: StageAuth, Err: cause}
	e.Hint = fmt.Sprintf("user %s, offered %d keys", clean(user, 64), len(offered))
	if len(offered) > 0 {
		e.Hint += " (" + strings.Join(offered, ", ") + ")"
	}
	if len(allowed) > 0 {
		e.Hint += "; the server allows " + clean(strings.Join(allowed, ","), 100)
	}
	if len(c.skipped) > 0 {
		e.Hint += "; not offered: " + clean(strings.Join(c.skipped, "; "), 500)
	}
	return e
}
