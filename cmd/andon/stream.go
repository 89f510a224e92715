package main

import (
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"sync"
	"syscall"
	"time"

	"golang.org/x/sys/unix"

	"andon/fleet"
)

// leastInterval is the shortest pause between two looks at one source.
const leastInterval = 5 * time.Second

// streamEnd is how long the last lines may take where nobody reads.
const streamEnd = 2 * time.Second

// runWatch looks without a screen and streams what changes, until a signal, the
// end of --for, or the end of its reader.
func runWatch(ctx context.Context, in invocation) int {
	var every, last, beat time.Duration
	c, words, err := in.flags("watch", func(fs *flag.FlagSet) {
		fs.DurationVar(&every, "interval", 0, "pause between two looks at one source, at least 5s; default: the config's intervals")
		fs.DurationVar(&last, "for", 0, "end after `D`; default: never")
		fs.DurationVar(&beat, "heartbeat", 0, "a line every `D` although nothing changed; default: none")
	})
	if err != nil {
		return in.parseCode(err)
	}
	switch {
	case len(words) > 0:
		return in.usage(fmt.Errorf("watch: unexpected %q", words[0]))
	case every != 0 && every < leastInterval:
		return in.usage(fmt.Errorf("watch: interval of %s; use at least %s", every, leastInterval))
	case last < 0 || beat < 0 || beat > 0 && beat < time.Second:
		return in.usage(errors.New("watch: --for must not be negative, --heartbeat at least 1s"))
	}
	c.interval = every
	s, code := in.session(ctx, c)
	if s == nil {
		return code
	}
	defer in.release(s)
	if s.tokenErr != nil {
		in.complain(s.tokenErr.Error())
	}
	if last > 0 {
		var cancel context.CancelFunc
		ctx, cancel = context.WithTimeout(ctx, last)
		defer cancel()
	}
	pipe := make(chan os.Signal, 1)
	signal.Notify(pipe, syscall.SIGPIPE) // a reader that is gone is an error of the write, not the death of the process
	defer signal.Stop(pipe)
	if err := in.watch(ctx, s, c.json, beat); err != nil {
		return in.fail(err)
	}
	if s.tokenErr != nil {
		return exitNeedsAuth
	}
	return exitOK
}

// watch streams until ctx ends or the reader is gone.
func (in invocation) watch(ctx context.Context, s *session, asJSON bool, beat time.Duration) error {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	st := &stream{out: in.out, json: asJSON, lines: make(chan []byte, 1024), gone: cancel}
	st.put(ctx, newHello(s))
	var told bool // what stood already was told
	s.mu.Lock()
	s.news.listen = func(b fleet.Board, changes []fleet.Transition) {
		for _, l := range stood(b, changes, &told, s.now()) {
			st.put(ctx, l)
		}
		for _, t := range changes {
			st.put(ctx, newLine(string(t.Kind), t, s.now()))
		}
	}
	s.mu.Unlock()
	defer func() {
		s.mu.Lock()
		s.news.listen = nil
		s.mu.Unlock()
	}()
	tell := s.startNotices(in.getenv)
	in.sayNotes(s)
	var written, done sync.WaitGroup
	written.Go(st.write)
	due := time.Now().Add(beat)
	done.Go(func() { tell(ctx) })
	w := newWatch(s)
	done.Go(func() {
		first := s.collector.Once(ctx) // a whole look, so that nothing is told that the next moment takes back
		if ctx.Err() != nil {
			return // cut short: what it lacks is no news
		}
		s.whole()
		w.publish(first)
		s.collector.Run(ctx, func(snap *fleet.Snapshot) {
			w.publish(snap)
			if beat > 0 && !time.Now().Before(due) {
				due = due.Add(max(time.Since(due).Truncate(beat), 0) + beat)
				st.put(ctx, newBeat(w.latest().Board, snap))
			}
			in.sayNotes(s)
			if closed(in.out) {
				cancel()
			}
		})
	})
	done.Wait()
	close(st.lines)
	return st.end(&written)
}

// stream writes lines from a goroutine of its own, so that an end is not held up
// by a reader that does not read.
type stream struct {
	out   *os.File
	json  bool
	lines chan []byte
	gone  context.CancelFunc

	mu  sync.Mutex
	err error
}

// put hands a line on. It waits for a slow reader, but not beyond the end.
func (st *stream) put(ctx context.Context, l streamLine) {
	text := []byte(l.text() + "\n")
	if st.json {
		b, err := json.Marshal(l)
		if err != nil { // cannot happen: a line is plain data
			return
		}
		text = append(fleet.ASCIIJSON(b), '\n')
	}
	select {
	case st.lines <- text:
	case <-ctx.Done():
	}
}

func (st *stream) write() {
	for line := range st.lines {
		if _, err := st.out.Write(line); err != nil {
			st.mu.Lock()
			st.err = err
			st.mu.Unlock()
			st.gone()
			return
		}
	}
}

// end waits for the last lines. A reader that is gone is no error: it had enough.
func (st *stream) end(written *sync.WaitGroup) error {
	all := make(chan struct{})
	go func() { written.Wait(); close(all) }()
	select {
	case <-all:
	case <-time.After(streamEnd):
		return nil
	}
	st.mu.Lock()
	defer st.mu.Unlock()
	if st.err == nil || errors.Is(st.err, syscall.EPIPE) {
		return nil
	}
	return fmt.Errorf("watch: %w", st.err)
}

// closed reports whether nobody can read a pipe any more, which a write would
// tell only with the next change.
func closed(f *os.File) bool {
	fds := []unix.PollFd{{Fd: int32(f.Fd())}}
	n, err := unix.Poll(fds, 0)
	return err == nil && n > 0 && fds[0].Revents&(unix.POLLERR|unix.POLLHUP) != 0
}
