// Package fleet is the pure core of andon: the nouns of a self-hosted GitHub
// Actions fleet, the join between what GitHub says and what runner hosts show,
// and the values that rules, plans and audit records are made of.
//
// It is floor 0: standard library only, no input or output, no goroutine, no
// context, and no reading of the clock. Time enters through Reads.At. Every
// value is read-only once built; a Snapshot may be shared freely.
//
// Two conventions run through it. Unknown is a value (Fact), never a zero: a
// figure nobody could read must not look like "none". And a name that came from
// a host, a job or GitHub is foreign text: it is kept byte for byte here and
// made safe where it is drawn.
package fleet
