package main

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"os"
	"strings"

	"andon/fleet"
	"andon/fleet/config"
	"andon/fleet/notify"
)

// letters is what notices need of this session.
func (s *session) letters() notify.Letterhead {
	return notify.Letterhead{Version: versionText(), Web: webOf(s.cfg.GitHub.BaseURL), Rules: s.rules, Clean: plain}
}

// webOf returns the address of GitHub's pages for that of its API; empty where it
// is not known.
func webOf(api string) string {
	u, err := url.Parse(api)
	switch {
	case err != nil || u.Scheme != "https":
		return ""
	case u.Host == "api.github.com":
		return "https://github.com"
	case strings.HasPrefix(u.Path, "/api/v3"):
		return "https://" + u.Host
	}
	return ""
}

// startNotices makes the notifier of a console that keeps looking, and returns
// what runs it. more are receivers beside the config's.
func (s *session) startNotices(getenv func(string) string, more ...notify.Receiver) func(context.Context) {
	receivers := more
	names := map[string]int{}
	for i, w := range s.cfg.Notify.Webhooks {
		r, hook, err := s.webhook(i, w, getenv)
		if err != nil {
			s.say(err.Error())
		}
		if hook != nil {
			s.closers = append(s.closers, hook.Close)
		}
		if names[r.Name]++; names[r.Name] > 1 {
			r.Name = fmt.Sprintf("%s #%d", r.Name, names[r.Name])
		}
		receivers = append(receivers, r)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	n := notify.New(notify.Options{Receivers: receivers, Past: s.news.past.Told, Known: s.news.lastKnown(), Told: s.noteTold})
	s.news.notifier = n
	return n.Run
}

// noteTold keeps in the journal who was told what. What the terminal rang is not
// kept: it is on its screen.
func (s *session) noteTold(t fleet.Told) {
	if t.Receiver == terminalName {
		return
	}
	err := s.news.journal.Told(t)
	s.mu.Lock()
	defer s.mu.Unlock()
	s.news.write(err)
}

// terminalName is the receiver that is this console's own terminal.
const terminalName = "terminal"

// terminal returns the receiver that rings.
func (s *session) terminal(r ring) notify.Receiver {
	return notify.Receiver{Name: terminalName, Terms: s.terms(""), Sender: r, Seen: true}
}

func (s *session) terms(least fleet.Severity) notify.Terms {
	c := s.cfg.Notify
	if least == "" {
		least = c.MinSeverity
	}
	return notify.Terms{MinSeverity: least, GroupWait: c.GroupWait, Repeat: c.Repeat}
}

// receivers says how notices fare, for the rule that watches them.
func (s *session) receivers() []fleet.Receiver {
	s.mu.Lock()
	n := s.news.notifier
	s.mu.Unlock()
	if n == nil {
		return nil
	}
	return n.Receivers()
}

// webhook fits a receiver of the config to its sender. Where its address or token
// cannot be had the receiver is there all the same and fails with the reason, so
// that it is shown and not forgotten.
func (s *session) webhook(i int, w config.Webhook, getenv func(string) string) (notify.Receiver, *notify.Hook, error) {
	name := fmt.Sprintf("%s webhook %d", w.Format, i+1)
	r := notify.Receiver{Name: name, Terms: s.terms(w.MinSeverity)}
	address, err := secretOf(w.URL, w.URLEnv, w.URLFile, getenv)
	if err == nil {
		err = config.CheckWebhookURL(address)
	}
	token := ""
	if err == nil {
		if u, parsed := url.Parse(address); parsed == nil {
			r.Name = w.Format + " " + u.Host
		}
		token, err = secretOf("", w.TokenEnv, w.TokenFile, getenv)
	}
	var hook *notify.Hook
	if err == nil {
		body := s.letters().Alertmanager
		if w.Format == config.FormatSlack {
			body = s.letters().Slack
		}
		hook, err = notify.NewHook(r.Name, address, token, body)
	}
	if err != nil {
		r.Sender = mute{err}
		return r, nil, fmt.Errorf("notify.webhooks[%d]: %w; nothing is told there", i, err)
	}
	r.Sender = hook
	return r, hook, nil
}

// mute is a receiver that cannot be told anything.
type mute struct{ why error }

// Send says why.
func (m mute) Send(context.Context, notify.Notice) error {
	return &notify.Refusal{Err: m.why, Remedy: "mend notify.webhooks in the config, or what it names, then restart"}
}

// maxSecret bounds a file that holds an address or a token, in bytes.
const maxSecret = 8 << 10

// secretOf reads an address or a token from where it stands. Its errors name the
// place, never what is there.
func secretOf(clear, env, file string, getenv func(string) string) (string, error) {
	switch {
	case env != "":
		v := strings.TrimSpace(getenv(env))
		if v == "" {
			return "", fmt.Errorf("environment variable %s is not set", env)
		}
		return v, nil
	case file != "":
		if why := writableByOthers(file); why != "" {
			return "", fmt.Errorf("%s %s", file, why)
		}
		b, err := os.ReadFile(file)
		if err != nil {
			return "", err
		}
		v := strings.TrimSpace(string(b))
		if v == "" || len(b) > maxSecret {
			return "", errors.New(file + " is empty, or larger than 8 KiB")
		}
		return v, nil
	}
	return clear, nil
}
