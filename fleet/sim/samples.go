package sim

import (
	"slices"
	"strings"
	"time"

	"andon/fleet"
	"andon/fleet/sim/world"
)

// sampleAge is how long before the fleet's start its earlier observation was made:
// long enough for Policy.SampleGap, so that nothing has to be waited for in a demo.
const sampleAge = 4 * time.Minute

// Samples returns what a console that watched the fleet four minutes before its
// start would have remembered of the run dirs, as a recorded snapshot keeps it.
func (f *Fleet) Samples() []fleet.Sample { return slices.Clone(f.samples) }

// takeSamples joins what the world shows at its present time and keeps what the
// join would remember.
func takeSamples(w *world.World, hosts []fleet.Host) []fleet.Sample {
	at := time.Unix(w.Now(), 0).UTC()
	r := fleet.Reads{At: at, Policy: fleet.DefaultPolicy(), Hosts: hosts}
	for _, repo := range w.Repos {
		r.Repos = append(r.Repos, repo.Name)
		for _, x := range repo.Runs {
			r.Runs = append(r.Runs, fleet.WorkflowRun{Repo: repo.Name, ID: fleet.RunID(x.ID), Attempt: x.Attempt, Status: x.Status(), ReadAt: at})
		}
	}
	for i, h := range w.Hosts {
		if !h.Down {
			r.Sweeps = append(r.Sweeps, fleet.Sweep{Host: hosts[i].Name, At: at, Dirs: observe(h, hosts[i], at)})
		}
	}
	return fleet.Join(r).TakeSamples()
}

// observe lists a host's run dirs as a light and a deep pass together show them.
func observe(h *world.Host, c fleet.Host, at time.Time) []fleet.RunDir {
	var out []fleet.RunDir
	for _, root := range c.Roots {
		top, err := h.Lookup(root.Path, true)
		if err != nil {
			continue
		}
		walkRunDirs(top, root.Layout.RunPrefix(), func(n *world.Node) {
			p, err := root.Parse(strings.TrimPrefix(n.Path(), root.Path+"/"))
			if err != nil {
				return
			}
			d := fleet.RunDir{Host: c.Name, Path: p, Dev: n.Dev, Inode: n.Ino, Owner: n.Owner, ModTime: time.Unix(n.Changed+h.Skew, 0),
				Newest: fleet.Known(time.Unix(n.Usage().Newest+h.Skew, 0), at), Writers: fleet.Unknown[[]fleet.Writer]("other users' processes are hidden")}
			if c.Privilege == fleet.PrivilegeSudo {
				d.Writers = fleet.Known(writersOf(h, n), at)
			}
			out = append(out, d)
		})
	}
	return out
}

// maxDepth is how deep below a root run dirs lie: merge queue refs are the deepest.
const maxDepth = 8

func walkRunDirs(top *world.Node, prefix string, visit func(*world.Node)) {
	var walk func(*world.Node, int)
	walk = func(n *world.Node, depth int) {
		for _, k := range n.Kids() {
			switch {
			case k.Kind != world.Dir || k.Name == fleet.TrashDir:
			case strings.HasPrefix(k.Name, prefix):
				visit(k)
			case depth < maxDepth && n.Content == nil:
				walk(k, depth+1)
			}
		}
	}
	walk(top, 1)
}

func writersOf(h *world.Host, n *world.Node) []fleet.Writer {
	var out []fleet.Writer
	for _, p := range h.Procs {
		if via := p.Uses(n); via != "" {
			out = append(out, fleet.Writer{PID: p.PID, UID: p.UID, Via: fleet.WriterVia(via)})
		}
	}
	return out
}
