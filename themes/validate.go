package themes

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"go.yaml.in/yaml/v3"
)

// theme checks the meaning of a decoded file and compiles it.
func (d document) theme() (Theme, error) {
	t := Theme{Slug: d.slug()}
	if n := d.fields["schema"]; n == nil || n.Value != "1" {
		return t, d.fault(orTop(n, d), "schema is not 1", "write schema: 1")
	}
	for _, f := range []struct {
		field string
		into  *string
	}{{"name", &t.Name}, {"author", &t.Author}, {"pair", &t.Pair}, {"variant", (*string)(&t.Variant)}} {
		value, err := d.word(f.field)
		if err != nil {
			return t, err
		}
		*f.into = value
	}
	if t.Name == "" {
		return t, d.fault(orTop(d.fields["name"], d), "the theme has no name", "add name: and the name")
	}
	if t.Variant != Dark && t.Variant != Light {
		return t, d.fault(orTop(d.fields["variant"], d), "variant is neither dark nor light", "write variant: dark or variant: light")
	}
	var err error
	if t.palette, err = d.palette(); err != nil {
		return t, err
	}
	if t.looks, err = d.roles(t.palette); err != nil {
		return t, err
	}
	for depth := range depthCount {
		t.compiled[depth] = compile(&t.looks, depth)
	}
	return t, nil
}

func orTop(n *yaml.Node, d document) *yaml.Node {
	if n != nil {
		return n
	}
	return d.top
}

func (d document) palette() (map[string]Color, error) {
	palette := map[string]Color{}
	n := d.fields["palette"]
	if n == nil {
		return palette, nil
	}
	entries, err := d.mapping(n, "palette", nil)
	if err != nil {
		return nil, err
	}
	for name, value := range entries {
		c, err := ParseColor(value.Value)
		if err != nil {
			return nil, d.fault(value, fmt.Sprintf("palette %s: %q is not a colour", printable(name), printable(value.Value)), `write "#rrggbb" in quotes, default, or ansi:0 to ansi:15`)
		}
		palette[name] = c
	}
	return palette, nil
}

// roles reads the looks that are written and lets the others inherit.
func (d document) roles(palette map[string]Color) ([roleCount]Paint, error) {
	var looks [roleCount]Paint
	var given [roleCount]bool
	if n := d.fields["roles"]; n != nil {
		entries, err := d.mapping(n, "roles", roleNames[:])
		if err != nil {
			return looks, err
		}
		for name, value := range entries {
			role, _ := ParseRole(name)
			if looks[role], err = d.look(name, value, palette); err != nil {
				return looks, err
			}
			given[role] = true
		}
	}
	for r := range roleCount {
		if !given[r] {
			looks[r] = inherit(r, &looks, &given, palette)
		}
	}
	return looks, nil
}

// inherit follows heirs until a written look or a palette colour is found.
func inherit(r Role, looks *[roleCount]Paint, given *[roleCount]bool, palette map[string]Color) Paint {
	if r == Select { // a selection must be seen even where no colour is named
		if c, ok := palette["base02"]; ok {
			return Paint{Bg: c}
		}
		return Paint{Reverse: true}
	}
	for {
		if given[r] {
			return looks[r]
		}
		for _, name := range heirs[r].palette {
			if c, ok := palette[name]; ok {
				return Paint{Fg: c}
			}
		}
		if r == Text {
			return Paint{}
		}
		r = heirs[r].role
	}
}

var lookFields = [...]string{"fg", "bg", "bold", "dim", "italic", "underline", "reverse"}

// look reads a role's value: a colour, or a table of colours and attributes.
func (d document) look(name string, n *yaml.Node, palette map[string]Color) (Paint, error) {
	if n.Kind == yaml.ScalarNode {
		fg, err := d.color(name, n, palette)
		return Paint{Fg: fg}, err
	}
	fields, err := d.mapping(n, "role "+name, lookFields[:])
	if err != nil {
		return Paint{}, err
	}
	var l Paint
	for field, into := range map[string]*Color{"fg": &l.Fg, "bg": &l.Bg} {
		if v := fields[field]; v != nil {
			if *into, err = d.color(name+"."+field, v, palette); err != nil {
				return Paint{}, err
			}
		}
	}
	for field, into := range map[string]*bool{"bold": &l.Bold, "dim": &l.Dim, "italic": &l.Italic, "underline": &l.Underline, "reverse": &l.Reverse} {
		v := fields[field]
		if v == nil {
			continue
		}
		if v.Value != "true" && v.Value != "false" {
			return Paint{}, d.fault(v, fmt.Sprintf("role %s: %s is not true or false", name, field), "write true or false")
		}
		*into = v.Value == "true"
	}
	return l, nil
}

func (d document) color(what string, n *yaml.Node, palette map[string]Color) (Color, error) {
	if c, ok := palette[n.Value]; ok && n.Kind == yaml.ScalarNode {
		return c, nil
	}
	c, err := ParseColor(n.Value)
	if err != nil || n.Kind != yaml.ScalarNode {
		names := strings.Join(slices.Sorted(maps.Keys(palette)), ", ")
		return c, d.fault(n, fmt.Sprintf("role %s: %q is neither a colour nor in the palette", what, printable(n.Value)), `write "#rrggbb", default, ansi:0 to ansi:15, or one of: `+printable(names))
	}
	return c, nil
}
