package poll

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"sync"
	"syscall"
	"time"

	"andon/fleet"
)

// Entry is one line of the journal of alerts: a change, or a notice that was told.
type Entry struct {
	Version int               `json:"version"`
	Change  *fleet.Transition `json:"change,omitempty"`
	Told    *fleet.Told       `json:"told,omitempty"`
}

const (
	journalVersion = 1
	journalSize    = 8 << 20   // bytes of one file; the one before is kept beside it
	journalLine    = 256 << 10 // bytes of one line that is still read
	journalWait    = 200 * time.Millisecond
	journalStep    = 10 * time.Millisecond
)

// ErrJournalBusy means that another process held the journal for longer than a
// write takes.
var ErrJournalBusy = errors.New("journal of alerts is held by another console")

// Journal keeps what became of alerts, so that a report can look back and a
// restart tells nothing twice: an append-only file of JSON lines in printable
// ASCII, mode 0600, one write a line, no more than two files of 8 MiB. It is a
// help, not evidence: unlike the audit log it is not chained and not synced, and
// a line that cannot be read is left out. Several consoles may write to one; a
// Journal may be used concurrently.
type Journal struct {
	dir   string
	limit int64 // bytes of one file

	mu sync.Mutex
}

// NewJournal keeps its files in dir, which Append makes with mode 0700 where it
// is missing.
func NewJournal(dir string) *Journal { return &Journal{dir: dir, limit: journalSize} }

// Path returns the file that is written to.
func (j *Journal) Path() string { return filepath.Join(j.dir, "alerts.jsonl") }

// Past is what a journal holds.
type Past struct {
	Changes []fleet.Transition // oldest first
	Told    []fleet.Told
	Skipped int // lines that could not be read
}

// Load reads both files. A file that somebody else may have written, or that a
// newer andon wrote, is renamed to *.old and reported as ErrSetAside; what the
// other one holds is returned all the same.
func (j *Journal) Load() (Past, error) {
	var p Past
	var errs []error
	for _, path := range []string{j.Path() + ".1", j.Path()} {
		b, err := readOwn(path)
		if errors.Is(err, fs.ErrNotExist) {
			continue
		}
		var q Past
		if err == nil {
			q, err = parseJournal(b)
		}
		switch {
		case errors.Is(err, errForeign) || errors.Is(err, errNewer):
			errs = append(errs, putAside(path, "journal of alerts", err))
		case err != nil:
			errs = append(errs, fmt.Errorf("load journal of alerts: %w", err))
		default:
			p.Changes, p.Told, p.Skipped = append(p.Changes, q.Changes...), append(p.Told, q.Told...), p.Skipped+q.Skipped
		}
	}
	return p, errors.Join(errs...)
}

var errNewer = errors.New("written by a newer andon")

// parseJournal reads lines. A last line without its end was cut off by a crash
// or is being written: it does not count.
func parseJournal(b []byte) (Past, error) {
	var p Past
	for {
		line, rest, whole := bytes.Cut(b, []byte{'\n'})
		if !whole {
			return p, nil
		}
		b = rest
		var e Entry
		err := json.Unmarshal(line, &e)
		switch {
		case e.Version > journalVersion:
			return Past{}, fmt.Errorf("%w: version %d, this andon writes %d", errNewer, e.Version, journalVersion)
		case err != nil || e.Version != journalVersion || len(line) > journalLine:
			p.Skipped++
		case e.Change != nil:
			p.Changes = append(p.Changes, *e.Change)
		case e.Told != nil:
			p.Told = append(p.Told, *e.Told)
		default:
			p.Skipped++
		}
	}
}

// Changed appends changes of alerts.
func (j *Journal) Changed(changes []fleet.Transition) error {
	entries := make([]Entry, len(changes))
	for i := range changes {
		c := changes[i]
		c.Alert = brief(c.Alert)
		entries[i].Change = &c
	}
	return j.append(entries)
}

// Told appends a notice that was delivered.
func (j *Journal) Told(t fleet.Told) error { return j.append([]Entry{{Told: &t}}) }

// Most of what one line keeps of an alert with very many subjects.
const (
	keptSubjects = 40 // beside hosts and pull requests
	keptPulls    = 400
	keptEvidence = 16
)

// brief cuts the lists of an alert down to what a report shows.
func brief(a fleet.Alert) fleet.Alert {
	others, pulls := 0, 0
	var subjects []fleet.Subject
	for _, s := range a.Subjects {
		switch s.Kind {
		case fleet.SubjectHost:
		case fleet.SubjectPR:
			if pulls++; pulls > keptPulls {
				continue
			}
		default:
			if others++; others > keptSubjects {
				continue
			}
		}
		subjects = append(subjects, s)
	}
	a.Subjects = subjects
	a.Evidence, a.RuledOut = a.Evidence[:min(len(a.Evidence), keptEvidence)], a.RuledOut[:min(len(a.RuledOut), keptEvidence)]
	return a
}

func (j *Journal) append(entries []Entry) error {
	if len(entries) == 0 {
		return nil
	}
	j.mu.Lock()
	defer j.mu.Unlock()
	var lines [][]byte
	for _, e := range entries {
		e.Version = journalVersion
		b, err := json.Marshal(e)
		if err != nil {
			return fmt.Errorf("append to journal of alerts: %w", err)
		}
		line := append(fleet.ASCIIJSON(b), '\n')
		if len(line) > journalLine {
			return fmt.Errorf("append to journal of alerts: line of %d bytes, more than %d", len(line), journalLine)
		}
		lines = append(lines, line)
	}
	if err := os.MkdirAll(j.dir, 0o700); err != nil {
		return fmt.Errorf("append to journal of alerts: %w", err)
	}
	for _, line := range lines {
		if err := j.write(line); err != nil {
			return fmt.Errorf("append to journal of alerts: %w", err)
		}
	}
	return nil
}

// write appends one line, in a new file where the present one is full.
func (j *Journal) write(line []byte) error {
	for {
		f, err := j.lock()
		if err != nil {
			return err
		}
		size, err := whole(f)
		if errors.Is(err, errForeign) {
			f.Close()
			if err := putAside(j.Path(), "journal of alerts", err); !errors.Is(err, ErrSetAside) {
				return err
			}
			continue
		}
		if err == nil && size > 0 && size+int64(len(line)) > j.limit {
			err = os.Rename(j.Path(), j.Path()+".1") // under the old file's lock
			f.Close()
			if err != nil {
				return err
			}
			continue
		}
		if err == nil {
			if _, err = f.Write(line); err != nil {
				err = errors.Join(err, f.Truncate(size))
			}
		}
		return errors.Join(err, f.Close())
	}
}

// lock opens the file and takes its lock, which Close lets go of. A file that
// others may write is set aside first; one that was moved away meanwhile is left
// alone.
func (j *Journal) lock() (*os.File, error) {
	for waited := time.Duration(0); ; waited += journalStep {
		f, err := os.OpenFile(j.Path(), os.O_RDWR|os.O_APPEND|os.O_CREATE|syscall.O_NOFOLLOW|syscall.O_NONBLOCK, 0o600)
		if err == nil {
			err = own(f)
		} else if errors.Is(err, syscall.ELOOP) {
			err = fmt.Errorf("%w: %s is a symbolic link", errForeign, j.Path())
		}
		if errors.Is(err, errForeign) {
			if f != nil {
				f.Close()
			}
			if err := putAside(j.Path(), "journal of alerts", err); !errors.Is(err, ErrSetAside) {
				return nil, err
			}
			continue
		}
		if err != nil {
			return nil, err
		}
		err = syscall.Flock(int(f.Fd()), syscall.LOCK_EX|syscall.LOCK_NB)
		if err == nil && current(f, j.Path()) {
			return f, nil
		}
		f.Close()
		if err != nil && !errors.Is(err, syscall.EWOULDBLOCK) && !errors.Is(err, syscall.EINTR) {
			return nil, err
		}
		if waited >= journalWait {
			return nil, ErrJournalBusy
		}
		time.Sleep(journalStep)
	}
}

// current reports whether a path still names an open file.
func current(f *os.File, path string) bool {
	a, err := f.Stat()
	if err != nil {
		return false
	}
	b, err := os.Stat(path)
	return err == nil && os.SameFile(a, b)
}

// whole cuts a torn last line off and returns the file's size.
func whole(f *os.File) (int64, error) {
	end, err := f.Seek(0, io.SeekEnd)
	if err != nil || end == 0 {
		return 0, err
	}
	b := make([]byte, min(end, journalLine))
	if _, err := f.ReadAt(b, end-int64(len(b))); err != nil {
		return 0, err
	}
	last := bytes.LastIndexByte(b, '\n')
	if last < 0 && end > int64(len(b)) {
		return 0, fmt.Errorf("%w: %s has a line longer than any of ours", errForeign, f.Name())
	}
	keep := end - int64(len(b)-1-last)
	if keep < end {
		if err := f.Truncate(keep); err != nil {
			return 0, err
		}
	}
	return keep, nil
}
