package sshexec

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"time"
)

// HostConfig is what OpenSSH's configuration says of one alias, with tokens and
// home directories expanded. Zero values mean the default of this package.
type HostConfig struct {
	Alias    string
	HostName string // the name or address dialled; empty is Alias
	User     string
	Port     int // 0 is 22

	IdentityFiles    []string
	CertificateFiles []string
	IdentitiesOnly   bool
	IdentityAgent    string // socket path; empty means no agent

	ProxyJump    string // comma-separated [user@]host[:port] or ssh:// URIs, first hop first
	ProxyCommand string // run by /bin/sh; its stdin and stdout are the connection

	KnownHostsFiles   []string // user's and global, in this order
	HostKeyAlias      string
	HostKeyAlgorithms []string // these four: nil is the default, else exactly these
	KeyExchanges      []string
	Ciphers           []string
	MACs              []string

	ConnectTimeout    time.Duration
	KeepaliveInterval time.Duration
	KeepaliveCount    int
	AddressFamily     string // "inet", "inet6" or empty for any
	BindAddress       string

	// Unsupported lists options that are set for this alias and have no effect
	// here, as "name value".
	Unsupported []string
}

// Resolver gives the configuration of an alias. Its errors are shown to the
// operator as [ErrConfig].
type Resolver interface {
	Resolve(ctx context.Context, alias string) (HostConfig, error)
}

// Static is a fixed set of aliases. Jump hosts are looked up as they are written.
type Static map[string]HostConfig

// Resolve gives the entry of alias.
func (s Static) Resolve(_ context.Context, alias string) (HostConfig, error) {
	cfg, ok := s[alias]
	if !ok {
		return HostConfig{}, fmt.Errorf("host %q is not configured", alias)
	}
	cfg.Alias = alias
	return cfg, nil
}

const (
	resolveTimeout = 3 * time.Second
	resolveMaxAge  = 10 * time.Minute
)

// OpenSSH asks the system's ssh (`ssh -G -- alias`), which alone understands all of
// ssh_config(5): Include, Match, canonical names. Answers are kept until the user's or
// the system's configuration file changes, at most ten minutes.
type OpenSSH struct {
	// ConfigFile replaces the user's and the system's configuration (ssh -F).
	ConfigFile string

	mu    sync.Mutex
	known map[string]resolved
}

type resolved struct {
	cfg   HostConfig
	at    time.Time
	stamp string
}

// Resolve gives the configuration of alias, which may also be user@host or an
// ssh:// URI.
func (o *OpenSSH) Resolve(ctx context.Context, alias string) (HostConfig, error) {
	if err := checkAlias(alias); err != nil {
		return HostConfig{}, err
	}
	stamp := fileStamp(o.files())
	o.mu.Lock()
	hit, ok := o.known[alias]
	o.mu.Unlock()
	if ok && hit.stamp == stamp && time.Since(hit.at) < resolveMaxAge {
		return hit.cfg, nil
	}
	ctx, cancel := context.WithTimeout(ctx, resolveTimeout)
	defer cancel()
	var args []string
	if o.ConfigFile != "" {
		args = []string{"-F", o.ConfigFile}
	}
	set, err := dumpConfig(ctx, alias, args...)
	if err != nil {
		return HostConfig{}, err
	}
	// What differs from an empty configuration was set by someone.
	base, err := dumpConfig(ctx, alias, "-F", os.DevNull)
	if err != nil {
		return HostConfig{}, err
	}
	cfg, err := readConfig(alias, set, base)
	if err != nil {
		return HostConfig{}, fmt.Errorf("ssh -G %s: %w", alias, err)
	}
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.known == nil {
		o.known = make(map[string]resolved)
	}
	o.known[alias] = resolved{cfg: cfg, at: time.Now(), stamp: stamp}
	return cfg, nil
}

func (o *OpenSSH) files() []string {
	if o.ConfigFile != "" {
		return []string{o.ConfigFile}
	}
	files := []string{"/etc/ssh/ssh_config"}
	if home, err := os.UserHomeDir(); err == nil {
		files = append(files, filepath.Join(home, ".ssh", "config"))
	}
	return files
}

// checkAlias refuses what ssh would take for an option and what cannot be a name.
func checkAlias(alias string) error {
	if alias == "" || alias[0] == '-' {
		return fmt.Errorf("host alias %q: must not be empty or start with '-'", alias)
	}
	for _, r := range alias {
		if r <= ' ' || r == 0x7f || strings.ContainsRune("'`\"$\\;&<>|(){}", r) {
			return fmt.Errorf("host alias %q: holds %q", alias, r)
		}
	}
	return nil
}

// destination gives the arguments for an alias. ssh does not take host:port, as
// ProxyJump has it, and some versions take no URI with an IPv6 address.
func destination(alias string) []string {
	at := strings.LastIndexByte(alias, '@') + 1
	host, port, err := net.SplitHostPort(alias[at:])
	if err != nil || strings.Contains(alias, "://") {
		return []string{"-G", "--", alias}
	}
	return []string{"-G", "-p", port, "--", alias[:at] + host}
}

// dumpConfig runs ssh -G and gives its lines as keyword -> values.
func dumpConfig(ctx context.Context, alias string, args ...string) (map[string][]string, error) {
	cmd := exec.CommandContext(ctx, "ssh", append(args, destination(alias)...)...)
	cmd.WaitDelay = time.Second // a child of Match exec may hold the pipe
	var stdout, stderr bytes.Buffer
	cmd.Stdout, cmd.Stderr = &stdout, &stderr
	if err := cmd.Run(); err != nil {
		if ctx.Err() != nil {
			err = ctx.Err()
		}
		if errors.Is(err, exec.ErrNotFound) {
			return nil, fmt.Errorf("read ssh configuration: %w: install the OpenSSH client", err)
		}
		return nil, fmt.Errorf("ssh -G %s: %w: %s", alias, err, firstLine(stderr.Bytes()))
	}
	opts := make(map[string][]string)
	for line := range strings.Lines(stdout.String()) {
		key, value, _ := strings.Cut(strings.TrimRight(line, "\r\n"), " ")
		key = strings.ToLower(key)
		opts[key] = append(opts[key], value)
	}
	return opts, nil
}

// fileStamp changes when one of the files is changed, made or removed.
func fileStamp(files []string) string {
	var b strings.Builder
	for _, f := range files {
		info, err := os.Stat(f)
		switch {
		case err == nil:
			fmt.Fprintf(&b, "%s %d %d\n", f, info.ModTime().UnixNano(), info.Size())
		case !errors.Is(err, fs.ErrNotExist):
			fmt.Fprintf(&b, "%s %v\n", f, err)
		}
	}
	return b.String()
}
