package main

import (
	"bytes"
	"encoding/json"
	"io"
	"sync"

	"andon/fleet"
)

// lifeline is a standard input that gives its bytes and then stays open until
// it is released: andon-host stops between two entries when its input ends.
type lifeline struct {
	r    io.Reader
	done chan struct{}
	once sync.Once
}

func newLifeline(b []byte) *lifeline {
	return &lifeline{r: bytes.NewReader(b), done: make(chan struct{})}
}

// Read gives the bytes, then waits for the release.
func (l *lifeline) Read(p []byte) (int, error) {
	if n, err := l.r.Read(p); err == nil {
		return n, nil
	}
	<-l.done
	return 0, io.EOF
}

// Close releases the input.
func (l *lifeline) Close() error {
	l.release()
	return nil
}

func (l *lifeline) release() { l.once.Do(func() { close(l.done) }) }

// maxAnswer bounds what an answer may hold in memory; a host that sends more is
// cut off, which reads as a truncated answer.
const maxAnswer = actOutput

// answer collects an answer, hands its records on as they arrive, and lets the
// lifeline go when the closing record is there.
type answer struct {
	progress func(fleet.HostRecord)
	end      func()

	mu    sync.Mutex
	buf   []byte
	seen  int // start of the first line not handed on
	ended bool
}

func newAnswer(progress func(fleet.HostRecord), end func()) *answer {
	return &answer{progress: progress, end: end}
}

// Write takes a part of the answer.
func (a *answer) Write(p []byte) (int, error) {
	a.mu.Lock()
	defer a.mu.Unlock()
	if len(a.buf)+len(p) > maxAnswer {
		a.end()
		return len(p), nil // keep draining; the missing end tells
	}
	a.buf = append(a.buf, p...)
	for {
		i := bytes.IndexByte(a.buf[a.seen:], '\n')
		if i < 0 {
			return len(p), nil
		}
		line := a.buf[a.seen : a.seen+i]
		a.seen += i + 1
		var r fleet.HostRecord
		if json.Unmarshal(line, &r) != nil {
			continue // ParseAnswer will say so
		}
		if r.Kind == fleet.RecordEnd {
			a.ended = true
			a.end()
		}
		if a.progress != nil {
			a.progress(r)
		}
	}
}

func (a *answer) bytes() []byte {
	a.mu.Lock()
	defer a.mu.Unlock()
	return a.buf
}

// whole reports whether the closing record arrived.
func (a *answer) whole() bool {
	a.mu.Lock()
	defer a.mu.Unlock()
	return a.ended
}
