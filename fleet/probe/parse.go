package probe

import (
	"bytes"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"

	"andon/fleet"
)

// Errors of Parse, for code to decide on.
var (
	// ErrTruncated: the answer is cut off. The last good sweep stays.
	ErrTruncated = errors.New("answer of the sweep is cut off")
	// ErrVersion: the answer is not one of this script.
	ErrVersion = errors.New("answer is not of this andon's sweep: something else printed it, or another version")
	// ErrUnfit: the host lacks a tool without which nothing can be listed.
	ErrUnfit = errors.New("host cannot be swept")
)

// maxFree bounds a free text field, in bytes.
const maxFree = 1024

// Parse reads a whole answer of the sweep script. at is the console's clock when
// the answer was whole, took how long it was waited for. A cut answer is
// ErrTruncated, a foreign one ErrVersion. A record that makes no sense, names a
// root the host is not configured with, or a path that does not pass the gate is
// counted in Sweep.Dropped.
func Parse(h fleet.Host, stdout []byte, at time.Time, took time.Duration) (fleet.Sweep, error) {
	recs, clockEnd, err := split(stdout)
	if err != nil {
		return fleet.Sweep{}, fmt.Errorf("read sweep of %s: %w", h.Name, err)
	}
	p := &parser{host: h, at: at, out: fleet.Sweep{Host: h.Name, At: at, Took: took},
		dirs: make(map[dirKey]int), ancestors: make(map[dirKey]fleet.Owner), procs: make(map[int]process),
		owns: make(map[int][]mountLine), namespaces: nil}
	for _, r := range recs {
		if !p.record(r) {
			p.out.Dropped++
		}
	}
	if p.unfit != "" {
		return fleet.Sweep{}, fmt.Errorf("read sweep of %s: %w: %s", h.Name, ErrUnfit, p.unfit)
	}
	p.finish(clockEnd)
	return p.out, nil
}

// split checks that an answer is whole and returns its records between the first
// and the last, and the host's clock at the end.
func split(b []byte) (recs []string, clock int64, err error) {
	const first = "andon-sweep\t"
	switch {
	case len(b) > MaxAnswer:
		return nil, 0, fmt.Errorf("%w: more than %d bytes", ErrTruncated, MaxAnswer)
	case len(b) < len(first) && strings.HasPrefix(first, string(b)):
		return nil, 0, ErrTruncated
	case !bytes.HasPrefix(b, []byte(first)):
		return nil, 0, ErrVersion
	}
	if b[len(b)-1] != 0 {
		return nil, 0, ErrTruncated
	}
	all := strings.Split(string(b[:len(b)-1]), "\x00")
	if all[0] != first+version {
		return nil, 0, fmt.Errorf("%w: %s", ErrVersion, strconv.QuoteToASCII(clip(all[0])))
	}
	last := strings.Split(all[len(all)-1], "\t")
	if len(last) != 3 || last[0] != "E" {
		return nil, 0, ErrTruncated
	}
	n, okN := count(last[1])
	clock, okC := count(last[2])
	if !okN || !okC || n != int64(len(all)-1) {
		return nil, 0, fmt.Errorf("%w: %d records of %s", ErrTruncated, len(all)-1, strconv.QuoteToASCII(clip(last[1])))
	}
	return all[1 : len(all)-1], clock, nil
}

type dirKey struct {
	root int
	rel  string
}

// parser collects records. Roots are looked up by the number the script gave
// them and the configured path: a host cannot bring up another one.
type parser struct {
	host  fleet.Host
	at    time.Time
	out   fleet.Sweep
	unfit string

	roots      []rootSeen
	dirs       map[dirKey]int
	ancestors  map[dirKey]fleet.Owner
	btime      int64
	clockStart int64
	links      []link
	procs      map[int]process
	own        []mountLine
	foreignNS  map[int][]mountLine
	blind      []string // why writers are unknown
	units      []unit
	unitIx     map[string]int
	hooks      map[string]bool
}
