package rules

import (
	"fmt"
	"slices"
	"strings"

	"andon/fleet"
)

// subjects is a list without repeats, in the order of adding.
type subjects struct {
	list []fleet.Subject
	seen map[fleet.Subject]bool
}

func (l *subjects) add(s fleet.Subject) {
	const few = 16 // most lists are short, and a subject is long to hash
	switch {
	case l.seen == nil && slices.Contains(l.list, s), l.seen[s]:
		return
	case l.seen == nil && len(l.list) == few:
		l.seen = make(map[fleet.Subject]bool, 4*few)
		for _, x := range l.list {
			l.seen[x] = true
		}
	}
	if l.seen != nil {
		l.seen[s] = true
	}
	l.list = append(l.list, s)
}

// gib renders bytes as GiB with one decimal.
func gib(b int64) string { return fmt.Sprintf("%.1f GiB", float64(b)/(1<<30)) }

// size adds up what dirs hold. A dir nobody measured is not one of 0 bytes.
type size struct {
	known      int64
	unmeasured int
}

func (z *size) add(f fleet.Fact[int64]) {
	if b, ok := f.Get(); ok {
		z.known += b
	} else {
		z.unmeasured++
	}
}

// gap says what the sum lacks and what would make it known.
func (z size) gap() []fleet.Gap {
	if z.unmeasured == 0 {
		return nil
	}
	return []fleet.Gap{{What: "size of " + fleet.Plural(z.unmeasured, "dir"), Why: "not measured yet", Makes: "the next sweeps measure them, a few each; look at them on the host's page to have them first"}}
}

// count renders the sum as a number of things.
func (z size) count(noun string) string {
	switch {
	case z.unmeasured == 0:
		return fmt.Sprintf("%d %ss", z.known, noun)
	case z.known == 0:
		return "a number of " + noun + "s not counted yet"
	}
	return fmt.Sprintf("at least %d %ss, %d dirs not counted yet", z.known, noun, z.unmeasured)
}

// String renders the sum and says what it lacks.
func (z size) String() string {
	switch {
	case z.unmeasured == 0:
		return gib(z.known)
	case z.known == 0:
		return "size not measured yet"
	}
	return fmt.Sprintf("at least %s, %d not measured yet", gib(z.known), z.unmeasured)
}

// listed renders names, the first few of them.
func listed(names []string, most int) string {
	if len(names) <= most {
		return strings.Join(names, ", ")
	}
	return fmt.Sprintf("%s and %d more", strings.Join(names[:most], ", "), len(names)-most)
}
