package sshexec

import "strings"

// The command lines below are all this package ever asks a server to execute.
// They are constant, and use only what bash, dash, ash, zsh, mksh, fish and tcsh
// read alike: single quotes without backslash, newline or exclamation mark.

// leader finds out whether this shell leads its process group, so that the
// watcher's `kill 0` can reach nothing but this call. OpenSSH makes it a leader,
// dropbear does not; there L becomes setsid.
const leader = `{ read -r a b c d g h </proc/$$/stat; } 2>/dev/null || g=$(ps -o pgid= -p $$ 2>/dev/null); ` +
	`L=; if [ "$g" -ne $$ ] 2>/dev/null && command -v setsid >/dev/null; then L=setsid; fi; `

const cLocale = `LC_ALL=C; export LC_ALL; `

// sudoMarker is printed right before sudo takes over: with it and without a
// BEGIN frame it was sudo that refused, without it no shell was reached.
const sudoMarker = "sshexec:sudo\n"

const (
	scriptLine     = `exec /bin/sh -c '` + leader + `exec $L /bin/sh'`
	scriptLineRoot = `exec /bin/sh -c '` + cLocale + leader +
		`if [ "$(id -u)" = 0 ]; then exec $L /bin/sh; fi; echo sshexec:sudo; exec $L sudo -n /bin/sh'`
)

// ScriptLine is the command line of every script call, for a server that wants
// to recognise it.
func ScriptLine(b Become) string {
	if b == BecomeRoot {
		return scriptLineRoot
	}
	return scriptLine
}

// Line is the command line the program is started with.
func (p Program) Line(b Become) string {
	quoted := strings.ReplaceAll(p.line, `'`, `'\''`)
	if b == BecomeRoot {
		return `exec /bin/sh -c '` + cLocale + `if [ "$(id -u)" = 0 ]; then exec ` + quoted + `; fi; exec sudo -n ` + quoted + `'`
	}
	return `exec /bin/sh -c 'exec ` + quoted + `'`
}
