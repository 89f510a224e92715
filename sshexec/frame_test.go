package sshexec

import (
	"bytes"
	"errors"
	"io"
	"os/exec"
	"slices"
	"strings"
	"testing"
	"testing/iotest"
	"time"
)

// TestUnframeAgreesWithSh runs one call under the real /bin/sh and through Unframe,
// Begin and End, as a server with a shell of its own would, and compares the results.
func TestUnframeAgreesWithSh(t *testing.T) {
	for _, args := range [][]string{nil, {""}, {"a b", hostile, "'", "''", `\''`, "\n\n", " x"}, {"_sshexec_body() (\nset --", "\n)\n"}} {
		call := ScriptCall{Script: script(t, "echo.sh"), Args: args, Become: BecomeNone}
		call.Limits, _ = Limits{}.withDefaults()
		nonce := newNonce()
		input, err := frame(nonce, call)
		if err != nil {
			t.Fatal(err)
		}
		f, err := Unframe(iotest.OneByteReader(bytes.NewReader(input)))
		if err != nil {
			t.Fatalf("%q: %v", args, err)
		}
		if f.Nonce != nonce || f.Root || !slices.Equal(f.Args, args) || f.Body != call.Script.text {
			t.Fatalf("got %+v, want nonce %s, args %q and the script", f, nonce, args)
		}
		served := newCollector(nonce, nil, call.Limits)
		now := time.Now()
		served.writeStdout(f.Begin(1, now))
		out, err := exec.Command("/bin/sh", append([]string{"-c", f.Body, "sh"}, f.Args...)...).Output()
		if err != nil {
			t.Fatal(err)
		}
		served.writeStdout(out)
		served.writeStdout(f.End(0))
		var fromServer Result
		if failed := served.judge(ending{exit: &exit{}}, false, &fromServer); failed != nil {
			t.Fatal(failed)
		}
		fromSh, err := Local{}.Script(t.Context(), call)
		if err != nil {
			t.Fatal(err)
		}
		if !bytes.Equal(fromServer.Stdout, fromSh.Stdout) || fromServer.RemoteTime.Unix() != now.Unix() || fromSh.RemoteTime.Sub(now).Abs() > time.Minute {
			t.Errorf("server %+v, sh %+v", fromServer, fromSh)
		}
	}
}

func TestUnframeRefuses(t *testing.T) {
	input, err := frame(newNonce(), ScriptCall{Script: script(t, "uid.sh"), Args: []string{"x"}, Become: BecomeRoot})
	if err != nil {
		t.Fatal(err)
	}
	if f, err := Unframe(bytes.NewReader(input)); err != nil || !f.Root {
		t.Errorf("whole call: %+v, %v", f, err)
	}
	for cut := range len(input) {
		if _, err := Unframe(bytes.NewReader(input[:cut])); !errors.Is(err, io.ErrUnexpectedEOF) {
			t.Fatalf("cut at %d: %v, want io.ErrUnexpectedEOF", cut, err)
		}
	}
	for _, text := range []string{strings.Repeat("x", 300), "a\nb\nc\nd\n", strings.Replace(string(input), "set -- '", "set -- $'", 1), strings.Replace(string(input), "'\n", "'x\n", 1)} {
		if _, err := Unframe(strings.NewReader(text)); !errors.Is(err, ErrNotFramed) {
			t.Errorf("%.40q: %v, want ErrNotFramed", text, err)
		}
	}
}

// FuzzQuote sends random bytes through every shell at hand.
func FuzzQuote(f *testing.F) {
	for _, seed := range []string{"", hostile, "'", `'\''`, "$(id)", "\x01\x7f\xff\xfe\n\r\t", "é\u202e"} {
		f.Add(seed)
	}
	found := shells(f)
	f.Fuzz(func(t *testing.T, arg string) {
		if strings.ContainsRune(arg, 0) || len(arg) > maxArgs {
			t.Skip("refused before it is quoted")
		}
		call := ScriptCall{Script: script(t, "echo.sh"), Args: []string{arg}}
		call.Limits, _ = Limits{MaxStdout: maxArgs + 2}.withDefaults()
		for _, sh := range found {
			nonce := newNonce()
			input, err := frame(nonce, call)
			if err != nil {
				t.Fatal(err)
			}
			p, err := spawn(exec.Command(sh[1], sh[2:]...))
			if err != nil {
				t.Fatal(err)
			}
			c := newCollector(nonce, nil, call.Limits)
			e := conduct(t.Context(), p, bytes.NewReader(input), true, c, call.Grace)
			p.close()
			var r Result
			if failed := c.judge(e, false, &r); failed != nil || string(r.Stdout) != "<"+arg+">" {
				t.Errorf("%s: %q came back as %q (%v, stderr %q)", sh[0], arg, r.Stdout, failed, r.Stderr)
			}
		}
	})
}

// FuzzCollector feeds a stream in two pieces and in one: the same must be found.
func FuzzCollector(f *testing.F) {
	nonce := strings.Repeat("ab", 16)
	for _, seed := range []string{"", nonce, "x" + nonce + " BEGIN 1 2 3\npayload" + nonce + " END 7\nrest", nonce + " BEGIN 1 2 3\n" + nonce[:31] + "\n" + nonce + " END 300\n", nonce + " END 0\n"} {
		f.Add(seed, 7)
	}
	f.Fuzz(func(t *testing.T, stream string, at int) {
		at = max(0, min(at, len(stream)))
		limits, _ := Limits{}.withDefaults()
		read := func(pieces ...string) (Result, *Error, bool) {
			c := newCollector(nonce, nil, limits)
			for _, p := range pieces {
				c.writeStdout([]byte(p))
			}
			var r Result
			err := c.judge(ending{exit: &exit{}}, false, &r)
			return r, err, c.done
		}
		r1, err1, done1 := read(stream)
		r2, err2, done2 := read(stream[:at], stream[at:])
		if !bytes.Equal(r1.Stdout, r2.Stdout) || !bytes.Equal(r1.Noise, r2.Noise) || done1 != done2 || (err1 == nil) != (err2 == nil) {
			t.Fatalf("%q whole: %+v %v; cut at %d: %+v %v", stream, r1, err1, at, r2, err2)
		}
		if err1 == nil && !strings.Contains(stream, nonce+" END 0\n") {
			t.Fatalf("%q is a success without an END frame", stream)
		}
	})
}

func TestWatchersLeaveNothing(t *testing.T) {
	for _, sh := range shells(t) {
		call := ScriptCall{Script: script(t, "uid.sh")}
		call.Limits, _ = Limits{Timeout: 91 * time.Second}.withDefaults()
		nonce := newNonce()
		input, err := frame(nonce, call)
		if err != nil {
			t.Fatal(err)
		}
		cmd := exec.Command(sh[1], sh[2:]...)
		p, err := spawn(cmd)
		if err != nil {
			t.Fatal(err)
		}
		c := newCollector(nonce, nil, call.Limits)
		e := conduct(t.Context(), p, bytes.NewReader(input), true, c, call.Grace)
		p.close()
		if e.exit == nil || e.exit.code != 0 {
			t.Fatalf("%s: ending %+v", sh[0], e)
		}
		eventually(t, sh[0]+"'s process group to be empty", func() bool { return len(members(cmd.Process.Pid)) == 0 })
	}
}

// TestDeadlineHoldsWithoutTheClient keeps stdin open and sends no signal: the
// watcher on the host alone ends the work, as behind a dead network.
func TestDeadlineHoldsWithoutTheClient(t *testing.T) {
	for _, sh := range shells(t) {
		t.Run(sh[0], func(t *testing.T) {
			t.Parallel()
			call := ScriptCall{Script: script(t, "sleep.sh"), Args: []string{"93"}, Limits: Limits{Timeout: time.Nanosecond, Grace: time.Nanosecond}}
			input, err := frame(newNonce(), call)
			if err != nil {
				t.Fatal(err)
			}
			cmd := exec.Command(sh[1], sh[2:]...)
			p, err := spawn(cmd)
			if err != nil {
				t.Fatal(err)
			}
			defer p.close()
			if _, err := p.stdin.Write(input); err != nil {
				t.Fatal(err)
			}
			if x := p.wait(); x.signal != "TERM" {
				t.Errorf("ended by %+v, want TERM of its own watcher", x)
			}
			eventually(t, "the process group to be empty", func() bool { return len(members(cmd.Process.Pid)) == 0 })
		})
	}
}
