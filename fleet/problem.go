package fleet

import (
	"fmt"
	"strings"
)

// Problem is one complaint about a file the operator wrote: a config, a catalogue
// of signatures.
type Problem struct {
	File      string
	Line, Col int // from 1
	What, Fix string
}

// Error returns file:line:column: what; how to mend it.
func (p Problem) Error() string {
	return fmt.Sprintf("%s:%d:%d: %s; %s", p.File, p.Line, p.Col, p.What, p.Fix)
}

// Problems is every complaint about the files read together.
type Problems []Problem

// Error returns one complaint a line.
func (ps Problems) Error() string {
	lines := make([]string, len(ps))
	for i, p := range ps {
		lines[i] = p.Error()
	}
	return strings.Join(lines, "\n")
}
