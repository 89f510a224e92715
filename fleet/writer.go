package fleet

import "time"

// WriterVia is how a process was found to use a run dir.
type WriterVia string

// The ways. A path-prefix scan finds no container writer (its links show the
// container's path); mountinfo and dev:inode do.
const (
	ViaCwd   WriterVia = "cwd"
	ViaFD    WriterVia = "fd"
	ViaExe   WriterVia = "exe"
	ViaMap   WriterVia = "map"
	ViaMount WriterVia = "mount" // another mount namespace mounts the dir, one below it, or an ancestor
)

// Writer is a live process or container using a run dir.
type Writer struct {
	PID     int       `json:"pid"`
	UID     uint32    `json:"uid"`
	Via     WriterVia `json:"via"`
	Started time.Time `json:"started"`          // host clock; zero where /proc hid it
	Command string    `json:"command"`          // foreign text
	Cgroup  string    `json:"cgroup,omitempty"` // last part of the cgroup path, names the container
}
