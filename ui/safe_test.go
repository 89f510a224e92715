package ui_test

import (
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"path/filepath"
	"strings"
	"testing"
)

// TestOnlyKitMakesTextsSafe: outside ui/kit nothing but a constant is converted
// to kit.Safe. Everything else has to pass kit.Clean, or it could carry a
// host's or a job's bytes to the terminal.
func TestOnlyKitMakesTextsSafe(t *testing.T) {
	files := 0
	err := filepath.WalkDir(".", func(path string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if d.IsDir() && path == "kit" {
			return filepath.SkipDir
		}
		if d.IsDir() || !strings.HasSuffix(path, ".go") || strings.HasSuffix(path, "_test.go") {
			return nil
		}
		files++
		for _, at := range rawConversions(t, path, nil) {
			t.Errorf("%s: kit.Safe of what is not a constant; use kit.Clean or kit.Join", at)
		}
		return nil
	})
	if err != nil || files < 40 {
		t.Fatalf("%d files were read: %v", files, err)
	}
}

// TestRawConversionsAreFound: the check itself tells a constant from a hole.
func TestRawConversionsAreFound(t *testing.T) {
	src := `package p
import "andon/ui/kit"
var a = kit.Safe("constant")
var b = kit.Safe("two " + "constants")
var c = kit.Safe(name)
var d = []kit.Safe{kit.Safe(f())}
var e = kit.Safe("x" + name)
`
	if got := rawConversions(t, "p.go", src); len(got) != 3 {
		t.Errorf("found %q, want those of c, d and e", got)
	}
}

// rawConversions are the places of a file where kit.Safe converts something that
// is not made of literals alone.
func rawConversions(t *testing.T, path string, src any) []string {
	t.Helper()
	set := token.NewFileSet()
	file, err := parser.ParseFile(set, path, src, 0)
	if err != nil {
		t.Fatal(err)
	}
	var out []string
	ast.Inspect(file, func(n ast.Node) bool {
		call, ok := n.(*ast.CallExpr)
		if !ok || len(call.Args) != 1 {
			return true
		}
		if s, ok := call.Fun.(*ast.SelectorExpr); ok && s.Sel.Name == "Safe" && !literal(call.Args[0]) {
			if pkg, ok := s.X.(*ast.Ident); ok && pkg.Name == "kit" {
				out = append(out, set.Position(call.Pos()).String())
			}
		}
		return true
	})
	return out
}

func literal(e ast.Expr) bool {
	switch e := e.(type) {
	case *ast.BasicLit:
		return e.Kind == token.STRING
	case *ast.ParenExpr:
		return literal(e.X)
	case *ast.BinaryExpr:
		return literal(e.X) && literal(e.Y)
	}
	return false
}
