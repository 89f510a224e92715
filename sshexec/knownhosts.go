package sshexec

import (
	"bytes"
	"crypto/hmac"
	"crypto/sha1"
	"encoding/base64"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path"
	"strconv"
	"strings"

	"golang.org/x/crypto/ssh"
)

// marker is the first word of a known_hosts line that is more than a key.
type marker uint8

const (
	plainKey marker = iota
	certAuthority
	revokedKey
)

// knownLine is one usable line of a known_hosts file, sshd(8) "SSH_KNOWN_HOSTS FILE
// FORMAT".
type knownLine struct {
	file     string
	number   int
	marker   marker
	patterns []string // lower case; empty if hashed
	salt     []byte   // hashed form
	hash     []byte
	key      ssh.PublicKey
	portless bool // found under the name without its port: may allow a key, never accuse one
}

func (l knownLine) place() string { return l.file + ":" + strconv.Itoa(l.number) }

// knownHosts are the lines that could be read, and what was wrong with the others.
// One bad line never hides the good ones.
type knownHosts struct {
	lines    []knownLine
	warnings []string // "file:line: reason"
}

const maxKnownHosts = 16 << 20

// readKnownHosts reads the files and the extra lines, which are named "options" in
// messages. A missing file is an empty one; an unreadable one is an error, because a
// @revoked line may be in it.
func readKnownHosts(files []string, extra []byte) (knownHosts, error) {
	var db knownHosts
	db.parse("options", extra)
	for _, name := range files {
		text, err := os.ReadFile(name)
		if errors.Is(err, fs.ErrNotExist) {
			continue
		}
		if err != nil {
			return db, fmt.Errorf("known hosts: %w", err)
		}
		if len(text) > maxKnownHosts {
			return db, fmt.Errorf("known hosts %s: %d bytes, at most %d", name, len(text), maxKnownHosts)
		}
		db.parse(name, text)
	}
	return db, nil
}

func (db *knownHosts) parse(file string, text []byte) {
	number := 0
	for raw := range bytes.Lines(text) {
		number++
		line := strings.TrimSpace(string(raw))
		if line == "" || line[0] == '#' {
			continue
		}
		l, err := parseKnownLine(line)
		l.file, l.number = file, number
		if err != nil {
			db.warnings = append(db.warnings, fmt.Sprintf("%s: %v", l.place(), err))
			continue
		}
		db.lines = append(db.lines, l)
	}
}

func parseKnownLine(line string) (knownLine, error) {
	var l knownLine
	fields := strings.Fields(line)
	if strings.HasPrefix(fields[0], "@") {
		switch fields[0] {
		case "@cert-authority":
			l.marker = certAuthority
		case "@revoked":
			l.marker = revokedKey
		default:
			return l, fmt.Errorf("unknown marker %q", clean(fields[0], 40))
		}
		fields = fields[1:]
	}
	if len(fields) < 3 {
		return l, errors.New("fewer than three fields")
	}
	blob, err := base64.StdEncoding.DecodeString(fields[2])
	if err != nil {
		return l, fmt.Errorf("key is not base64: %w", err)
	}
	if l.key, err = ssh.ParsePublicKey(blob); err != nil {
		return l, fmt.Errorf("key: %s", clean(err.Error(), 100))
	}
	if l.key.Type() != fields[1] {
		return l, fmt.Errorf("key is %s, the line says %q", l.key.Type(), clean(fields[1], 40))
	}
	if hashed, ok := strings.CutPrefix(fields[0], "|1|"); ok {
		salt, sum, _ := strings.Cut(hashed, "|")
		var err1, err2 error
		l.salt, err1 = base64.StdEncoding.DecodeString(salt)
		l.hash, err2 = base64.StdEncoding.DecodeString(sum)
		if err := errors.Join(err1, err2); err != nil || len(l.hash) != sha1.Size {
			return l, errors.New("broken hashed host name")
		}
		return l, nil
	}
	l.patterns = strings.Split(strings.ToLower(fields[0]), ",")
	return l, nil
}

// matches reports whether the line speaks of name, which is lower case and in the
// form of knownName.
func (l knownLine) matches(name string) bool {
	if l.hash != nil {
		mac := hmac.New(sha1.New, l.salt)
		mac.Write([]byte(name))
		return hmac.Equal(mac.Sum(nil), l.hash)
	}
	found := false
	for _, p := range l.patterns {
		negated := strings.HasPrefix(p, "!")
		if !wildcard(strings.TrimPrefix(p, "!"), name) {
			continue
		}
		if negated {
			return false
		}
		found = true
	}
	return found
}

// wildcard matches with * and ? only: the brackets of "[host]:port" are literal.
func wildcard(pattern, name string) bool {
	escaped := strings.NewReplacer(`\`, `\\`, `[`, `\[`, `/`, "\x01").Replace(pattern)
	ok, err := path.Match(escaped, strings.ReplaceAll(name, "/", "\x01"))
	return ok && err == nil
}

// knownName is the form host names have in known_hosts.
func knownName(host string, port int) string {
	host = strings.ToLower(strings.Trim(host, "[]"))
	if port == 0 || port == 22 {
		return host
	}
	return "[" + host + "]:" + strconv.Itoa(port)
}

// about gives the lines that speak of a host. As in OpenSSH, an address with a port
// that no plain line knows is looked up without its port.
func (db knownHosts) about(cfg HostConfig) []knownLine {
	if cfg.HostKeyAlias != "" {
		return db.named(strings.ToLower(cfg.HostKeyAlias))
	}
	host := orDefault(cfg.HostName, cfg.Alias)
	lines := db.named(knownName(host, cfg.Port))
	for _, l := range lines {
		if l.marker != revokedKey {
			return lines
		}
	}
	if cfg.Port != 0 && cfg.Port != 22 {
		for _, l := range db.named(knownName(host, 0)) {
			l.portless = true
			lines = append(lines, l)
		}
	}
	return lines
}

func (db knownHosts) named(name string) []knownLine {
	var list []knownLine
	for _, l := range db.lines {
		if l.matches(name) {
			list = append(list, l)
		}
	}
	return list
}
