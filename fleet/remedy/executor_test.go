package remedy

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"andon/fleet"
)

func TestChainChownVerifyRerun(t *testing.T) {
	w := newWorld(t, "intel")
	a, b := w.dir("intel", 1792, 5), w.dir("intel", 1793, 6)
	w.before = func(_ fleet.HostName, r fleet.HostRequest) { // every intent is durable before a byte goes out
		records, _, err := ReadLog(w.log.Path())
		if err != nil || len(records) != 2 {
			t.Errorf("%d records before the deed, %v; want two intents", len(records), err)
		}
		for _, rec := range records {
			if rec.Kind != fleet.RecordIntent || rec.Request != r.ID || rec.Operator != "noah" {
				t.Errorf("before the deed the log has %+v", rec)
			}
		}
	}
	p := plan(chown(a), chown(b), rerun(5, 1), rerun(6, 2))
	var events []string
	r, err := w.executor().Apply(t.Context(), p, p.Digest(), func(e Event) { events = append(events, string(e.Kind)) })
	if err != nil {
		t.Fatal(err)
	}
	expect(t, r, "done done done done")
	if !r.OK() || len(r.Verified) != 4 {
		t.Errorf("verified: %+v", r.Verified)
	}
	if got, want := strings.Join(w.calls, ", "), "act intel 2, sweep [intel], rerun 5, rerun 6"; got != want {
		t.Errorf("order: %s\nwant:  %s", got, want)
	}
	if got := strings.Join(events, " "); !strings.HasPrefix(got, "started progress") || strings.Count(got, "verified") != 4 {
		t.Errorf("events: %s", got)
	}
	records, c, err := ReadLog(w.log.Path())
	if err != nil || c.Broken != nil || len(records) != 12 || len(InDoubt(records)) != 0 {
		t.Errorf("log: %d records, %v, %v", len(records), c.Broken, err)
	}
}

func TestRerunWaitsForProof(t *testing.T) {
	for name, spoil := range map[string]func(*world, *fleet.RunDir){
		"host cannot be swept": func(w *world, _ *fleet.RunDir) { w.down["intel"] = true },
		"host lied": func(w *world, d *fleet.RunDir) {
			w.act = func(_ fleet.HostName, _ fleet.HostRequest, whole []byte) ([]byte, error) {
				d.Owner = fleet.RootOwner
				return whole, nil
			}
		},
		"entries below are still foreign": func(w *world, d *fleet.RunDir) {
			d.Foreign = fleet.Known(fleet.Foreign{Count: 3}, time.Now().Add(time.Hour))
		},
		"made again meanwhile": func(w *world, d *fleet.RunDir) {
			w.act = func(_ fleet.HostName, _ fleet.HostRequest, whole []byte) ([]byte, error) {
				d.Inode++
				return whole, nil
			}
		},
	} {
		w := newWorld(t, "intel")
		d := w.dir("intel", 1792, 5)
		p := plan(chown(d), rerun(5, 1))
		spoil(w, d)
		r := apply(t, w.executor(), p)
		if got := outcomes(r); got != "done skipped(needs) " || r.OK() || len(w.posts) != 0 {
			t.Errorf("%s: %s ok=%v, %d posts", name, got, r.OK(), len(w.posts))
		}
	}
}

// A sweep from before the deed proves nothing, and neither does a count of
// foreign entries from before it.
func TestProofIsFresherThanTheDeed(t *testing.T) {
	w := newWorld(t, "intel")
	d := w.dir("intel", 1792, 5)
	d.Owner = wanted
	d.Foreign = fleet.Known(fleet.Foreign{Count: 3}, time.Now().Add(-time.Minute))
	st := chown(d)
	st.N = 1
	s, err := w.Refresh(t.Context(), "intel")
	if err != nil {
		t.Fatal(err)
	}
	if v := look(s, st, s.At.Add(-time.Second)); !v.OK {
		t.Errorf("a fresh sweep: %+v", v)
	}
	if v := look(s, st, s.At.Add(time.Second)); v.OK || !strings.Contains(v.Says, "could not be swept again") {
		t.Errorf("a sweep from before the deed: %+v", v)
	}
}

func TestApplyRefusesThePlan(t *testing.T) {
	for name, tc := range map[string]struct {
		config func(*Config)
		plan   func(*fleet.Plan)
		digest string
		want   error
		says   string
	}{
		"read-only":       {config: func(c *Config) { c.Policy.ReadOnly = true }, want: ErrReadOnly},
		"no digest":       {digest: "-", want: fleet.ErrStale},
		"other digest":    {digest: strings.Repeat("0", 64), want: fleet.ErrStale},
		"too old":         {plan: func(p *fleet.Plan) { p.MadeAt = p.MadeAt.Add(-11 * time.Minute) }, want: fleet.ErrStale},
		"from the future": {plan: func(p *fleet.Plan) { p.MadeAt = p.MadeAt.Add(time.Hour) }, want: fleet.ErrStale},
		"dot-dot":         {plan: func(p *fleet.Plan) { p.Steps[0].Components = []string{"aprender-ci", "..", "run-5"} }, says: "path component"},
		"not a run dir":   {plan: func(p *fleet.Plan) { p.Steps[0].Components = []string{"precious"} }, want: fleet.ErrNotActionable},
		"unknown host":    {plan: func(p *fleet.Plan) { p.Steps[0].Host, p.Steps[0].Subject.Host = "evil", "evil" }, says: "not configured"},
		"unknown root":    {plan: func(p *fleet.Plan) { p.Steps[0].Root.Path, p.Steps[0].Subject = "/srv/other", fleet.Subject{} }, says: "not as configured"},
		"other owner":     {plan: func(p *fleet.Plan) { p.Steps[0].Root.Owner.UID = 4 }, says: "not as configured"},
		"another repo": {plan: func(p *fleet.Plan) {
			p.Steps[0] = fleet.Step{N: 1, Verb: fleet.VerbRerun, Run: fleet.RunKey{Repo: "paiml/other", ID: 5}}
		}, says: "paiml/other is not configured"},
		"less idle": {plan: func(p *fleet.Plan) {
			p.Steps[0].Verb, p.Steps[0].Expect = fleet.VerbReap, reap(newWorld(t, "intel").dir("intel", 1792, 5)).Expect
			p.Steps[0].Expect.MinIdle = time.Second
		}, says: "idle for 1s"},
		"needs come later": {plan: func(p *fleet.Plan) { p.Steps[0].Needs = []int{1} }, says: "does not come before"},
		"too many":         {config: func(c *Config) { c.Policy.MaxDirs = 0; c.Policy.MaxDirs = 1 }, plan: func(p *fleet.Plan) { s := p.Steps[0]; s.N = 2; p.Steps = append(p.Steps, s) }, want: ErrTooMany},
	} {
		w := newWorld(t, "intel")
		p := plan(chown(w.dir("intel", 1792, 5)))
		if tc.plan != nil {
			tc.plan(&p)
		}
		digest := p.Digest()
		if tc.digest != "" {
			digest = strings.TrimPrefix(tc.digest, "-")
		}
		if tc.config == nil {
			tc.config = func(*Config) {}
		}
		r, err := w.executor(tc.config).Apply(t.Context(), p, digest, nil)
		if err == nil || tc.want != nil && !errors.Is(err, tc.want) || !strings.Contains(fmt.Sprint(err), tc.says) {
			t.Errorf("%s: %v", name, err)
		}
		if len(r.Steps) != 0 || len(w.calls) != 0 || len(readFile(t, w.log.Path())) != 0 {
			t.Errorf("%s: something was done: %v %v", name, r.Steps, w.calls)
		}
	}
}

// Fault 58: an empty selection is a no-op that says so.
func TestEmptyPlanDoesNothing(t *testing.T) {
	w := newWorld(t, "intel")
	p := plan()
	said := ""
	r, err := w.executor().Apply(t.Context(), p, p.Digest(), func(e Event) { said += e.Says })
	if err != nil || said != NothingSelected || len(r.Steps)+len(w.calls)+len(readFile(t, w.log.Path())) != 0 {
		t.Errorf("%+v, %v, said %q, calls %v", r, err, said, w.calls)
	}
}

// Faults 43 to 46: the world changed after the preview. That step is refused,
// the others go on.
func TestChangedWorldRefusesOneStep(t *testing.T) {
	for name, tc := range map[string]struct {
		change func(*world, *fleet.RunDir)
		want   fleet.Reason
	}{
		"43 a writer came":        {func(_ *world, d *fleet.RunDir) { d.Writers = fleet.Known([]fleet.Writer{{PID: 4242}}, time.Now()) }, fleet.ReasonWriters},
		"44 writers unknown":      {func(_ *world, d *fleet.RunDir) { d.Writers = fleet.Unknown[[]fleet.Writer]("hidepid") }, fleet.ReasonWriters},
		"45 dir replaced":         {func(_ *world, d *fleet.RunDir) { d.Inode++ }, fleet.ReasonChanged},
		"45 dir re-owned":         {func(_ *world, d *fleet.RunDir) { d.Owner.UID = 7 }, fleet.ReasonChanged},
		"45 dir gone":             {func(w *world, d *fleet.RunDir) { delete(w.dirs, d.ID()) }, fleet.ReasonMissing},
		"46 run at a new attempt": {func(w *world, _ *fleet.RunDir) { w.runs[fleet.RunKey{Repo: repo, ID: 5}].Attempt = 2 }, fleet.ReasonRunMoved},
		"46 run live again":       {func(w *world, _ *fleet.RunDir) { w.runs[fleet.RunKey{Repo: repo, ID: 5}].Status = "queued" }, fleet.ReasonRunMoved},
		"46 a job is queued": {func(w *world, _ *fleet.RunDir) {
			w.jobs[fleet.RunKey{Repo: repo, ID: 5}] = []fleet.Job{{ID: 1, Status: "queued"}}
		}, fleet.ReasonRunMoved},
		"46 run not to be read":    {func(w *world, _ *fleet.RunDir) { delete(w.runs, fleet.RunKey{Repo: repo, ID: 5}) }, fleet.ReasonGitHub},
		"46 pull request reopened": {func(w *world, _ *fleet.RunDir) { w.pulls[fleet.PRKey{Repo: repo, Number: 1792}].State = fleet.PROpen }, fleet.ReasonRunMoved},
	} {
		w := newWorld(t, "intel")
		d, other := w.dir("intel", 1792, 5), w.dir("intel", 1793, 6)
		d.Writers, other.Writers = fleet.Known([]fleet.Writer{}, time.Now()), fleet.Known([]fleet.Writer{}, time.Now())
		p := plan(reap(d), reap(other))
		tc.change(w, d)
		r := apply(t, w.executor(), p)
		if r.OK() || r.Steps[0].Outcome != fleet.OutcomeRefused || r.Steps[0].Reason != tc.want || r.Steps[1].Outcome != fleet.OutcomeDone {
			t.Errorf("%s: %s ok=%v, want refused(%s) done", name, outcomes(r), r.OK(), tc.want)
		}
		if tc.want == fleet.ReasonWriters && strings.HasPrefix(name, "43") && r.Steps[0].Writers[0].PID != 4242 {
			t.Errorf("%s: the pid was lost", name)
		}
		if len(r.Verified) != 1 || !r.Verified[0].OK {
			t.Errorf("%s: verified %+v", name, r.Verified)
		}
	}
}

func TestWithoutGitHubNothingThatRestsOnItActs(t *testing.T) {
	w := newWorld(t, "intel")
	d := w.dir("intel", 1792, 5)
	e := New(Config{Hosts: w.hosts, Repos: []fleet.Repo{repo}, Policy: fleet.DefaultPolicy()}, w, nil, w, w.log)
	r := apply(t, e, plan(reap(d), chown(d), rerun(5)))
	expect(t, r, "refused(github) done refused(github)")
}

// Fault 50: no audit, no act; and it recovers by itself.
func TestNoAuditNoAct(t *testing.T) {
	w := newWorld(t, "intel")
	d := w.dir("intel", 1792, 5)
	path := w.log.Path()
	if err := errors.Join(os.Remove(path), os.Mkdir(path, 0o700)); err != nil {
		t.Fatal(err)
	}
	e, p := w.executor(), plan(chown(d), rerun(5))
	r, err := e.Apply(t.Context(), p, p.Digest(), nil)
	if err == nil || !strings.Contains(err.Error(), "record result of step 1") {
		t.Errorf("error is %v", err)
	}
	expect(t, r, "refused(no_audit) refused(no_audit)")
	if len(w.calls) != 0 || d.Owner != fleet.RootOwner {
		t.Errorf("acted without audit: %v", w.calls)
	}
	if err := os.Remove(path); err != nil {
		t.Fatal(err)
	}
	if r := apply(t, e, p); !r.OK() {
		t.Errorf("after the disk had room again: %s", outcomes(r))
	}
}

// A host's answer is cut at every byte. A step counts as done only where its
// whole record came and the answer is ours; all else is unknown, and the world
// is read again.
func TestAnswerLostAtEveryByte(t *testing.T) {
	var answer []byte
	var ids []string
	req := fleet.HostRequest{ID: "R", Steps: []fleet.Step{{N: 1}, {N: 2}}}
	for _, rec := range []fleet.HostRecord{{Kind: fleet.RecordHello, Version: 1, ID: "R"}, {Kind: fleet.RecordStep, Step: &fleet.StepResult{N: 1, Outcome: fleet.OutcomeDone}},
		{Kind: fleet.RecordStep, Step: &fleet.StepResult{N: 2, Outcome: fleet.OutcomeDone}}, {Kind: fleet.RecordEnd, Steps: 2}} {
		b, err := json.Marshal(rec)
		if err != nil {
			t.Fatal(err)
		}
		answer = append(append(answer, b...), '\n')
		ids = append(ids, string(rec.Kind))
	}
	for n := range len(answer) {
		lines := strings.Count(string(answer[:n]), "\n")
		for _, err := range []error{nil, &fleet.Failure{Cause: fleet.CauseTimeout, Err: errors.New("lost")}} {
			got := readAnswer(req, answer[:n], err)
			for i, g := range got {
				if done := g.Outcome == fleet.OutcomeDone; done != (lines >= i+2) || !done && g.Outcome != fleet.OutcomeUnknown || g.N != i+1 {
					t.Fatalf("cut at %d after %v: step %d is %s", n, ids[:lines], i+1, g.Outcome)
				}
			}
		}
	}
	if got := readAnswer(req, answer, nil); got[0].Outcome != fleet.OutcomeDone || got[1].Outcome != fleet.OutcomeDone {
		t.Errorf("whole answer: %+v", got)
	}
}

func TestLostAnswerIsReadFromTheWorld(t *testing.T) {
	w := newWorld(t, "intel")
	d := w.dir("intel", 1792, 5)
	w.act = func(fleet.HostName, fleet.HostRequest, []byte) ([]byte, error) {
		return nil, &fleet.Failure{Cause: fleet.CauseTimeout, Err: errors.New("connection lost")}
	}
	r := apply(t, w.executor(), plan(chown(d), rerun(5, 1)))
	expect(t, r, "unknown(transport) skipped(needs)")
	if r.OK() || len(r.Verified) != 1 || !r.Verified[0].OK || !slices.Contains(w.calls, "sweep [intel]") {
		t.Errorf("verified %+v, calls %v", r.Verified, w.calls)
	}
	records, _, err := ReadLog(w.log.Path())
	if err != nil || len(InDoubt(records)) != 1 {
		t.Errorf("in doubt: %v, %v", InDoubt(records), err)
	}
}

func TestForeignAndRefusedAnswers(t *testing.T) {
	hello := func(id string, v int) string {
		return fmt.Sprintf(`{"kind":"hello","version":%d,"id":%q}`+"\n", v, id)
	}
	step := `{"kind":"step","step":{"n":1,"outcome":"done"}}` + "\n"
	for name, tc := range map[string]struct {
		answer func(id string) string
		err    error
		want   string
	}{
		"another request's": {func(string) string { return hello("x", 1) + step + `{"kind":"end","steps":1}` + "\n" }, nil, "unknown(transport) unknown(transport)"},
		"other version":     {func(id string) string { return hello(id, 2) }, nil, "refused(transport) refused(transport)"},
		"locked after one": {func(id string) string {
			return hello(id, 1) + step + `{"kind":"end","steps":1,"error":"locked by mia"}` + "\n"
		}, nil, "done skipped(stopped)"},
		"garbage":        {func(string) string { return "Welcome to intel\n" }, nil, "unknown(transport) unknown(transport)"},
		"nothing at all": {func(string) string { return "" }, nil, "unknown(transport) unknown(transport)"},
		"login refused":  {func(string) string { return "" }, &fleet.Failure{Cause: fleet.CauseAuth, Err: errors.New("no")}, "failed(transport) failed(transport)"},
		"a step twice":   {func(id string) string { return hello(id, 1) + step + step + `{"kind":"end","steps":2}` + "\n" }, nil, "done unknown(transport)"},
		"another host's step": {func(id string) string {
			return hello(id, 1) + step + `{"kind":"step","step":{"n":7,"outcome":"done"}}` + "\n" + `{"kind":"end","steps":2}` + "\n"
		}, nil, "done unknown(transport)"},
		"a word of its own": {func(id string) string {
			return hello(id, 1) + `{"kind":"step","step":{"n":1,"outcome":"done\u001b]52;c;YQ==\u0007"}}` + "\n" + step + `{"kind":"end","steps":2}` + "\n"
		}, nil, "unknown(transport) unknown(transport)"},
		"a reason of its own": {func(id string) string {
			return hello(id, 1) + `{"kind":"step","step":{"n":1,"outcome":"refused","reason":"\u009b2J"}}` + "\n" + `{"kind":"end","steps":1}` + "\n"
		}, nil, "unknown(transport) unknown(transport)"},
		"a trash elsewhere": {func(id string) string {
			return hello(id, 1) + `{"kind":"step","step":{"n":1,"outcome":"done","trash":"../precious"}}` + "\n" + `{"kind":"end","steps":1}` + "\n"
		}, nil, "unknown(transport) unknown(transport)"},
		"end counts too many": {func(id string) string { return hello(id, 1) + step + `{"kind":"end","steps":2}` + "\n" }, nil, "done unknown(transport)"},
	} {
		w := newWorld(t, "intel")
		a, b := w.dir("intel", 1792, 5), w.dir("intel", 1793, 6)
		w.act = func(_ fleet.HostName, r fleet.HostRequest, _ []byte) ([]byte, error) {
			return []byte(tc.answer(r.ID)), tc.err
		}
		r := apply(t, w.executor(), plan(chown(a), chown(b)))
		if got := outcomes(r); got != tc.want+" " || r.OK() {
			t.Errorf("%s: %s ok=%v, want %s", name, got, r.OK(), tc.want)
		}
	}
}

// A host's running answer is shown as it comes: it may speak of its own steps
// only, and in known words.
func TestProgressOfForeignStepsIsNotShown(t *testing.T) {
	w := newWorld(t, "intel")
	e := w.executor()
	e.doer = claiming{Doer: w, claims: []fleet.HostRecord{
		{Kind: fleet.RecordStep, Step: &fleet.StepResult{N: 2, Outcome: fleet.OutcomeDone}},
		{Kind: fleet.RecordStep, Step: &fleet.StepResult{N: 1, Outcome: "\x1b[2J"}},
		{Kind: fleet.RecordProgress, N: 9, Done: 1},
	}}
	p := plan(chown(w.dir("intel", 1792, 5)))
	shown := 0
	if _, err := e.Apply(t.Context(), p, p.Digest(), func(ev Event) {
		if ev.Step > 1 || ev.Result != nil && (ev.Result.N != 1 || ev.Result.Outcome != fleet.OutcomeDone) {
			t.Errorf("shown: %+v %+v", ev, ev.Result)
		}
		shown++
	}); err != nil || shown == 0 {
		t.Errorf("%d events, %v", shown, err)
	}
}

// claiming is a host that says more than it was asked.
type claiming struct {
	Doer
	claims []fleet.HostRecord
}

func (c claiming) Act(ctx context.Context, h fleet.Host, r fleet.HostRequest, progress func(fleet.HostRecord)) ([]byte, error) {
	for _, rec := range c.claims {
		progress(rec)
	}
	return c.Doer.Act(ctx, h, r, progress)
}

func hostNames(n int) []fleet.HostName {
	out := make([]fleet.HostName, n)
	for i := range out {
		out[i] = fleet.HostName(fmt.Sprintf("h%02d", i))
	}
	return out
}

// One host goes first; then all others act at once.
func TestCanaryThenTogether(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		names := hostNames(17)
		w := newWorld(t, names...)
		var steps []fleet.Step
		for i, h := range names {
			steps = append(steps, chown(w.dir(h, 1792, fleet.RunID(i+1))))
		}
		var mu sync.Mutex
		inside, most, begun := 0, 0, 0
		w.before = func(h fleet.HostName, _ fleet.HostRequest) {
			mu.Lock()
			inside++
			begun++
			most = max(most, inside)
			if begun == 1 && h != names[0] || begun == 2 && inside != 1 {
				t.Errorf("%s acts while the first host is not done", h)
			}
			mu.Unlock()
			time.Sleep(time.Second) // bubble time: all that can start do
			mu.Lock()
			inside--
			mu.Unlock()
		}
		if r := apply(t, w.executor(), plan(steps...)); !r.OK() || most != 16 {
			t.Errorf("%s, %d hosts at once, want 16", outcomes(r), most)
		}
	})
}

func TestCanaryStopsTheOthers(t *testing.T) {
	for name, tc := range map[string]struct {
		answer fleet.StepResult
		err    error
		want   string
	}{
		"tampering":         {answer: fleet.StepResult{N: 1, Outcome: fleet.OutcomeRefused, Reason: fleet.ReasonLink}, want: "refused(link) skipped(stopped) skipped(stopped)"},
		"failure":           {answer: fleet.StepResult{N: 1, Outcome: fleet.OutcomeFailed, Reason: fleet.ReasonIO}, want: "failed(io) skipped(stopped) skipped(stopped)"},
		"a plain refusal":   {answer: fleet.StepResult{N: 1, Outcome: fleet.OutcomeRefused, Reason: fleet.ReasonBusy}, want: "refused(busy) done done"},
		"cannot be reached": {err: &fleet.Failure{Cause: fleet.CauseUnreachable, Err: errors.New("no route")}, want: "unknown(transport) done done"},
	} {
		w := newWorld(t, hostNames(3)...)
		w.act = func(h fleet.HostName, r fleet.HostRequest, whole []byte) ([]byte, error) {
			if h != "h00" {
				return whole, nil
			}
			if tc.err != nil {
				return nil, tc.err
			}
			b, err := json.Marshal(tc.answer)
			return fmt.Appendf(nil, `{"kind":"hello","version":1,"id":%q}`+"\n"+`{"kind":"step","step":%s}`+"\n"+`{"kind":"end","steps":1}`+"\n", r.ID, b), err
		}
		r := apply(t, w.executor(), plan(chown(w.dir("h00", 1, 1)), chown(w.dir("h01", 2, 2)), chown(w.dir("h02", 3, 3))))
		if got := outcomes(r); got != tc.want+" " {
			t.Errorf("%s: %s\nwant %s", name, got, tc.want)
		}
	}
}

// A first host that cannot be asked proves nothing: the second takes its place.
func TestSecondCanary(t *testing.T) {
	w := newWorld(t, hostNames(3)...)
	w.act = func(h fleet.HostName, r fleet.HostRequest, whole []byte) ([]byte, error) {
		switch h {
		case "h00":
			return nil, &fleet.Failure{Cause: fleet.CauseAuth, Err: errors.New("login refused")}
		case "h01":
			return fmt.Appendf(nil, `{"kind":"hello","version":1,"id":%q}`+"\n"+`{"kind":"step","step":{"n":2,"outcome":"refused","reason":"link"}}`+"\n"+`{"kind":"end","steps":1}`+"\n", r.ID), nil
		}
		return whole, nil
	}
	r := apply(t, w.executor(), plan(chown(w.dir("h00", 1, 1)), chown(w.dir("h01", 2, 2)), chown(w.dir("h02", 3, 3))))
	expect(t, r, "failed(transport) refused(link) skipped(stopped)")
}

// A cancel lets the request under way end and begins no other.
func TestCancelStopsBetweenRequests(t *testing.T) {
	w := newWorld(t, hostNames(2)...)
	a, b := w.dir("h00", 1, 1), w.dir("h01", 2, 2)
	ctx, cancel := context.WithCancel(t.Context())
	w.before = func(fleet.HostName, fleet.HostRequest) { cancel() }
	p := plan(chown(a), chown(b), rerun(1, 1), rerun(2))
	r, err := w.executor().Apply(ctx, p, p.Digest(), nil)
	if err != nil {
		t.Fatal(err)
	}
	if got := outcomes(r); got != "done skipped(stopped) skipped(stopped) skipped(stopped) " || r.OK() || len(w.posts) != 0 {
		t.Errorf("%s", got)
	}
	records, _, err := ReadLog(w.log.Path())
	if err != nil || len(InDoubt(records)) != 0 {
		t.Errorf("in doubt: %v, %v", InDoubt(records), err)
	}
}

// A request that hangs after a cancel is given a grace, then given up: its end
// is unknown and recorded.
func TestCancelGivesUpAHangingRequest(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, "h00")
		ctx, cancel := context.WithCancel(t.Context())
		e := New(Config{Hosts: w.hosts, Repos: []fleet.Repo{repo}, Policy: fleet.DefaultPolicy()}, hanging{cancel}, w, w, w.log)
		p := plan(chown(w.dir("h00", 1, 1)))
		begun := time.Now()
		r, err := e.Apply(ctx, p, p.Digest(), nil)
		if took := time.Since(begun); err != nil || took != askGrace {
			t.Errorf("ended after %s, %v", took, err)
		}
		expect(t, r, "unknown(transport)")
	})
}

type hanging struct{ cancel func() }

func (h hanging) Act(ctx context.Context, _ fleet.Host, _ fleet.HostRequest, _ func(fleet.HostRecord)) ([]byte, error) {
	h.cancel()
	<-ctx.Done()
	return nil, ctx.Err()
}

// Fault 49 on this side: two plans for one host never have two requests under way.
func TestOneRequestAHost(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, "intel")
		d := w.dir("intel", 1792, 5)
		d.Writers = fleet.Known([]fleet.Writer{}, time.Now())
		inside := make(chan struct{}, 1)
		w.before = func(fleet.HostName, fleet.HostRequest) {
			select {
			case inside <- struct{}{}:
			default:
				t.Error("two requests at once")
			}
			time.Sleep(time.Second)
			<-inside
		}
		e, p := w.executor(), plan(reap(d))
		var wg sync.WaitGroup
		done, refused := make(chan bool, 8), make(chan bool, 8)
		for range 8 {
			wg.Go(func() {
				r := apply(t, e, p)
				if r.Steps[0].Outcome == fleet.OutcomeDone {
					done <- true
				} else if r.Steps[0].Reason == fleet.ReasonMissing {
					refused <- true
				}
			})
		}
		wg.Wait()
		if len(done) != 1 || len(refused) != 7 {
			t.Errorf("%d acted, %d were told it is gone; want 1 and 7", len(done), len(refused))
		}
	})
}

func TestUndoAndPurgeAreVerified(t *testing.T) {
	w := newWorld(t, "intel")
	d := w.dir("intel", 1792, 5)
	d.Writers = fleet.Known([]fleet.Writer{}, time.Now())
	e := w.executor()
	reaped := func() fleet.Step {
		t.Helper()
		if r := apply(t, e, plan(reap(d))); !r.OK() {
			t.Fatalf("reap: %s %+v", outcomes(r), r.Verified)
		}
		records, _, err := ReadLog(w.log.Path())
		if err != nil {
			t.Fatal(err)
		}
		in := InTrash(records)
		if len(in) != 1 {
			t.Fatalf("in the trash: %+v", in)
		}
		return fleet.Step{Host: in[0].Host, Root: in[0].Root, Components: in[0].Components, Trash: in[0].Trash, Expect: fleet.Expect{Dev: in[0].Dev, Inode: in[0].Inode}}
	}
	undo := reaped()
	undo.Verb = fleet.VerbUndo
	if r := apply(t, e, plan(undo)); !r.OK() || w.dirs[d.ID()] == nil {
		t.Errorf("undo: %s %+v", outcomes(r), r.Verified)
	}
	purge := reaped()
	purge.Verb = fleet.VerbPurge
	w.act = func(_ fleet.HostName, _ fleet.HostRequest, whole []byte) ([]byte, error) {
		w.trash["intel"] = []fleet.Trash{{Root: root.Path, Name: purge.Trash}} // it says done, and is not
		return whole, nil
	}
	if r := apply(t, e, plan(purge)); r.OK() || r.Verified[0].OK {
		t.Errorf("purge of what stays: %s %+v", outcomes(r), r.Verified)
	}
	w.act = nil
	if r := apply(t, e, plan(purge)); !r.OK() || len(w.trash["intel"]) != 0 {
		t.Errorf("purge: %s %+v", outcomes(r), r.Verified)
	}
}
