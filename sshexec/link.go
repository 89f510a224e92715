package sshexec

import (
	"context"
	"errors"
	"sync"
	"time"

	"golang.org/x/crypto/ssh"
)

const (
	keepaliveEvery = 15 * time.Second
	keepaliveMiss  = 3
	probeTimeout   = 5 * time.Second // for a connection in doubt
	probeIdle      = 30 * time.Second
)

// link is one authenticated connection. It is used by leases; a tainted link takes
// no new ones and closes with the last.
type link struct {
	client *ssh.Client
	server string
	via    *link         // the jump host's connection, leased for as long as this one lives
	gone   chan struct{} // closed when the connection has ended
	idle   time.Duration // closed after this long without a lease

	mu       sync.Mutex
	leases   int
	tainted  bool
	blamed   bool // its end has been counted against the host
	lastUsed time.Time
	timer    *time.Timer
}

// newLink takes over client and via and starts the keepalive.
func newLink(client *ssh.Client, cfg HostConfig, via *link, idle time.Duration) *link {
	l := &link{client: client, server: clean(string(client.ServerVersion()), 100), via: via, idle: idle, gone: make(chan struct{}), lastUsed: time.Now()}
	go func() {
		client.Wait()
		l.taint()
		if via != nil {
			via.release()
		}
		close(l.gone)
	}()
	go l.keepalive(orDefault(cfg.KeepaliveInterval, keepaliveEvery), orDefault(cfg.KeepaliveCount, keepaliveMiss))
	l.arm()
	return l
}

// keepalive closes a connection whose peer has stopped answering.
func (l *link) keepalive(every time.Duration, misses int) {
	tick := time.NewTicker(every)
	defer tick.Stop()
	for {
		select {
		case <-l.gone:
			return
		case <-tick.C:
			if l.answers(context.Background(), every*time.Duration(misses)) != nil {
				l.client.Close()
			}
		}
	}
}

// errSilent is returned by answers for a peer that gave none in time.
var errSilent = errors.New("no answer from the server")

// answers asks the server for any reply; a refusal is one. The request itself can
// block for as long as the connection lives; it ends with it.
func (l *link) answers(ctx context.Context, within time.Duration) error {
	reply := make(chan error, 1)
	go func() {
		_, _, err := l.client.SendRequest("keepalive@openssh.com", true, nil)
		reply <- err
	}()
	timer := time.NewTimer(within)
	defer timer.Stop()
	select {
	case err := <-reply:
		return err
	case <-ctx.Done():
		return ctx.Err()
	case <-timer.C:
	case <-l.gone:
	}
	return errSilent
}

// lease takes the link into use; false if it must not be used any more.
func (l *link) lease() (idle time.Duration, ok bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.tainted {
		return 0, false
	}
	if l.leases == 0 {
		idle = time.Since(l.lastUsed)
	}
	l.leases++
	if l.timer != nil {
		l.timer.Stop()
	}
	return idle, true
}

// release ends a lease.
func (l *link) release() {
	l.mu.Lock()
	l.leases--
	l.lastUsed = time.Now()
	last := l.leases == 0
	shut := last && l.tainted
	l.mu.Unlock()
	if shut {
		l.client.Close()
	} else if last {
		l.arm()
	}
}

// arm starts the idle clock.
func (l *link) arm() {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.leases > 0 || l.tainted {
		return
	}
	if l.timer != nil {
		l.timer.Stop()
	}
	l.timer = time.AfterFunc(l.idle, func() {
		l.mu.Lock()
		unused := l.leases == 0
		l.tainted = l.tainted || unused
		l.mu.Unlock()
		if unused {
			l.client.Close()
		}
	})
}

// taint lets no new lease in.
func (l *link) taint() {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.tainted = true
	if l.timer != nil {
		l.timer.Stop()
	}
}

// suspect taints a link on which a call did not end in time, and closes it at once
// if its peer does not answer.
func (l *link) suspect() {
	l.taint()
	go func() {
		if l.answers(context.Background(), probeTimeout) != nil {
			l.client.Close()
		}
	}()
}

// blame reports true once: many calls may see one connection end, which is one
// failure of the host.
func (l *link) blame() bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	first := !l.blamed
	l.blamed = true
	return first
}

// close ends the link whoever uses it.
func (l *link) close() {
	l.taint()
	l.client.Close()
}
