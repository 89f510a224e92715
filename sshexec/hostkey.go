package sshexec

import (
	"bytes"
	"crypto/rsa"
	"fmt"
	"net"
	"slices"
	"strings"
	"time"

	"golang.org/x/crypto/ssh"
)

const minRSABits = 2048

// verifier checks the host key of one handshake and remembers the refusal, which
// the handshake itself reports as plain text.
type verifier struct {
	cfg     HostConfig
	lines   []knownLine // what known_hosts says of this host
	refused *Error
	passed  bool
}

func newVerifier(cfg HostConfig, db knownHosts) *verifier {
	return &verifier{cfg: cfg, lines: db.about(cfg)}
}

// name is how the host is written in a known_hosts line.
func (v *verifier) name() string {
	if v.cfg.HostKeyAlias != "" {
		return strings.ToLower(v.cfg.HostKeyAlias)
	}
	return knownName(orDefault(v.cfg.HostName, v.cfg.Alias), v.cfg.Port)
}

// algorithms lists what to ask the server for: a server with several keys must
// present the one that is known, or a good host looks like an attack. Certificates
// come first if a CA is known, then ed25519, whatever the order of the file: a changed
// ed25519 key must not hide behind a good ECDSA one, and a dropbear that has only an
// ed25519 key ends the connection when asked for another type first.
func (v *verifier) algorithms() []string {
	all := ssh.SupportedAlgorithms().HostKeys
	var list []string
	known, authority := false, false
	for _, l := range v.lines {
		switch l.marker {
		case certAuthority:
			authority = true
		case plainKey:
			list = append(list, keyAlgorithms(l.key)...)
			known = known || !l.portless
		}
	}
	for _, l := range v.lines {
		if known && l.marker == revokedKey {
			list = append(list, keyAlgorithms(l.key)...) // so that a revoked key is seen as such
		}
	}
	if !known {
		list = append(list, slices.DeleteFunc(slices.Clone(all), isCertificate)...)
	}
	if authority {
		list = append(slices.DeleteFunc(slices.Clone(all), func(a string) bool { return !isCertificate(a) }), list...)
	}
	list = unique(list)
	slices.SortStableFunc(list, func(a, b string) int { return rank(a) - rank(b) })
	if v.cfg.HostKeyAlgorithms != nil {
		list = both(list, v.cfg.HostKeyAlgorithms)
		if !known && !authority {
			list = v.cfg.HostKeyAlgorithms
		}
	}
	return list
}

func rank(algorithm string) int {
	switch {
	case isCertificate(algorithm):
		return 0
	case algorithm == ssh.KeyAlgoED25519:
		return 1
	}
	return 2
}

func isCertificate(algorithm string) bool { return strings.Contains(algorithm, "-cert-v01@") }

// keyAlgorithms gives the signature algorithms of a key; ssh-rsa (SHA-1) is not one.
func keyAlgorithms(key ssh.PublicKey) []string {
	if key.Type() == ssh.KeyAlgoRSA {
		return []string{ssh.KeyAlgoRSASHA512, ssh.KeyAlgoRSASHA256}
	}
	return []string{key.Type()}
}

func unique(list []string) []string {
	var out []string
	for _, s := range list {
		if !slices.Contains(out, s) {
			out = append(out, s)
		}
	}
	return out
}

// check is the ssh.HostKeyCallback.
func (v *verifier) check(_ string, _ net.Addr, key ssh.PublicKey) error {
	if v.refused = v.judge(key); v.refused != nil {
		return v.refused
	}
	v.passed = true
	return nil
}

func (v *verifier) judge(key ssh.PublicKey) *Error {
	cert, isCert := key.(*ssh.Certificate)
	plain := key
	if isCert {
		plain = cert.Key
	}
	for _, l := range v.lines {
		if l.marker == revokedKey && (sameKey(l.key, plain) || isCert && sameKey(l.key, cert.SignatureKey)) {
			return v.refuse(ErrHostKeyRevoked, fmt.Errorf("%s %s is revoked at %s", l.key.Type(), ssh.FingerprintSHA256(l.key), l.place()),
				"do not connect; give the host a new key")
		}
	}
	if bits := rsaBits(plain); bits > 0 && bits < minRSABits {
		return v.refuse(ErrAlgorithms, fmt.Errorf("RSA host key of %d bits", bits), "give the host an ed25519 key")
	}
	if isCert {
		if trusted, err := v.signed(cert); err != nil || trusted {
			return err
		}
	}
	var other *knownLine
	for i, l := range v.lines {
		if l.marker != plainKey {
			continue
		}
		if sameKey(l.key, plain) {
			return nil
		}
		if !l.portless && (other == nil || l.key.Type() == plain.Type()) {
			other = &v.lines[i]
		}
	}
	if other != nil {
		return v.refuse(ErrHostKeyChanged, fmt.Errorf("the host shows %s %s, %s says %s %s", plain.Type(), ssh.FingerprintSHA256(plain),
			other.place(), other.key.Type(), ssh.FingerprintSHA256(other.key)),
			fmt.Sprintf("someone may be in between; if the host was reinstalled, replace the line at %s by: %s", other.place(), v.line(plain)))
	}
	return v.refuse(ErrHostKeyUnknown, fmt.Errorf("%s %s", plain.Type(), ssh.FingerprintSHA256(plain)), v.addHint(plain))
}

func (v *verifier) refuse(kind Kind, err error, hint string) *Error {
	return &Error{Kind: kind, Stage: StageHandshake, Err: err, Hint: hint}
}

func (v *verifier) line(key ssh.PublicKey) string {
	return v.name() + " " + strings.TrimSpace(string(ssh.MarshalAuthorizedKey(key)))
}

func (v *verifier) addHint(key ssh.PublicKey) string {
	file := "your known_hosts"
	if len(v.cfg.KnownHostsFiles) > 0 {
		file = v.cfg.KnownHostsFiles[0]
	}
	return fmt.Sprintf("compare %s with `ssh-keygen -lf /etc/ssh/ssh_host_%s_key.pub` on the host; if they are equal add to %s: %s",
		ssh.FingerprintSHA256(key), shortType(key), file, v.line(key))
}

// shortType is the type as it stands in the file names of a host's keys.
func shortType(key ssh.PublicKey) string {
	switch t := key.Type(); {
	case t == ssh.KeyAlgoED25519:
		return "ed25519"
	case strings.HasPrefix(t, "ecdsa"):
		return "ecdsa"
	default:
		return "rsa"
	}
}

// signed reports whether a CA known for this host vouches for the certificate. A
// certificate of no known CA is judged by its plain key, as OpenSSH does.
func (v *verifier) signed(cert *ssh.Certificate) (bool, *Error) {
	i := slices.IndexFunc(v.lines, func(l knownLine) bool {
		return l.marker == certAuthority && sameKey(l.key, cert.SignatureKey)
	})
	if i < 0 {
		return false, nil
	}
	principal := strings.ToLower(orDefault(v.cfg.HostKeyAlias, orDefault(v.cfg.HostName, v.cfg.Alias)))
	checker := ssh.CertChecker{Clock: time.Now}
	err := checker.CheckCert(principal, cert)
	if err == nil && cert.CertType != ssh.HostCert {
		err = fmt.Errorf("it is no host certificate")
	}
	if err == nil && len(cert.ValidPrincipals) == 0 {
		err = fmt.Errorf("it names no principal")
	}
	if err != nil {
		return false, v.refuse(ErrHostKeyUnknown, fmt.Errorf("host certificate %q, CA at %s: %w", clean(cert.KeyId, 60), v.lines[i].place(), err),
			"renew the host's certificate")
	}
	return true, nil
}

func sameKey(a, b ssh.PublicKey) bool { return bytes.Equal(a.Marshal(), b.Marshal()) }

func rsaBits(key ssh.PublicKey) int {
	if k, ok := key.(ssh.CryptoPublicKey); ok {
		if r, ok := k.CryptoPublicKey().(*rsa.PublicKey); ok {
			return r.N.BitLen()
		}
	}
	return 0
}
