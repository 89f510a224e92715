package themes

import (
	"errors"
	"io/fs"
	"slices"
	"strings"
	"testing"
	"testing/fstest"
)

// head is a whole theme without palette and roles, four lines.
const head = "schema: 1\nname: t\nvariant: dark\nauthor: a\n"

func TestParseNamesPlaceAndCure(t *testing.T) {
	for name, c := range map[string]struct{ in, want string }{
		"empty":                {"", "t.yaml:1:1: the file is empty; copy a shipped theme and change it"},
		"not YAML":             {"schema: 1\nname: [", "t.yaml:2:1: did not find expected node content; mend the YAML there"},
		"not a table":          {"- schema", "t.yaml:1:1: the file is not a table of name: value; write one name: value a line"},
		"no schema":            {"name: x", "t.yaml:1:1: schema is not 1; write schema: 1"},
		"schema of tomorrow":   {"schema: 2", "t.yaml:1:9: schema is not 1; write schema: 1"},
		"no name":              {"schema: 1\nvariant: dark", "t.yaml:1:1: the theme has no name; add name: and the name"},
		"no variant":           {"schema: 1\nname: x", "t.yaml:1:1: variant is neither dark nor light; write variant: dark or variant: light"},
		"bad variant":          {"schema: 1\nname: x\nvariant: dim", "t.yaml:3:10: variant is neither dark nor light; write variant: dark or variant: light"},
		"unknown field":        {head + "command: rm", `t.yaml:5:1: unknown field "command" in the file; use one of schema, name, author, variant, pair, palette, roles`},
		"twice":                {head + "author: b", `t.yaml:5:1: "author" is given twice; keep one of them`},
		"escape in the name":   {"schema: 1\nname: \"a\\e]0;x\"\nvariant: dark", "t.yaml:2:7: name is not a short printable text; write up to 100 printable characters"},
		"bad palette colour":   {head + "palette:\n  red: \"#ff\"", `t.yaml:6:8: palette red: "#ff" is not a colour; write "#rrggbb" in quotes, default, or ansi:0 to ansi:15`},
		"escape in a colour":   {head + "palette:\n  red: \"\\e[31m\"", `t.yaml:6:8: palette red: "?[31m" is not a colour; write "#rrggbb" in quotes, default, or ansi:0 to ansi:15`},
		"unquoted colour":      {head + "palette:\n  red: #ff0000", `t.yaml:6:7: palette red: "" is not a colour; write "#rrggbb" in quotes, default, or ansi:0 to ansi:15`},
		"unknown role":         {head + "roles:\n  crits: red", "t.yaml:6:3: unknown field \"crits\" in roles; use one of " + strings.Join(roleNames[:], ", ")},
		"colour nobody named":  {head + "palette: {red: \"#ff0000\"}\nroles:\n  crit: rde", `t.yaml:7:9: role crit: "rde" is neither a colour nor in the palette; write "#rrggbb", default, ansi:0 to ansi:15, or one of: red`},
		"colour out of range":  {head + "roles:\n  crit: ansi:16", `t.yaml:6:9: role crit: "ansi:16" is neither a colour nor in the palette; write "#rrggbb", default, ansi:0 to ansi:15, or one of: `},
		"unknown attribute":    {head + "roles:\n  crit: {blink: true}", `t.yaml:6:10: unknown field "blink" in role crit; use one of fg, bg, bold, dim, italic, underline, reverse`},
		"attribute not a bool": {head + "roles:\n  crit: {bold: yes please}", "t.yaml:6:16: role crit: bold is not true or false; write true or false"},
		"role is a list":       {head + "roles:\n  crit: [red]", "t.yaml:6:9: role crit is not a table of name: value; write one name: value a line"},
		"refers to itself":     {head + "palette: &p\n  red: *p", "t.yaml:6:8: anchors and merged keys are not read; use a palette name instead"},
		"too big":              {head + strings.Repeat("#", MaxFileBytes), "t.yaml:1:1: the file has 65578 bytes; a theme has at most 65536"},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := Parse("t.yaml", []byte(c.in))
			var fault *FileError
			if !errors.As(err, &fault) {
				t.Fatalf("no fault, but %v", err)
			}
			if err.Error() != c.want {
				t.Errorf("\n got %s\nwant %s", err, c.want)
			}
		})
	}
}

func TestSixLinesMakeATheme(t *testing.T) {
	theme, err := Parse("six.yaml", []byte("schema: 1\nname: six\nvariant: dark\npalette: {base08: \"#ff0000\", base0A: \"#ffff00\", base0B: \"#00ff00\", base0D: \"#0000ff\"}\n"))
	if err != nil {
		t.Fatal(err)
	}
	s := theme.Styles(TrueColor)
	for role, want := range map[Role]string{
		Crit: "\x1b[38;2;255;0;0m", BarHigh: "\x1b[38;2;255;0;0m", DiffDel: "\x1b[38;2;255;0;0m",
		Warn: "\x1b[38;2;255;255;0m", BarMid: "\x1b[38;2;255;255;0m", OK: "\x1b[38;2;0;255;0m", DiffAdd: "\x1b[38;2;0;255;0m",
		Run: "\x1b[38;2;0;0;255m", Info: "\x1b[38;2;0;0;255m", Text: "", Dim: "", Rule: "", Key: "", Select: "\x1b[7m",
	} {
		if got := s.Style(role).Open; got != want {
			t.Errorf("%s opens %q, want %q", role, got, want)
		}
	}
}

func TestRolesInheritFromRoles(t *testing.T) {
	theme, err := Parse("x.yaml", []byte(head+"roles:\n  dim: {italic: true}\n  accent: {bold: true}\n"))
	if err != nil {
		t.Fatal(err)
	}
	for role, want := range map[Role]string{Faint: "\x1b[3m", Rule: "\x1b[3m", Idle: "\x1b[3m", Stale: "\x1b[3m", Title: "\x1b[1m", Key: "\x1b[1m", Mark: "\x1b[1m", Run: "\x1b[1m", Crit: ""} {
		if got := theme.Styles(Mono).Style(role).Open; got != want {
			t.Errorf("%s opens %q, want %q", role, got, want)
		}
	}
}

func TestStylesByDepth(t *testing.T) {
	theme, err := Parse("x.yaml", []byte(head+`
palette: {red: "#ff7a6e", bg: "#222c3c"}
roles:
  crit: {fg: red, bold: true}
  select: {bg: bg}
  warn: ansi:3
  ok: {fg: ansi:10, underline: true}
  text: default
`))
	if err != nil {
		t.Fatal(err)
	}
	for depth, want := range map[Depth][5]string{ // crit, crit on select, warn, ok, text on select
		NoEscapes: {},
		Mono:      {"\x1b[1m", "\x1b[1m", "", "\x1b[4m", ""},
		Colors16:  {"\x1b[1;91m", "\x1b[1;7;91m", "\x1b[33m", "\x1b[4;92m", "\x1b[7m"},
		Colors256: {"\x1b[1;38;5;210m", "\x1b[1;38;5;210;48;5;236m", "\x1b[33m", "\x1b[4;92m", "\x1b[48;5;236m"},
		TrueColor: {"\x1b[1;38;2;255;122;110m", "\x1b[1;38;2;255;122;110;48;2;34;44;60m", "\x1b[33m", "\x1b[4;92m", "\x1b[48;2;34;44;60m"},
	} {
		s := theme.Styles(depth)
		got := [5]string{s.Style(Crit).Open, s.OnSelect(Crit).Open, s.Style(Warn).Open, s.Style(OK).Open, s.OnSelect(Text).Open}
		if got != want {
			t.Errorf("%s: %q, want %q", depth, got, want)
		}
		if s.Depth() != depth {
			t.Errorf("%s says it is %s", depth, s.Depth())
		}
		if inked := s.Style(OK).Inked; inked != (depth >= Mono) {
			t.Errorf("%s: an underlined style shows on blanks: %v", depth, inked)
		}
	}
	if (Styles{}).Style(Crit) != (Style{}) || (Styles{}).OnSelect(Crit) != (Style{}) || (Styles{}).Depth() != NoEscapes {
		t.Error("the zero Styles has escapes")
	}
}

func TestStatusKeepsItsHueIn16Colours(t *testing.T) {
	for slug, want := range map[string][4]string{ // crit warn ok run
		"andon-dark":  {"91", "93", "92", "94"},
		"andon-light": {"31", "33", "32", "34"},
	} {
		theme, err := Load(nil, slug)
		if err != nil {
			t.Fatal(err)
		}
		for i, role := range []Role{Crit, Warn, OK, Run} {
			if got := theme.Styles(Colors16).Style(role).Open; !strings.HasSuffix(got, want[i]+"m") {
				t.Errorf("%s: %s opens %q, want colour %s", slug, role, got, want[i])
			}
		}
	}
}

func TestMonoHasNoColour(t *testing.T) {
	theme, err := Load(nil, "mono")
	if err != nil {
		t.Fatal(err)
	}
	seen := map[string]bool{}
	for _, role := range Roles() {
		for _, s := range []Style{theme.Styles(TrueColor).Style(role), theme.Styles(TrueColor).OnSelect(role)} {
			for _, p := range strings.FieldsFunc(s.Open, func(r rune) bool { return r == '\x1b' || r == '[' || r == ';' || r == 'm' }) {
				if len(p) > 1 {
					t.Errorf("%s: %q selects a colour", role, s.Open)
				}
			}
		}
		seen[theme.Styles(Mono).Style(role).Open] = true
	}
	if !seen["\x1b[1;7m"] || !seen["\x1b[7m"] {
		t.Error("stop and selection do not stand out")
	}
}

func TestLoadPrefersTheOperatorsOwn(t *testing.T) {
	own := fstest.MapFS{
		"andon-dark.yaml": {Data: []byte("schema: 1\nname: mine\nvariant: dark\n")},
		"broken.yaml":     {Data: []byte("schema: 1\nname: mine\nvariant: blue\n")},
		"big.yaml":        {Data: []byte(strings.Repeat("#", MaxFileBytes+1))},
		"notes.txt":       {Data: []byte("x")},
	}
	if theme, err := Load(own, "andon-dark"); err != nil || theme.Name != "mine" || theme.Slug != "andon-dark" {
		t.Errorf("got %q, %v", theme.Name, err)
	}
	if theme, err := Load(own, "andon-light"); err != nil || theme.Variant != Light || theme.Pair != "andon-dark" {
		t.Errorf("got %+v, %v", theme, err)
	}
	for slug, want := range map[string]string{
		"broken": "broken.yaml:3:10: variant is neither dark nor light; write variant: dark or variant: light",
		"big":    "load theme big: big.yaml is 65537 bytes; a theme has at most 65536",
	} {
		if _, err := Load(own, slug); err == nil || err.Error() != want {
			t.Errorf("%s: %v, want %s", slug, err, want)
		}
	}
	for _, slug := range []string{"none", "", "..", "../andon-dark", "a/b", ".hidden"} {
		if _, err := Load(own, slug); !errors.Is(err, ErrUnknown) {
			t.Errorf("%q: %v", slug, err)
		}
	}
	list, err := List(own)
	if want := []string{"andon-dark", "andon-light", "big", "broken", "mono"}; err != nil || !slices.Equal(list, want) {
		t.Errorf("list %q, %v; want %q", list, err, want)
	}
	if list, err := List(absent{}); err != nil || !slices.Equal(list, Shipped()) {
		t.Errorf("an absent folder: %q, %v", list, err)
	}
}

// absent is a folder that does not exist.
type absent struct{}

func (absent) Open(name string) (fs.File, error) {
	return nil, &fs.PathError{Op: "open", Path: name, Err: fs.ErrNotExist}
}

func TestRoleNames(t *testing.T) {
	for _, r := range Roles() {
		if back, ok := ParseRole(r.String()); !ok || back != r {
			t.Errorf("%s reads back as %s, %v", r, back, ok)
		}
	}
	if _, ok := ParseRole("nothing"); ok {
		t.Error("nothing is a role")
	}
	if got := Role(200).String(); got != "role(200)" {
		t.Errorf("%q", got)
	}
}

func TestColorsReadBack(t *testing.T) {
	for _, s := range []string{"default", "ansi:0", "ansi:15", "#000000", "#ff7a6e"} {
		if c, err := ParseColor(s); err != nil || c.String() != s {
			t.Errorf("%s reads back as %q, %v", s, c, err)
		}
	}
	for _, s := range []string{"", "#fff", "#gggggg", "ff7a6e", "ansi:-1", "ansi:", "#+12345", "red"} {
		if c, err := ParseColor(s); err == nil {
			t.Errorf("%q is taken for %s", s, c)
		}
	}
}

func FuzzParse(f *testing.F) {
	for _, slug := range Shipped() {
		text, err := shipped.ReadFile(slug + ".yaml")
		if err != nil {
			f.Fatal(err)
		}
		f.Add(text)
	}
	f.Add([]byte("a: &a [*a]"))
	f.Add([]byte("schema: 1\nroles: {crit: {fg: !!binary aGk=}}"))
	f.Fuzz(func(t *testing.T, text []byte) {
		theme, err := Parse("f.yaml", text)
		var fault *FileError
		if err != nil {
			if !errors.As(err, &fault) || fault.Line < 1 || fault.Column < 1 || printable(err.Error()) != err.Error() {
				t.Errorf("%q: %q", text, err)
			}
			return
		}
		if theme.Name != printable(theme.Name) || theme.Pair != printable(theme.Pair) {
			t.Errorf("%q: a name holds control characters", text)
		}
		for d := range depthCount {
			for _, r := range Roles() {
				open := theme.Styles(d).OnSelect(r).Open
				if strings.Trim(open, "\x1b[0123456789;m") != "" || strings.Count(open, "\x1b") > 1 {
					t.Errorf("%q: %s opens %q", text, r, open)
				}
			}
		}
	})
}

// BenchmarkLoad is what a theme costs before the first frame.
func BenchmarkLoad(b *testing.B) {
	for b.Loop() {
		if _, err := Load(nil, "andon-dark"); err != nil {
			b.Fatal(err)
		}
	}
}
