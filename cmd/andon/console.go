package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync"

	"andon/fleet"
	"andon/fleet/actions"
	"andon/fleet/notify"
	"andon/fleet/remedy"
	"andon/themes"
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
	if !in.screen() {
		return in.usage(errors.New("console: this is no terminal to draw on; andon check looks once without one"))
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
	var more []notify.Receiver
	r, note, wanted := in.ringOf(s.cfg.Notify, s.letters())
	if wanted {
		more = append(more, s.terminal(r))
	}
	if note != "" {
		s.say(note)
	}
	tell := s.startNotices(in.getenv, more...)
	in.sayNotes(s)
	var done sync.WaitGroup
	done.Go(func() { tell(ctx) })
	done.Go(func() { s.collector.Run(ctx, w.publish) })
	done.Go(func() { w.purge(ctx) })
	err = shell.Run(ctx, d, in.in, in.out)
	cancel()
	w.leave()
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
