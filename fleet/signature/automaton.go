package signature

// prefixLen bounds how much of a literal the automaton holds, in bytes. The rest
// is compared where the prefix stood: fewer states, hence a table that stays in
// the processor's cache.
const prefixLen = 12

// automaton finds all literals in one pass (Aho-Corasick, as a dense table over
// byte classes). It is immutable and safe for concurrent use.
type automaton struct {
	class  [256]uint16
	next   []uint32 // row + class -> row of the next state; a row is state * width
	accept uint32   // rows from here on end at least one prefix
	width  uint32
	ends   [][]int32 // literals whose prefix ends, by (row - accept) / width
	lits   [][]byte
	cut    []int // length of the prefix held of each literal
}

// newAutomaton builds the table. Literals may repeat; each keeps its index.
func newAutomaton(lits []string) *automaton {
	a := &automaton{}
	for _, l := range lits {
		a.lits = append(a.lits, []byte(l))
		a.cut = append(a.cut, min(len(l), prefixLen))
	}
	a.classes()
	t := trie{{}}
	for i, l := range a.lits {
		t.add(l[:a.cut[i]], int32(i))
	}
	order := t.link()
	a.table(t, order)
	return a
}

// classes gives every byte that occurs in a prefix a column of its own; all
// others share column 0.
func (a *automaton) classes() {
	n := uint16(1)
	for i, l := range a.lits {
		for _, b := range l[:a.cut[i]] {
			if a.class[b] == 0 {
				a.class[b] = n
				n++
			}
		}
	}
	a.width = uint32(n)
}

type node struct {
	kids map[byte]int
	fail int
	ends []int32
}

type trie []node

func (t *trie) add(word []byte, id int32) {
	at := 0
	for _, b := range word {
		next, ok := (*t)[at].kids[b]
		if !ok {
			next = len(*t)
			*t = append(*t, node{})
			if (*t)[at].kids == nil {
				(*t)[at].kids = map[byte]int{}
			}
			(*t)[at].kids[b] = next
		}
		at = next
	}
	(*t)[at].ends = append((*t)[at].ends, id)
}

// link sets the failure links and returns the nodes breadth first.
func (t trie) link() []int {
	order := []int{0}
	for i := 0; i < len(order); i++ {
		at := order[i]
		for b := range 256 {
			kid, ok := t[at].kids[byte(b)]
			if !ok {
				continue
			}
			order = append(order, kid)
			if at != 0 {
				t[kid].fail = t.follow(t[at].fail, byte(b))
			}
			t[kid].ends = append(t[kid].ends, t[t[kid].fail].ends...)
		}
	}
	return order
}

func (t trie) follow(at int, b byte) int {
	for {
		if kid, ok := t[at].kids[b]; ok {
			return kid
		}
		if at == 0 {
			return 0
		}
		at = t[at].fail
	}
}

// table numbers the states, those that end a prefix last, and fills their rows.
func (a *automaton) table(t trie, order []int) {
	row := make([]uint32, len(t))
	n := uint32(0)
	for _, ending := range []bool{false, true} {
		if ending {
			a.accept = n * a.width
		}
		for _, at := range order {
			if (len(t[at].ends) > 0) == ending {
				row[at] = n * a.width
				n++
			}
		}
	}
	a.next = make([]uint32, len(t)*int(a.width))
	a.ends = make([][]int32, uint32(len(t))-a.accept/a.width)
	for _, at := range order {
		if row[at] >= a.accept {
			a.ends[(row[at]-a.accept)/a.width] = t[at].ends
		}
		own := a.next[row[at] : row[at]+a.width]
		if at != 0 { // a state goes where its failure link goes, where it has no way of its own
			copy(own, a.next[row[t[at].fail]:])
		}
		for b, kid := range t[at].kids {
			own[a.class[b]] = row[kid]
		}
	}
}

// find calls hit with the index of every literal that occurs in the text.
func (a *automaton) find(text []byte, hit func(int32)) {
	s := uint32(0)
	next, accept := a.next, a.accept
	for i, b := range text {
		if s = next[s+uint32(a.class[b])]; s >= accept {
			a.check(text, i+1, s, hit)
		}
	}
}

// check compares the rest of the literals whose prefix ends before end.
func (a *automaton) check(text []byte, end int, s uint32, hit func(int32)) {
	for _, id := range a.ends[(s-a.accept)/a.width] {
		lit, from := a.lits[id], end-a.cut[id]
		if len(lit) == a.cut[id] || len(text)-from >= len(lit) && string(text[from:from+len(lit)]) == string(lit) {
			hit(id)
		}
	}
}

// bytes is the size of the table.
func (a *automaton) bytes() int { return 4 * len(a.next) }
