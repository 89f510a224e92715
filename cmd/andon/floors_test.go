package main

import (
	"go/parser"
	"go/token"
	"io/fs"
	"path"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
)

// room is one rule of the house: which packages of ours, and which modules, the
// files of a folder may import. Standard library packages are free unless shut.
type room struct {
	dir    string   // folder, or folder/... for all below it
	ours   []string // packages of this module; a/... for all below
	theirs []string // modules
	shut   []string // standard library packages it may not use
	why    string
}

var inputOutput = []string{"net", "net/http", "os", "os/exec", "os/user", "syscall"}

// The first room that fits a folder holds.
var house = []room{
	{dir: "cmd/andon-host", ours: []string{"fleet", "fleet/onhost"}, shut: []string{"net/http", "os/exec"}, why: "the second binary is a thin main"},
	{dir: "cmd/andon/early", shut: []string{"fmt"}, why: "it must initialise before everything else: os alone"},
	{dir: "cmd/andon", ours: []string{"..."}, theirs: []string{"golang.org/x/term", "golang.org/x/crypto", "golang.org/x/sys"}, why: "wires everything"},
	{dir: "fleet/fleettest", ours: []string{"fleet"}, shut: inputOutput, why: "plain values for tests"},
	{dir: "fleet/rules", ours: []string{"fleet"}, shut: append([]string{"context"}, inputOutput...), why: "floor 1 stands on fleet only"},
	{dir: "fleet/actions", ours: []string{"fleet"}, shut: append([]string{"context"}, inputOutput...), why: "floor 1 stands on fleet only"},
	{dir: "fleet/report", ours: []string{"fleet"}, shut: append([]string{"context"}, inputOutput...), why: "floor 1 stands on fleet only"},
	{dir: "fleet/signature", ours: []string{"fleet"}, theirs: []string{"go.yaml.in/yaml/v3"}, shut: append([]string{"context"}, inputOutput...), why: "floor 1 stands on fleet only; its catalogue is YAML with line and column for errors"},
	{dir: "fleet/probe", ours: []string{"fleet"}, shut: append([]string{"context"}, inputOutput...), why: "pure: what to ask a host and how to read the answer"},
	{dir: "fleet/onhost", ours: []string{"fleet"}, theirs: []string{"golang.org/x/sys"}, shut: []string{"net/http", "os/exec"}, why: "runs on a host: standard library and x/sys, no network but the local log socket"},
	{dir: "fleet/gh", ours: []string{"fleet"}, theirs: []string{"github.com/google/go-github/v62"}, shut: []string{"os/exec"}, why: "the only importer of go-github"},
	{dir: "fleet/poll", ours: []string{"fleet", "fleet/probe"}, shut: []string{"net", "net/http", "os/exec"}, why: "speaks to interfaces it declares"},
	{dir: "fleet/remedy", ours: []string{"fleet", "fleet/probe"}, theirs: []string{"golang.org/x/sys"}, shut: []string{"net", "net/http", "os/exec"}, why: "speaks to interfaces it declares"},
	{dir: "fleet/notify", ours: []string{"fleet"}, shut: []string{"os", "os/exec"}, why: "bell and webhooks: knows the fleet and HTTP"},
	{dir: "fleet/config", ours: []string{"fleet"}, theirs: []string{"go.yaml.in/yaml/v3"}, shut: []string{"net/http", "os", "os/exec"}, why: "bytes in, config out"},
	{dir: "fleet/sim/...", ours: []string{"fleet", "fleet/...", "sshexec"}, theirs: []string{"golang.org/x/crypto", "golang.org/x/sys", "mvdan.cc/sh/v3"}, why: "the simulated fleet"},
	{dir: "fleet", shut: append([]string{"context", "sync", "sync/atomic"}, inputOutput...), why: "floor 0: standard library only, no context, no goroutine"},
	{dir: "sshexec", theirs: []string{"golang.org/x/crypto"}, why: "leaf: knows SSH, does not know fleet"},
	{dir: "themes", theirs: []string{"go.yaml.in/yaml/v3"}, shut: []string{"net", "net/http", "os/exec"}, why: "leaf: roles and data"},
	{dir: "ui/kit", ours: []string{"themes"}, theirs: uiModules, shut: uiShut, why: "building blocks know no fleet"},
	{dir: "ui/present", ours: []string{"fleet", "ui", "ui/kit", "themes"}, theirs: nil, shut: uiShut, why: "pure: snapshot to rows"},
	{dir: "ui/page/...", ours: []string{"fleet", "ui", "ui/kit", "ui/present", "ui/page/...", "themes"}, theirs: nil, shut: uiShut, why: "a page is a value"},
	{dir: "ui/shell", ours: []string{"fleet", "ui", "ui/kit", "ui/present", "ui/page/...", "themes"}, theirs: uiModules, shut: []string{"net", "net/http", "os/exec"}, why: "root model and effects"},
	{dir: "ui/uitest/...", ours: []string{"..."}, theirs: uiModules, why: "scenes for tests"},
	{dir: "ui", ours: []string{"fleet", "themes"}, theirs: nil, shut: uiShut, why: "vocabulary only"},
}

var (
	uiModules = []string{"github.com/charmbracelet", "github.com/rivo/uniseg", "github.com/mattn/go-runewidth", "github.com/muesli/termenv", "golang.org/x/term", "golang.org/x/text"}
	uiShut    = []string{"net", "net/http", "os", "os/exec"}
)

// TestFloors keeps the floors of the README's architecture section: what a room
// may import. Tests may also reach the rooms of the same or a lower floor that
// they compare with, so they are not read here.
func TestFloors(t *testing.T) {
	root := filepath.Join("..", "..")
	checked := 0
	err := filepath.WalkDir(root, func(p string, e fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if e.IsDir() && p != root && (strings.HasPrefix(e.Name(), ".") || e.Name() == "testdata") {
			return filepath.SkipDir
		}
		if e.IsDir() || !strings.HasSuffix(p, ".go") || strings.HasSuffix(p, "_test.go") {
			return nil
		}
		rel, err := filepath.Rel(root, p)
		if err != nil {
			return err
		}
		f, err := parser.ParseFile(token.NewFileSet(), p, nil, parser.ImportsOnly)
		if err != nil {
			return err
		}
		r, ok := roomOf(path.Dir(filepath.ToSlash(rel)))
		if !ok {
			t.Errorf("%s: its folder is no room of the house; give it one in floors_test.go and the README", rel)
			return nil
		}
		for _, im := range f.Imports {
			name, err := strconv.Unquote(im.Path.Value)
			if err != nil {
				return err
			}
			if !r.allows(name) {
				t.Errorf("%s imports %s: %s", rel, name, r.why)
			}
		}
		checked++
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	if checked < 50 {
		t.Errorf("only %d files looked at: the walk lost the tree", checked)
	}
}

func roomOf(dir string) (room, bool) {
	i := slices.IndexFunc(house, func(r room) bool { return under(dir, r.dir) })
	if i < 0 {
		return room{}, false
	}
	return house[i], true
}

func under(dir, pattern string) bool {
	if pattern == "..." {
		return true
	}
	if base, ok := strings.CutSuffix(pattern, "/..."); ok {
		return dir == base || strings.HasPrefix(dir, base+"/")
	}
	return dir == pattern
}

func (r room) allows(name string) bool {
	if ours, ok := strings.CutPrefix(name, "andon/"); ok {
		return slices.ContainsFunc(r.ours, func(p string) bool { return under(ours, p) })
	}
	if !strings.Contains(strings.SplitN(name, "/", 2)[0], ".") {
		return !slices.Contains(r.shut, name)
	}
	return slices.ContainsFunc(r.theirs, func(m string) bool { return name == m || strings.HasPrefix(name, m+"/") })
}

// TestFloorsCanFail proves that the check sees a breach.
func TestFloorsCanFail(t *testing.T) {
	for _, tc := range []struct {
		dir, imports string
		want         bool
	}{
		{"fleet", "os", false}, {"fleet", "time", true}, {"fleet", "andon/fleet/rules", false}, {"fleet/rules", "andon/fleet", true},
		{"fleet/poll", "andon/sshexec", false}, {"fleet/sim/world", "andon/sshexec", true}, {"ui/page/board", "andon/sshexec", false},
		{"ui", "os/exec", false}, {"fleet/poll", "github.com/google/go-github/v62/github", false}, {"fleet/gh", "github.com/google/go-github/v62/github", true},
	} {
		r, ok := roomOf(tc.dir)
		if !ok || r.allows(tc.imports) != tc.want {
			t.Errorf("%s imports %s: allowed %v, want %v", tc.dir, tc.imports, r.allows(tc.imports), tc.want)
		}
	}
}
