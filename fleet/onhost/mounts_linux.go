package onhost

import (
	"errors"
	"fmt"
	"os"
	"strconv"
	"strings"

	"golang.org/x/sys/unix"
)

// ownMounts reads the mounts of this process.
func (e Env) ownMounts() ([]mount, error) { return readMounts(e.Proc + "/self/mountinfo") }

func readMounts(file string) ([]mount, error) {
	f, err := os.Open(file)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	return parseMountinfo(f)
}

// spotOf returns where in its filesystem an open folder lies.
func (e Env) spotOf(fd int, n node, own []mount) (spot, error) {
	p, err := e.pathOf(fd)
	if err != nil {
		return spot{}, err
	}
	for _, m := range own {
		if m.id == n.mount {
			if s, ok := m.spotOf(p); ok {
				return s, nil
			}
		}
	}
	return spot{}, fmt.Errorf("mount %d of %s is not in mountinfo", n.mount, quoted(p))
}

// mountOf returns the mount id of a link's target without asking its filesystem.
func (e Env) mountOf(link string) (uint64, error) {
	fd, err := unix.Open(link, unix.O_PATH|unix.O_CLOEXEC, 0)
	if err != nil {
		return 0, err
	}
	defer unix.Close(fd)
	b, err := os.ReadFile(e.Proc + "/self/fdinfo/" + strconv.Itoa(fd))
	if err != nil {
		return 0, err
	}
	for line := range strings.Lines(string(b)) {
		if rest, ok := strings.CutPrefix(line, "mnt_id:"); ok {
			return strconv.ParseUint(strings.TrimSpace(rest), 10, 64)
		}
	}
	return 0, errors.New("no mount id in fdinfo")
}
