package probe

import (
	"fmt"
	"strconv"
	"strings"
	"time"

	"andon/fleet"
)

// version is what Args and the script agree on; the answer carries it back.
const version = "1"

// MaxArgs bounds the arguments of one sweep, in bytes; sshexec carries at most 64 KiB.
const MaxArgs = 60 << 10

// Limits of Ask.
const (
	DefaultMaxDirs    = 2000
	MaxMaxDirs        = 4000
	DefaultDeepBudget = 20 * time.Second
	maxDeepBudget     = 10 * time.Minute
)

// DeepAsk names one run dir to measure.
type DeepAsk struct {
	Root string // path of a configured root
	Rel  string // below it
	UID  uint32 // entries of any other owner are counted as foreign
}

// Ask is what one sweep shall look at.
type Ask struct {
	Roots      []fleet.Root
	Deep       []DeepAsk     // in order of importance
	DeepBudget time.Duration // for all of Deep together; 0: DefaultDeepBudget
	MaxDirs    int           // listed for each root; 0: DefaultMaxDirs, at most MaxMaxDirs
}

// Args returns the script's arguments. Of Deep as many are asked as fit into
// MaxArgs; the rest wait for a later sweep. It is an error if the roots alone do
// not fit, or if a path is not one the gate lets through.
func (a Ask) Args() ([]string, error) {
	budget := a.DeepBudget
	if budget == 0 {
		budget = DefaultDeepBudget
	}
	dirs := a.MaxDirs
	if dirs == 0 {
		dirs = DefaultMaxDirs
	}
	if budget < time.Second || budget > maxDeepBudget || dirs < 1 || dirs > MaxMaxDirs {
		return nil, fmt.Errorf("ask for a sweep: budget %s, at most %d dirs a root: want 1s to %s and 1 to %d",
			budget, dirs, maxDeepBudget, MaxMaxDirs)
	}
	out := []string{version, strconv.Itoa(dirs), strconv.Itoa(int(budget / time.Second))}
	index := make(map[string]int, len(a.Roots))
	for i, r := range a.Roots {
		clean, err := fleet.CleanRoot(r.Path)
		if err != nil {
			return nil, fmt.Errorf("ask for a sweep: %w", err)
		}
		if clean != r.Path {
			return nil, fmt.Errorf("ask for a sweep: root %q: write it as %q", r.Path, clean)
		}
		pre, suf := repoAround(r.Layout)
		out = append(out, "R", r.Path, r.Layout.RunPrefix(), pre, suf)
		index[r.Path] = i
	}
	size := wordsSize(out)
	if size > MaxArgs {
		return nil, fmt.Errorf("ask for a sweep: %d roots need %d bytes of arguments, more than %d: split the host in two", len(a.Roots), size, MaxArgs)
	}
	for _, d := range a.Deep {
		i, ok := index[d.Root]
		if !ok {
			return nil, fmt.Errorf("ask for a sweep: measure below %q, which is not one of the roots", d.Root)
		}
		p, err := a.Roots[i].Parse(d.Rel)
		if err != nil {
			return nil, fmt.Errorf("ask for a sweep: %w", err)
		}
		w := []string{"D", strconv.Itoa(i), strconv.FormatUint(uint64(d.UID), 10), p.Rel()}
		if size += wordsSize(w); size > MaxArgs {
			break
		}
		out = append(out, w...)
	}
	return out, nil
}

func wordsSize(words []string) int {
	n := 0
	for _, w := range words {
		n += len(w) + 1
	}
	return n
}

// repoAround returns the literals around {repo} in a layout.
func repoAround(l fleet.Layout) (prefix, suffix string) {
	parts := strings.Split(l.String(), "/")
	prefix, suffix, _ = strings.Cut(parts[1], "{repo}")
	return prefix, suffix
}
