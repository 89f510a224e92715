package sshexec

import (
	"bytes"
	"errors"
	"io"
	"sync"
	"time"
)

const maxNoise = 4 << 10

// overrun is how many times its limit a stream may be before the work is
// stopped: short overruns are drained to their end, an endless one is not.
const overrun = 8

// capture keeps the first max bytes written to it and counts the rest. It never
// fails: a writer that fails would stall the peer instead of bounding it.
type capture struct {
	max  int64
	kept []byte
	seen int64
}

func (c *capture) add(p []byte) {
	c.seen += int64(len(p))
	if room := c.max - int64(len(c.kept)); room > 0 {
		c.kept = append(c.kept, p[:min(int64(len(p)), room)]...)
	}
}

func (c *capture) truncated() bool { return c.seen > int64(len(c.kept)) }

// collector receives the output of one call from the draining goroutines and may
// be read while they are still at work.
type collector struct {
	nonce  []byte    // nil for a program: everything is payload
	stream io.Writer // a program's Stdout, if set

	ended    chan struct{} // closed at the END frame
	overflow chan struct{} // closed when a stream is far beyond its limit, or stream failed

	mu        sync.Mutex
	out, errs capture
	noise     capture
	held      []byte // bytes that may be the start of a frame
	began     bool
	done      bool
	over      bool
	code      int
	at        time.Time
	broken    error // the framing or the stream failed
}

func newCollector(nonce string, stream io.Writer, l Limits) *collector {
	c := &collector{
		stream: stream, ended: make(chan struct{}), overflow: make(chan struct{}),
		out: capture{max: l.MaxStdout}, errs: capture{max: l.MaxStderr}, noise: capture{max: maxNoise},
	}
	if nonce != "" {
		c.nonce = []byte(nonce)
	}
	return c
}

// stdout and stderr are the writers for the two streams.
func (c *collector) stdout() io.Writer { return writerFunc(c.writeStdout) }
func (c *collector) stderr() io.Writer { return writerFunc(c.writeStderr) }

type writerFunc func([]byte)

func (f writerFunc) Write(p []byte) (int, error) { f(p); return len(p), nil }

func (c *collector) writeStderr(p []byte) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.errs.add(p)
	c.watchLimit(&c.errs)
}

func (c *collector) writeStdout(p []byte) {
	if c.stream != nil {
		c.pass(p)
		return
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.nonce == nil {
		c.out.add(p)
	} else {
		c.scan(p)
	}
	c.watchLimit(&c.out)
	c.watchLimit(&c.noise)
}

// pass hands a program's output on. The lock is not held while the receiver
// works, so that a slow one cannot block the end of the call.
func (c *collector) pass(p []byte) {
	c.mu.Lock()
	failed := c.broken != nil
	c.out.seen += int64(len(p))
	c.mu.Unlock()
	if failed {
		return
	}
	if _, err := c.stream.Write(p); err != nil {
		c.mu.Lock()
		defer c.mu.Unlock()
		c.broken = err
		c.stop()
	}
}

func (c *collector) watchLimit(s *capture) {
	if s.seen > overrun*max(s.max, maxNoise) {
		c.stop()
	}
}

func (c *collector) stop() {
	if !c.over {
		c.over = true
		close(c.overflow)
	}
}

// scan splits stdout into noise, payload and frames. A frame is the nonce and the
// rest of its line; it need not start a line, because neither an rc file nor a
// payload has to end with one.
func (c *collector) scan(p []byte) {
	buf := p
	if len(c.held) > 0 {
		buf = append(c.held, p...)
		c.held = nil
	}
	for !c.done {
		i := bytes.Index(buf, c.nonce)
		if i < 0 {
			keep := partial(buf, c.nonce)
			c.plain(buf[:len(buf)-keep])
			c.held = bytes.Clone(buf[len(buf)-keep:])
			return
		}
		c.plain(buf[:i])
		buf = buf[i:]
		j := bytes.IndexByte(buf, '\n')
		if j < 0 {
			if len(buf) > 256 {
				c.finish(errors.New("frame line without end"))
				return
			}
			c.held = bytes.Clone(buf)
			return
		}
		c.frame(string(buf[len(c.nonce):j]))
		buf = buf[j+1:]
	}
}

// partial is the length of the longest suffix of buf that starts nonce.
func partial(buf, nonce []byte) int {
	for n := min(len(nonce)-1, len(buf)); n > 0; n-- {
		if bytes.HasSuffix(buf, nonce[:n]) {
			return n
		}
	}
	return 0
}

func (c *collector) plain(p []byte) {
	if c.began {
		c.out.add(p)
	} else {
		c.noise.add(p)
	}
}

func (c *collector) frame(line string) {
	if !c.began {
		at, err := parseBegin(line)
		if err != nil {
			c.finish(err)
			return
		}
		c.at, c.began = at, true
		return
	}
	code, err := parseEnd(line)
	c.code = code
	c.finish(err)
}

// finish ends the reading of frames; after an error nothing more can be trusted.
func (c *collector) finish(err error) {
	c.broken = err
	c.done = true
	close(c.ended)
}
