package present

import (
	"slices"
	"strings"
	"time"

	"andon/fleet"
	"andon/themes"
	"andon/ui/kit"
)

// PlanBody is what a preview says of a plan, in lines of at most w cells: the
// objects, the bytes, the disks before and after, what is kept and why, notes
// and what takes it back. With steps it lists every single step instead of groups.
func PlanBody(p fleet.Plan, steps bool, now time.Time, look kit.Look, w int) []kit.Line {
	body := wrapped(planHead(p), w, themes.Title, "")
	switch {
	case p.Empty():
	case steps:
		body = append(append(body, nil), stepLines(p, look, w)...)
	default:
		body = append(append(body, nil), groupLines(p, look, w)...)
	}
	if len(p.Kept) > 0 {
		body = append(body, nil)
		body = append(body, keptLines(p, steps, now, w)...)
	}
	if len(p.Steps) == 0 {
		return body
	}
	body = append(body, nil)
	for _, d := range p.Disks {
		body = append(body, diskLines(d, p.Action == fleet.ActionReap, look, w)...)
	}
	for i, n := range p.Notes {
		head := kit.Safe("       ")
		if i == 0 {
			head = "Note   "
		}
		body = append(body, wrapped(kit.Clean(n), w, themes.Text, head)...)
	}
	if p.Undo != "" {
		body = append(body, wrapped(kit.Clean(p.Undo), w, themes.Text, "Undo   ")...)
	}
	return append(body, kit.Line{kit.In(themes.Faint, "Audit  "), kit.In(themes.Text, "each step is recorded before it acts and after; digest "+kit.Clean(short(p.Digest())))})
}

func short(digest string) string { return digest[:min(len(digest), 12)] }

func planHead(p fleet.Plan) kit.Safe {
	head := kit.Clean(p.Title)
	if head == "" {
		head = kit.Clean(string(p.Action))
	}
	switch sum, unmeasured := p.Bytes(); {
	case p.Empty() && head != nothingToDo:
		head += ": " + nothingToDo
	case p.Empty():
	case sum > 0 && unmeasured > 0:
		head += ", " + kit.Bytes(sum) + " and " + plural(unmeasured, "dir") + " nobody measured"
	case sum > 0:
		head += ", " + kit.Bytes(sum)
	case unmeasured > 0:
		head += ", size not measured yet"
	}
	return head
}

// nothingToDo is what a plan without steps is called.
const nothingToDo = "nothing to do"

// stepGroup sums up steps of one verb on one host; of reaps, of one pull request.
type stepGroup struct {
	verb    fleet.Verb
	host    fleet.HostName
	names   []kit.Safe // what they are about, each once
	count   int
	bytes   int64
	unsized int
	owner   fleet.Owner // wanted, of chown
	parents bool        // folders above the dirs are mended too
}

// maxGroups is how many groups are listed; e lists all steps.
const maxGroups = 12

// groupLines sum steps up. Sizes matter where something is deleted, so there
// each pull request has a line; elsewhere one line names all.
func groupLines(p fleet.Plan, look kit.Look, w int) []kit.Line {
	var groups []stepGroup
	for _, st := range p.Steps {
		name := stepName(st)
		i := slices.IndexFunc(groups, func(g stepGroup) bool {
			return g.verb == st.Verb && g.host == st.Host && (listsNames(st.Verb) || g.names[0] == name)
		})
		if i < 0 {
			i = len(groups)
			groups = append(groups, stepGroup{verb: st.Verb, host: st.Host, owner: st.Root.Owner})
		}
		groups[i].add(st, name)
	}
	var out []kit.Line
	for i, g := range groups {
		if i == maxGroups {
			out = append(out, kit.Line{kit.In(themes.Dim, "  and "+plural(len(groups)-i, "more group")+"; e lists every step")})
			break
		}
		out = append(out, g.lines(look, w)...)
	}
	return out
}

func listsNames(v fleet.Verb) bool { return v == fleet.VerbChown || v == fleet.VerbRerun }

func (g *stepGroup) add(st fleet.Step, name kit.Safe) {
	g.count++
	g.parents = g.parents || mendsParents(st)
	if !slices.Contains(g.names, name) {
		g.names = append(g.names, name)
	}
	if b, ok := st.Bytes.Get(); ok {
		g.bytes += b
	} else {
		g.unsized++
	}
}

// mendsParents says that a chown also gives away the folders above its dir that
// were made with it. The plan tells so in its words alone.
func mendsParents(st fleet.Step) bool {
	return st.Verb == fleet.VerbChown && strings.Contains(st.Says, "parent folder")
}

// stepName is what a step is about, as short as tells: its pull request, ref,
// path or run.
func stepName(st fleet.Step) kit.Safe {
	if st.Verb == fleet.VerbRerun {
		if who, _, _ := strings.Cut(st.Says, " "); who != "" { // a pull request or a branch
			return kit.Clean(who)
		}
		return "run " + kit.Number(int64(st.Run.ID))
	}
	d, err := st.Root.Parse(strings.Join(st.Components, "/"))
	if err != nil {
		return kit.Clean(st.Trash)
	}
	switch pl := d.Place(); {
	case pl.PR > 0:
		return prNumber(pl.PR)
	case pl.Ref != "":
		return kit.Clean(pl.Ref)
	}
	return kit.Clean(d.Rel())
}

// VerbWord is a step's verb in one word.
func VerbWord(v fleet.Verb) kit.Safe {
	return kit.Clean(strings.TrimSuffix(string(v), "_failed"))
}

func (g stepGroup) lines(look kit.Look, w int) []kit.Line {
	head := kit.Line{kit.In(themes.Text, "  "+kit.PadRight(VerbWord(g.verb), 7, ""))}
	names := kit.Join(g.names, "  ")
	if !listsNames(g.verb) {
		head = head.Then(kit.In(themes.Text, kit.PadRight(names, 18, look.Ellipsis())+" "))
	}
	noun := kit.Safe("dir")
	if g.verb == fleet.VerbRerun {
		noun = "run"
	}
	head = head.Then(kit.In(themes.Text, kit.PadLeft(plural(g.count, noun), 8, "")))
	switch {
	case g.verb == fleet.VerbRerun:
		head = head.Then(kit.In(themes.Dim, "   only their failed jobs"))
	case g.unsized == g.count:
		head = head.Then(kit.In(themes.Stale, kit.PadLeft("?", 11, "")))
	default:
		head = head.Then(kit.In(themes.Text, kit.PadLeft(kit.Bytes(g.bytes), 11, "")))
	}
	if g.host != "" {
		head = head.Then(kit.In(themes.Dim, "   on "+kit.Clean(string(g.host))))
	}
	if g.verb == fleet.VerbChown {
		head = head.Then(kit.In(themes.Dim, "   to "+kit.Clean(g.owner.String())))
	}
	out := []kit.Line{head}
	if listsNames(g.verb) {
		out = append(out, wrapped(names, w-1, themes.Info, "         ")...)
	}
	if g.parents {
		out = append(out, kit.Line{kit.In(themes.Dim, "         and the parent folders that were made with them")})
	}
	return out
}

// stepLines list every step as it will be carried out.
func stepLines(p fleet.Plan, look kit.Look, w int) []kit.Line {
	var out []kit.Line
	for _, st := range p.Steps {
		out = append(out, StepLine(st, look, w))
	}
	return out
}

// StepLine is one step on one line: its number, verb and exact object.
func StepLine(st fleet.Step, look kit.Look, w int) kit.Line {
	head := kit.Line{kit.In(themes.Faint, kit.PadLeft(kit.Number(int64(st.N)), 4, "")+" "), kit.In(themes.Text, kit.PadRight(VerbWord(st.Verb), 7, "")+" ")}
	room := max(w-head.Width(), 8)
	if st.Verb == fleet.VerbRerun {
		return head.Then(kit.In(themes.Text, tailOf(kit.Clean(string(st.Run.Repo))+" run "+kit.Number(int64(st.Run.ID)), room, look)))
	}
	host, object, more := kit.Clean(string(st.Host))+":", kit.Clean(st.Path()), kit.Safe("")
	if room < hostFrom {
		host = ""
	} else if mendsParents(st) {
		more = " +parents"
	}
	object = tailOf(object, max(room-kit.Width(host)-kit.Width(more), 8), look)
	return head.Then(kit.In(themes.Text, host+object), kit.In(themes.Dim, more))
}

// hostFrom is the room from which a step's line names its host too.
const hostFrom = 40

// diskLines show a filesystem before and after. A reap alone only renames: its
// bytes come free later, with the purge.
func diskLines(d fleet.DiskEffect, later bool, look kit.Look, w int) []kit.Line {
	now := usedShare(fleet.Disk{TotalBytes: d.Total, FreeBytes: d.Free})
	after := usedShare(fleet.Disk{TotalBytes: d.Total, FreeBytes: min(d.Free+d.Frees, d.Total)})
	bar := max(min((w-40)/2, 22), 6)
	line := kit.Line{kit.In(themes.Faint, "Disk   "), kit.In(themes.Dim, "now "), kit.In(kit.DiskLimits().Role(now), kit.PadLeft(kit.Percent(now), 5, "")+" ")}
	line = line.Then(look.Bar(bar, now, kit.DiskLimits())...)
	line = line.Then(kit.In(themes.Dim, "  after "), kit.In(kit.DiskLimits().Role(after), kit.PadLeft(kit.Percent(after), 5, "")+" "))
	line = line.Then(look.Bar(bar, after, kit.DiskLimits())...)
	says := kit.Clean(string(d.Host)) + " " + kit.Clean(d.Root) + ": frees " + kit.Bytes(d.Frees)
	if later {
		says += " once purged"
	}
	if d.Unknown > 0 {
		says += " and what " + plural(d.Unknown, "unmeasured dir") + " hold"
	}
	return []kit.Line{line, {kit.In(themes.Faint, "       "), kit.In(themes.Dim, kit.Truncate(says, max(w-7, 1), look.Ellipsis()))}}
}

// SamePlan reports whether two plans would do the same: the same steps with the
// same expectations, asking for the same confirmation. Readings that age by
// themselves (sizes, the disk's free bytes, countdowns) do not count.
func SamePlan(a, b fleet.Plan) bool {
	bare := func(p fleet.Plan) string {
		p.MadeAt, p.Kept, p.Disks, p.Notes, p.Undo = time.Time{}, nil, nil, nil, ""
		p.Steps = slices.Clone(p.Steps)
		for i := range p.Steps {
			p.Steps[i].Bytes, p.Steps[i].Says = fleet.Fact[int64]{}, ""
		}
		return p.Digest()
	}
	return bare(a) == bare(b)
}
