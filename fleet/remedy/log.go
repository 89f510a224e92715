package remedy

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"sync"
	"time"

	"golang.org/x/sys/unix"

	"andon/fleet"
)

// Errors of the audit log.
var (
	// ErrLogBusy means another console held the log for longer than a write takes.
	ErrLogBusy = errors.New("audit log is held by another console")
	// ErrLogBroken means the last record cannot be read, so that no record can follow it.
	ErrLogBroken = errors.New("audit log cannot be continued")
)

const (
	lockFor  = 5 * time.Second
	lockStep = 10 * time.Millisecond
	maxLine  = 1 << 20 // bytes of one record; a step's is about a thousandth of it
)

// Log is the audit log: an append-only file of JSON lines, mode 0600 in a
// folder of mode 0700, one write and one fsync a record, each record sealed with
// the hash of the one before. Several consoles may write to one file: every
// append holds a lock and continues whatever stands last. A Log may be used
// concurrently.
type Log struct {
	path string
	mu   sync.Mutex
	last fleet.Record // the last record this process knows of
	cut  int64        // bytes of torn tail cut off so far
}

// OpenLog opens or makes the log at path. A torn last line, left by a full disk
// or a crash, is cut off; Cut says how many bytes that took.
func OpenLog(path string) (*Log, error) {
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		return nil, fmt.Errorf("open audit log: %w", err)
	}
	l := &Log{path: path}
	f, err := l.lock()
	if err != nil {
		return nil, err
	}
	defer f.Close()
	if _, err := l.tail(f); err != nil {
		return nil, err
	}
	if err := syncDir(filepath.Dir(path)); err != nil {
		return nil, err
	}
	return l, nil
}

// syncDir makes a new file's name durable.
func syncDir(path string) error {
	d, err := os.Open(path)
	if err == nil {
		err = errors.Join(d.Sync(), d.Close())
	}
	if err != nil {
		return fmt.Errorf("open audit log: %w", err)
	}
	return nil
}

// Path returns the log's file.
func (l *Log) Path() string { return l.path }

// Cut returns how many bytes of torn records this process has cut off.
func (l *Log) Cut() int64 {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.cut
}

// Append seals a record and makes it durable. After an error the log is as it
// was before: a record that was half written is cut off again, now or by the
// next append. A log that was deleted or moved away is begun anew with the next
// number, so that Verify shows the gap.
func (l *Log) Append(r fleet.Record) (fleet.Record, error) {
	r, err := settle(r)
	if err != nil {
		return fleet.Record{}, err
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	f, err := l.lock()
	if err != nil {
		return fleet.Record{}, err
	}
	defer f.Close()
	size, err := l.tail(f)
	if err != nil {
		return fleet.Record{}, err
	}
	if r, err = r.Seal(l.last.Seq+1, l.last.Hash); err != nil {
		return fleet.Record{}, err
	}
	line, err := encode(r)
	if err != nil {
		return fleet.Record{}, err
	}
	if len(line) > maxLine {
		return fleet.Record{}, fmt.Errorf("append to audit log: record of %d bytes, more than %d", len(line), maxLine)
	}
	if err := write(f, line, size); err != nil {
		return fleet.Record{}, err
	}
	l.last = r
	return r, nil
}

func write(f *os.File, line []byte, size int64) error {
	_, err := f.Write(line)
	if err == nil {
		err = f.Sync()
	}
	if err == nil {
		return nil
	}
	err = fmt.Errorf("append to audit log: %w", err)
	if cutErr := f.Truncate(size); cutErr != nil {
		return errors.Join(err, fmt.Errorf("take back half a record: %w", cutErr))
	}
	return err
}

// lock opens the file and takes its lock. Closing the file lets go of it. A file
// that was moved away between the two is left alone.
func (l *Log) lock() (*os.File, error) {
	for waited := time.Duration(0); ; waited += lockStep {
		f, err := os.OpenFile(l.path, os.O_RDWR|os.O_APPEND|os.O_CREATE, 0o600)
		if err != nil {
			return nil, fmt.Errorf("open audit log: %w", err)
		}
		err = unix.Flock(int(f.Fd()), unix.LOCK_EX|unix.LOCK_NB)
		if err == nil && l.current(f) {
			return f, nil
		}
		f.Close()
		if err != nil && !errors.Is(err, unix.EWOULDBLOCK) && !errors.Is(err, unix.EINTR) {
			return nil, fmt.Errorf("lock audit log %s: %w", l.path, err)
		}
		if waited >= lockFor {
			return nil, fmt.Errorf("%w: %s: end the other console, or wait", ErrLogBusy, l.path)
		}
		time.Sleep(lockStep)
	}
}

func (l *Log) current(f *os.File) bool {
	a, err := f.Stat()
	if err != nil {
		return false
	}
	b, err := os.Stat(l.path)
	return err == nil && os.SameFile(a, b)
}

// tail cuts a torn last line, learns the last record and returns the file's
// size. A file that ends before what this process wrote has lost records: the
// numbering goes on, and the gap stays visible.
func (l *Log) tail(f *os.File) (int64, error) {
	end, err := f.Seek(0, io.SeekEnd)
	if err != nil {
		return 0, fmt.Errorf("read audit log: %w", err)
	}
	from := max(end-2*maxLine, 0)
	b := make([]byte, end-from)
	if _, err := f.ReadAt(b, from); err != nil {
		return 0, fmt.Errorf("read audit log: %w", err)
	}
	whole := bytes.LastIndexByte(b, '\n') + 1
	if whole == 0 && from > 0 {
		return 0, l.broken(errors.New("no end of line in its last 2 MiB"))
	}
	if torn := int64(len(b) - whole); torn > 0 {
		if err := f.Truncate(end - torn); err != nil {
			return 0, fmt.Errorf("cut torn end of audit log: %w", err)
		}
		l.cut += torn
		end -= torn
	}
	if whole == 0 {
		return end, nil
	}
	line := b[:whole-1]
	line = line[bytes.LastIndexByte(line, '\n')+1:]
	r, err := decode(line)
	if err == nil {
		err = r.Check(r.Seq, r.Prev)
	}
	if err != nil {
		return 0, l.broken(err)
	}
	if r.Seq >= l.last.Seq {
		l.last = r
	}
	return end, nil
}

func (l *Log) broken(err error) error {
	return fmt.Errorf("%w: %s: %w; keep it as evidence and begin anew: mv %s %s.broken", ErrLogBroken, l.path, err, l.path, l.path)
}
