package main

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"os/user"
	"path/filepath"
	"strings"
	"syscall"
	"time"

	"andon/fleet"
	"andon/fleet/config"
	"andon/fleet/gh"
	"andon/fleet/poll"
	"andon/fleet/remedy"
	"andon/fleet/rules"
	"andon/fleet/signature"
	"andon/sshexec"
	"andon/themes"
)

// parts is what differs between the real fleet and the demo's.
type parts struct {
	cfg     config.Config
	scopes  []string // of runners, beside the repositories
	ssh     sshexec.Options
	token   gh.Token
	where   string // of the token
	noToken error
	state   string // folder of the stored snapshot and the audit log
	bins    binaries
	stored  fleet.Reads      // used where the folder holds nothing
	rows    []signature.File // catalogues of the operator's own
	now     func() time.Time
	speed   float64 // of now, where it is not the machine's clock
	demo    bool
	notes   []string
	close   func()
}

// wire is the one place where adapters meet interfaces.
func wire(p parts) (*session, error) {
	if p.now == nil {
		p.now = time.Now
	}
	s := &session{cfg: p.cfg, rules: p.cfg.ApplyRules(rules.All()), demo: p.demo, tokenErr: p.noToken, tokenFrom: p.where, notes: p.notes, now: p.now, operator: operator(p.cfg)}
	if p.close != nil {
		s.closers = append(s.closers, p.close)
	}
	pool := sshexec.NewPool(p.ssh)
	s.closers = append(s.closers, func() {
		ctx, cancel := context.WithTimeout(context.Background(), 3*time.Second)
		defer cancel()
		_ = pool.Close(ctx) // connections that do not end are the kernel's to close
	})
	h, err := newHosts(pool, p.bins)
	if err != nil {
		s.close()
		return nil, err
	}
	s.retry, s.remarks = func() { h.retry(p.cfg.Hosts) }, h.remarks
	stored := p.stored
	s.recorder = poll.NewRecorder(p.state)
	if r, err := s.recorder.Load(); err != nil {
		s.notes = append(s.notes, err.Error())
	} else if !r.At.IsZero() {
		stored = r
	}
	s.news = news{journal: poll.NewJournal(p.state), rules: s.rules, say: s.say, quiet: quietFor}
	if s.news.past, err = s.news.journal.Load(); err != nil {
		s.say(err.Error())
	}
	pc := poll.Config{Hosts: p.cfg.Hosts, Repos: p.cfg.Repos, Scopes: p.scopes, Policy: p.cfg.Policy, Now: p.now, Speed: p.speed, Stored: stored, Receivers: s.receivers,
		Intervals: poll.Intervals{Host: p.cfg.Intervals.Hosts, Hot: p.cfg.Intervals.Runs, Pulls: p.cfg.Intervals.Pulls, Runners: p.cfg.Intervals.Runners}}
	var deeds remedy.GitHub
	if p.noToken == nil {
		client, err := gh.New(gh.Options{BaseURL: p.cfg.GitHub.BaseURL, Token: p.token, Now: p.now, UserAgent: "andon/" + versionText()})
		if err != nil {
			s.close()
			return nil, err
		}
		s.closers = append(s.closers, client.Close)
		catalogue, err := signature.Load(append([]signature.File{signature.BuiltIn()}, p.rows...)...)
		if err != nil {
			s.close()
			return nil, &configError{err}
		}
		g := newGitHub(client, catalogue, stored)
		s.collector, deeds, s.may = poll.New(pc, h, poll.GitHub{Runs: g, Pulls: g, Runners: g, Groups: g, Queues: g, Budget: g}), g, g.may
	} else {
		s.collector = poll.New(pc, h, poll.GitHub{})
	}
	log, err := remedy.OpenLog(filepath.Join(p.state, "audit.jsonl"))
	if err != nil {
		s.notes = append(s.notes, fmt.Sprintf("no audit, no act: %v", err))
		s.cfg.Policy.ReadOnly = true
	}
	s.audit = log
	s.executor = remedy.New(remedy.Config{Hosts: p.cfg.Hosts, Repos: p.cfg.Repos, Policy: s.cfg.Policy, Operator: s.operator, Console: versionText(), Now: p.now}, h, deeds, s.collector, log)
	return s, nil
}

// operator is the name that goes into both audit trails.
func operator(c config.Config) string {
	if c.Operator != "" {
		return c.Operator
	}
	if u, err := user.Current(); err == nil && u.Username != "" {
		return u.Username
	}
	return fmt.Sprintf("uid %d", os.Getuid())
}

// openReal opens the fleet of the operator's config.
func openReal(ctx context.Context, in invocation, c common) (*session, error) {
	path := c.config
	if path == "" {
		path = filepath.Join(xdg(in.getenv, "XDG_CONFIG_HOME", ".config"), "andon", "config.yaml")
	}
	cfg, notes, err := readConfig(path)
	if err != nil {
		return nil, err
	}
	cfg.Policy.ReadOnly = cfg.Policy.ReadOnly || c.readonly
	cfg.Intervals = c.paced(cfg.Intervals)
	rows, err := ownSignatures(path, cfg)
	if err != nil {
		return nil, &configError{err}
	}
	p := parts{cfg: cfg, notes: notes, rows: rows, bins: binaries{dirs: binaryDirs(in.getenv)},
		state: filepath.Join(xdg(in.getenv, "XDG_STATE_HOME", ".local/state"), "andon"),
		ssh:   sshexec.Options{ClientVersion: "SSH-2.0-andon"}}
	for _, r := range cfg.Repos {
		p.scopes = append(p.scopes, string(r))
	}
	host, err := gh.Host(cfg.GitHub.BaseURL)
	if err != nil {
		return nil, err
	}
	p.token, p.where, p.noToken = gh.TokenFrom(in.getenv, host, func(h string) (string, error) { return ghAuthToken(ctx, h) })
	return wire(p)
}

// configError is a config that cannot be used: the verbs exit 2 on it.
type configError struct{ err error }

func (e *configError) Error() string { return e.err.Error() }
func (e *configError) Unwrap() error { return e.err }

// readConfig reads and checks the config. A file that others may write is used
// for looking only.
func readConfig(path string) (config.Config, []string, error) {
	raw, err := os.ReadFile(path)
	if errors.Is(err, fs.ErrNotExist) {
		return config.Config{}, nil, &configError{fmt.Errorf("no config at %s; write one (andon help config prints a starter), or see andon demo", path)}
	}
	if err != nil {
		return config.Config{}, nil, &configError{fmt.Errorf("read config: %w", err)}
	}
	known := config.Known{Themes: themes.Shipped()}
	for _, r := range rules.All() {
		known.Rules = append(known.Rules, r.ID)
	}
	cfg, err := config.Load(path, raw, known)
	if err != nil {
		return config.Config{}, nil, &configError{err}
	}
	var notes []string
	if why := writableByOthers(path); why != "" {
		cfg.Policy.ReadOnly = true
		notes = append(notes, fmt.Sprintf("read-only: %s %s; run: chmod go-w %s", path, why, path))
	}
	return cfg, notes, nil
}

// writableByOthers says why a file cannot be trusted to say what may be changed.
func writableByOthers(path string) string {
	st, err := os.Stat(path)
	if err != nil {
		return "cannot be looked at"
	}
	if st.Mode().Perm()&0o022 != 0 {
		return "may be written by others"
	}
	if sys, ok := st.Sys().(*syscall.Stat_t); ok && sys.Uid != 0 && int(sys.Uid) != os.Getuid() {
		return fmt.Sprintf("belongs to uid %d", sys.Uid)
	}
	return ""
}

// ghAuthToken asks gh for its token.
func ghAuthToken(ctx context.Context, host string) (string, error) {
	ctx, cancel := context.WithTimeout(ctx, 3*time.Second)
	defer cancel()
	out, err := exec.CommandContext(ctx, "gh", "auth", "token", "--hostname", host).Output()
	if errors.Is(err, exec.ErrNotFound) {
		return "", errors.New("gh is not installed")
	}
	if err != nil {
		return "", fmt.Errorf("gh is not logged in to %s: run gh auth login", host)
	}
	return strings.TrimSpace(string(out)), nil
}
