package remedy

import (
	"bytes"
	"encoding/json"
	"fmt"
	"unicode/utf16"
	"unicode/utf8"

	"andon/fleet"
)

// encode returns a record as one line of printable ASCII and a newline, so that
// the log may be shown with any tool on any terminal. encoding/json alone leaves
// DEL, C1 controls, bidi overrides and zero-width characters as they are.
func encode(r fleet.Record) ([]byte, error) {
	b, err := json.Marshal(r)
	if err != nil {
		return nil, fmt.Errorf("encode audit record %d: %w", r.Seq, err)
	}
	out := make([]byte, 0, len(b)+len(b)/8+1)
	for len(b) > 0 {
		c, n := utf8.DecodeRune(b)
		switch {
		case c >= 0x20 && c < 0x7f:
			out = append(out, byte(c))
		case c <= 0xffff: // utf8.RuneError for a stray byte, too
			out = fmt.Appendf(out, `\u%04x`, c)
		default:
			hi, lo := utf16.EncodeRune(c)
			out = fmt.Appendf(out, `\u%04x\u%04x`, hi, lo)
		}
		b = b[n:]
	}
	return append(out, '\n'), nil
}

// decode reads a line that encode wrote. A line that says the same in other
// bytes is refused: it was not written by us.
func decode(line []byte) (fleet.Record, error) {
	var r fleet.Record
	if err := json.Unmarshal(line, &r); err != nil {
		return fleet.Record{}, fmt.Errorf("not a record: %w", err)
	}
	again, err := encode(r)
	if err != nil {
		return fleet.Record{}, err
	}
	if !bytes.Equal(bytes.TrimSuffix(again, []byte{'\n'}), line) {
		return fleet.Record{}, fmt.Errorf("record %d: changed after it was written", r.Seq)
	}
	return r, nil
}

// settle passes a record through JSON once, so that what is sealed is what will
// be read back: invalid UTF-8 and monotonic clock readings do not survive it.
func settle(r fleet.Record) (fleet.Record, error) {
	b, err := json.Marshal(r)
	if err != nil {
		return fleet.Record{}, fmt.Errorf("encode audit record: %w", err)
	}
	var out fleet.Record
	if err := json.Unmarshal(b, &out); err != nil {
		return fleet.Record{}, fmt.Errorf("encode audit record: %w", err)
	}
	return out, nil
}
