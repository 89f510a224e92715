package shell

import (
	"bytes"
	"io"
	"os"
	"strings"
	"sync"
	"testing"
	"time"

	"andon/fleet"
	"andon/fleet/probe"
	"andon/fleet/sim/world"
)

const t0 = 1779300000

func sweep(t testing.TB, p *Parser, w *world.World, name string, uid uint32, deep []probe.DeepAsk) (fleet.Sweep, []byte) {
	t.Helper()
	body, err := os.ReadFile("../../probe/sweep.sh")
	if err != nil {
		t.Fatal(err)
	}
	h, _ := w.Host(name)
	var mu sync.Mutex
	var out, errs bytes.Buffer
	args, err := probe.Ask{Roots: h.Roots, Deep: deep}.Args()
	if err != nil {
		t.Fatal(err)
	}
	mu.Lock()
	v := h.View(uid, w.Now())
	mu.Unlock()
	code := p.Run(t.Context(), Session{View: v, World: &mu, Clock: w.Now, Stdout: &out, Stderr: &errs,
		Programs: map[string]Program{}, Stdin: strings.NewReader("")}, string(body), args)
	if code != 0 || errs.Len() > 0 {
		t.Fatalf("exit %d, stderr %s", code, errs.String())
	}
	fh := fleet.Host{Name: fleet.HostName(name), Roots: h.Roots}
	s, err := probe.Parse(fh, out.Bytes(), time.Unix(w.Now(), 0), time.Second)
	if err != nil {
		t.Fatalf("%v\n%q", err, out.String())
	}
	return s, out.Bytes()
}

func TestSweepOfTheStory(t *testing.T) {
	w := world.New(1, t0, world.Scale{})
	w.Advance(t0)
	var p Parser
	begin := time.Now()
	s, raw := sweep(t, &p, w, "intel", 0, nil)
	t.Log(time.Since(begin))
	for _, r := range strings.Split(string(raw), "\x00") {
		t.Logf("%q", r)
	}
	t.Logf("%+v", s.Unseen)
	_ = io.EOF
}
