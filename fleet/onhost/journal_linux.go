package onhost

import (
	"bufio"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"time"

	"golang.org/x/sys/unix"

	"andon/fleet"
)

// Names below Env.State.
const (
	journalName = "journal.jsonl"
	locksName   = "locks"
)

// journalRecord is one line of the host's journal: where one step of one request
// stands. It is written and synced before what it names is done.
type journalRecord struct {
	At       time.Time    `json:"at"`
	PID      int          `json:"pid"`
	Request  string       `json:"request"`
	Step     int          `json:"step"`
	State    State        `json:"state"`
	Verb     fleet.Verb   `json:"verb"`
	Root     string       `json:"root"`
	Rel      string       `json:"rel,omitempty"`
	Trash    string       `json:"trash,omitempty"`
	Dev      uint64       `json:"dev,omitempty"`
	Inode    uint64       `json:"inode,omitempty"`
	Operator string       `json:"operator"`
	SudoUID  string       `json:"sudo_uid,omitempty"`
	Digest   string       `json:"digest"`
	Why      string       `json:"why,omitempty"` // the operator's reason
	Reason   fleet.Reason `json:"reason,omitempty"`
	Detail   string       `json:"detail,omitempty"`
	Changed  int64        `json:"changed,omitempty"`
}

func (r journalRecord) key() string { return fmt.Sprintf("%s-%d", r.Request, r.Step) }

// journal is the host's append-only record of deeds.
type journal struct {
	dir  int // Env.State
	file *os.File
}

// openJournal opens or makes the journal in a folder that only root can change.
func openJournal(state string) (*journal, error) {
	if err := os.MkdirAll(state, 0o700); err != nil {
		return nil, fmt.Errorf("open journal: %w", err)
	}
	dir, err := openAbsolute(state, asList)
	if err != nil {
		return nil, fmt.Errorf("open journal folder %s: %w", state, err)
	}
	j := &journal{dir: dir}
	if err := checkOwned(dir); err != nil {
		j.close()
		return nil, fmt.Errorf("open journal folder %s: %w", state, err)
	}
	if err := unix.Mkdirat(dir, locksName, 0o700); err != nil && !errors.Is(err, unix.EEXIST) {
		j.close()
		return nil, fmt.Errorf("make lock folder in %s: %w", state, err)
	}
	fd, err := openBeneath2(dir, journalName, unix.O_RDWR|unix.O_APPEND|unix.O_CREAT|unix.O_CLOEXEC|unix.O_NOFOLLOW, 0o600)
	if err != nil {
		j.close()
		return nil, fmt.Errorf("open journal %s/%s: %w", state, journalName, err)
	}
	j.file = os.NewFile(uintptr(fd), journalName)
	return j, nil
}

func (j *journal) close() {
	if j.file != nil {
		j.file.Close()
	}
	unix.Close(j.dir)
}

// openBeneath2 is openBeneath for files that may have to be made.
func openBeneath2(dir int, name string, flags, mode uint64) (int, error) {
	return unix.Openat2(dir, name, &unix.OpenHow{Flags: flags, Mode: mode, Resolve: confined})
}

// checkOwned refuses what another than root could change.
func checkOwned(fd int) error {
	n, err := statFD(fd)
	switch {
	case err != nil:
		return err
	case n.owner.UID != 0:
		return fmt.Errorf("owned by uid %d: it must belong to root", n.owner.UID)
	case n.mode&0o022 != 0:
		return fmt.Errorf("mode %04o: group and others must not write it", n.mode&0o7777)
	}
	return nil
}

// append writes one record and returns when it is on disk. A line torn by a
// crash before is closed first; a line that does not fit is taken back.
func (j *journal) append(r journalRecord) error {
	b, err := json.Marshal(r)
	if err != nil {
		return fmt.Errorf("journal: %w", err)
	}
	line := append(asciiJSON(b), '\n')
	fd := int(j.file.Fd())
	if err := unix.Flock(fd, unix.LOCK_EX); err != nil {
		return fmt.Errorf("journal: lock: %w", err)
	}
	defer unix.Flock(fd, unix.LOCK_UN)
	size, err := j.file.Seek(0, io.SeekEnd)
	if err != nil {
		return fmt.Errorf("journal: %w", err)
	}
	var last [1]byte
	if size > 0 {
		if _, err := j.file.ReadAt(last[:], size-1); err != nil {
			return fmt.Errorf("journal: %w", err)
		}
		if last[0] != '\n' {
			line = append([]byte{'\n'}, line...)
		}
	}
	if _, err = j.file.Write(line); err == nil {
		err = j.file.Sync()
	}
	if err != nil {
		return fmt.Errorf("journal: %w", errors.Join(err, j.file.Truncate(size)))
	}
	return nil
}

// unfinished returns the last record of every step that was begun and has no
// end. Lines that cannot be read are skipped: they were torn before they were
// acknowledged.
func (j *journal) unfinished() ([]journalRecord, error) {
	in := bufio.NewReader(io.NewSectionReader(j.file, 0, 1<<62))
	open := map[string]journalRecord{}
	var order []string
	for {
		line, err := in.ReadBytes('\n')
		if err == io.EOF {
			break
		}
		if err != nil {
			return nil, fmt.Errorf("read journal: %w", err)
		}
		var r journalRecord
		if json.Unmarshal(line, &r) != nil || r.Request == "" {
			continue
		}
		if r.State.Terminal() {
			delete(open, r.key())
			continue
		}
		if _, known := open[r.key()]; !known {
			order = append(order, r.key())
		}
		open[r.key()] = r
	}
	var out []journalRecord
	for _, k := range order {
		if r, still := open[k]; still {
			out = append(out, r)
			delete(open, k)
		}
	}
	return out, nil
}
