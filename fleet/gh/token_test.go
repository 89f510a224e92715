package gh

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"testing"

	"andon/fleet"
)

func TestATokenCannotBePrinted(t *testing.T) {
	tok, err := NewToken(" " + canary + "\n")
	if err != nil || tok.secret() != canary {
		t.Fatal(err)
	}
	type holder struct{ inner Token } // fmt prints unexported fields without their methods
	h := holder{tok}
	var out bytes.Buffer
	for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%q", "%x", "%d", "%T"} {
		fmt.Fprintf(&out, verb+verb+verb+verb, tok, &tok, h, &h)
	}
	b, err := json.Marshal(map[string]any{"t": tok, "p": &tok})
	if err != nil {
		t.Fatal(err)
	}
	out.Write(b)
	slog.New(slog.NewTextHandler(&out, nil)).Info("x", "token", tok, "holder", h)
	slog.New(slog.NewJSONHandler(&out, nil)).Info("x", "token", tok, "holder", h)
	for _, form := range []string{canary, fmt.Sprintf("%x", canary)} {
		if strings.Contains(out.String(), form) {
			t.Errorf("token printed: %s", out.String())
		}
	}
	if !strings.Contains(string(b), `"***"`) || tok.String() != "***" {
		t.Errorf("masked form: %s", b)
	}
}

func TestTokensThatCannotBeSent(t *testing.T) {
	for _, bad := range []string{"", " ", "a b", "ghp_x\r\nX-Evil: 1", "ghp_\x00", "ghp_é"} {
		tok, err := NewToken(bad)
		if err == nil || !tok.IsZero() {
			t.Errorf("%q accepted", bad)
		} else if s := strings.TrimSpace(bad); len(s) > 3 && strings.Contains(err.Error(), s) {
			t.Errorf("%v shows the text", err)
		}
	}
}

func TestTokenFrom(t *testing.T) {
	fromGH := func(host string) (string, error) { return "gh-" + host + "\n", nil }
	for name, tc := range map[string]struct {
		env         map[string]string
		host        string
		ghAuth      func(string) (string, error)
		want, where string
	}{
		"first":              {map[string]string{"GH_TOKEN": "a", "GITHUB_TOKEN": "b"}, "github.com", fromGH, "a", "GH_TOKEN"},
		"second":             {map[string]string{"GITHUB_TOKEN": "b"}, "github.com", fromGH, "b", "GITHUB_TOKEN"},
		"gh":                 {nil, "github.com", fromGH, "gh-github.com", "gh auth token"},
		"enterprise":         {map[string]string{"GH_TOKEN": "a", "GH_ENTERPRISE_TOKEN": "e"}, "ghe.corp", fromGH, "e", "GH_ENTERPRISE_TOKEN"},
		"enterprise second":  {map[string]string{"GITHUB_ENTERPRISE_TOKEN": "f"}, "ghe.corp", nil, "f", "GITHUB_ENTERPRISE_TOKEN"},
		"not the other host": {map[string]string{"GH_TOKEN": "a"}, "ghe.corp", fromGH, "gh-ghe.corp", "gh auth token"},
		"tenant":             {map[string]string{"GH_TOKEN": "a", "GH_ENTERPRISE_TOKEN": "e"}, "octo.ghe.com", nil, "a", "GH_TOKEN"},
	} {
		tok, where, err := TokenFrom(func(k string) string { return tc.env[k] }, tc.host, tc.ghAuth)
		if err != nil || tok.secret() != tc.want || where != tc.where {
			t.Errorf("%s: %q from %q, %v", name, tok.secret(), where, err)
		}
	}
}

func TestTokenFromNowhereSaysHowToGetOne(t *testing.T) {
	none := func(string) string { return "" }
	for name, ghAuth := range map[string]func(string) (string, error){
		"no gh": nil, "gh fails": func(string) (string, error) { return "", errors.New("exit status 1") }, "gh is silent": func(string) (string, error) { return "\n", nil },
	} {
		_, _, err := TokenFrom(none, "github.com", ghAuth)
		if !errors.Is(err, ErrNoToken) || !strings.Contains(err.Error(), "GH_TOKEN") || !strings.Contains(err.Error(), "gh auth login") {
			t.Errorf("%s: %v", name, err)
		}
		failure(t, err, fleet.CauseNoToken)
	}
	_, _, err := TokenFrom(func(string) string { return canary + "\x01" + canary }, "github.com", nil)
	if err == nil || strings.Contains(err.Error(), canary) || !strings.Contains(err.Error(), "GH_TOKEN") {
		t.Errorf("unusable token: %v", err)
	}
	if _, err := New(Options{}); !errors.Is(err, ErrNoToken) {
		t.Errorf("New without a token: %v", err)
	}
}
