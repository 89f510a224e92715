package remedy

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"time"

	"andon/fleet"
)

// Chain is what a check of the whole log found.
type Chain struct {
	Records int64  // whole, in order, unchanged
	Last    string // hash of the last of them: compare it with one noted earlier, a cut tail shows nowhere else
	Torn    int    // bytes of a half-written last line; harmless
	// Broken says what is wrong with the first record that is not as it was
	// written, and Seq which one that is; nil where the chain holds.
	Broken error
	Seq    int64
}

// ReadLog returns all records that can be read, oldest first, and the state of
// the chain. Records after a break are returned too, as far as they can be read:
// they are what somebody may want to hide. A missing log is an empty one.
func ReadLog(path string) ([]fleet.Record, Chain, error) {
	var out []fleet.Record
	var c Chain
	f, err := os.Open(path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, c, nil
	}
	if err != nil {
		return nil, c, fmt.Errorf("read audit log: %w", err)
	}
	defer f.Close()
	br := bufio.NewReaderSize(f, 64<<10)
	for {
		line, err := br.ReadBytes('\n')
		if errors.Is(err, io.EOF) {
			c.Torn = len(line)
			return out, c, nil
		}
		if err != nil {
			return out, c, fmt.Errorf("read audit log: %w", err)
		}
		r, err := decode(bytes.TrimSuffix(line, []byte{'\n'}))
		if err == nil {
			out = append(out, r)
		}
		c = c.next(r, err)
	}
}

// next extends the chain by a line.
func (c Chain) next(r fleet.Record, err error) Chain {
	if c.Broken != nil {
		return c
	}
	if err == nil {
		err = r.Check(c.Records+1, c.Last)
	}
	if err != nil {
		c.Broken, c.Seq = err, c.Records+1
		return c
	}
	c.Records, c.Last = r.Seq, r.Hash
	return c
}

// VerifyLog checks the whole log. The error says that it could not be read;
// Chain.Broken says that it was read and is not as it was written.
func VerifyLog(path string) (Chain, error) {
	_, c, err := ReadLog(path)
	return c, err
}

// Since returns the records written at or after t. It reads back from the end,
// so that its cost does not grow with the log.
func (l *Log) Since(t time.Time) ([]fleet.Record, error) {
	f, err := os.Open(l.path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("read audit log: %w", err)
	}
	defer f.Close()
	end, err := f.Seek(0, io.SeekEnd)
	if err != nil {
		return nil, fmt.Errorf("read audit log: %w", err)
	}
	for span := int64(64 << 10); ; span *= 4 {
		from := max(end-span, 0)
		out, older, err := recordsFrom(f, from, end, t)
		if err != nil || older || from == 0 {
			return out, err
		}
	}
}

// recordsFrom reads the records between two offsets that are not older than t,
// and whether it met one that is.
func recordsFrom(f *os.File, from, end int64, t time.Time) (out []fleet.Record, older bool, err error) {
	b := make([]byte, end-from)
	if _, err := f.ReadAt(b, from); err != nil {
		return nil, false, fmt.Errorf("read audit log: %w", err)
	}
	if from > 0 {
		_, b, _ = bytes.Cut(b, []byte{'\n'}) // the first line may be half
	}
	for {
		line, rest, whole := bytes.Cut(b, []byte{'\n'})
		if !whole {
			return out, older, nil
		}
		b = rest
		r, err := decode(line)
		if err != nil {
			return nil, false, fmt.Errorf("read audit log: %w", err)
		}
		if r.At.Before(t) {
			older = true
			continue
		}
		out = append(out, r)
	}
}
