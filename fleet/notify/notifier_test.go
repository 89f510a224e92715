package notify

import (
	"context"
	"errors"
	"io"
	"net/http"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"andon/fleet"
)

// fake is a sender that answers as it is told.
type fake struct {
	mu    sync.Mutex
	sent  []string // with the seconds since t0
	began time.Time
	no    func(try int) error
	tries int
	hang  bool // until the context ends
}

func (f *fake) Send(ctx context.Context, n Notice) error {
	f.mu.Lock()
	f.tries++
	try, hang := f.tries, f.hang
	f.mu.Unlock()
	if hang {
		<-ctx.Done()
		return &Refusal{Err: ctx.Err(), Again: true, Remedy: "r"}
	}
	if f.no != nil {
		if err := f.no(try); err != nil {
			return err
		}
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	f.sent = append(f.sent, time.Since(f.began).Round(time.Second).String()+" "+says(n))
	return nil
}

func (f *fake) said() string {
	f.mu.Lock()
	defer f.mu.Unlock()
	return strings.Join(f.sent, "; ")
}

var terms = Terms{MinSeverity: fleet.SeverityStop, GroupWait: 10 * time.Second, Repeat: 4 * time.Hour}

// startedWith runs a notifier with one receiver until the test ends it.
func startedWith(f *fake, r Receiver, o Options) (n *Notifier, end func()) {
	f.began = time.Now()
	r.Sender = f
	if r.Name == "" {
		r.Name = "x"
	}
	o.Receivers = append(o.Receivers, r)
	n = New(o)
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan struct{})
	go func() { n.Run(ctx); close(done) }()
	return n, func() { cancel(); <-done }
}

// TestNoticesAreGroupedAndToldOnce: many boards a minute, one notice.
func TestNoticesAreGroupedAndToldOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := &fake{}
		var told []fleet.Told
		n, end := startedWith(f, Receiver{Terms: terms}, Options{Told: func(x fleet.Told) { told = append(told, x) }})
		a, b := firing("owner", "a", fleet.SeverityStop, "intel"), firing("owner", "b", fleet.SeverityStop, "intel")
		n.Observe(boardOf(a))
		for range 600 { // five minutes of boards, as the console folds them
			time.Sleep(500 * time.Millisecond)
			n.Observe(boardOf(a, b))
		}
		if got, want := f.said(), "10s raised owner@[intel]: owner/a owner/b"; got != want {
			t.Errorf("got %s", got)
		}
		n.Observe(boardOf(over(a), b))
		time.Sleep(time.Minute)
		if got, want := f.said(), "; 5m10s resolved owner@[intel]: owner/b (owner/a over)"; !strings.HasSuffix(got, want) {
			t.Errorf("got %s", got)
		}
		time.Sleep(4 * time.Hour)
		if got, want := f.said(), "; 4h5m10s repeat owner@[intel]: owner/b"; !strings.HasSuffix(got, want) {
			t.Errorf("got %s", got)
		}
		end()
		if len(f.sent) != 3 || len(told) != 3 || told[0].Receiver != "x" || len(told[0].Alerts) != 2 || !told[0].Alerts[0].Standing || told[1].Alerts[1].Standing {
			t.Errorf("%d sent, told %+v", len(f.sent), told)
		}
	})
}

// TestDeadReceiverSlowsNobody: one that hangs for ever delays neither boards nor
// the other receivers, is called failing, and is told what stands when it is back.
func TestDeadReceiverSlowsNobody(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		dead, well := &fake{hang: true}, &fake{}
		well.began = time.Now()
		n, end := startedWith(dead, Receiver{Name: "dead", Terms: terms}, Options{Receivers: []Receiver{{Name: "well", Terms: terms, Sender: well}}})
		a, b := firing("owner", "a", fleet.SeverityStop, "intel"), firing("disk", "b", fleet.SeverityStop, "yoga")
		began := time.Now()
		for range 100000 {
			n.Observe(boardOf(a))
		}
		if took := time.Since(began); took != 0 {
			t.Errorf("observing took %s of the clock", took)
		}
		time.Sleep(11 * time.Second)
		if well.said() != "10s raised owner@[intel]: owner/a" {
			t.Errorf("the other receiver heard %q", well.said())
		}
		if r := n.Receivers()[1]; r.Failing {
			t.Errorf("called failing before all tries: %+v", r)
		}
		time.Sleep(time.Minute)
		r := n.Receivers()[1]
		if dead.tries != 4 || !r.Failing || r.Tries != 4 || r.Waiting != 1 || r.Name != "dead" || r.Since.IsZero() || r.Err == "" || n.Receivers()[0].Failing {
			t.Errorf("%d tries, %+v", dead.tries, n.Receivers())
		}
		n.Observe(boardOf(a, b))
		time.Sleep(time.Hour)
		if r := n.Receivers()[1]; r.Waiting != 2 || !r.Failing {
			t.Errorf("%+v", r)
		}
		if tries := dead.tries; tries > 40 {
			t.Errorf("%d tries in an hour", tries)
		}
		dead.mu.Lock()
		dead.hang = false
		dead.mu.Unlock()
		n.Observe(boardOf(b)) // a ended, and this receiver never knew it
		time.Sleep(20 * time.Minute)
		if got := dead.said(); strings.Count(got, "raised") != 1 || !strings.Contains(got, "disk/b") {
			t.Errorf("after it is back: %q", got)
		}
		if r := n.Receivers()[1]; r.Failing || r.Waiting != 0 {
			t.Errorf("%+v", r)
		}
		end()
	})
}

// TestRetries: what may be taken a moment later is tried again, what was asked to
// wait waits, and what is refused for good is not hammered.
func TestRetries(t *testing.T) {
	once := func(r *Refusal) func(int) error {
		return func(try int) error {
			if try == 1 {
				return r
			}
			return nil
		}
	}
	e := errors.New("e")
	for _, tc := range []struct {
		name, want string
		no         func(int) error
		failing    bool
	}{
		{"500 then 200", "11s raised", once(&Refusal{Err: e, Again: true}), false},
		{"429 with Retry-After", "40s raised", once(&Refusal{Err: e, Again: true, After: 30 * time.Second}), false},
		{"429 with a long Retry-After", "20m10s raised", once(&Refusal{Err: e, Again: true, After: 20 * time.Minute}), false},
		{"401", "1m10s raised", once(&Refusal{Err: e}), false},
		{"an error of no kind", "1m10s raised", once(nil), false},
		{"400 for ever", "", func(int) error { return &Refusal{Err: e} }, true},
	} {
		t.Run(tc.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				no := tc.no
				if tc.name == "an error of no kind" {
					no = func(try int) error {
						if try == 1 {
							return e
						}
						return nil
					}
				}
				f := &fake{no: no}
				n, end := startedWith(f, Receiver{Terms: terms}, Options{})
				n.Observe(boardOf(firing("owner", "a", fleet.SeverityStop, "intel")))
				time.Sleep(3 * time.Hour)
				if got := f.said(); !strings.HasPrefix(got, tc.want) || (got == "") != (tc.want == "") {
					t.Errorf("got %q", got)
				}
				if r := n.Receivers()[0]; r.Failing != tc.failing || f.tries > 20 {
					t.Errorf("%d tries, %+v", f.tries, r)
				}
				end()
			})
		})
	}
}

// TestOneRefusedNoticeHoldsUpNoOther: what a receiver will never take waits alone.
func TestOneRefusedNoticeHoldsUpNoOther(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := &pick{}
		n := New(Options{Receivers: []Receiver{{Name: "x", Terms: terms, Sender: f}}})
		ctx, cancel := context.WithCancel(t.Context())
		go n.Run(ctx)
		n.Observe(boardOf(firing("bad", "a", fleet.SeverityStop, "intel"), firing("owner", "b", fleet.SeverityStop, "intel")))
		time.Sleep(time.Minute)
		synctest.Wait()
		if !slices.Equal(f.sent, []fleet.RuleID{"owner"}) {
			t.Errorf("sent %v", f.sent)
		}
		if r := n.Receivers()[0]; !r.Failing || r.Waiting != 1 {
			t.Errorf("%+v", r)
		}
		n.Observe(boardOf(firing("owner", "b", fleet.SeverityStop, "intel"))) // what waited is over
		synctest.Wait()
		if r := n.Receivers()[0]; r.Failing {
			t.Errorf("nothing waits: %+v", r)
		}
		cancel()
		synctest.Wait()
	})
}

// pick refuses notices of rule bad.
type pick struct{ sent []fleet.RuleID }

func (p *pick) Send(_ context.Context, n Notice) error {
	if n.Rule == "bad" {
		return &Refusal{Err: errors.New("HTTP 400")}
	}
	p.sent = append(p.sent, n.Rule)
	return nil
}

// TestWhatWaitsIsSentAtTheEnd: a console that ends within the waiting time loses
// nothing, and one whose receiver hangs ends all the same.
func TestWhatWaitsIsSentAtTheEnd(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := &fake{}
		n, end := startedWith(f, Receiver{Terms: terms}, Options{})
		n.Observe(boardOf(firing("owner", "a", fleet.SeverityStop, "intel")))
		time.Sleep(2 * time.Second)
		end()
		if f.said() != "2s raised owner@[intel]: owner/a" {
			t.Errorf("sent %q", f.said())
		}
		hung := &fake{hang: true}
		n, end = startedWith(hung, Receiver{Terms: terms}, Options{})
		n.Observe(boardOf(firing("owner", "a", fleet.SeverityStop, "intel")))
		time.Sleep(30 * time.Second)
		began := time.Now()
		end()
		if took := time.Since(began); took > partingWait {
			t.Errorf("the end took %s", took)
		}
	})
}

// TestWhoeverLooksIsNotRung: the first board of a console is on its screen.
func TestWhoeverLooksIsNotRung(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := &fake{}
		n, end := startedWith(f, Receiver{Terms: terms, Seen: true}, Options{})
		a, b := firing("owner", "a", fleet.SeverityStop, "intel"), firing("owner", "b", fleet.SeverityStop, "yoga")
		n.Observe(boardOf(a))
		time.Sleep(time.Minute)
		n.Observe(boardOf(a, b))
		time.Sleep(time.Minute)
		end()
		if f.said() != "1m10s raised owner@[yoga]: owner/b" {
			t.Errorf("rang for %q", f.said())
		}
	})
}

// TestHookUnderTheNotifier: the real sender against a real server that fails once.
func TestHookUnderTheNotifier(t *testing.T) {
	got := make(chan int, 8)
	s := newHookServer(t, func(n int, w http.ResponseWriter, _ *http.Request) {
		if n == 1 {
			w.WriteHeader(http.StatusInternalServerError)
		}
		_, _ = io.WriteString(w, "ok")
		got <- n
	})
	arrived := make(chan fleet.Told, 1)
	n := New(Options{Receivers: []Receiver{{Name: "x", Terms: Terms{MinSeverity: fleet.SeverityStop}, Sender: hookTo(t, s.URL, "")}},
		Told: func(x fleet.Told) { arrived <- x }})
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan struct{})
	go func() { n.Run(ctx); close(done) }()
	n.Observe(boardOf(firing("owner", "a", fleet.SeverityStop, "intel")))
	select {
	case x := <-arrived:
		if len(x.Alerts) != 1 || x.Alerts[0].Fingerprint != "owner/a" {
			t.Errorf("%+v", x)
		}
	case <-time.After(20 * time.Second):
		t.Fatal("nothing arrived")
	}
	cancel()
	<-done
	if p := s.seen(); len(p) != 2 || p[0].body != p[1].body || p[0].auth != "" {
		t.Errorf("%d posts", len(p))
	}
}
