package signature

import (
	"bytes"
	"errors"
	"io"
)

const (
	// maxLine bounds what is looked at of one line, in bytes. Longer lines (lists
	// of test names, JSON) are read on but not matched beyond it.
	maxLine = 16 << 10
	// readSize is what one read asks for, in bytes.
	readSize = 64 << 10
)

// lines cuts a stream into lines without holding more than one block of it.
type lines struct {
	r     io.Reader
	buf   []byte
	from  int // unread part of buf
	to    int
	skip  bool // the head of this line was given out; drop its rest
	ended bool
	err   error
	n     int   // lines given out
	size  int64 // bytes read
	noise bool  // the first block is no text
}

func newLines(r io.Reader) *lines { return &lines{r: r, buf: make([]byte, readSize)} }

// next returns the next line without its end, at most maxLine bytes of it. It is
// valid until the next call. False at the end, or on an error, which err keeps.
func (l *lines) next() ([]byte, bool) {
	for {
		if i := bytes.IndexByte(l.buf[l.from:l.to], '\n'); i >= 0 {
			line := l.buf[l.from : l.from+i]
			l.from += i + 1
			if l.skip {
				l.skip = false
				continue
			}
			l.n++
			return line[:min(len(line), maxLine)], true
		}
		if l.ended {
			line := l.buf[l.from:l.to]
			l.from = l.to
			if len(line) == 0 || l.skip {
				return nil, false
			}
			l.n++
			return line[:min(len(line), maxLine)], true
		}
		if l.skip {
			l.from = l.to
		} else if l.to-l.from >= maxLine {
			line := l.buf[l.from : l.from+maxLine]
			l.from, l.skip = l.to, true
			l.n++
			return line, true
		}
		l.fill()
	}
}

// fill reads more, after what is still unread.
func (l *lines) fill() {
	copy(l.buf, l.buf[l.from:l.to])
	l.from, l.to = 0, l.to-l.from
	n, err := l.r.Read(l.buf[l.to:])
	if l.size == 0 {
		l.noise = isNoise(l.buf[l.to : l.to+n])
	}
	l.to += n
	l.size += int64(n)
	if err != nil {
		l.ended = true
		if !errors.Is(err, io.EOF) {
			l.err = err
		}
	}
}

// isNoise reports bytes that are no text: more than one in twenty is a control byte
// that no log has.
func isNoise(b []byte) bool {
	odd := 0
	for _, c := range b {
		if c < ' ' && c != '\n' && c != '\r' && c != '\t' && c != 0x1b && c != '\b' && c != '\f' {
			odd++
		}
	}
	return odd > len(b)/20
}

// bom is the byte order mark that each writer of a log's blocks emits.
const bom = "\ufeff"

// stampLen is the length of "2026-11-23T08:00:00.1234567Z".
const stampLen = 28

// stamped reports whether a line begins with the runner's time.
func stamped(b []byte) bool {
	return len(b) >= stampLen && b[27] == 'Z' && b[10] == 'T' && b[4] == '-' && b[7] == '-' && b[13] == ':' && b[19] == '.' &&
		(len(b) == stampLen || b[stampLen] == ' ')
}

// raw is a line taken apart, before its colours are stripped.
type raw struct {
	job, step []byte // columns of "gh run view --log"
	stamp     []byte // the runner's time; nil on the further lines of one message
	text      []byte
}

// split takes byte order marks, gh's columns, act's column and the time off a line.
func split(line []byte) raw {
	var r raw
	line = trimBOM(line)
	if !stamped(line) {
		if j, rest, ok := bytes.Cut(line, []byte{'\t'}); ok {
			if s, text, ok := bytes.Cut(rest, []byte{'\t'}); ok && (stamped(trimBOM(text)) || string(s) == "UNKNOWN STEP") {
				r.job, r.step, line = j, s, trimBOM(text)
			}
		} else if len(line) > 2 && line[0] == '[' {
			line = actColumn(line, &r)
		}
	}
	if stamped(line) {
		r.stamp, line = line[:stampLen], line[min(stampLen+1, len(line)):]
		line = trimBOM(line)
	}
	r.text = line
	return r
}

// actColumn takes "[workflow/job]   | " off a line of nektos/act.
func actColumn(line []byte, r *raw) []byte {
	i := bytes.IndexByte(line, ']')
	if i < 0 {
		return line
	}
	rest := bytes.TrimLeft(line[i+1:], " ")
	if len(line[i+1:])-len(rest) < 1 || len(rest) < 2 || rest[0] != '|' {
		return line
	}
	if _, job, ok := bytes.Cut(line[1:i], []byte{'/'}); ok {
		r.job = bytes.TrimSpace(job)
	}
	return bytes.TrimPrefix(rest[1:], []byte{' '})
}

func trimBOM(b []byte) []byte {
	for len(b) >= len(bom) && string(b[:len(bom)]) == bom {
		b = b[len(bom):]
	}
	return b
}

// plainText drops terminal sequences: all of CSI, OSC to its end, and two-byte
// escapes. It writes into scratch where there is something to drop.
func plainText(b, scratch []byte) []byte {
	i := bytes.IndexByte(b, 0x1b)
	if i < 0 {
		return b
	}
	out := append(scratch[:0], b[:i]...)
	for i < len(b) {
		if b[i] != 0x1b {
			out = append(out, b[i])
			i++
			continue
		}
		i += escapeLen(b[i:])
	}
	return out
}

// escapeLen returns the length of the escape sequence that b begins with.
func escapeLen(b []byte) int {
	if len(b) < 2 {
		return len(b)
	}
	switch b[1] {
	case '[':
		i := 2
		for i < len(b) && b[i] >= 0x20 && b[i] <= 0x3f {
			i++
		}
		if i < len(b) && b[i] >= 0x40 && b[i] <= 0x7e {
			i++
		}
		return i
	case ']':
		for i := 2; i < len(b); i++ {
			if b[i] == 0x07 {
				return i + 1
			}
			if b[i] == 0x1b && i+1 < len(b) && b[i+1] == '\\' {
				return i + 2
			}
		}
		return len(b)
	}
	return 2
}
