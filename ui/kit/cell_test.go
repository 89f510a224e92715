package kit

import (
	"strings"
	"testing"
	"time"

	"andon/themes"
)

// drawn is one row of one column, w cells wide, without its gutter.
func drawn(look Look, w int, stale bool, query string, write func(*Cell)) string {
	schema := Schema[int, int]{
		Columns:  []Column[int]{{Key: "c", Width: Fixed(w), Cell: func(_ int, c *Cell) { write(c) }}},
		Key:      func(r int) int { return r },
		Stale:    func(int) bool { return stale },
		Haystack: func(dst []byte, _ int) []byte { return append(dst, "all of it"...) },
		Bare:     true,
	}
	t, err := NewTable(schema).Resize(w+1, 2).Replace([]int{1, 2}).Move(1).Filter(query)
	if err != nil {
		panic(err)
	}
	line, _, _ := strings.Cut(t.View(look), "\n")
	return line[1:]
}

func TestCellWrites(t *testing.T) {
	ascii := looks(t)[3].look
	for _, c := range []struct {
		want  string
		stale bool
		write func(*Cell)
	}{
		{"18,402    ", false, func(c *Cell) { c.Count(themes.Text, 18402) }},
		{"[X] STOP  ", false, func(c *Cell) { c.SignWord(SignStop) }},
		{"[?] stale ", true, func(c *Cell) { c.SignWord(SignOK) }},
		{"[?]       ", false, func(c *Cell) { c.Sign(Sign(250)) }},
		{"a b       ", false, func(c *Cell) { c.Line(Line{In(themes.Text, "a "), In(themes.Crit, "b")}) }},
		{"4m 10     ", false, func(c *Cell) { c.Age(themes.Dim, 4*time.Minute); c.Plain(" "); c.Int(themes.Text, int64(c.Width())) }},
		{"50 % ##...", false, func(c *Cell) { c.Percent(themes.Text, Fraction(.5)); c.Plain(" "); c.Bar(Fraction(.4), DiskLimits()) }},
		{"x         ", false, func(c *Cell) { c.Plain("x"); c.Plain("") }},
		{"exactly te", false, func(c *Cell) { c.Plain("exactly"); c.Plain(" te") }},
		{"exactly t~", false, func(c *Cell) { c.Plain("exactly"); c.Plain(" ten"); c.Plain("never") }},
		{"0123456789", false, func(c *Cell) {
			c.Plain("0123456789")
			c.Bar(Fraction(1), DiskLimits())
			c.Spark(themes.Info, ramp(1), Scale{})
		}},
		{"日本語日~ ", false, func(c *Cell) { c.Plain("日本語日本語") }},
		{"stale true", true, func(c *Cell) {
			c.Plain("stale ")
			if c.Stale() && c.Look().ASCII() && c.Left() == 4 {
				c.Plain("true")
			}
		}},
		{strings.Repeat("ab", 5), false, func(c *Cell) {
			for range 5 {
				c.Text(themes.Crit, "a")
				c.Text(themes.OK, "b")
			}
		}},
	} {
		if got := drawn(ascii, 10, c.stale, "", c.write); got != c.want {
			t.Errorf("%q, want %q", got, c.want)
		}
	}
}

func TestManySpansJoinTheLast(t *testing.T) {
	got := drawn(looks(t)[3].look, 40, false, "", func(c *Cell) {
		for i := range 40 {
			c.Text(themes.Role(i%5), Number(int64(i%10)))
		}
	})
	if want := strings.Repeat("0123456789", 4); got != want {
		t.Errorf("%q", got)
	}
}

func TestMatchesAreShown(t *testing.T) {
	match := looks(t)[2].look.Styles().Style(themes.Match).Open
	for _, c := range []struct{ query, text, want string }{
		{"", "os error", "os error  "},
		{"of", "OS of of", "OS " + match + "of" + themes.Reset + " " + match + "of" + themes.Reset + "  "},
		{"ALL", "Small", "Sm" + match + "all" + themes.Reset + "     "},
		{"it", "without", "w" + match + "it" + themes.Reset + "hout   "},
		{"it", "日it", "日" + match + "it" + themes.Reset + "      "},
	} {
		if got := drawn(looks(t)[2].look, 10, false, c.query, func(cell *Cell) { cell.Plain(Safe(c.text)) }); got != c.want {
			t.Errorf("%q in %q: %q, want %q", c.query, c.text, got, c.want)
		}
	}
}

func TestWantsASCII(t *testing.T) {
	for _, c := range []struct {
		env  map[string]string
		want bool
	}{
		{map[string]string{"LANG": "en_US.UTF-8"}, false},
		{map[string]string{"LANG": "C.utf8"}, false},
		{map[string]string{"LC_ALL": "C", "LANG": "en_US.UTF-8"}, true},
		{map[string]string{"LC_ALL": "", "LC_CTYPE": "UTF-8", "LANG": "C"}, false},
		{map[string]string{"LANG": "POSIX"}, true},
		{nil, true},
	} {
		if got := WantsASCII(c.env); got != c.want {
			t.Errorf("%v: %v", c.env, got)
		}
	}
}

func TestLampsAreNeverGreenByBlindness(t *testing.T) {
	for _, c := range []struct {
		lamps Lamps
		want  Sign
	}{
		{Lamps{}, SignUnknown}, {Lamps{OK: 9}, SignOK}, {Lamps{OK: 9, Stale: 1}, SignStale},
		{Lamps{OK: 9, Stale: 1, Warn: 1}, SignWarn}, {Lamps{OK: 9, Warn: 1, Stop: 1}, SignStop},
	} {
		if got := c.lamps.Worst(); got != c.want {
			t.Errorf("%+v is %s, want %s", c.lamps, got.Word(), c.want.Word())
		}
	}
}

func TestEverySignIsOneWidth(t *testing.T) {
	words := map[Safe]bool{}
	for _, l := range looks(t) {
		for s := range signCount {
			if Width(l.look.Glyph(s)) != l.look.SignWidth() {
				t.Errorf("%s: %s is %q", l.name, s.Word(), l.look.Glyph(s))
			}
			words[s.Word()] = true
		}
		if one := l.look.SignWidth(); one != 1 && one != 3 {
			t.Errorf("%s: a sign is %d cells", l.name, one)
		}
	}
	if len(words) != int(signCount) {
		t.Errorf("two signs share a word: %v", words)
	}
}

func TestRemark(t *testing.T) {
	look := looks(t)[3].look
	table := hostTable(80, 6)
	filtered, _ := table.Mark().Filter("is:red")
	for want, got := range map[string]Safe{
		"5 - by used v - 1 marked":                           table.Remark(look),
		"1 of 5 - by used v - / is:red - 2 marked, 1 hidden": filtered.Remark(look),
		"0": NewTable(hostSchema()).Remark(look),
	} {
		if string(got) != want {
			t.Errorf("%q, want %q", got, want)
		}
	}
}
