package themes

import "testing"

func TestChoose(t *testing.T) {
	xterm := func(more ...string) map[string]string {
		env := map[string]string{"TERM": "xterm-256color"}
		for i := 0; i < len(more); i += 2 {
			env[more[i]] = more[i+1]
		}
		return env
	}
	for name, c := range map[string]struct {
		wish  Wish
		env   map[string]string
		slug  string
		depth Depth
	}{
		"nothing said":                  {Wish{}, xterm(), "andon-dark", Colors256},
		"true colour":                   {Wish{Mode: "auto"}, xterm("COLORTERM", "truecolor"), "andon-dark", TrueColor},
		"24bit":                         {Wish{}, xterm("COLORTERM", "24bit"), "andon-dark", TrueColor},
		"a terminal known for it":       {Wish{}, map[string]string{"TERM": "xterm-kitty"}, "andon-dark", TrueColor},
		"16 colours":                    {Wish{}, map[string]string{"TERM": "linux"}, "andon-dark", Colors16},
		"light background":              {Wish{}, xterm("COLORFGBG", "0;15"), "andon-light", Colors256},
		"light background, three parts": {Wish{}, xterm("COLORFGBG", "0;default;7"), "andon-light", Colors256},
		"dark background":               {Wish{}, xterm("COLORFGBG", "15;0"), "andon-dark", Colors256},
		"dark grey background":          {Wish{}, xterm("COLORFGBG", "15;8"), "andon-dark", Colors256},
		"background not a number":       {Wish{}, xterm("COLORFGBG", "15;default"), "andon-dark", Colors256},
		"background out of range":       {Wish{}, xterm("COLORFGBG", "0;231"), "andon-dark", Colors256},
		"dark asked for":                {Wish{Mode: "dark"}, xterm("COLORFGBG", "0;15"), "andon-dark", Colors256},
		"light asked for":               {Wish{Mode: "light"}, xterm(), "andon-light", Colors256},
		"by name":                       {Wish{Mode: "nord"}, xterm("COLORFGBG", "0;15"), "nord", Colors256},
		"NO_COLOR":                      {Wish{Mode: "nord"}, xterm("NO_COLOR", "1", "COLORTERM", "truecolor"), "mono", Mono},
		"NO_COLOR, empty":               {Wish{}, xterm("NO_COLOR", ""), "andon-dark", Colors256},
		"CLICOLOR=0":                    {Wish{}, xterm("CLICOLOR", "0"), "mono", Mono},
		"CLICOLOR=1":                    {Wish{}, xterm("CLICOLOR", "1"), "andon-dark", Colors256},
		"--color=always over NO_COLOR":  {Wish{Color: "always"}, xterm("NO_COLOR", "1", "CLICOLOR", "0"), "andon-dark", Colors256},
		"--color=never":                 {Wish{Color: "never"}, xterm("COLORTERM", "truecolor"), "mono", Mono},
		"dumb":                          {Wish{Color: "always", Mode: "light"}, map[string]string{"TERM": "dumb", "COLORTERM": "truecolor"}, "mono", NoEscapes},
		"no terminal named":             {Wish{}, map[string]string{}, "mono", NoEscapes},
	} {
		got, err := Choose(c.wish, c.env)
		if err != nil || got.Slug != c.slug || got.Depth != c.depth || got.Why == "" {
			t.Errorf("%s: %+v, %v; want %s at %s", name, got, err, c.slug, c.depth)
		}
	}
	if _, err := Choose(Wish{Color: "sometimes"}, xterm()); err == nil || err.Error() != `choose colour "sometimes": unknown; use auto, always or never` {
		t.Errorf("%v", err)
	}
}
