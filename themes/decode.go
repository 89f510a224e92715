package themes

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"path"
	"slices"
	"strings"
	"unicode"

	"go.yaml.in/yaml/v3"
)

// FileError is a fault in a theme file, with its place and the way to mend it.
type FileError struct {
	File         string
	Line, Column int // 1-based; 0 when the fault has no place of its own
	What, Mend   string
}

// Error has the form file:line:column: what; how to mend.
func (e *FileError) Error() string {
	return fmt.Sprintf("%s:%d:%d: %s; %s", e.File, e.Line, e.Column, e.What, e.Mend)
}

// document is a theme file as written: nodes, so that every later complaint
// can say where.
type document struct {
	file   string
	fields map[string]*yaml.Node
	top    *yaml.Node
}

var topFields = [...]string{"schema", "name", "author", "variant", "pair", "palette", "roles"}

// decode reads YAML and checks its shape, not its meaning.
func decode(file string, text []byte) (document, error) {
	doc := document{file: file}
	if len(text) > MaxFileBytes {
		return doc, doc.fault(nil, fmt.Sprintf("the file has %d bytes", len(text)), fmt.Sprintf("a theme has at most %d", MaxFileBytes))
	}
	var root yaml.Node
	dec := yaml.NewDecoder(bytes.NewReader(text))
	if err := dec.Decode(&root); err != nil {
		if errors.Is(err, io.EOF) {
			return doc, doc.fault(nil, "the file is empty", "copy a shipped theme and change it")
		}
		return doc, doc.yamlFault(err)
	}
	doc.top = root.Content[0]
	fields, err := doc.mapping(doc.top, "the file", topFields[:])
	doc.fields = fields
	return doc, err
}

// yamlFault moves the line that the YAML parser names into our form.
func (d document) yamlFault(err error) error {
	what := strings.TrimPrefix(err.Error(), "yaml: ")
	line := 0
	if n, scan := fmt.Sscanf(what, "line %d:", &line); scan == nil && n == 1 {
		what = strings.TrimSpace(what[strings.Index(what, ":")+1:])
	}
	return &FileError{d.file, max(line, 1), 1, printable(what), "mend the YAML there"}
}

func (d document) fault(at *yaml.Node, what, mend string) error {
	e := &FileError{File: d.file, Line: 1, Column: 1, What: what, Mend: mend}
	if at != nil {
		e.Line, e.Column = at.Line, at.Column
	}
	return e
}

// mapping reads a mapping node into its fields. allowed limits the keys; nil
// allows any. Aliases are refused: a palette name does that work here, and a
// file cannot then grow by referring to itself.
func (d document) mapping(n *yaml.Node, what string, allowed []string) (map[string]*yaml.Node, error) {
	if n.Kind != yaml.MappingNode {
		return nil, d.fault(n, what+" is not a table of name: value", "write one name: value a line")
	}
	fields := make(map[string]*yaml.Node, len(n.Content)/2)
	for i := 0; i+1 < len(n.Content); i += 2 {
		key, value := n.Content[i], n.Content[i+1]
		if key.Kind != yaml.ScalarNode || value.Kind == yaml.AliasNode {
			return nil, d.fault(value, "anchors and merged keys are not read", "use a palette name instead")
		}
		if allowed != nil && !slices.Contains(allowed, key.Value) {
			return nil, d.fault(key, fmt.Sprintf("unknown field %q in %s", printable(key.Value), what), "use one of "+strings.Join(allowed, ", "))
		}
		if _, twice := fields[key.Value]; twice {
			return nil, d.fault(key, fmt.Sprintf("%q is given twice", printable(key.Value)), "keep one of them")
		}
		fields[key.Value] = value
	}
	return fields, nil
}

// word reads a short printable text; absent is empty.
func (d document) word(field string) (string, error) {
	n := d.fields[field]
	if n == nil {
		return "", nil
	}
	if n.Kind != yaml.ScalarNode || n.Value != printable(n.Value) || len(n.Value) > 100 {
		return "", d.fault(n, field+" is not a short printable text", "write up to 100 printable characters")
	}
	return n.Value, nil
}

// printable replaces what a terminal might obey; for error texts.
func printable(s string) string {
	return strings.Map(func(r rune) rune {
		if unicode.IsPrint(r) {
			return r
		}
		return '?'
	}, s)
}

// slug is the theme's name for Load, from its file name.
func (d document) slug() string { return strings.TrimSuffix(path.Base(d.file), ".yaml") }
