// Package probe says what to ask a runner host and how to read the answer. It is
// pure: it holds the scripts and command lines that others run, and turns
// answers into fleet values.
//
// A sweep is one POSIX sh script (dash, busybox ash, bash; GNU or busybox tools)
// that needs nothing installed on the host and changes nothing there. Its answer
// is a list of NUL-terminated records whose last one counts the others, so that
// a cut answer is an error and never a smaller fleet. What a login may not see
// is said to be unseen, never taken for absent.
package probe

import "embed"

// Scripts holds the scripts that run on hosts, for sshexec.Embedded.
//
//go:embed sweep.sh
var Scripts embed.FS

// SweepScript is the sweep's file name in Scripts.
const SweepScript = "sweep.sh"

// MaxAnswer bounds a sweep's answer, in bytes: four roots of MaxMaxDirs dirs and
// the processes of a busy host fit in it.
const MaxAnswer = 16 << 20
