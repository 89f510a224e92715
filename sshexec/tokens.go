package sshexec

import (
	"crypto/sha1"
	"encoding/hex"
	"os"
	"os/user"
	"path/filepath"
	"strconv"
	"strings"
)

// tokens are the %-sequences of ssh_config(5) that `ssh -G` leaves as they are.
type tokens map[byte]string

func newTokens(cfg HostConfig) tokens {
	local, _ := os.Hostname()
	short, _, _ := strings.Cut(local, ".")
	home, _ := os.UserHomeDir()
	t := tokens{
		'%': "%", 'h': cfg.HostName, 'n': cfg.Alias, 'p': strconv.Itoa(cfg.Port), 'r': cfg.User,
		'd': home, 'l': local, 'L': short, 'i': strconv.Itoa(os.Getuid()), 'j': cfg.ProxyJump, 'k': cfg.HostName,
	}
	if u, err := user.Current(); err == nil {
		t['u'] = u.Username
	}
	sum := sha1.Sum([]byte(local + cfg.HostName + t['p'] + cfg.User + cfg.ProxyJump))
	t['C'] = hex.EncodeToString(sum[:])
	return t
}

// expand replaces the tokens in s; an unknown one stays as it is.
func (t tokens) expand(s string) string {
	var b strings.Builder
	for i := 0; i < len(s); i++ {
		if s[i] == '%' && i+1 < len(s) {
			if v, ok := t[s[i+1]]; ok {
				b.WriteString(v)
				i++
				continue
			}
		}
		b.WriteByte(s[i])
	}
	return b.String()
}

// paths expands tokens, ${VARIABLES} and a leading ~ and drops "none".
func (t tokens) paths(list []string) []string {
	var paths []string
	for _, p := range list {
		if p == "" || strings.EqualFold(p, "none") {
			continue
		}
		paths = append(paths, t.path(p))
	}
	return paths
}

func (t tokens) path(p string) string {
	name, rest, _ := strings.Cut(p, "/")
	switch {
	case name == "~":
		p = filepath.Join(t['d'], rest)
	case strings.HasPrefix(name, "~"):
		if u, err := user.Lookup(name[1:]); err == nil {
			p = filepath.Join(u.HomeDir, rest)
		}
	case strings.HasPrefix(p, "$") && !strings.HasPrefix(p, "${"):
		return os.Getenv(p[1:]) // IdentityAgent $NAME
	}
	for {
		before, after, ok := strings.Cut(p, "${")
		variable, tail, closed := strings.Cut(after, "}")
		if !ok || !closed {
			return t.expand(p)
		}
		p = before + os.Getenv(variable) + tail
	}
}
