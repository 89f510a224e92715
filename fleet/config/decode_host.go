package config

import (
	"fmt"
	"strings"
	"time"

	"go.yaml.in/yaml/v3"

	"andon/fleet"
)

func (d *decoder) hosts(n *yaml.Node, path string) {
	d.items(n, path, func(c *yaml.Node, p string) {
		var h fleet.Host
		d.fields(c, p, map[string]func(*yaml.Node, string){
			"name":      func(n *yaml.Node, p string) { d.str(n, p, (*string)(&h.Name)) },
			"ssh":       func(n *yaml.Node, p string) { d.str(n, p, &h.SSH) },
			"transport": func(n *yaml.Node, p string) { d.choice(n, p, (*string)(&h.Transport), "ssh", "local") },
			"privilege": func(n *yaml.Node, p string) { d.choice(n, p, (*string)(&h.Privilege), "sudo", "none") },
			"runners": func(n *yaml.Node, p string) {
				d.items(n, p, func(c *yaml.Node, p string) {
					var s string
					if d.str(c, p, &s) {
						h.Runners = append(h.Runners, s)
					}
				})
			},
			"roots": func(n *yaml.Node, p string) {
				d.items(n, p, func(c *yaml.Node, p string) { h.Roots = append(h.Roots, d.root(c, p)) })
			},
		})
		d.cfg.Hosts = append(d.cfg.Hosts, h)
	})
}

func (d *decoder) root(n *yaml.Node, path string) fleet.Root {
	var r fleet.Root
	d.fields(n, path, map[string]func(*yaml.Node, string){
		"path": func(n *yaml.Node, p string) {
			clean, err := fleet.CleanRoot(n.Value)
			if err != nil {
				d.wrong(n, err.Error(), "give the absolute folder that holds the run dirs")
				return
			}
			r.Path = clean
		},
		"layout": func(n *yaml.Node, p string) {
			l, err := fleet.ParseLayout(n.Value)
			if err != nil {
				d.wrong(n, err.Error(), "leave it out for the default")
				return
			}
			r.Layout = l
		},
		"owner": func(n *yaml.Node, p string) {
			o, err := fleet.ParseOwner(n.Value)
			if err != nil {
				d.wrong(n, err.Error(), "run `id` as the build user on that host and write uid:gid")
				return
			}
			r.Owner = o
		},
	})
	for _, need := range []struct{ key, fix string }{
		{"path", "add path: /…/targets"},
		{"owner", "add owner: uid:gid, what `id` says of the build user on that host"},
	} {
		if _, ok := d.pos[path+"."+need.key]; !ok && (n.Kind == yaml.MappingNode || n.Tag == "!!null") {
			d.wrong(n, path+" has no "+need.key, need.fix)
		}
	}
	return r
}

func (d *decoder) choice(n *yaml.Node, path string, v *string, options ...string) {
	for _, o := range options {
		if n.Value == o {
			*v = o
			return
		}
	}
	d.wrong(n, fmt.Sprintf("%s is %q", path, n.Value), "write "+strings.Join(options, " or "))
}

func (d *decoder) policy(n *yaml.Node, path string) {
	p := &d.cfg.Policy
	dur := func(v *time.Duration) func(*yaml.Node, string) {
		return func(n *yaml.Node, p string) { d.duration(n, p, v) }
	}
	num := func(v *int) func(*yaml.Node, string) { return func(n *yaml.Node, p string) { d.number(n, p, v) } }
	d.fields(n, path, map[string]func(*yaml.Node, string){
		"min_idle": dur(&p.MinIdle), "sample_gap": dur(&p.SampleGap), "closed_for": dur(&p.ClosedFor), "undo_for": dur(&p.UndoFor),
		"cluster_window": dur(&p.ClusterWindow),
		"disk_warn":      num(&p.DiskWarn), "disk_stop": num(&p.DiskStop), "branches": num(&p.Branches),
		"typed_dirs": num(&p.TypedDirs), "typed_hosts": num(&p.TypedHosts), "max_dirs": num(&p.MaxDirs),
		"typed_gib": func(n *yaml.Node, path string) {
			var g int
			d.number(n, path, &g)
			p.TypedBytes = int64(g) << 30
		},
		"protected": func(n *yaml.Node, path string) {
			p.Protected = nil
			d.items(n, path, func(c *yaml.Node, path string) {
				var s string
				if d.str(c, path, &s) {
					p.Protected = append(p.Protected, s)
				}
			})
		},
	})
}
