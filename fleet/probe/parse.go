package probe

import (
	"bytes"
	"errors"
	"fmt"
	"slices"
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
	p := newParser(h, at, took)
	listed := 0
	for _, r := range recs {
		if strings.HasPrefix(r, "D\t") {
			listed++
		}
	}
	p.out.Dirs = make([]fleet.RunDir, 0, min(listed, MaxMaxDirs*len(h.Roots)))
	for _, r := range recs {
		if !p.record(r) {
			p.out.Dropped++
			p.missed(r)
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

// rootSeen is a root as the script met it.
type rootSeen struct {
	fleet.Root
	named bool   // its R record came
	real  string // its path without links
	dev   uint64
}

// parser collects records. Roots are found by the number the script gave them
// and then by the configured path: a host cannot bring up another one.
type parser struct {
	host  fleet.Host
	at    time.Time
	out   fleet.Sweep
	unfit string

	roots      []rootSeen
	dirs       map[dirKey]int
	owners     map[dirKey]fleet.Owner
	btime      int64
	clockStart int64
	links      []link
	procs      map[int]fleet.Writer
	own        []mount
	spaces     map[int][]mount
	blind      []string // why writers are unknown
	units      []unit
	hooks      map[string]string // path by unit
	agents     map[string]string // runner by unit
	schedules  map[string]string // by timer
	journals   map[string][]fleet.JournalLine
}

func newParser(h fleet.Host, at time.Time, took time.Duration) *parser {
	return &parser{
		host: h, at: at, out: fleet.Sweep{Host: h.Name, At: at, Took: took},
		roots: make([]rootSeen, len(h.Roots)),
		dirs:  make(map[dirKey]int), owners: make(map[dirKey]fleet.Owner),
		procs: make(map[int]fleet.Writer), spaces: make(map[int][]mount),
		hooks: make(map[string]string), agents: make(map[string]string),
		schedules: make(map[string]string), journals: make(map[string][]fleet.JournalLine),
	}
}

// record reads one record and reports whether it made sense.
func (p *parser) record(r string) bool {
	tag, rest, ok := strings.Cut(r, "\t")
	if !ok {
		return false
	}
	switch tag {
	case "H":
		return p.fact(rest)
	case "R", "P", "B", "I", "D", "A", "T", "Q", "K", "Y", "S", "Z":
		return p.ofRoot(tag, rest)
	case "L":
		return p.link(rest)
	case "O", "N":
		return p.mount(tag, rest)
	case "G":
		return p.process(rest)
	case "U":
		return p.unit(rest)
	case "J":
		return p.agent(rest)
	case "V":
		return p.hook(rest)
	case "M":
		return p.schedule(rest)
	case "W":
		return p.journal(rest)
	case "C":
		return p.cache(rest)
	case "X":
		return p.unseen(rest)
	}
	return false
}

// missed draws the conclusion from a record that was dropped: where it may have
// named a writer, none can be said to be absent.
func (p *parser) missed(r string) {
	const why = "processes: a record of them was not understood"
	if tag, _, _ := strings.Cut(r, "\t"); strings.Contains("LON", tag) && !slices.Contains(p.blind, why) {
		p.unseen(why)
	}
}

// ofRoot reads a record that starts with a root's number.
func (p *parser) ofRoot(tag, rest string) bool {
	num, rest, _ := strings.Cut(rest, "\t")
	n, ok := count(num)
	if !ok || n >= int64(len(p.roots)) {
		return false
	}
	i := int(n)
	if tag == "R" {
		return p.root(i, rest)
	}
	if !p.roots[i].named {
		return false
	}
	switch tag {
	case "P":
		if strings.HasPrefix(rest, "/") {
			p.roots[i].real = rest
			return true
		}
		return false
	case "B":
		return p.bytes(i, rest)
	case "I":
		return p.inodes(i, rest)
	case "D":
		return p.dir(i, rest)
	case "A":
		return p.ancestor(i, rest)
	case "T":
		return p.trash(i, rest)
	case "Q":
		return p.origin(i, rest)
	case "K":
		return p.left(i, rest)
	case "Y":
		return p.measured(i, rest)
	case "S":
		return p.sample(i, rest)
	}
	return p.unmeasured(i, rest)
}

// unseen keeps what the login could not look at. What begins with "processes"
// makes all writers unknown.
func (p *parser) unseen(what string) bool {
	what = clip(what)
	p.out.Unseen = append(p.out.Unseen, what)
	if strings.HasPrefix(what, "processes") {
		p.blind = append(p.blind, what)
	}
	return true
}

// finish composes what needs more than one record.
func (p *parser) finish(clockEnd int64) {
	// The console compares the host's clock with the middle of the wait.
	if p.clockStart == 0 {
		p.clockStart = clockEnd
	}
	mid := time.Duration(clockEnd-p.clockStart) * time.Second / 2
	p.out.Facts.Clock = time.Unix(p.clockStart, 0).Add(mid).UTC()
	for i := range p.roots {
		if !p.roots[i].named {
			p.unread(i)
		}
	}
	p.placeAncestors()
	p.placeWriters()
	p.placeServices()
}

// unread notes a configured root of which nothing came.
func (p *parser) unread(i int) {
	p.out.Unlisted = append(p.out.Unlisted, p.host.Roots[i].Path)
	for _, u := range p.out.Unseen {
		if strings.HasPrefix(u, "root "+p.host.Roots[i].Path+":") {
			return
		}
	}
	p.out.Unseen = append(p.out.Unseen, "root "+p.host.Roots[i].Path+": the answer says nothing of it")
}

// count reads a non-negative decimal number that fits every use made of it.
func count(s string) (int64, bool) {
	if s == "" || len(s) > 19 || s[0] == '+' || s[0] == '-' {
		return 0, false
	}
	n, err := strconv.ParseInt(s, 10, 64)
	return n, err == nil && n >= 0
}

// clip bounds a foreign text that is kept.
func clip(s string) string { return s[:min(len(s), maxFree)] }
