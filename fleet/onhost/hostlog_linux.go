package onhost

import (
	"fmt"
	"os"
	"time"

	"golang.org/x/sys/unix"
)

// hostLog is the host's own log: the second place where a deed is recorded, and
// the one people look at who ask who deleted their build.
type hostLog struct {
	fd  int    // -1: none
	why string // why there is none
}

// openHostLog connects to the datagram socket of syslogd or journald. A host
// without one is noted in the journal and not refused: the journal is there.
func openHostLog(socket string) hostLog {
	fd, err := unix.Socket(unix.AF_UNIX, unix.SOCK_DGRAM|unix.SOCK_CLOEXEC|unix.SOCK_NONBLOCK, 0)
	if err != nil {
		return hostLog{fd: -1, why: "no host log: " + err.Error()}
	}
	if err := unix.Connect(fd, &unix.SockaddrUnix{Name: socket}); err != nil {
		unix.Close(fd)
		return hostLog{fd: -1, why: fmt.Sprintf("no host log at %s: %v", socket, err)}
	}
	return hostLog{fd: fd}
}

func (l hostLog) close() {
	if l.fd >= 0 {
		unix.Close(l.fd)
	}
}

// write sends one line (RFC 3164, facility authpriv, severity notice), ASCII
// only. It never waits: a full log must not hold a deed.
func (l hostLog) write(r journalRecord) {
	if l.fd < 0 {
		return
	}
	const authprivNotice = 10<<3 | 5
	path := r.Root
	if r.Rel != "" {
		path += "/" + r.Rel
	}
	line := fmt.Sprintf("<%d>%s andon-host[%d]: %s %s path=%s operator=%s sudo_uid=%s request=%s-%d digest=%s why=%s",
		authprivNotice, r.At.Format(time.Stamp), os.Getpid(), r.State, r.Verb, quoted(path), quoted(r.Operator),
		quoted(r.SudoUID), r.Request, r.Step, r.Digest, quoted(r.Why))
	if r.Trash != "" {
		line += " trash=" + quoted(r.Trash)
	}
	if r.Reason != "" {
		line += " reason=" + string(r.Reason)
	}
	unix.Write(l.fd, []byte(line))
}
