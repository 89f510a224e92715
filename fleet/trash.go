package fleet

import (
	"fmt"
	"strconv"
	"strings"
	"time"
)

// TrashDir is the folder below a root that holds reaped dirs until they are
// purged: root-owned, mode 0700, on the root's own filesystem.
const TrashDir = ".andon-trash"

// Trash is one reaped dir that still lies on disk. Its name carries the request
// and step that put it there.
type Trash struct {
	Root  string    `json:"root"`
	Name  string    `json:"name"`
	Rel   string    `json:"rel,omitempty"` // where it came from; "" where this login cannot see
	Since time.Time `json:"since"`         // host clock
}

// Reaped is a reap that can be undone or purged, as the audit log remembers it.
type Reaped struct {
	Host       HostName
	Root       Root
	Components []string
	Trash      string    // name below TrashDir
	Until      time.Time // end of the undo window, host clock
	Dev, Inode uint64
	Bytes      Fact[int64]
}

// TrashName is where a reap puts its dir below the trash: the same for the host
// that does it and for a console that never got the answer.
func TrashName(request string, step int) string { return fmt.Sprintf("%s-%d", request, step) }

// Subject names the dir that was reaped, where it was.
func (r Reaped) Subject() Subject {
	return OfDir(DirID{Host: r.Host, Path: r.Root.Path + "/" + strings.Join(r.Components, "/")})
}

// checkTrash refuses what cannot be the name of a reaped dir: one path element
// of plain characters.
func checkTrash(name string) error {
	if err := checkComponent(name); err != nil {
		return fmt.Errorf("trash name: %w", err)
	}
	if !plainName(name) {
		return fmt.Errorf("trash name %s has characters outside A-Z a-z 0-9 . _ - + @ =", strconv.QuoteToASCII(name))
	}
	return nil
}
