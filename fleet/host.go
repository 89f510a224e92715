package fleet

import (
	"path"
	"time"
)

// HostName is the operator's name for a machine, from the config. Runner name,
// machine name and SSH alias are three further names for the same thing.
type HostName string

// Transport is how a host is reached.
type Transport string

// The transports.
const (
	TransportSSH   Transport = "ssh"
	TransportLocal Transport = "local" // this machine, through /bin/sh
)

// Privilege is what the login account may do on a host.
type Privilege string

// The privileges. With PrivilegeNone other users' processes stay unknown and
// nothing can be changed.
const (
	PrivilegeSudo Privilege = "sudo" // sudo -n works, or the login is root
	PrivilegeNone Privilege = "none"
)

// Root is a folder on a host that holds run dirs.
type Root struct {
	Path   string `json:"path"`   // absolute, from CleanRoot
	Layout Layout `json:"layout"` // how run dirs are named below it
	Owner  Owner  `json:"owner"`  // the wanted owner; differs from host to host
}

// Host is a runner host as configured.
type Host struct {
	Name      HostName  `json:"name"`
	SSH       string    `json:"ssh,omitempty"` // alias resolved by ssh -G; empty with TransportLocal
	Transport Transport `json:"transport"`
	Runners   []string  `json:"runners,omitempty"` // patterns of runner names, as path.Match
	Roots     []Root    `json:"roots"`
	Privilege Privilege `json:"privilege"`
}

// Owns reports whether a runner name matches one of the host's patterns.
func (h Host) Owns(runner string) bool {
	for _, p := range h.Runners {
		if ok, err := path.Match(p, runner); err == nil && ok {
			return true
		}
	}
	return false
}

// Root returns the configured root of the given path.
func (h Host) Root(p string) (Root, bool) {
	for _, r := range h.Roots {
		if r.Path == p {
			return r, true
		}
	}
	return Root{}, false
}

// HostFacts is what a host says of itself in a sweep.
type HostFacts struct {
	Hostname string              `json:"hostname"`
	OS       string              `json:"os"` // uname -s, for example Linux
	Kernel   string              `json:"kernel"`
	Arch     string              `json:"arch"`   // uname -m
	UID      uint32              `json:"uid"`    // effective uid of the sweep; 0 sees all processes
	Uptime   Fact[time.Duration] `json:"uptime"` // since boot
	Load1    Fact[float64]       `json:"load1"`
	CPUs     Fact[int]           `json:"cpus"`
	Clock    time.Time           `json:"clock"`  // the host's own clock
	Helper   Fact[string]        `json:"helper"` // version of an installed andon-host
}
