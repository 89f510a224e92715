package kit

import (
	"strings"
	"testing"
)

func TestInputEdits(t *testing.T) {
	for _, c := range []struct {
		name string
		keys string
		want string // with | for the caret
	}{
		{"as typed", "", "os error日|"},
		{"back one", "left", "os error|日"},
		{"past the ends", "home left", "|os error日"},
		{"end again", "home right end right", "os error日|"},
		{"backspace", "backspace backspace", "os erro|"},
		{"delete", "home delete delete", "| error日"},
		{"delete at the end", "delete", "os error日|"},
		{"to the start", "left ctrl+u", "|日"},
		{"to the end", "ctrl+a right right ctrl+k", "os|"},
		{"a word", "ctrl+w", "os |"},
		{"two words", "ctrl+w ctrl+w", "|"},
		{"backspace at the start", "home backspace", "|os error日"},
	} {
		in := NewInput("os error日")
		for _, k := range strings.Fields(c.keys) {
			var known bool
			if in, known = in.Key(k); !known {
				t.Fatalf("%s does not edit", k)
			}
		}
		if got := string(in.text[:in.at]) + "|" + string(in.text[in.at:]); got != c.want {
			t.Errorf("%s: %q, want %q", c.name, got, c.want)
		}
	}
	if _, known := NewInput("x").Key("f5"); known {
		t.Error("f5 edits")
	}
}

func TestInputTakesOnlyText(t *testing.T) {
	in := NewInput("ac").Insert("\x1b]52;c;x\x07\n")
	if in.Value() != "ac]52;c;x" {
		t.Errorf("%q", in.Value())
	}
	if n := len(NewInput(strings.Repeat("x", 1<<20)).Value()); n != MaxInput {
		t.Errorf("a paste of 1 MiB left %d runes, not %d", n, MaxInput)
	}
	before := NewInput("abc")
	after, _ := before.Key("backspace")
	after.Insert("zzz")
	if before.Value() != "abc" {
		t.Errorf("the input changed with its copy: %q", before.Value())
	}
}

func TestInputScrollsToItsCaret(t *testing.T) {
	look := looks(t)[3].look
	in := NewInput("0123456789")
	for _, c := range []struct {
		keys string
		want string
	}{{"", "~6789_"}, {"home", "_0123~"}, {"home right right", "01_23~"}} {
		got := in
		for _, k := range strings.Fields(c.keys) {
			got, _ = got.Key(k)
		}
		if view := strings.TrimRight(look.Line(6, got.View(look, 6), nil), " "); view != c.want {
			t.Errorf("%s: %q, want %q", c.keys, view, c.want)
		}
	}
}
