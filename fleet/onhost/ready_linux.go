package onhost

import (
	"errors"
	"fmt"
	"io"

	"golang.org/x/sys/unix"

	"andon/fleet"
)

// ErrNotReady is returned by Ready where something would make steps refuse.
var ErrNotReady = errors.New("this host is not ready: see the lines that begin with no")

// Ready writes one line for each thing andon-host needs here: "ok WHAT: detail"
// or "no WHAT: what is wrong". Roots come from paths, or where there are none
// from the host file. It changes nothing but may make the journal's folder.
func Ready(e Env, paths []string, w io.Writer) error {
	bad := false
	say := func(what, detail string, err error) {
		if err != nil {
			bad = true
			fmt.Fprintf(w, "no %s: %v\n", what, err)
			return
		}
		fmt.Fprintf(w, "ok %s: %s\n", what, detail)
	}
	say("kernel", release(), kernelReady())
	pol, err := e.policy()
	switch {
	case err != nil:
		say("host file", "", err)
	case pol == nil:
		say("host file", "none, none needed", nil)
	default:
		say("host file", fmt.Sprintf("%s names %d roots", e.HostFile, len(pol.Roots)), nil)
		if len(paths) == 0 {
			for _, r := range pol.Roots {
				paths = append(paths, r.Path)
			}
		}
	}
	e = pol.under(e)
	err = e.allSeen()
	if err == nil {
		_, err = e.processes()
	}
	say("processes", "all visible", err)
	j, err := openJournal(e.State)
	say("journal", e.State, err)
	if err == nil {
		j.close()
	}
	log := openHostLog(e.Syslog)
	if log.fd < 0 {
		fmt.Fprintf(w, "-- host log: %s: deeds are in the journal only\n", log.why)
	} else {
		say("host log", e.Syslog, nil)
	}
	log.close()
	if e.stopFile() {
		say("kill switch", "", fmt.Errorf("%s is there: nothing is begun until it is removed", e.Stop))
	}
	for _, p := range paths {
		detail, err := e.rootReady(p)
		say("root "+quoted(p), detail, err)
	}
	if bad {
		return ErrNotReady
	}
	return nil
}

// kernelReady tries the two calls all else rests on.
func kernelReady() error {
	fd, err := openAbsolute("/", asFolder)
	if err != nil {
		return fmt.Errorf("openat2: %w: linux 5.8 or newer is needed", err)
	}
	defer unix.Close(fd)
	_, err = statFD(fd)
	return err
}

func release() string {
	var u unix.Utsname
	if err := unix.Uname(&u); err != nil {
		return "linux"
	}
	return "linux " + unix.ByteSliceToString(u.Release[:])
}

// rootReady opens a root and its trash as a step would.
func (e Env) rootReady(path string) (string, error) {
	p, err := openRoot(fleet.Root{Path: path})
	if p != nil {
		defer p.close()
	}
	if err != nil {
		return "", err
	}
	n := p.self().node
	own, err := e.ownMounts()
	if err != nil {
		return "", err
	}
	if _, err := e.spotOf(p.self().fd, n, own); err != nil {
		return "", err
	}
	if unix.Faccessat(p.self().fd, ".", unix.W_OK, 0) != nil {
		return "", errors.New("cannot be written: mounted read-only?")
	}
	var missing *refusal
	trash, err := openTrash(p.top(), false)
	switch {
	case err == nil:
		unix.Close(trash.fd)
		return fmt.Sprintf("owner %s, mode %04o, trash ready", n.owner, n.mode&0o7777), nil
	case errors.As(err, &missing) && missing.reason == fleet.ReasonMissing:
		return fmt.Sprintf("owner %s, mode %04o, no trash yet", n.owner, n.mode&0o7777), nil
	}
	return "", err
}
