package remedy

import (
	"bytes"
	"encoding/json"
	"fmt"

	"andon/fleet"
)

// encode returns a record as one line of printable ASCII and a newline, so that
// the log may be shown with any tool on any terminal.
func encode(r fleet.Record) ([]byte, error) {
	b, err := json.Marshal(r)
	if err != nil {
		return nil, fmt.Errorf("encode audit record %d: %w", r.Seq, err)
	}
	return append(fleet.ASCIIJSON(b), '\n'), nil
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
