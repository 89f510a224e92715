package signature

import (
	"fmt"
	"slices"
	"strconv"

	"go.yaml.in/yaml/v3"

	"andon/fleet"
)

// row reads one row. Place is any where it is left out, and elsewhere a suspect for
// infra, nothing for the others.
func (d *decoder) row(n *yaml.Node) {
	r := Row{Within: maxWithin}
	elsewhere := fleet.Class("-")
	d.fields(n, "a row", map[string]func(*yaml.Node){
		"row": func(n *yaml.Node) {
			if i, err := strconv.Atoi(n.Value); err != nil || i < 1 {
				d.wrong(n, fmt.Sprintf("row %q is no number", n.Value), "write a number from 1, or leave it out")
			} else {
				r.Number = i
			}
		},
		"slug":      func(n *yaml.Node) { d.slug(n, &r.Slug) },
		"title":     func(n *yaml.Node) { d.text(n, "title", &r.Title) },
		"class":     d.class(&r.Class, fleet.ClassInfra, fleet.ClassSuspect, fleet.ClassCancelled, classNone, classWrapper),
		"elsewhere": d.class(&elsewhere, fleet.ClassSuspect, fleet.ClassCancelled, classNone),
		"literals":  func(n *yaml.Node) { d.literals(n, minLiteral, &r.Literals) },
		"regexp":    d.regexp(&r.Regexp),
		"path":      d.regexp(&r.Path),
		"place":     func(n *yaml.Node) { d.place(n, &r.Place) },
		"near":      func(n *yaml.Node) { d.texts(n, "near", &r.Near) },
		"within": func(n *yaml.Node) {
			if i, err := strconv.Atoi(n.Value); err != nil || i < 0 || i > maxWithin {
				d.wrong(n, fmt.Sprintf("within %q", n.Value), "write 0 to 8 lines")
			} else {
				r.Within = i
			}
		},
		"host": d.flag(&r.Host), "error": d.flag(&r.Error), "warn": d.flag(&r.Warn), "last": d.flag(&r.Last),
		"sticky": d.flag(&r.Sticky), "ends": d.flag(&r.Ends),
		"unless":  func(n *yaml.Node) { d.texts(n, "unless", &r.Unless) },
		"without": func(n *yaml.Node) { d.texts(n, "without", &r.Without) },
		"cures":   func(n *yaml.Node) { d.cures(n, &r.Cures) },
		"advice":  func(n *yaml.Node) { d.text(n, "advice", &r.Advice) },
		"guard":   func(n *yaml.Node) { d.text(n, "guard", &r.Guard) },
		"sources": func(n *yaml.Node) { d.texts(n, "sources", &r.Sources) },
	})
	if r.Place == 0 {
		r.Place = Any
	}
	switch {
	case elsewhere == classNone:
	case elsewhere != "-":
		r.Else = elsewhere
	case r.Class == fleet.ClassInfra:
		r.Else = fleet.ClassSuspect
	}
	for _, x := range r.Near {
		r.near = append(r.near, []byte(x))
	}
	d.complete(n, r)
	if i := slices.IndexFunc(d.into.rows, func(o Row) bool { return o.Slug == r.Slug }); i >= 0 {
		d.into.rows[i] = r
		return
	}
	d.into.rows = append(d.into.rows, r)
}

// complete complains about what a row must have and has not.
func (d *decoder) complete(n *yaml.Node, r Row) {
	if n.Kind != yaml.MappingNode {
		return
	}
	d.need(n, r.Slug != "", "a row has no slug", "add slug: its-name")
	d.need(n, len(r.Literals) > 0, fmt.Sprintf("row %q has no literal", r.Slug), "add literals: texts of which every match holds one")
	d.need(n, r.Class != "", fmt.Sprintf("row %q has no class", r.Slug), "add class: infra, suspect, cancelled, none or wrapper")
	failure := r.Class == fleet.ClassInfra || r.Class == fleet.ClassSuspect
	d.need(n, !failure || len(r.Cures) > 0 && r.Advice != "", fmt.Sprintf("row %q has no cures or no advice", r.Slug), "say what an operator does about it")
	for _, l := range r.Without {
		d.need(n, len(l) >= minLiteral, fmt.Sprintf("row %q: without %q has %d bytes", r.Slug, l, len(l)), "use 6 or more")
	}
}

func (d *decoder) need(n *yaml.Node, ok bool, what, fix string) {
	if !ok {
		d.wrong(n, what, fix)
	}
}

func (d *decoder) code(n *yaml.Node) {
	var c Code
	d.fields(n, "a code signature", map[string]func(*yaml.Node){
		"slug":     func(n *yaml.Node) { d.slug(n, &c.Slug) },
		"literals": func(n *yaml.Node) { d.literals(n, minMark, &c.Literals) },
		"regexp":   d.regexp(&c.Regexp),
		"unless":   func(n *yaml.Node) { d.texts(n, "unless", &c.Unless) },
		"strength": func(n *yaml.Node) {
			i := slices.Index([]string{"weak", "plain", "sure", "final"}, n.Value)
			if i < 0 {
				d.wrong(n, fmt.Sprintf("no strength is called %q", n.Value), "use weak, plain, sure or final")
			}
			c.Strength = Strength(i + 1)
		},
	})
	if n.Kind == yaml.MappingNode {
		d.need(n, c.Slug != "", "a code signature has no slug", "add slug: its-name")
		d.need(n, len(c.Literals) > 0, fmt.Sprintf("code signature %q has no literal", c.Slug), "add literals: texts of which every match holds one")
	}
	if c.Strength == 0 {
		c.Strength = Sure
	}
	if i := slices.IndexFunc(d.into.code, func(o Code) bool { return o.Slug == c.Slug }); i >= 0 {
		d.into.code[i] = c
		return
	}
	d.into.code = append(d.into.code, c)
}

func (d *decoder) step(n *yaml.Node) {
	var s StepRow
	d.fields(n, "a step row", map[string]func(*yaml.Node){
		"slug":   func(n *yaml.Node) { d.slug(n, &s.Slug) },
		"title":  func(n *yaml.Node) { d.text(n, "title", &s.Title) },
		"class":  d.class(&s.Class, fleet.ClassInfra, fleet.ClassSuspect, fleet.ClassCancelled),
		"cures":  func(n *yaml.Node) { d.cures(n, &s.Cures) },
		"advice": func(n *yaml.Node) { d.text(n, "advice", &s.Advice) },
		"guard":  func(n *yaml.Node) { d.text(n, "guard", &s.Guard) },
	})
	d.into.steps[s.Slug] = s
}

func (d *decoder) mark(n *yaml.Node) {
	var m mark
	var all []string
	d.fields(n, "a mark", map[string]func(*yaml.Node){
		"literals": func(n *yaml.Node) { d.literals(n, minMark, &all) },
		"begins":   d.flag(&m.begins),
		"regexp":   d.regexp(&m.regexp),
	})
	if n.Kind == yaml.MappingNode {
		d.need(n, len(all) > 0, "a mark has no literal", "add literals: texts of which every match holds one")
	}
	for _, l := range all {
		m.literal = l
		d.into.marks = append(d.into.marks, m)
	}
}
