package main

import (
	"context"
	"encoding/base64"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"sync"
	"time"

	"andon/fleet"
	"andon/fleet/actions"
	"andon/fleet/remedy"
	"andon/themes"
	"andon/ui"
	"andon/ui/kit"
	"andon/ui/shell"
)

// runConsole shows the console until the operator leaves it.
func runConsole(ctx context.Context, in invocation) int {
	theme, color := "", ""
	c, words, err := in.flags("console", func(fs *flag.FlagSet) {
		fs.StringVar(&theme, "theme", "", "auto, dark, light, or a theme's `NAME`")
		fs.StringVar(&color, "color", "auto", "auto, always or never")
	})
	if err != nil {
		return in.parseCode(err)
	}
	if len(words) > 0 {
		return in.usage(fmt.Errorf("console: unexpected %q", words[0]))
	}
	if !in.tty() {
		return in.usage(errors.New("console: this is no terminal; andon check looks once without one"))
	}
	s, code := in.session(ctx, c)
	if s == nil {
		return code
	}
	defer in.release(s)
	if theme == "" {
		theme = s.cfg.Theme
	}
	d, err := in.deps(s, themes.Wish{Mode: theme, Color: color})
	if err != nil {
		return in.fail(err)
	}
	ctx, cancel := context.WithCancel(ctx)
	w := newWatch(s)
	d.Snapshots, d.Refresh, d.Ack, d.Plan, d.Apply = w.out, w.refresh, w.ack, w.plan, w.apply
	var done sync.WaitGroup
	done.Go(func() { s.collector.Run(ctx, w.publish) })
	done.Go(func() { w.purge(ctx) })
	err = shell.Run(ctx, d, in.in, in.out)
	cancel()
	done.Wait()
	if err != nil {
		return in.fail(err)
	}
	return exitOK
}

// deps fills what does not depend on the running watch.
func (in invocation) deps(s *session, wish themes.Wish) (shell.Deps, error) {
	env := map[string]string{}
	for _, kv := range os.Environ() {
		k, v, _ := strings.Cut(kv, "=")
		env[k] = v
	}
	choice, err := themes.Choose(wish, env)
	if err != nil {
		return shell.Deps{}, err
	}
	folder := os.DirFS(filepath.Join(xdg(in.getenv, "XDG_CONFIG_HOME", ".config"), "andon", "themes"))
	if s.demo {
		folder = nil // the demo reads nothing of the user's
	}
	theme, err := themes.Load(folder, choice.Slug)
	if err != nil {
		return shell.Deps{}, err
	}
	var all []themes.Theme
	for _, slug := range themes.Shipped() {
		if t, err := themes.Load(nil, slug); err == nil {
			all = append(all, t)
		}
	}
	repos := make([]string, len(s.cfg.Repos))
	for i, r := range s.cfg.Repos {
		repos[i] = string(r)
	}
	d := shell.Deps{Version: versionText(), Title: strings.Join(repos, ", "), Demo: s.demo, ReadOnly: s.cfg.Policy.ReadOnly, Operator: s.operator,
		Theme: theme, Themes: all, Depth: choice.Depth, ASCII: s.cfg.ASCII || kit.WantsASCII(env), Now: s.now, Rules: s.rules, Actions: actions.All(),
		Visible: func(dirs []fleet.DirID) { s.collector.Look(dirs, nil) },
		Copy:    func(text string) error { return copyText(in.out, text) }}
	d.Audit = func() ([]fleet.Record, error) {
		if s.audit == nil {
			return nil, nil
		}
		records, _, err := remedy.ReadLog(s.audit.Path())
		return records, err
	}
	if opener := browser(); opener != "" && !s.demo {
		d.OpenURL = func(url string) error { return openURL(opener, url) }
	}
	return d, nil
}

// watch hands snapshots from the collector to the console. The channel holds one
// update; a newer one takes the place of one that was not fetched yet.
type watch struct {
	s   *session
	out chan shell.Update

	mu   sync.Mutex
	last shell.Update
	kept time.Time
}

func newWatch(s *session) *watch { return &watch{s: s, out: make(chan shell.Update, 1)} }

// keepEvery is how often the snapshot is stored while the console runs.
const keepEvery = 30 * time.Second

func (w *watch) publish(snap *fleet.Snapshot) {
	w.send(shell.Update{Snapshot: snap, Board: w.s.fold(snap)})
	w.mu.Lock()
	due := time.Since(w.kept) >= keepEvery
	if due {
		w.kept = time.Now()
	}
	w.mu.Unlock()
	if due {
		w.s.keep(snap)
	}
}

func (w *watch) send(u shell.Update) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.last = u
	select {
	case <-w.out:
	default:
	}
	w.out <- u
}

func (w *watch) latest() shell.Update {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.last
}

// refresh looks again now, also at hosts that were left alone after failures.
func (w *watch) refresh() {
	w.s.retry()
	w.s.collector.Nudge()
}

func (w *watch) ack(fingerprint, by string) {
	b := w.s.ack(fingerprint, by)
	if u := w.latest(); u.Snapshot != nil {
		w.send(shell.Update{Snapshot: u.Snapshot, Board: b})
	}
}

var errNoSnapshot = errors.New("nothing was read yet")

// plan builds a plan for the console. A dir counts as named only where it is the
// one dir asked for: a sweep of marks must not lift the protection of main.
func (w *watch) plan(id fleet.ActionID, targets []fleet.Subject, alert string) (fleet.Plan, error) {
	u := w.latest()
	if u.Snapshot == nil {
		return fleet.Plan{}, errNoSnapshot
	}
	// What may be purged without a decision is purged in the background: the key
	// means now.
	p, err := w.s.plan(u.Snapshot, u.Board, wish{action: id, targets: targets, now: id == fleet.ActionPurge, named: alert == "" && len(targets) == 1 && targets[0].Kind == fleet.SubjectDir, alert: alert})
	if err == nil {
		w.lookAt(p.Kept)
	}
	return p, err
}

// lookAt has the dirs a plan keeps measured first: what nobody has measured is
// one reason to keep a dir, and the plan is made again with the next snapshot.
func (w *watch) lookAt(kept []fleet.Kept) {
	var dirs []fleet.DirID
	var hosts []fleet.SourceID
	for _, k := range kept {
		id, ok := k.Subject.DirID()
		if !ok || k.Bytes.IsKnown() {
			continue
		}
		dirs = append(dirs, id)
		if src := fleet.HostSource(id.Host); !slices.Contains(hosts, src) {
			hosts = append(hosts, src)
		}
	}
	if len(dirs) > 0 {
		w.s.collector.Look(dirs, nil)
		w.s.collector.Nudge(hosts...)
	}
}

func (w *watch) apply(ctx context.Context, p fleet.Plan, digest string, progress func(ui.Event)) (fleet.Result, error) {
	res, err := w.s.executor.Apply(ctx, p, digest, func(e remedy.Event) {
		progress(ui.Event{At: w.s.now(), Host: e.Host, Step: e.Step, Entries: e.Done, Says: e.Says, Result: e.Result, Verified: e.Verified})
	})
	w.s.collector.Nudge() // what the deed changed on GitHub shows with the next answer
	w.publish(w.s.collector.Snapshot())
	return res, err
}

// purgeEvery is how often the trash is looked through for dirs whose undo window
// is over.
const purgeEvery = time.Minute

// purge deletes for good what was reaped by this log and can no longer be put
// back. It is what makes a reap free its bytes; each purge is planned, guarded
// and audited like any deed.
func (w *watch) purge(ctx context.Context) {
	t := time.NewTicker(purgeEvery)
	defer t.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-t.C:
		}
		u := w.latest()
		if u.Snapshot == nil || w.s.cfg.Policy.ReadOnly || w.s.audit == nil {
			continue
		}
		p, err := w.expired(u)
		if err != nil || p.Empty() {
			continue
		}
		// What fails is in the audit log, shown on its page, and tried again.
		_, _ = w.s.executor.Apply(ctx, p, p.Digest(), func(remedy.Event) {})
	}
}

// expired plans the purge of what lies in the trash beyond its undo window.
func (w *watch) expired(u shell.Update) (fleet.Plan, error) {
	reaped, err := w.s.reaped()
	if err != nil {
		return fleet.Plan{}, err
	}
	var hosts []fleet.Subject
	seen := map[fleet.HostName]bool{}
	for _, r := range reaped {
		if !seen[r.Host] && u.Snapshot.At.After(r.Until) && u.Snapshot.Fresh(fleet.HostSource(r.Host)) {
			seen[r.Host] = true
			hosts = append(hosts, fleet.OfHost(r.Host))
		}
	}
	if len(hosts) == 0 {
		return fleet.Plan{}, nil
	}
	return w.s.plan(u.Snapshot, u.Board, wish{action: fleet.ActionPurge, targets: hosts})
}

// copyText puts text on the clipboard through the terminal (OSC 52). The text
// has passed the sanitiser; base64 carries no control byte.
func copyText(w io.Writer, text string) error {
	if _, err := fmt.Fprintf(w, "\x1b]52;c;%s\x07", base64.StdEncoding.EncodeToString([]byte(text))); err != nil {
		return fmt.Errorf("copy: %w", err)
	}
	return nil
}

// browser names the program that opens addresses here; empty where there is none.
func browser() string {
	name := "xdg-open"
	if runtime.GOOS == "darwin" {
		name = "open"
	}
	if p, err := exec.LookPath(name); err == nil {
		return p
	}
	return ""
}

// openURL opens an https address and nothing else: it came from GitHub's answer.
func openURL(opener, url string) error {
	if !strings.HasPrefix(url, "https://") {
		return fmt.Errorf("open %q: not an https address", url)
	}
	cmd := exec.Command(opener, url)
	if err := cmd.Start(); err != nil {
		return fmt.Errorf("open browser: %w", err)
	}
	go func() { _ = cmd.Wait() }() // reaped whenever it ends; its status says nothing
	return nil
}
