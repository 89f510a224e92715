package explain

import (
	"andon/themes"
	"andon/ui/kit"
	"andon/ui/present"
)

// Brief fits an explanation into exactly h lines of w cells: the summary above,
// the next step and whose it is below, and between them as much of the chain, and
// then of the rest, as there is room for. Each why takes one line, with the age of
// what bears it out; more room goes to the facts themselves.
func Brief(y present.Why, look kit.Look, w, h int) []string {
	if h <= 0 {
		return nil
	}
	most := 1 // lines of the summary; a second where the chain has room all the same
	if h-2-min(len(y.Next), 2)-1 >= chainLeast {
		most = 2
	}
	top := capped(y.Summary, most, look)
	var foot []row
	if room := h - len(top); len(y.Next) > 0 && room > 0 {
		foot = capped(y.Next, min(2, max(room-2, 1)), look)
		if room > len(foot) {
			foot = append(foot, row{left: y.Whose})
		}
	}
	body, hidden := middle(y, h-len(top)-len(foot))
	out := append(top, body...)
	for len(out) < h-len(foot) {
		out = append(out, row{})
	}
	out = append(out, foot...)
	if hidden > 0 && len(out) > 1 {
		out[len(out)-1].right = kit.Line{kit.In(themes.Dim, kit.Count(int64(hidden))+" more, "+look.Enter()+" shows all ")}
	}
	return drawn(look, w, out)
}

// chainLeast is how many whys should show before the summary takes a second line.
const chainLeast = 3

// capped is the first n lines of a text; where more are cut, the last says so.
func capped(list []kit.Line, n int, look kit.Look) []row {
	if len(list) <= n {
		return lines(list)
	}
	out := lines(list[:n])
	if n > 0 && len(list[n]) > 0 {
		out[n-1].left = out[n-1].left.Then(kit.In(themes.Dim, " "+look.Ellipsis()))
	}
	return out
}

// middle is the chain and the rest in at most h lines, and how many facts are not
// in it.
func middle(y present.Why, h int) (out []row, hidden int) {
	links := y.Chain
	// Facts that name no why must show all the same.
	keep := 0
	if len(y.Evidence) > 0 && h > 1 {
		keep = min(h/3, 3, len(flat(y.Evidence)))
	}
	n := min(len(links), max(h-keep, 0))
	shown := proofsShown(links[:n], h-n-keep)
	for i, l := range links[:n] {
		r := row{left: l.Short}
		if shown[i] == 0 {
			r.right = l.Mark
		}
		out = append(append(out, r), flat(l.Proof[:shown[i]])...)
		hidden += len(l.Proof) - shown[i]
	}
	for _, l := range links[n:] {
		hidden += 1 + len(l.Proof)
	}
	rest := func(title kit.Safe, list []present.Item) {
		if title != "" && len(list) > 0 && len(out)+1+len(list[0]) <= h {
			out = append(out, row{left: kit.Line{kit.In(themes.Title, title)}})
		} else if title != "" {
			hidden += len(list)
			return
		}
		for _, it := range list {
			if len(out)+len(it) > h {
				hidden++
				continue
			}
			out = append(out, lines(it)...)
		}
	}
	rest("", y.Evidence)
	rest("not known", y.Unknown)
	rest("ruled out", y.RuledOut)
	rest("what", y.Subjects)
	rest("signature", y.Verdicts)
	return out, hidden
}

// mostProofs is how many facts stand below one why: they are often alike, and what
// was ruled out tells more than the third of a kind.
const mostProofs = 2

// proofsShown gives room lines to the facts below the whys: one to each why in
// turn, then a second, as long as they fit whole.
func proofsShown(links []present.Link, room int) []int {
	shown := make([]int, len(links))
	for k := range mostProofs {
		for i, l := range links {
			if shown[i] != k || k >= len(l.Proof) {
				continue
			}
			if n := len(l.Proof[k]); n <= room {
				room -= n
				shown[i]++
			}
		}
	}
	return shown
}
