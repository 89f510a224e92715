package shell

import (
	"bytes"
	"cmp"
	"fmt"
	"slices"
	"strconv"
	"strings"
)

// input returns the text of the named files, or of the standard input where none
// is named; false if one could not be read.
func (c *command) input(tool string, files []string) ([]byte, bool) {
	if len(files) == 0 {
		return c.read(), true
	}
	var all []byte
	ok := true
	for _, f := range files {
		b, good := c.file(tool, f)
		all, ok = append(all, b...), ok && good
	}
	return all, ok
}

func linesOf(b []byte) []string {
	s := strings.Split(string(b), "\n")
	if s[len(s)-1] == "" {
		s = s[:len(s)-1]
	}
	return s
}

func head(c *command) int {
	if len(c.args) < 2 || c.args[0] != "-n" && c.args[0] != "-c" {
		return c.usage("head")
	}
	n, err := strconv.Atoi(c.args[1])
	if err != nil || n < 0 {
		return c.usage("head")
	}
	b, ok := c.input("head: cannot open", c.args[2:])
	if c.args[0] == "-c" {
		c.out.Write(b[:min(n, len(b))])
		return code(ok)
	}
	for ; n > 0 && len(b) > 0; n-- {
		i := bytes.IndexByte(b, '\n') + 1
		if i == 0 {
			i = len(b)
		}
		c.out.Write(b[:i])
		b = b[i:]
	}
	return code(ok)
}

func code(ok bool) int {
	if ok {
		return 0
	}
	return 1
}

func wc(c *command) int {
	if len(c.args) != 1 || c.args[0] != "-c" {
		return c.usage("wc")
	}
	fmt.Fprintln(&c.out, len(c.read()))
	return 0
}

// sortLines is sort -rn: by the number each line begins with, largest first.
func sortLines(c *command) int {
	if len(c.args) != 1 || c.args[0] != "-rn" {
		return c.usage("sort")
	}
	lines := linesOf(c.read())
	number := func(s string) int64 {
		s = strings.TrimLeft(s, " \t")
		end := 0
		for end < len(s) && (s[end] >= '0' && s[end] <= '9' || end == 0 && s[end] == '-') {
			end++
		}
		n, err := strconv.ParseInt(s[:end], 10, 64)
		if err != nil {
			return 0
		}
		return n
	}
	slices.SortStableFunc(lines, func(a, b string) int {
		return cmp.Or(cmp.Compare(number(b), number(a)), cmp.Compare(b, a))
	})
	for _, l := range lines {
		c.out.WriteString(l + "\n")
	}
	return 0
}

// cut is cut -d D -f LIST.
func cut(c *command) int {
	if len(c.args) < 4 || c.args[0] != "-d" || c.args[2] != "-f" || len(c.args[1]) != 1 {
		return c.usage("cut")
	}
	want, ok := fieldList(c.args[3])
	if !ok {
		return c.usage("cut")
	}
	b, ok := c.input("cut", c.args[4:])
	for _, l := range linesOf(b) {
		f := strings.Split(l, c.args[1])
		if len(f) == 1 {
			c.out.WriteString(l + "\n")
			continue
		}
		var out []string
		for i, s := range f {
			if want(i + 1) {
				out = append(out, s)
			}
		}
		c.out.WriteString(strings.Join(out, c.args[1]) + "\n")
	}
	return code(ok)
}

// fieldList reads 3-5 or 1,6-.
func fieldList(s string) (func(int) bool, bool) {
	type span struct{ from, to int }
	var spans []span
	for _, p := range strings.Split(s, ",") {
		from, to, ranged := strings.Cut(p, "-")
		a, err := strconv.Atoi(from)
		if err != nil {
			return nil, false
		}
		b := a
		if ranged {
			b = 1 << 30
			if to != "" {
				if b, err = strconv.Atoi(to); err != nil {
					return nil, false
				}
			}
		}
		spans = append(spans, span{a, b})
	}
	return func(i int) bool {
		return slices.ContainsFunc(spans, func(s span) bool { return i >= s.from && i <= s.to })
	}, true
}

// tr translates, deletes or squeezes bytes. Sets are single bytes and the escapes
// of POSIX; ranges and classes are not known here.
func tr(c *command) int {
	var flags string
	args := c.args
	if len(args) > 0 && strings.HasPrefix(args[0], "-") {
		flags, args = args[0], args[1:]
	}
	in := func() []byte { return c.read() }
	switch {
	case flags == "-cd" && len(args) == 1:
		keep := trSet(args[0])
		for _, b := range in() {
			if bytes.IndexByte(keep, b) >= 0 {
				c.out.WriteByte(b)
			}
		}
	case flags == "-s" && len(args) == 1:
		set, last := trSet(args[0]), -1
		for _, b := range in() {
			if int(b) != last || bytes.IndexByte(set, b) < 0 {
				c.out.WriteByte(b)
			}
			last = int(b)
		}
	case flags == "" && len(args) == 2:
		from, to := trSet(args[0]), trSet(args[1])
		if len(to) == 0 {
			return c.usage("tr")
		}
		for _, b := range in() {
			if i := bytes.LastIndexByte(from, b); i >= 0 {
				b = to[min(i, len(to)-1)]
			}
			c.out.WriteByte(b)
		}
	default:
		return c.usage("tr")
	}
	return 0
}

func trSet(s string) []byte {
	var out []byte
	for i := 0; i < len(s); i++ {
		if s[i] != '\\' || i+1 == len(s) {
			out = append(out, s[i])
			continue
		}
		i++
		switch c := s[i]; {
		case c == 'n':
			out = append(out, '\n')
		case c == 't':
			out = append(out, '\t')
		case c >= '0' && c <= '7':
			v := 0
			for n := 0; n < 3 && i < len(s) && s[i] >= '0' && s[i] <= '7'; n++ {
				v = v*8 + int(s[i]-'0')
				i++
			}
			i--
			out = append(out, byte(v))
		default:
			out = append(out, c)
		}
	}
	return out
}

// grep finds fixed strings (-F), or one pattern that is a plain text with ^ before
// it. It knows -h, -l and -e.
func grep(c *command) int {
	fixed, noName, list := false, false, false
	var patterns []string
	args := c.args
	for len(args) > 0 && strings.HasPrefix(args[0], "-") {
		switch {
		case args[0] == "-F":
			fixed = true
		case args[0] == "-h":
			noName = true
		case args[0] == "-l":
			list = true
		case args[0] == "-e" && len(args) > 1:
			patterns = append(patterns, args[1])
			args = args[1:]
		default:
			return c.usage("grep")
		}
		args = args[1:]
	}
	if len(patterns) == 0 && len(args) > 0 {
		patterns, args = args[:1], args[1:]
	}
	for _, p := range patterns {
		if !fixed && strings.ContainsAny(strings.TrimPrefix(p, "^"), `^$.[]*\`) {
			return c.usage("grep")
		}
	}
	match := func(l string) bool {
		return slices.ContainsFunc(patterns, func(p string) bool {
			if t, ok := strings.CutPrefix(p, "^"); ok && !fixed {
				return strings.HasPrefix(l, t)
			}
			return strings.Contains(l, p)
		})
	}
	if len(args) == 0 {
		return c.grepText("", c.read(), match, false)
	}
	result := 1
	for _, f := range args {
		b, ok := c.file("grep", f)
		if !ok {
			continue
		}
		prefix := ""
		if len(args) > 1 && !noName {
			prefix = f + ":"
		}
		if list {
			prefix = f
		}
		if c.grepText(prefix, b, match, list) == 0 {
			result = 0
		}
	}
	return result
}

func (c *command) grepText(prefix string, b []byte, match func(string) bool, list bool) int {
	found := 1
	for _, l := range linesOf(b) {
		if !match(l) {
			continue
		}
		found = 0
		if list {
			fmt.Fprintln(&c.out, prefix)
			break
		}
		fmt.Fprintln(&c.out, prefix+l)
	}
	return found
}
