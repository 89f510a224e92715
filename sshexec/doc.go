// Package sshexec runs fixed programs on hosts over SSH, with a bound on
// everything: time, output, connections and what may be executed.
//
// Two things can be run. A [Script] is a POSIX shell text embedded at compile
// time; it travels on standard input behind a constant command line, its
// arguments travel as quoted words in the same stream, and it counts as run
// only when its closing frame arrived with the nonce of this call. A [Program]
// is a constant command line with a protocol of its own on stdin and stdout.
// No byte that came from a user, a host or a network is ever put on a command
// line: correct sh quoting is injectable where the login shell is fish.
//
// [Pool] reaches hosts through golang.org/x/crypto/ssh with the operator's
// own OpenSSH configuration, agent, keys and known_hosts; [Local] runs the same
// calls on this machine. Both are a [Runner].
//
// Promises:
//   - a call returns within Timeout + Grace + 1 s, whatever the peer does;
//   - remote work ends when the call is cancelled, when the connection drops and
//     when its deadline passes, because a watcher inside the innermost
//     (privileged) shell sees standard input end;
//   - a script cut at any byte runs nothing;
//   - output beyond the limits is drained and counted, never buffered;
//   - an unknown, changed or revoked host key is always refused, and no key is
//     ever added to a known_hosts file;
//   - every failure is an [*Error] with a [Kind]; remote text in it has its
//     control bytes removed and its length capped.
package sshexec
