package sshexec

import (
	"context"
	"io"
	"sync"
	"time"
)

// settle is how long the exit status and the last output may lag behind the END
// frame, and how long a killed command may take to be gone.
const settle = time.Second

// process is a started command. terminate and kill may block and are called on
// goroutines of their own.
type process struct {
	stdin          io.WriteCloser
	stdout, stderr io.Reader
	wait           func() exit // until the command has ended; called once
	terminate      func()      // asks it to end
	kill           func()      // ends it where possible and lets go of its streams
	close          func()      // lets go of its streams after it has been conducted
}

// exit is how a command ended.
type exit struct {
	code   int
	signal string
	lost   error // the end was not seen: the outcome is unknown
}

// ending is how a conducted process came to its end.
type ending struct {
	exit      *exit // nil if it was not seen
	stopped   error // the context's error, if that ended it
	overflow  bool
	abandoned bool // it may still be running and holds goroutines until its connection closes
}

// conduct feeds a process, drains it and sees it end: at its END frame, at its
// exit, or by stopping it when ctx is done. It returns at most grace + settle after
// the end of ctx, whatever the process does.
func conduct(ctx context.Context, p process, input io.Reader, lifeline bool, c *collector, grace time.Duration) ending {
	exited := make(chan exit, 1)
	go func() { exited <- p.wait() }()
	drained := drain(p, c)
	closeStdin := sync.OnceFunc(func() { p.stdin.Close() })
	go func() {
		_, err := io.Copy(p.stdin, input)
		if !lifeline || err != nil {
			closeStdin()
		}
	}()

	var e ending
	patience := settle
	select {
	case <-c.ended:
	case x := <-exited:
		e.exit = &x
	case <-c.overflow:
		e.overflow = true
	case <-ctx.Done():
		e.stopped = ctx.Err()
	}
	stopping := e.overflow || e.stopped != nil
	go closeStdin()
	if stopping {
		go p.terminate()
		patience = grace
	}
	if e.settle(exited, drained, patience) {
		return e
	}
	go p.kill()
	if stopping {
		e.abandoned = !e.settle(exited, drained, settle)
	}
	return e
}

// settle waits until the process has exited and its streams have ended.
func (e *ending) settle(exited <-chan exit, drained <-chan struct{}, patience time.Duration) bool {
	timer := time.NewTimer(patience)
	defer timer.Stop()
	for e.exit == nil || drained != nil {
		select {
		case x := <-exited:
			e.exit, exited = &x, nil
		case <-drained:
			drained = nil
		case <-timer.C:
			return false
		}
	}
	return true
}

func drain(p process, c *collector) <-chan struct{} {
	var both sync.WaitGroup
	both.Go(func() { io.Copy(c.stdout(), p.stdout) })
	both.Go(func() { io.Copy(c.stderr(), p.stderr) })
	drained := make(chan struct{})
	go func() {
		both.Wait()
		close(drained)
	}()
	return drained
}
