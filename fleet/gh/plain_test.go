package gh

import (
	"strings"
	"testing"
	"unicode"
	"unicode/utf8"
)

func TestPlain(t *testing.T) {
	for in, want := range map[string]string{
		"ok":                                 "ok",
		"a\x1b]52;c;ZXZpbA==\x07b":           "a ]52;c;ZXZpbA== b",
		"a\r\n\tb  c":                        "a b c",
		"\u202eabc\u200bdef\u009b31m":        "abc def 31m",
		"bad \xf0\x1b] utf8":                 "bad ] utf8",
		"see https://x.y/z?sig=1#f, and ?no": "see https://x.y/z and ?no",
		"":                                   "",
	} {
		if got := plain(in, 200); got != want {
			t.Errorf("%q: %q, want %q", in, got, want)
		}
	}
	if got := plain(strings.Repeat("é", 1000), 200); utf8.RuneCountInString(got) != 200 || !strings.HasSuffix(got, "…") {
		t.Errorf("cut to %d characters", utf8.RuneCountInString(got))
	}
}

// FuzzPlain: whatever comes in, what goes out can be shown, and holds no token.
func FuzzPlain(f *testing.F) {
	f.Add("\xf0\x1b]52;c;x\x07")
	f.Add("https://a.b/c?sig=" + canary)
	f.Add(canary + canary)
	tok, err := NewToken(canary)
	if err != nil {
		f.Fatal(err)
	}
	c := &Client{token: tok}
	f.Fuzz(func(t *testing.T, s string) {
		got := c.plain(s)
		if !utf8.ValidString(got) || utf8.RuneCountInString(got) > maxWords || strings.Contains(got, canary) {
			t.Fatalf("%q", got)
		}
		for _, r := range got {
			if !unicode.IsGraphic(r) {
				t.Fatalf("%U in %q", r, got)
			}
		}
		if again := c.plain(got); again != got {
			t.Fatalf("%q, then %q", got, again)
		}
	})
}
