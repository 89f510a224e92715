// Package hosthelper is andon-host on a simulated host: it reads the same request,
// refuses for the same reasons and answers with the same records as package onhost,
// but acts on a world instead of a kernel.
package hosthelper

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"sync"
	"time"

	"andon/fleet"
	"andon/fleet/onhost"
	"andon/fleet/sim/shell"
	"andon/fleet/sim/world"
)

// Build is the version the simulated andon-host tells.
const Build = "demo"

// Host is the host andon-host runs on.
type Host struct {
	Host    *world.Host
	Lock    sync.Locker // held around the world
	Now     func() time.Time
	Advance func() // brings the world to the present; called with Lock held
}

// Program returns andon-host as a program of the host's shell.
func Program(h Host) shell.Program {
	return func(ctx context.Context, args []string, v *world.View, in io.Reader, out, errs io.Writer) int {
		if len(args) != 2 {
			return complain(errs, 2, "usage: andon-host serve | once | check [ROOT...] | --version")
		}
		switch args[1] {
		case "--version":
			if _, err := fmt.Fprintf(out, "andon-host %s protocol %d linux/%s\n", Build, fleet.HostProtocol, v.Host.Arch); err != nil {
				return 1
			}
			return 0
		case "serve":
			if err := h.serve(ctx, v.UID, in, out); err != nil {
				return complain(errs, 1, "andon-host: "+err.Error())
			}
			return 0
		}
		return complain(errs, 2, "usage: andon-host serve | --version")
	}
}

func complain(w io.Writer, code int, text string) int {
	if _, err := fmt.Fprintln(w, text); err != nil {
		return 1
	}
	return code
}

// serve carries out one request, as onhost.Serve does.
func (h Host) serve(ctx context.Context, uid uint32, in io.Reader, out io.Writer) error {
	enc := json.NewEncoder(out)
	req, err := onhost.ReadRequest(in)
	if werr := enc.Encode(fleet.HostRecord{Kind: fleet.RecordHello, Version: fleet.HostProtocol, Build: Build, ID: req.ID}); werr != nil {
		return fmt.Errorf("write answer: %w", werr)
	}
	if err == nil && uid != 0 {
		err = fmt.Errorf("andon-host must run as root: it acts on other users' files")
	}
	steps := 0
	if err == nil {
		steps, err = h.steps(ctx, req, in, enc)
	}
	end := fleet.HostRecord{Kind: fleet.RecordEnd, Steps: steps}
	if err != nil {
		end.Error = err.Error()
	}
	if werr := enc.Encode(end); werr != nil {
		return fmt.Errorf("write answer: %w", werr)
	}
	return err
}

// steps carries out the steps until the console's end of the stream is gone.
func (h Host) steps(ctx context.Context, req fleet.HostRequest, in io.Reader, enc *json.Encoder) (int, error) {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	go func() { // ends with the session's input
		if _, err := io.Copy(io.Discard, in); err != nil {
			cancel()
			return
		}
		cancel()
	}()
	ended := make(map[int]fleet.Outcome)
	for i, st := range req.Steps {
		r := h.step(ctx, req, st, ended)
		ended[st.N] = r.Outcome
		if err := enc.Encode(fleet.HostRecord{Kind: fleet.RecordStep, Step: &r}); err != nil {
			return i, fmt.Errorf("write answer: %w", err)
		}
	}
	return len(req.Steps), nil
}

// step carries out one step in one moment of the world: nothing else happens in
// between, which is what a real host gains by acting on open descriptors.
func (h Host) step(ctx context.Context, req fleet.HostRequest, st fleet.Step, ended map[int]fleet.Outcome) fleet.StepResult {
	for _, n := range st.Needs {
		if o, here := ended[n]; here && !o.OK() {
			return fleet.StepResult{N: st.N, Outcome: fleet.OutcomeSkipped, Reason: fleet.ReasonNeeds, Detail: fmt.Sprintf("step %d was %s", n, o)}
		}
	}
	h.Lock.Lock()
	defer h.Lock.Unlock()
	h.Advance()
	d := &deed{host: h.Host, req: req, step: st, now: h.Now().Truncate(time.Second)}
	if ctx.Err() != nil {
		return refused(fleet.ReasonStopped, "stdin was closed: the console is gone").result(st.N)
	}
	res, no := d.attempt()
	if no != nil {
		res = no.result(st.N)
	}
	res.N = st.N
	h.Host.Journal = append(h.Host.Journal, fmt.Sprintf("andon-host: request %s step %d %s %s: %s %s", req.ID, st.N, st.Verb, st.Path(), res.Outcome, res.Reason))
	return res
}

// refusal is a guard's no.
type refusal struct {
	reason  fleet.Reason
	detail  string
	writers []fleet.Writer
}

func refused(r fleet.Reason, format string, a ...any) *refusal {
	return &refusal{reason: r, detail: fmt.Sprintf(format, a...)}
}

func (r *refusal) result(n int) fleet.StepResult {
	return fleet.StepResult{N: n, Outcome: fleet.OutcomeRefused, Reason: r.reason, Detail: r.detail, Writers: r.writers}
}
