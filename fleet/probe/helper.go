package probe

import (
	"errors"
	"fmt"
	"regexp"
	"strings"
)

// HelperPath is where tier 1 installs andon-host, root-owned.
const HelperPath = "/usr/local/libexec/andon-host"

// ServeLine starts an installed andon-host. It is run as root; the request goes
// to its standard input.
const ServeLine = HelperPath + " serve"

// UploadLine stages an andon-host for one use, as root. Its standard input is
// one line, the SHA-256 of the binary in lower-case hex, and then the binary up
// to its end. It goes into a fresh 0700 folder below the first of /run, /var/lib
// and /root where it can be executed (/run is often mounted noexec), which is
// told in a line that StagedDir reads. Folders an hour old, left where a console
// was cut off before it used them, are removed: only root can have made them
// there. On any failure nothing stays behind: exit
// 65 is a bad first line, 66 a binary that is not the one announced, 67 one that
// does not run on this host.
//
// The line is constant and holds no backslash, exclamation mark or newline, so
// that fish, tcsh and zsh hand it to /bin/sh unchanged.
const UploadLine = `/bin/sh -c '` + strictShell +
	`read -r want; left=$(printf %s "$want" | tr -d 0-9a-f); ` +
	`test ${#want} -eq 64 && test -z "$left" || { echo no checksum >&2; exit 65; }; w=; ` +
	`find /run /var/lib /root -maxdepth 1 -type d -name "andon.??????????" -mmin +60 -exec rm -rf {} + 2>/dev/null; ` +
	`for b in /run /var/lib /root; do ` +
	`n=$(mktemp -d "$b/andon.XXXXXXXXXX" 2>/dev/null) || continue; ` +
	`if test -z "$w"; then cat >"$n/andon-host"; s=$(sha256sum <"$n/andon-host"); ` +
	`test "${s%% *}" = "$want" || { rm -rf "$n"; echo checksum differs >&2; exit 66; }; ` +
	`else cp "$w/andon-host" "$n/andon-host"; rm -rf "$w"; fi; w=$n; ` +
	`chmod 700 "$n/andon-host" && "$n/andon-host" --version </dev/null >/dev/null 2>&1 && ` +
	`{ echo; echo "` + stagedWord + ` $want $n"; exit 0; }; ` +
	`done; test -z "$w" || rm -rf "$w"; echo andon-host does not run here >&2; exit 67'`

// OnceLine runs a staged andon-host, as root. The first line of its standard
// input is the folder that StagedDir returned; the rest goes to andon-host,
// which removes the folder. Exit 65 is a folder that UploadLine cannot have made.
const OnceLine = `/bin/sh -c '` + strictShell +
	`read -r d; case $d in /run/andon.?*|/var/lib/andon.?*|/root/andon.?*) ;; *) exit 65;; esac; ` +
	`t=${d##*/andon.}; left=$(printf %s "$t" | tr -d A-Za-z0-9); ` +
	`test ${#t} -eq 10 && test -z "$left" && test "$d" = "${d%/*}/andon.$t" && test -d "$d" && test -O "$d" || exit 65; ` +
	`case ${d%/*} in /run|/var/lib|/root) exec "$d/andon-host" once;; esac; exit 65'`

const (
	strictShell = `umask 077; LC_ALL=C; PATH=/usr/sbin:/usr/bin:/sbin:/bin; export LC_ALL PATH; IFS=; `
	stagedWord  = `andon-staged`
)

// ErrNotStaged means that UploadLine told no folder.
var ErrNotStaged = errors.New("andon-host was not staged")

// StagedDir finds the folder in UploadLine's output, below what login files may
// have printed before it. sum is the checksum that was sent.
func StagedDir(stdout []byte, sum string) (string, error) {
	for line := range strings.SplitSeq(string(stdout), "\n") {
		dir, ok := strings.CutPrefix(line, stagedWord+" "+sum+" ")
		if ok && stagedDir.MatchString(dir) {
			return dir, nil
		}
	}
	return "", fmt.Errorf("read folder of uploaded andon-host: %w", ErrNotStaged)
}

var stagedDir = regexp.MustCompile(`^(/run|/var/lib|/root)/andon\.[A-Za-z0-9]{10}$`)
