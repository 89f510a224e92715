package onhost

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"time"

	"golang.org/x/sys/unix"

	"andon/fleet"
)

// holder is who has a target locked, written into the lock's file.
type holder struct {
	Operator string    `json:"operator"`
	Request  string    `json:"request"`
	PID      int       `json:"pid"`
	Since    time.Time `json:"since"`
}

// targetLock is a BSD lock that the kernel frees with the process. It is never
// forced by age.
type targetLock struct {
	locks int
	name  string
	file  *os.File
}

// lock takes the lock of one target, or refuses and says who holds it.
func (j *journal) lock(target string, h holder) (*targetLock, error) {
	dir, err := openBeneath(j.dir, locksName, asList)
	if err != nil {
		return nil, refuse(fleet.ReasonUnwritten, "open lock folder: %v", err)
	}
	sum := sha256.Sum256([]byte(target))
	l := &targetLock{locks: dir, name: hex.EncodeToString(sum[:16])}
	if err := l.take(); err != nil {
		unix.Close(dir)
		return nil, err
	}
	b, err := json.Marshal(h)
	if err == nil {
		err = errors.Join(l.file.Truncate(0), func() error { _, err := l.file.WriteAt(asciiJSON(b), 0); return err }())
	}
	if err != nil {
		l.release()
		return nil, refuse(fleet.ReasonUnwritten, "write lock: %v", err)
	}
	return l, nil
}

// take locks the file of that name. The one who unlocks also unlinks, so a lock
// on a file that has lost its name is no lock.
func (l *targetLock) take() error {
	for {
		fd, err := openBeneath2(l.locks, l.name, unix.O_RDWR|unix.O_CREAT|unix.O_CLOEXEC|unix.O_NOFOLLOW, 0o600)
		if err != nil {
			return refuse(fleet.ReasonUnwritten, "open lock: %v", err)
		}
		f := os.NewFile(uintptr(fd), l.name)
		if err := unix.Flock(fd, unix.LOCK_EX|unix.LOCK_NB); err != nil {
			who := readHolder(f)
			f.Close()
			return refuse(fleet.ReasonLocked, "%s is acting on it", who)
		}
		var st unix.Stat_t
		if err := unix.Fstat(fd, &st); err == nil && st.Nlink > 0 {
			l.file = f
			return nil
		}
		f.Close()
	}
}

func readHolder(f *os.File) string {
	b := make([]byte, 1024)
	n, _ := f.ReadAt(b, 0)
	var h holder
	if json.Unmarshal(b[:n], &h) != nil {
		return "another operator"
	}
	return fmt.Sprintf("%s (pid %d, since %s)", quoted(h.Operator), h.PID, h.Since.UTC().Format(time.TimeOnly))
}

// release frees the lock.
func (l *targetLock) release() {
	unix.Unlinkat(l.locks, l.name, 0)
	l.file.Close()
	unix.Close(l.locks)
}
