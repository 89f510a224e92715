package ui

// Rect is a size in cells.
type Rect struct{ W, H int }

// Class is how much a terminal has room for.
type Class uint8

// The classes. 80x24 is Normal and first class.
const (
	OneLine Class = iota // under 40x10: a single status line
	OneList              // under 80x20: one list and one footer
	Normal
	Wide // 140 columns or more: a detail pane at the right
)

// ClassOf sorts a whole terminal's size.
func ClassOf(r Rect) Class {
	switch {
	case r.W < 40 || r.H < 10:
		return OneLine
	case r.W < 80 || r.H < 20:
		return OneList
	case r.W < 140:
		return Normal
	}
	return Wide
}

// Less returns the rect with rows taken off its height, never below zero.
func (r Rect) Less(rows int) Rect { return Rect{max(r.W, 0), max(r.H-rows, 0)} }
