package signature

import (
	"bytes"
	"math/rand/v2"
	"slices"
	"testing"
)

// The automaton finds what a search for each literal finds, and nothing else.
func TestAutomatonFindsWhatIndexFinds(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 2))
	word := func(n int) string {
		b := make([]byte, n)
		for i := range b {
			b[i] = "abc\xff"[rng.IntN(4)]
		}
		return string(b)
	}
	for range 300 {
		var lits []string
		for range 1 + rng.IntN(12) {
			lits = append(lits, word(1+rng.IntN(2*prefixLen)))
		}
		a := newAutomaton(lits)
		text := []byte(word(400))
		copy(text[rng.IntN(200):], lits[0])
		got := map[int]int{}
		a.find(text, func(id int32) { got[int(id)]++ })
		for i, l := range lits {
			want := 0
			for at := range text {
				if bytes.HasPrefix(text[at:], []byte(l)) {
					want++
				}
			}
			if got[i] != want {
				t.Fatalf("%q in %q: %d times, want %d (of %q)", l, text, got[i], want, slices.Sorted(slices.Values(lits)))
			}
		}
	}
}
