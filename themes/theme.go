package themes

import (
	"embed"
	"errors"
	"fmt"
	"io/fs"
	"path"
	"slices"
	"strings"
)

// Variant says what background a theme is made for.
type Variant string

// The two variants.
const (
	Dark  Variant = "dark"
	Light Variant = "light"
)

// Theme is one loaded theme, compiled for every depth. It never changes after
// loading and may be copied and shared.
type Theme struct {
	Slug    string  // the file name without .yaml
	Name    string  // for people
	Author  string  // for people
	Variant Variant // the background it is made for
	Pair    string  // slug of the theme for the other background, or empty

	palette  map[string]Color
	looks    [roleCount]Paint
	compiled [depthCount]*styleTable
}

// Styles are the theme's compiled styles for a depth.
func (t Theme) Styles(d Depth) Styles {
	return Styles{t.compiled[min(d, depthCount-1)]}
}

// Paint is how the theme paints a role, before compiling; for `themes show`.
func (t Theme) Paint(r Role) Paint { return t.looks[min(r, roleCount-1)] }

//go:embed *.yaml
var shipped embed.FS

// ErrUnknown is returned by Load for a slug that no folder holds.
var ErrUnknown = errors.New("no such theme")

// MaxFileBytes is the largest theme file that is read.
const MaxFileBytes = 64 << 10

// Shipped lists the slugs of the themes inside the program, sorted.
func Shipped() []string {
	slugs, err := slugsIn(shipped)
	if err != nil {
		panic("themes: the embedded folder is unreadable: " + err.Error())
	}
	return slugs
}

// List is every slug that Load can find, sorted, each once. user is the folder
// of the operator's own themes and may be nil or absent.
func List(user fs.FS) ([]string, error) {
	slugs := Shipped()
	if user != nil {
		own, err := slugsIn(user)
		if err != nil && !errors.Is(err, fs.ErrNotExist) {
			return slugs, fmt.Errorf("list themes: %w", err)
		}
		slugs = append(slugs, own...)
	}
	slices.Sort(slugs)
	return slices.Compact(slugs), nil
}

func slugsIn(dir fs.FS) ([]string, error) {
	names, err := fs.Glob(dir, "*.yaml")
	if err != nil {
		return nil, err
	}
	for i, n := range names {
		names[i] = strings.TrimSuffix(n, ".yaml")
	}
	slices.Sort(names)
	return names, nil
}

// Load reads a theme by slug: from the operator's folder where it has one,
// else from the program. user may be nil. A broken file is an error that names
// file, line and column; the caller keeps the theme it has.
func Load(user fs.FS, slug string) (Theme, error) {
	if slug == "" || path.Base(slug) != slug || strings.HasPrefix(slug, ".") {
		return Theme{}, fmt.Errorf("load theme %q: %w; a theme is named by its file name without .yaml", slug, ErrUnknown)
	}
	for _, dir := range []fs.FS{user, shipped} {
		if dir == nil {
			continue
		}
		text, err := readCapped(dir, slug+".yaml")
		if errors.Is(err, fs.ErrNotExist) {
			continue
		}
		if err != nil {
			return Theme{}, fmt.Errorf("load theme %s: %w", slug, err)
		}
		return Parse(slug+".yaml", text)
	}
	return Theme{}, fmt.Errorf("load theme %q: %w; shipped are %s", slug, ErrUnknown, strings.Join(Shipped(), ", "))
}

func readCapped(dir fs.FS, name string) ([]byte, error) {
	st, err := fs.Stat(dir, name)
	if err != nil {
		return nil, err
	}
	if st.Size() > MaxFileBytes {
		return nil, fmt.Errorf("%s is %d bytes; a theme has at most %d", name, st.Size(), MaxFileBytes)
	}
	return fs.ReadFile(dir, name)
}

// Parse reads a theme from the text of a file. file is used for the slug and in
// error messages, which have the form "file:line:column: what; how to mend".
func Parse(file string, text []byte) (Theme, error) {
	raw, err := decode(file, text)
	if err != nil {
		return Theme{}, err
	}
	return raw.theme()
}
