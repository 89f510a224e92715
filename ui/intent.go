package ui

import "andon/fleet"

// IntentKind is what the operator means by a key, before it is known what it
// means on the page at hand.
type IntentKind uint8

// The kinds. Lower case looks: none but IntentAct ever leads to a change, and
// that one leads to a preview.
const (
	IntentNone   IntentKind = iota
	IntentMove              // N rows, up where negative
	IntentScroll            // N half pages
	IntentFirst
	IntentLast
	IntentOpen
	IntentBack
	IntentQuit
	IntentFilter
	IntentMatch // to the next match, previous where N is negative
	IntentHelp
	IntentPane // to the next pane
	IntentMark
	IntentMarkAll
	IntentTab // to page N
	IntentBrowse
	IntentCopy
	IntentCopyURL
	IntentRefresh
	IntentSort
	IntentAck
	IntentFold // show or fold what somebody has, what a cause explains, and notes
	IntentTheme
	IntentAct // preview of Action
)

// Intent is one key press, understood. It is comparable.
type Intent struct {
	Kind   IntentKind
	N      int
	Action fleet.ActionID
}

// IntentSet is the set of kinds a page understands.
type IntentSet uint64

// Intents makes a set.
func Intents(kinds ...IntentKind) IntentSet {
	var s IntentSet
	for _, k := range kinds {
		s |= 1 << k
	}
	return s
}

// Has reports whether the set holds a kind.
func (s IntentSet) Has(k IntentKind) bool { return s&(1<<k) != 0 }

// ListIntents are those every list understands.
func ListIntents() IntentSet {
	return Intents(IntentMove, IntentScroll, IntentFirst, IntentLast, IntentFilter, IntentMatch, IntentSort)
}
