package fleet

import "time"

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
