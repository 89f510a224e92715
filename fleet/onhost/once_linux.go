package onhost

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"golang.org/x/sys/unix"
)

// streamedPrefix begins the name of the folder into which andon streams an
// andon-host for one use.
const streamedPrefix = "andon."

// RemoveSelf deletes the running executable and its folder, if that folder is
// one that was made for it: root's own, mode 0700, named andon.*. Anywhere else
// it does nothing: an installed andon-host stays. The process runs on.
func RemoveSelf() error {
	exe, err := os.Readlink("/proc/self/exe")
	if err != nil {
		return fmt.Errorf("remove streamed andon-host: %w", err)
	}
	return removeStreamed(exe)
}

func removeStreamed(exe string) error {
	dir, name := filepath.Split(exe)
	dir = filepath.Clean(dir)
	if !strings.HasPrefix(filepath.Base(dir), streamedPrefix) {
		return nil
	}
	fd, err := openAbsolute(dir, asList)
	if err != nil {
		return fmt.Errorf("remove streamed andon-host: open %s: %w", dir, err)
	}
	defer unix.Close(fd)
	n, err := statFD(fd)
	if err != nil {
		return fmt.Errorf("remove streamed andon-host: %w", err)
	}
	if n.owner.UID != uint32(os.Geteuid()) || n.mode&0o7777 != 0o700 {
		return nil
	}
	if err := unix.Unlinkat(fd, name, 0); err != nil {
		return fmt.Errorf("remove streamed andon-host %s: %w", exe, err)
	}
	if err := os.Remove(dir); err != nil {
		return fmt.Errorf("remove folder of streamed andon-host: %w", err)
	}
	return nil
}
