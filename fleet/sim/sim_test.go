package sim

import (
	"bytes"
	"context"
	"embed"
	"io"
	"testing"
	"time"

	"andon/fleet"
	"andon/fleet/gh"
	"andon/fleet/probe"
	"andon/sshexec"
)

func start(t testing.TB, o Options) *Fleet {
	t.Helper()
	f, err := Start(context.Background(), o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := f.Close(); err != nil {
			t.Errorf("close: %v", err)
		}
	})
	return f
}

func TestSmoke(t *testing.T) {
	f := start(t, Options{})
	pool := sshexec.NewPool(f.SSH())
	defer pool.Close(t.Context())
	script, err := sshexec.Embedded(probe.Scripts, probe.SweepScript)
	if err != nil {
		t.Fatal(err)
	}
	h := f.Hosts()[0]
	args, err := probe.Ask{Roots: h.Roots}.Args()
	if err != nil {
		t.Fatal(err)
	}
	begin := time.Now()
	res, err := pool.Host(h.SSH).Script(t.Context(), sshexec.ScriptCall{Script: script, Args: args, Become: sshexec.BecomeRoot})
	if err != nil {
		t.Fatalf("%+v %v %s", res, err, res.Stderr)
	}
	s, err := probe.Parse(h, res.Stdout, f.Now(), time.Since(begin))
	if err != nil {
		t.Fatal(err)
	}
	t.Log(time.Since(begin), len(s.Dirs), s.Facts, s.Unseen, s.Dropped)
	_, _, _, _ = bytes.Equal, io.EOF, embed.FS{}, fleet.RootOwner
	_ = gh.DefaultBaseURL
}
