package onhost

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"

	"golang.org/x/sys/unix"

	"andon/fleet"
)

const maxPolicy = 64 << 10

// Role is what a caller may ask for, from least to most.
type Role string

// The roles. RoleFix covers what can be taken back: chown, reap and undo.
const (
	RoleView  Role = "view"
	RoleFix   Role = "fix"
	RolePurge Role = "purge"
)

// Policy is the host's own file, /etc/andon/host.json: what root on this host
// allows, whoever asks.
type Policy struct {
	// Roots a request may name. Path, layout and owner must equal an entry.
	Roots []fleet.Root `json:"roots"`
	// Operators maps the uid that called sudo to a role. Without it everyone
	// whom sudoers lets in may do everything.
	Operators map[string]Role `json:"operators,omitempty"`
	// ClosedWorld and Unseen are Env's.
	ClosedWorld bool     `json:"closed_world,omitempty"`
	Unseen      []string `json:"unseen,omitempty"`
}

// policy reads the host file; nil where there is none and none is needed.
func (e Env) policy() (*Policy, error) {
	p, err := readPolicy(e.HostFile)
	if errors.Is(err, os.ErrNotExist) {
		if e.NeedHostFile {
			return nil, fmt.Errorf("host file %s is missing: name the roots that may be acted on, as root: {\"roots\":[{\"path\":\"/mnt/targets\",\"layout\":\"\",\"owner\":{\"uid\":1000,\"gid\":1000}}]}", e.HostFile)
		}
		return nil, nil
	}
	return p, err
}

// under returns the environment with what the policy says about it.
func (p *Policy) under(e Env) Env {
	if p != nil {
		e.ClosedWorld = e.ClosedWorld || p.ClosedWorld
		e.Unseen = append(e.Unseen, p.Unseen...)
	}
	return e
}

// readPolicy reads a host file that only root could have written: itself and
// every folder above it belongs to root and nobody else may write there (a
// sticky folder such as /tmp may be, for nobody can swap root's files in it).
func readPolicy(path string) (*Policy, error) {
	if !filepath.IsAbs(path) {
		return nil, fmt.Errorf("host file %q: not an absolute path", path)
	}
	for dir := filepath.Dir(path); ; dir = filepath.Dir(dir) {
		if err := checkFolderOwned(dir); err != nil {
			return nil, fmt.Errorf("host file %s: folder %s: %w", path, dir, err)
		}
		if dir == "/" {
			break
		}
	}
	fd, err := openAbsolute(path, unix.O_RDONLY|unix.O_CLOEXEC|unix.O_NOFOLLOW|unix.O_NONBLOCK)
	if err != nil {
		return nil, &os.PathError{Op: "open host file", Path: path, Err: err}
	}
	f := os.NewFile(uintptr(fd), path)
	defer f.Close()
	if err := checkOwned(fd); err != nil {
		return nil, fmt.Errorf("host file %s: %w", path, err)
	}
	if st, err := f.Stat(); err != nil || !st.Mode().IsRegular() || st.Size() > maxPolicy {
		return nil, fmt.Errorf("host file %s: want a regular file of at most %d bytes", path, maxPolicy)
	}
	b, err := io.ReadAll(io.LimitReader(f, maxPolicy))
	if err != nil {
		return nil, fmt.Errorf("host file %s: %w", path, err)
	}
	p, err := decodePolicy(b)
	if err != nil {
		return nil, fmt.Errorf("host file %s: %w", path, err)
	}
	return p, nil
}

func checkFolderOwned(dir string) error {
	fd, err := openAbsolute(dir, asFolder)
	if err != nil {
		return err
	}
	defer unix.Close(fd)
	n, err := statFD(fd)
	if err == nil && n.owner.UID == 0 && n.mode&unix.S_ISVTX != 0 {
		return nil
	}
	return checkOwned(fd)
}

func decodePolicy(b []byte) (*Policy, error) {
	var p Policy
	d := json.NewDecoder(bytes.NewReader(b))
	d.DisallowUnknownFields()
	if err := d.Decode(&p); err != nil {
		return nil, err
	}
	for _, r := range p.Roots {
		if clean, err := fleet.CleanRoot(r.Path); err != nil || clean != r.Path {
			return nil, fmt.Errorf("root %q is not a clean path of at least two levels", r.Path)
		}
	}
	for uid, role := range p.Operators {
		if role != RoleView && role != RoleFix && role != RolePurge {
			return nil, fmt.Errorf("operator %s: role %q: want view, fix or purge", uid, role)
		}
	}
	return &p, nil
}

// allowRoot refuses a root that the host does not name exactly so.
func (p *Policy) allowRoot(r fleet.Root) error {
	if p == nil {
		return nil
	}
	var near []string
	for _, have := range p.Roots {
		if have.Path != r.Path {
			continue
		}
		if have.Owner == r.Owner && have.Layout.String() == r.Layout.String() {
			return nil
		}
		near = append(near, fmt.Sprintf("the host file has owner %s, layout %s for it", have.Owner, have.Layout))
	}
	if len(near) == 0 {
		near = []string{"the host file does not name it"}
	}
	return refuse(fleet.ReasonPolicy, "root %s, owner %s: %s", quoted(r.Path), r.Owner, strings.Join(near, "; "))
}

// allowVerb refuses what the caller's role does not cover.
func (p *Policy) allowVerb(v fleet.Verb, sudoUID string) error {
	if p == nil || len(p.Operators) == 0 || sudoUID == "" || sudoUID == "0" {
		return nil
	}
	role := p.Operators[sudoUID]
	if role == RolePurge || (role == RoleFix && v != fleet.VerbPurge) {
		return nil
	}
	return refuse(fleet.ReasonPolicy, "uid %s has role %q in the host file, which does not cover %s", sudoUID, role, v)
}
