package poll

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"syscall"

	"andon/fleet"
)

// recordVersion is the format of the stored file. A file of another version is
// kept aside and built anew.
const recordVersion = 1

// ErrSetAside means that a stored file could not be used. It was renamed,
// nothing is lost, and the console starts without it.
var ErrSetAside = errors.New("set aside")

// Recorder keeps the newest reads in a folder, so that a console's first frame
// needs no network and dirs' samples survive a restart. Whoever publishes
// snapshots calls Save now and then and at the end; it is not safe to call twice
// at once.
type Recorder struct {
	dir string
}

// NewRecorder keeps its file in dir, which it makes with mode 0700 where it is missing.
func NewRecorder(dir string) *Recorder { return &Recorder{dir: dir} }

type stored struct {
	Version int         `json:"version"`
	Reads   fleet.Reads `json:"reads"`
}

// Path returns the stored file.
func (r *Recorder) Path() string { return filepath.Join(r.dir, "snapshot.json") }

// Save stores a snapshot with the samples the next one rests on. The file is
// replaced in one step and has mode 0600: a reader sees the old one or the new.
func (r *Recorder) Save(s *fleet.Snapshot) error {
	reads := s.Reads
	reads.Samples, reads.History = s.TakeSamples(), s.TakeHistory()
	b, err := json.Marshal(stored{Version: recordVersion, Reads: reads})
	if err != nil {
		return fmt.Errorf("store snapshot: %w", err)
	}
	if err := os.MkdirAll(r.dir, 0o700); err != nil {
		return fmt.Errorf("store snapshot: %w", err)
	}
	f, err := os.CreateTemp(r.dir, "snapshot-*.tmp") // mode 0600
	if err != nil {
		return fmt.Errorf("store snapshot: %w", err)
	}
	defer os.Remove(f.Name()) // gone already where all went well
	_, err = f.Write(b)
	if err == nil {
		err = f.Sync()
	}
	if err = errors.Join(err, f.Close()); err != nil {
		return fmt.Errorf("store snapshot: %w", err)
	}
	if err := os.Rename(f.Name(), r.Path()); err != nil {
		return fmt.Errorf("store snapshot: %w", err)
	}
	return nil
}

// Load returns what was stored; zero Reads where nothing was. A file that is cut
// off, damaged or of another version is renamed to snapshot.json.old and reported
// as ErrSetAside: the caller shows it and starts without.
func (r *Recorder) Load() (fleet.Reads, error) {
	b, err := readOwn(r.Path())
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return fleet.Reads{}, nil
	case errors.Is(err, errForeign):
		return fleet.Reads{}, r.setAside(err)
	case err != nil:
		return fleet.Reads{}, fmt.Errorf("load stored snapshot: %w", err)
	}
	var head struct {
		Version int `json:"version"`
	}
	if err := json.Unmarshal(b, &head); err != nil {
		return fleet.Reads{}, r.setAside(err)
	}
	if head.Version != recordVersion {
		return fleet.Reads{}, r.setAside(fmt.Errorf("version %d, this andon writes %d", head.Version, recordVersion))
	}
	var s stored
	if err := json.Unmarshal(b, &s); err != nil {
		return fleet.Reads{}, r.setAside(err)
	}
	return s.Reads, nil
}

// errForeign means that somebody else may have written a file: its samples would
// vouch for looks that nobody took.
var errForeign = errors.New("somebody else may have written it")

// readOwn reads a plain file that only its owner may write, who is this process's
// user or root.
func readOwn(path string) ([]byte, error) {
	f, err := os.OpenFile(path, os.O_RDONLY|syscall.O_NOFOLLOW|syscall.O_NONBLOCK, 0)
	if errors.Is(err, syscall.ELOOP) {
		return nil, fmt.Errorf("%w: %s is a symbolic link", errForeign, path)
	}
	if err != nil {
		return nil, err
	}
	defer f.Close()
	if err := own(f); err != nil {
		return nil, err
	}
	return io.ReadAll(f)
}

// own refuses a file that is not plain, or that somebody else may write.
func own(f *os.File) error {
	st, err := f.Stat()
	if err != nil {
		return err
	}
	sys, ok := st.Sys().(*syscall.Stat_t)
	if !st.Mode().IsRegular() || st.Mode().Perm()&0o022 != 0 || ok && sys.Uid != 0 && int(sys.Uid) != os.Getuid() {
		return fmt.Errorf("%w: %s is %s", errForeign, f.Name(), st.Mode())
	}
	return nil
}

func (r *Recorder) setAside(why error) error { return putAside(r.Path(), "stored snapshot", why) }

// putAside renames a file that cannot be used, so that nothing is lost.
func putAside(path, what string, why error) error {
	old := path + ".old"
	if err := os.Rename(path, old); err != nil {
		return fmt.Errorf("load %s: %w", what, errors.Join(why, err))
	}
	return fmt.Errorf("%s %w as %s: %w", what, ErrSetAside, old, why)
}
