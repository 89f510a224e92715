package fleet_test

import (
	"slices"
	"testing"

	"andon/fleet"
)

func TestHiddenCharacters(t *testing.T) {
	for _, tc := range []struct {
		text string
		want []string
		seen string
	}{
		{"fix(ci): one dir", nil, "fix(ci): one dir"},
		{"修复 ARM64 上的构建失败", nil, "修复 ARM64 上的构建失败"},
		{"naïve — “quoted” 🚀 👩‍💻", nil, "naïve — “quoted” 🚀 👩💻"},
		{"ma\u200bin", []string{"U+200B"}, "main"},
		{"a\u200db", []string{"U+200D"}, "ab"},
		{"\u202egnp.exe\u2066", []string{"U+202E", "U+2066"}, "gnp.exe"},
		{"x\x1b[31m\x1b\u009b", []string{"U+001B", "U+009B"}, "x[31m"},
		{"\xff\xfe\xff", []string{"0xFF", "0xFE"}, ""},
		{"tab\tline\n", []string{"U+0009", "U+000A"}, "tabline"},
		{"\ufeffrun\u00ad", []string{"U+FEFF", "U+00AD"}, "run"},
	} {
		if got := fleet.HiddenIn(tc.text); !slices.Equal(got, tc.want) {
			t.Errorf("%q: %q, want %q", tc.text, got, tc.want)
		}
		if got := fleet.Seen(tc.text); got != tc.seen {
			t.Errorf("%q looks like %q, want %q", tc.text, got, tc.seen)
		}
	}
}
