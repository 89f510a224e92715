package config

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"go.yaml.in/yaml/v3"

	"andon/fleet"
)

// maxFile bounds a config file, in bytes.
const maxFile = 1 << 20

// decoder turns nodes into values and remembers where each stood.
type decoder struct {
	file     string
	cfg      Config
	pos      map[string][2]int // path of the value -> line, column
	problems fleet.Problems
}

func decode(file string, raw []byte) *decoder {
	d := &decoder{file: file, pos: map[string][2]int{}, cfg: Config{Policy: fleet.DefaultPolicy(), Rules: map[fleet.RuleID]Override{}, Notify: DefaultNotify()}}
	if len(raw) > maxFile {
		d.problem(1, 1, fmt.Sprintf("file has %d bytes", len(raw)), "keep it below 1 MiB")
		return d
	}
	var doc yaml.Node
	dec := yaml.NewDecoder(bytes.NewReader(raw))
	if err := dec.Decode(&doc); err != nil {
		if errors.Is(err, io.EOF) {
			return d
		}
		line, msg := yamlError(err)
		d.problem(line, 1, "not YAML: "+msg, "mend the line; `andon init` prints a starter file")
		return d
	}
	d.fields(doc.Content[0], "", map[string]func(*yaml.Node, string){
		"repos":     d.repos,
		"github":    d.github,
		"hosts":     d.hosts,
		"policy":    d.policy,
		"intervals": d.intervals,
		"rules":     d.rules,
		"notify":    d.notify,
		"theme":     func(n *yaml.Node, p string) { d.str(n, p, &d.cfg.Theme) },
		"glyphs":    d.glyphs,
		"operator":  func(n *yaml.Node, p string) { d.str(n, p, &d.cfg.Operator) },
		"signatures": func(n *yaml.Node, p string) {
			d.items(n, p, func(c *yaml.Node, p string) {
				f := FileAt{Line: c.Line, Col: c.Column}
				if d.str(c, p, &f.Path) {
					d.cfg.Signatures = append(d.cfg.Signatures, f)
				}
			})
		},
		"read_only": func(n *yaml.Node, p string) { d.boolean(n, p, &d.cfg.Policy.ReadOnly) },
	})
	return d
}

var yamlLine = regexp.MustCompile(`line (\d+): `)

func yamlError(err error) (int, string) {
	msg := strings.TrimPrefix(err.Error(), "yaml: ")
	m := yamlLine.FindStringSubmatch(msg)
	if m == nil {
		return 1, msg
	}
	line, _ := strconv.Atoi(m[1])
	return line, strings.Replace(msg, m[0], "", 1)
}

func (d *decoder) problem(line, col int, what, fix string) {
	d.problems = append(d.problems, fleet.Problem{File: d.file, Line: max(line, 1), Col: max(col, 1), What: what, Fix: fix})
}

func (d *decoder) wrong(n *yaml.Node, what, fix string) { d.problem(n.Line, n.Column, what, fix) }

// fields walks a mapping; every key must be one of the given.
func (d *decoder) fields(n *yaml.Node, path string, known map[string]func(*yaml.Node, string)) {
	if n.Kind == yaml.ScalarNode && n.Tag == "!!null" {
		return
	}
	if n.Kind != yaml.MappingNode {
		d.wrong(n, where(path)+" is not a mapping", "write key: value lines below it")
		return
	}
	names := make([]string, 0, len(known))
	for k := range known {
		names = append(names, k)
	}
	slices.Sort(names)
	seen := map[string]bool{}
	for i := 0; i+1 < len(n.Content); i += 2 {
		key, val := n.Content[i], n.Content[i+1]
		set, ok := known[key.Value]
		switch {
		case !ok:
			d.wrong(key, fmt.Sprintf("%s has no key %q", where(path), key.Value), "use one of "+strings.Join(names, ", "))
			continue
		case seen[key.Value]:
			d.wrong(key, fmt.Sprintf("key %q stands twice", key.Value), "keep one of them")
			continue
		}
		seen[key.Value] = true
		p := strings.TrimPrefix(path+"."+key.Value, ".")
		d.pos[p] = [2]int{val.Line, val.Column}
		set(val, p)
	}
}

func where(path string) string {
	if path == "" {
		return "the file"
	}
	return path
}

func (d *decoder) items(n *yaml.Node, path string, each func(*yaml.Node, string)) {
	if n.Kind != yaml.SequenceNode {
		d.wrong(n, path+" is not a list", "write it as - item lines or [a, b]")
		return
	}
	for i, c := range n.Content {
		p := fmt.Sprintf("%s[%d]", path, i)
		d.pos[p] = [2]int{c.Line, c.Column}
		each(c, p)
	}
}

func (d *decoder) str(n *yaml.Node, path string, v *string) bool {
	if n.Kind != yaml.ScalarNode || n.Tag == "!!null" {
		d.wrong(n, path+" is not a text", "write one value on the line")
		return false
	}
	*v = n.Value
	return true
}

func (d *decoder) boolean(n *yaml.Node, path string, v *bool) {
	if err := n.Decode(v); err != nil || n.Tag != "!!bool" {
		d.wrong(n, fmt.Sprintf("%s is %q", path, n.Value), "write true or false")
	}
}

func (d *decoder) duration(n *yaml.Node, path string, v *time.Duration) {
	t, err := time.ParseDuration(n.Value)
	if err != nil || t < 0 {
		d.wrong(n, fmt.Sprintf("%s is %q, no duration", path, n.Value), "write for example 90s, 30m or 2h")
		return
	}
	*v = t
}

func (d *decoder) number(n *yaml.Node, path string, v *int) {
	i, err := strconv.Atoi(n.Value)
	if err != nil || i < 0 {
		d.wrong(n, fmt.Sprintf("%s is %q, no whole number", path, n.Value), "write digits only")
		return
	}
	*v = i
}

func (d *decoder) glyphs(n *yaml.Node, path string) {
	switch n.Value {
	case "ascii":
		d.cfg.ASCII = true
	case "unicode":
	default:
		d.wrong(n, fmt.Sprintf("%s is %q", path, n.Value), "write unicode or ascii")
	}
}

func (d *decoder) repos(n *yaml.Node, path string) {
	d.items(n, path, func(c *yaml.Node, p string) {
		var s string
		if !d.str(c, p, &s) {
			return
		}
		r, err := fleet.ParseRepo(s)
		if err != nil {
			d.wrong(c, fmt.Sprintf("%s is %q", p, s), "write owner/name")
			return
		}
		d.cfg.Repos = append(d.cfg.Repos, r)
	})
}

func (d *decoder) github(n *yaml.Node, path string) {
	d.fields(n, path, map[string]func(*yaml.Node, string){
		"base_url": func(n *yaml.Node, p string) { d.str(n, p, &d.cfg.GitHub.BaseURL) },
		"share": func(n *yaml.Node, p string) {
			f, err := strconv.ParseFloat(n.Value, 64)
			if err != nil || f <= 0 || f > 1 {
				d.wrong(n, fmt.Sprintf("%s is %q", p, n.Value), "write a number above 0 and up to 1: the part of the token's limit andon may spend")
				return
			}
			d.cfg.GitHub.Share = f
		},
	})
}

func (d *decoder) intervals(n *yaml.Node, path string) {
	iv := &d.cfg.Intervals
	set := func(v *time.Duration) func(*yaml.Node, string) {
		return func(n *yaml.Node, p string) { d.duration(n, p, v) }
	}
	d.fields(n, path, map[string]func(*yaml.Node, string){
		"hosts": set(&iv.Hosts), "runs": set(&iv.Runs), "pulls": set(&iv.Pulls), "runners": set(&iv.Runners)})
}

func (d *decoder) rules(n *yaml.Node, path string) {
	if n.Kind != yaml.MappingNode {
		d.wrong(n, path+" is not a mapping", "write rule-id: {off: true} or rule-id: {for: 5m}")
		return
	}
	for i := 0; i+1 < len(n.Content); i += 2 {
		key, val := n.Content[i], n.Content[i+1]
		p := path + "." + key.Value
		d.pos[p] = [2]int{key.Line, key.Column}
		var o Override
		d.fields(val, p, map[string]func(*yaml.Node, string){
			"off": func(n *yaml.Node, p string) { d.boolean(n, p, &o.Off) },
			"for": func(n *yaml.Node, p string) { var t time.Duration; d.duration(n, p, &t); o.For = &t },
		})
		d.cfg.Rules[fleet.RuleID(key.Value)] = o
	}
}
