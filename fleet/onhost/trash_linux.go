package onhost

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"
	"time"

	"golang.org/x/sys/unix"

	"andon/fleet"
)

// Names in a trash: NAME is a reaped dir, NAME.json says where it came from, and
// NAME.purging is one whose purge has begun (it cannot be put back any more).
const (
	originSuffix  = ".json"
	purgingSuffix = ".purging"
)

// origin is what the trash remembers of a reaped dir.
type origin struct {
	Rel      string      `json:"rel"` // below the root
	Dev      uint64      `json:"dev"`
	Inode    uint64      `json:"inode"`
	Owner    fleet.Owner `json:"owner"`
	At       time.Time   `json:"at"`
	Until    time.Time   `json:"until"` // end of the undo window
	Operator string      `json:"operator"`
	Digest   string      `json:"digest"`
}

// openTrash opens the trash of an open root; make makes a missing one. A trash
// that is a link, not root's own or on another mount is refused: whoever could
// put it there could also read or swap what is put in it.
func openTrash(root opened, make bool) (opened, error) {
	made := false
	if make {
		err := unix.Mkdirat(root.fd, fleet.TrashDir, 0o700)
		if made = err == nil; !made && !errors.Is(err, unix.EEXIST) {
			return opened{}, refuse(fleet.ReasonIO, "make %s: %v", fleet.TrashDir, err)
		}
	}
	fd, err := openBeneath(root.fd, fleet.TrashDir, asList)
	if err != nil {
		return opened{}, refuseOpen(fleet.TrashDir, err)
	}
	if made { // a root with setgid hands it on
		err = unix.Fchmod(fd, 0o700)
	}
	n, serr := statFD(fd)
	err = errors.Join(err, serr)
	if err == nil && n.mount != root.node.mount {
		err = errors.New("it lies on another mount than its root")
	}
	if err == nil && (n.owner.UID != 0 || n.mode&0o7777 != 0o700) {
		err = fmt.Errorf("it is of uid %d, mode %04o: want root's, 0700; look into it, then remove it", n.owner.UID, n.mode&0o7777)
	}
	if err != nil {
		unix.Close(fd)
		return opened{}, refuse(fleet.ReasonPolicy, "trash %s: %v", fleet.TrashDir, err)
	}
	return opened{fd, fleet.TrashDir, n}, nil
}

// writeOrigin puts an origin on disk, synced, before its dir is captured.
func writeOrigin(trash int, name string, o origin) error {
	b, err := json.Marshal(o)
	if err != nil {
		return err
	}
	fd, err := openBeneath2(trash, name+originSuffix, unix.O_WRONLY|unix.O_CREAT|unix.O_EXCL|unix.O_CLOEXEC|unix.O_NOFOLLOW, 0o600)
	if err != nil {
		return err
	}
	f := os.NewFile(uintptr(fd), name)
	_, err = f.Write(append(asciiJSON(b), '\n'))
	err = errors.Join(err, f.Sync(), f.Close(), unix.Fsync(trash))
	if err != nil {
		return errors.Join(err, dropOrigin(trash, name))
	}
	return nil
}

func dropOrigin(trash int, name string) error {
	if err := unix.Unlinkat(trash, name+originSuffix, 0); err != nil && !errors.Is(err, unix.ENOENT) {
		return err
	}
	return nil
}

func readOrigin(trash int, name string) (origin, error) {
	fd, err := openBeneath(trash, name+originSuffix, unix.O_RDONLY|unix.O_CLOEXEC|unix.O_NOFOLLOW|unix.O_NONBLOCK)
	if err != nil {
		return origin{}, err
	}
	f := os.NewFile(uintptr(fd), name)
	defer f.Close()
	b, err := io.ReadAll(io.LimitReader(f, 64<<10))
	if err != nil {
		return origin{}, err
	}
	var o origin
	if err := json.Unmarshal(b, &o); err != nil {
		return origin{}, err
	}
	return o, nil
}

// trashItem is a reaped dir, open.
type trashItem struct {
	trash   opened
	name    string // as on disk
	base    string // without purgingSuffix
	dir     opened
	origin  origin
	purging bool
}

func (t *trashItem) close() {
	unix.Close(t.dir.fd)
	unix.Close(t.trash.fd)
}

// openItem opens what a step names below the trash of its root.
func openItem(root opened, name string) (*trashItem, error) {
	if err := checkTrashName(name); err != nil {
		return nil, err
	}
	trash, err := openTrash(root, false)
	if err != nil {
		return nil, err
	}
	t := &trashItem{trash: trash, name: name, base: name}
	fd, err := openBeneath(trash.fd, name, asList)
	if errors.Is(err, unix.ENOENT) {
		t.name, t.purging = name+purgingSuffix, true
		fd, err = openBeneath(trash.fd, t.name, asList)
	}
	if err != nil {
		if errors.Is(err, unix.ENOENT) { // a purge killed in its last moment leaves the origin
			err = errors.Join(err, dropOrigin(trash.fd, name))
		}
		unix.Close(trash.fd)
		return nil, refuseOpen(fleet.TrashDir+"/"+name, err)
	}
	n, err := statFD(fd)
	t.dir = opened{fd, t.name, n}
	if err == nil {
		t.origin, err = readOrigin(trash.fd, name)
	}
	if err == nil && (t.origin.Dev != n.dev || t.origin.Inode != n.ino) {
		err = fmt.Errorf("it is inode %d:%d, %d:%d was put there", n.dev, n.ino, t.origin.Dev, t.origin.Inode)
	}
	if err != nil {
		t.close()
		return nil, refuse(fleet.ReasonUnknown, "where %s came from is not known: %v", quoted(name), err)
	}
	return t, nil
}

// checkTrashName passes only names a reap gives: REQUEST-STEP.
func checkTrashName(name string) error {
	id, n, ok := cutLast(name, '-')
	if !ok || !plainID(id) || n == "" || strings.Trim(n, "0123456789") != "" {
		return refuse(fleet.ReasonPath, "%s is no name of a reaped dir", quoted(name))
	}
	return nil
}

func cutLast(s string, sep byte) (before, after string, ok bool) {
	i := strings.LastIndexByte(s, sep)
	if i < 0 {
		return s, "", false
	}
	return s[:i], s[i+1:], true
}
