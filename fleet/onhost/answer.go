package onhost

import (
	"encoding/json"
	"fmt"
	"io"
	"time"
	"unicode/utf16"
	"unicode/utf8"

	"andon/fleet"
)

// progressGap is the least time between two progress records.
const progressGap = 500 * time.Millisecond

// answer writes the records of one answer. The first write that fails is kept:
// the console is gone then, and the session ends between two entries.
type answer struct {
	w     io.Writer
	now   func() time.Time
	last  time.Time
	steps int
	err   error
}

func (a *answer) write(r fleet.HostRecord) {
	if a.err != nil {
		return
	}
	b, err := json.Marshal(r)
	if err != nil {
		a.err = fmt.Errorf("encode answer: %w", err)
		return
	}
	if _, err := a.w.Write(append(asciiJSON(b), '\n')); err != nil {
		a.err = fmt.Errorf("write answer: %w", err)
	}
}

func (a *answer) hello(build, id string) {
	a.write(fleet.HostRecord{Kind: fleet.RecordHello, Version: fleet.HostProtocol, Build: build, ID: id})
}

func (a *answer) step(r fleet.StepResult) {
	a.steps++
	a.write(fleet.HostRecord{Kind: fleet.RecordStep, Step: &r})
}

func (a *answer) progress(n int, done int64) {
	if now := a.now(); now.Sub(a.last) >= progressGap {
		a.last = now
		a.write(fleet.HostRecord{Kind: fleet.RecordProgress, N: n, Done: done})
	}
}

func (a *answer) end(why error) {
	r := fleet.HostRecord{Kind: fleet.RecordEnd, Steps: a.steps}
	if why != nil {
		r.Error = why.Error()
	}
	a.write(r)
}

// asciiJSON escapes what encoding/json leaves raw (C1, DEL, bidi, zero-width
// and all other non-ASCII), so that no file or terminal the line passes through
// can be written to by a name from a build.
func asciiJSON(b []byte) []byte {
	out := make([]byte, 0, len(b))
	for len(b) > 0 {
		r, n := utf8.DecodeRune(b)
		switch {
		case r < 0x7f:
			out = append(out, b[0])
		case r > 0xffff:
			hi, lo := utf16.EncodeRune(r)
			out = fmt.Appendf(out, `\u%04x\u%04x`, hi, lo)
		default:
			out = fmt.Appendf(out, `\u%04x`, r)
		}
		b = b[n:]
	}
	return out
}
