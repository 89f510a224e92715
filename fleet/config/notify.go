package config

import (
	"errors"
	"fmt"
	"net/url"
	"path/filepath"
	"strings"
	"time"

	"go.yaml.in/yaml/v3"

	"andon/fleet"
)

// Notify is how andon tells people what it sees.
type Notify struct {
	Bell            bool           // the terminal's bell
	Desktop         string         // osc9, osc777 or off
	TmuxPassthrough bool           // wrap desktop notices for the terminal around tmux
	MinSeverity     fleet.Severity // of what is told
	GroupWait       time.Duration  // what belongs together is collected for so long
	Repeat          time.Duration  // what stands, and nobody acknowledged, is told again after so long; 0: never
	Webhooks        []Webhook
}

// The words of notify.desktop and of webhooks[].format.
const (
	DesktopOff         = "off"
	DesktopOSC9        = "osc9"
	DesktopOSC777      = "osc777"
	FormatAlertmanager = "alertmanager"
	FormatSlack        = "slack"
)

// Webhook is one HTTP receiver. Its secrets are named here and stand elsewhere:
// exactly one of URL, URLEnv and URLFile is set, and at most one of the token's.
type Webhook struct {
	URL, URLEnv, URLFile string
	Format               string
	TokenEnv, TokenFile  string
	MinSeverity          fleet.Severity // empty: that of Notify
}

// DefaultNotify returns what an operator gets without a notify section: the bell
// on a stop.
func DefaultNotify() Notify {
	return Notify{Bell: true, Desktop: DesktopOff, MinSeverity: fleet.SeverityStop, GroupWait: 10 * time.Second, Repeat: 4 * time.Hour}
}

// CheckWebhookURL refuses an address that would send notices, or the token, in
// clear. Its errors do not quote the address: that may be a secret.
func CheckWebhookURL(s string) error {
	u, err := url.Parse(s)
	switch {
	case err != nil || u.Host == "" || u.Opaque != "":
		return errors.New("the address is no URL")
	case u.User != nil:
		return errors.New("the address holds a user or a password")
	case u.Fragment != "":
		return errors.New("the address holds a fragment")
	case u.Scheme == "https", u.Scheme == "http" && loopback(u.Hostname()):
		return nil
	}
	return errors.New("the address would send notices in clear")
}

func (d *decoder) notify(n *yaml.Node, path string) {
	v := &d.cfg.Notify
	d.fields(n, path, map[string]func(*yaml.Node, string){
		"bell":             func(n *yaml.Node, p string) { d.boolean(n, p, &v.Bell) },
		"desktop":          func(n *yaml.Node, p string) { d.choice(n, p, &v.Desktop, DesktopOSC9, DesktopOSC777, DesktopOff) },
		"tmux_passthrough": func(n *yaml.Node, p string) { d.boolean(n, p, &v.TmuxPassthrough) },
		"min_severity":     d.severity(&v.MinSeverity),
		"group_wait":       func(n *yaml.Node, p string) { d.duration(n, p, &v.GroupWait) },
		"repeat":           func(n *yaml.Node, p string) { d.duration(n, p, &v.Repeat) },
		"webhooks": func(n *yaml.Node, p string) {
			d.items(n, p, func(c *yaml.Node, p string) { v.Webhooks = append(v.Webhooks, d.webhook(c, p)) })
		},
	})
}

func (d *decoder) severity(v *fleet.Severity) func(*yaml.Node, string) {
	return func(n *yaml.Node, p string) {
		d.choice(n, p, (*string)(v), string(fleet.SeverityStop), string(fleet.SeverityWarn))
	}
}

func (d *decoder) webhook(n *yaml.Node, path string) Webhook {
	var w Webhook
	text := func(v *string) func(*yaml.Node, string) { return func(n *yaml.Node, p string) { d.str(n, p, v) } }
	inClear := func(n *yaml.Node, p string) {
		d.wrong(n, p+" would be a secret in a file", "put it into an environment variable or a file of its own and name that: token_env: NAME or token_file: /PATH")
	}
	d.fields(n, path, map[string]func(*yaml.Node, string){
		"url": text(&w.URL), "url_env": text(&w.URLEnv), "url_file": text(&w.URLFile),
		"token": inClear, "token_env": text(&w.TokenEnv), "token_file": text(&w.TokenFile),
		"format":       func(n *yaml.Node, p string) { d.choice(n, p, &w.Format, FormatAlertmanager, FormatSlack) },
		"min_severity": d.severity(&w.MinSeverity),
	})
	return w
}

// Bounds of what may be set: shorter would tell every wobble, longer nothing.
const (
	mostGroupWait = 10 * time.Minute
	leastRepeat   = 5 * time.Minute
)

func (c *checker) notify(v Notify) {
	if v.GroupWait > mostGroupWait {
		c.at("notify.group_wait", fmt.Sprintf("group_wait of %s", v.GroupWait), "use at most 10m")
	}
	if v.Repeat != 0 && v.Repeat < leastRepeat {
		c.at("notify.repeat", fmt.Sprintf("repeat of %s", v.Repeat), "use at least 5m, or 0 for never")
	}
	if v.TmuxPassthrough && v.Desktop == DesktopOff {
		c.at("notify.tmux_passthrough", "tmux_passthrough without desktop notices", "add desktop: osc9 or osc777, or leave it out")
	}
	for i, w := range v.Webhooks {
		c.webhook(fmt.Sprintf("notify.webhooks[%d]", i), w)
	}
}

func (c *checker) webhook(p string, w Webhook) {
	if w.Format == "" {
		c.at(p, p+" has no format", "add format: alertmanager or slack")
	}
	switch n := countSet(w.URL, w.URLEnv, w.URLFile); {
	case n == 0:
		c.at(p, p+" has no address", "add url: https://HOST/…, url_env: NAME or url_file: /PATH")
	case n > 1:
		c.at(p, p+" has more than one address", "keep one of url, url_env and url_file")
	case w.URL != "" && w.Format == FormatSlack:
		c.at(p+".url", "whoever knows the address of a Slack webhook may post there", "put it into an environment variable or a file of its own: url_env: NAME or url_file: /PATH")
	case w.URL != "":
		if err := CheckWebhookURL(w.URL); err != nil {
			c.at(p+".url", err.Error(), "write https://HOST/…, without user and password")
		}
	}
	if countSet(w.TokenEnv, w.TokenFile) > 1 {
		c.at(p, p+" has more than one token", "keep one of token_env and token_file")
	}
	for _, x := range [...]struct{ key, name string }{{"url_env", w.URLEnv}, {"token_env", w.TokenEnv}} {
		if x.name != "" && !envName(x.name) {
			c.at(p+"."+x.key, x.key+" is no name of an environment variable", "write the variable's name, not what it holds: letters, digits and underscores")
		}
	}
	for _, x := range [...]struct{ key, file string }{{"url_file", w.URLFile}, {"token_file", w.TokenFile}} {
		if x.file != "" && !filepath.IsAbs(x.file) {
			c.at(p+"."+x.key, fmt.Sprintf("%s %q is not an absolute path", x.key, x.file), "write /PATH/TO/FILE")
		}
	}
}

func countSet(texts ...string) int {
	n := 0
	for _, s := range texts {
		if s != "" {
			n++
		}
	}
	return n
}

func envName(s string) bool {
	return s != "" && (s[0] < '0' || s[0] > '9') && strings.Trim(s, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_") == ""
}
