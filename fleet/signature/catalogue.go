package signature

import (
	_ "embed"
	"regexp"

	"andon/fleet"
)

// catalogueText is the shipped catalogue.
//
//go:embed catalogue.yaml
var catalogueText []byte

// BuiltIn returns the shipped catalogue's file.
func BuiltIn() File { return File{Name: "catalogue.yaml", Text: catalogueText} }

// Classes a row may have beside those of fleet.Class.
const (
	classNone    fleet.Class = "none"    // known, and no failure: a warning
	classWrapper fleet.Class = "wrapper" // says only that something else failed
)

// Row is a text of the catalogue and what it means.
type Row struct {
	Number   int         // of the table in the field facts; from 101 on found since; 0 the operator's own
	Slug     string      // stable name: lower case, digits, dashes
	Title    string      // what it is, in a few words
	Class    fleet.Class // infra, suspect, cancelled; none (a warning) or wrapper (look at what it wraps)
	Literals []string    // every match contains one of them, byte for byte
	Regexp   *regexp.Regexp
	Place    Place       // where it has its class
	Else     fleet.Class // what it is elsewhere; empty: nothing
	Path     *regexp.Regexp
	Near     []string // one of them stands on the line or within Within lines of it
	Within   int
	Host     bool // a well-known package or tool host stands on the line or near it
	Error    bool // only on a line the runner marked as an error, or in an annotation
	Warn     bool // holds on warnings too
	Last     bool // only as the last thing the step said
	Sticky   bool // the cause stays: failures that follow it are its consequences
	Ends     bool // the runner ended the step with it: what stood before need not have failed
	Unless   []string
	Without  []string // where the step said one of them before, it is what Else says
	Cures    []fleet.Cure
	Advice   string // one sentence to act on
	Guard    string // what else writes the same text
	Sources  []string

	near [][]byte
}

// Strength is how sure a text of code is.
type Strength int

// The strengths. Weak yields to every row; Plain to infrastructure, and to a suspect
// that stands before it; Sure to what stands before it and stays; Final ends a test
// run or a build: what comes after it is another matter.
const (
	Weak Strength = iota + 1
	Plain
	Sure
	Final
)

// Code is a text by which code says that it failed.
type Code struct {
	Slug     string
	Literals []string
	Regexp   *regexp.Regexp
	Strength Strength
	Unless   []string
}

// StepRow is a verdict that steps alone give; it has no text.
type StepRow struct {
	Slug, Title   string
	Class         fleet.Class
	Cures         []fleet.Cure
	Advice, Guard string
}

// mark is a line that begins or ends the output of a test run.
type mark struct {
	literal string
	begins  bool
	regexp  *regexp.Regexp
}

// Catalogue is a loaded set of rows, ready to read logs with.
type Catalogue struct {
	rows    []Row
	code    []Code
	steps   map[string]StepRow
	marks   []mark
	hosts   [][]byte
	retries [][]byte
	notes   []string // texts that rows' Without wants remembered

	machine *automaton
	targets [][]target // by literal
}

// Rows returns the rows in the catalogue's order.
func (c *Catalogue) Rows() []Row { return append([]Row(nil), c.rows...) }

// Size says how many rows and code signatures it holds, how many literals, and how
// many bytes the automaton's table takes.
func (c *Catalogue) Size() (rows, code, literals, table int) {
	return len(c.rows), len(c.code), len(c.machine.lits), c.machine.bytes()
}

type targetKind uint8

const (
	ofRow targetKind = iota
	ofCode
	ofMark
	ofNote
)

// target is what a literal belongs to.
type target struct {
	kind targetKind
	at   int32
}

// compile builds the automaton. Literals that several rows share are held once.
func (c *Catalogue) compile() {
	index := map[string]int{}
	var lits []string
	add := func(l string, t target) {
		i, ok := index[l]
		if !ok {
			i = len(lits)
			index[l] = i
			lits = append(lits, l)
			c.targets = append(c.targets, nil)
		}
		c.targets[i] = append(c.targets[i], t)
	}
	noted := map[string]bool{}
	for i, r := range c.rows {
		for _, l := range r.Literals {
			add(l, target{ofRow, int32(i)})
		}
		for _, l := range r.Without {
			if !noted[l] {
				noted[l] = true
				add(l, target{ofNote, int32(len(c.notes))})
				c.notes = append(c.notes, l)
			}
		}
	}
	for i, r := range c.code {
		for _, l := range r.Literals {
			add(l, target{ofCode, int32(i)})
		}
	}
	for i, m := range c.marks {
		add(m.literal, target{ofMark, int32(i)})
	}
	c.machine = newAutomaton(lits)
}
