// Package themes turns colour themes into ready terminal escape strings.
//
// A theme is one YAML file: a palette of named colours and a table that gives
// each Role, a meaning such as "crit" or "dim", a colour and attributes. Files
// hold colours only: no commands, no paths, no escapes. At load every role is
// compiled for every colour depth, so drawing a row is copying strings.
//
// Colour is never the only carrier of a meaning: whoever draws puts a glyph and
// a word beside it (package ui/kit does).
package themes

import "fmt"

// Role is what a piece of text means; a theme says how that meaning looks.
type Role uint8

// The roles a theme can give a look to. The comment is the use, the name in a
// theme file is what String returns.
const (
	Text    Role = iota // ordinary words
	Dim                 // secondary words, still read
	Faint               // decoration that need not be read
	Accent              // the product's own colour
	Title               // section and dialog titles
	Rule                // section lines and borders
	Select              // the row under the cursor
	Mark                // a marked row
	Match               // the part of a text that matched the filter
	Key                 // a key the operator can press
	Crit                // the line is stopped
	Warn                // help wanted
	OK                  // normal
	Run                 // working now
	Idle                // nothing to do
	Stale               // last good value of a source that no longer answers
	Info                // for information
	BarLow              // a meter in its safe part
	BarMid              // a meter that wants attention
	BarHigh             // a meter near its stop line
	DiffAdd             // a line that will appear
	DiffDel             // a line that will go
	roleCount
)

// roleNames are the names used in theme files, in the order of the constants.
var roleNames = [roleCount]string{
	"text", "dim", "faint", "accent", "title", "rule", "select", "mark", "match", "key",
	"crit", "warn", "ok", "run", "idle", "stale", "info",
	"bar.low", "bar.mid", "bar.high", "diff.add", "diff.del",
}

// String is the role's name in a theme file.
func (r Role) String() string {
	if r >= roleCount {
		return fmt.Sprintf("role(%d)", uint8(r))
	}
	return roleNames[r]
}

// ParseRole finds the role with a name as written in a theme file.
func ParseRole(name string) (Role, bool) {
	for i, n := range roleNames {
		if n == name {
			return Role(i), true
		}
	}
	return Text, false
}

// Roles lists every role, in the order they are documented.
func Roles() []Role {
	all := make([]Role, roleCount)
	for i := range all {
		all[i] = Role(i)
	}
	return all
}

// heir says from where a role takes its look when a theme does not name it:
// first a palette colour (the base16 slots of that meaning, then plain colour
// names), then another role. A theme of a palette and no roles is whole.
type heir struct {
	palette []string
	role    Role
}

// heirs has one entry per role. Text ends every chain: it falls back to the
// terminal's own foreground.
var heirs = [roleCount]heir{
	Text:    {[]string{"base05", "text"}, Text},
	Dim:     {[]string{"base03", "dim"}, Text},
	Faint:   {[]string{"base02", "faint"}, Dim},
	Accent:  {[]string{"base09", "accent"}, Text},
	Title:   {nil, Accent},
	Rule:    {nil, Faint},
	Select:  {nil, Text},
	Mark:    {nil, Accent},
	Match:   {nil, Accent},
	Key:     {nil, Accent},
	Crit:    {[]string{"base08", "red"}, Text},
	Warn:    {[]string{"base0A", "amber", "yellow"}, Text},
	OK:      {[]string{"base0B", "green"}, Text},
	Run:     {[]string{"base0D", "blue"}, Accent},
	Idle:    {nil, Dim},
	Stale:   {[]string{"base0E", "magenta"}, Dim},
	Info:    {[]string{"base0D", "blue"}, Accent},
	BarLow:  {nil, OK},
	BarMid:  {nil, Warn},
	BarHigh: {nil, Crit},
	DiffAdd: {nil, OK},
	DiffDel: {nil, Crit},
}
