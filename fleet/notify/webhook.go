package notify

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"
	"unicode"
)

// Hook is an HTTP receiver. Make it with NewHook.
type Hook struct {
	name   string
	url    *url.URL
	token  string
	body   func(Notice) ([]byte, error)
	client *http.Client
}

// NewHook returns the sender of a webhook. The address must be https, or http on
// loopback; the token, where there is one, goes to that address only, as
// "Authorization: Bearer". Neither is ever part of an error.
func NewHook(name, address, token string, body func(Notice) ([]byte, error)) (*Hook, error) {
	u, err := url.Parse(address)
	switch {
	case err != nil || u.Host == "":
		return nil, fmt.Errorf("webhook %s: the address is no URL", name)
	case u.Scheme != "https" && !(u.Scheme == "http" && loopback(u.Hostname())):
		return nil, fmt.Errorf("webhook %s: the address would send notices in clear; use https", name)
	case strings.IndexFunc(token, func(r rune) bool { return r <= ' ' || r > '~' }) >= 0:
		return nil, fmt.Errorf("webhook %s: the token holds blanks or control bytes", name)
	}
	t := &http.Transport{Proxy: http.ProxyFromEnvironment, DialContext: (&net.Dialer{Timeout: sendLimit}).DialContext,
		TLSHandshakeTimeout: sendLimit, IdleConnTimeout: time.Minute, MaxIdleConnsPerHost: 1, MaxResponseHeaderBytes: 64 << 10, ForceAttemptHTTP2: true}
	return &Hook{name: name, url: u, token: token, body: body, client: &http.Client{Transport: t,
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}}, nil
}

func loopback(host string) bool {
	ip := net.ParseIP(host)
	return host == "localhost" || ip != nil && ip.IsLoopback()
}

// maxAnswer is what is read of an answer, in bytes.
const maxAnswer = 16 << 10

// Send posts a notice. The error is a *Refusal.
func (h *Hook) Send(ctx context.Context, n Notice) error {
	b, err := h.body(n)
	if err != nil {
		return &Refusal{Err: err, Remedy: "this is a fault of andon: tell its maintainers"}
	}
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, h.url.String(), bytes.NewReader(b))
	if err != nil {
		return &Refusal{Err: errors.New("the address cannot be asked"), Remedy: remedyAddress}
	}
	req.Header.Set("Content-Type", "application/json")
	req.Header.Set("User-Agent", "andon")
	if h.token != "" {
		req.Header.Set("Authorization", "Bearer "+h.token)
	}
	resp, err := h.client.Do(req)
	if err != nil {
		return unreachable(ctx, err)
	}
	defer resp.Body.Close()
	said, _ := io.ReadAll(io.LimitReader(resp.Body, maxAnswer)) // what it says beside the status is only shown
	if resp.StatusCode/100 == 2 {
		return nil
	}
	return refused(resp, said, time.Now())
}

// Close lets go of connections that are kept.
func (h *Hook) Close() { h.client.CloseIdleConnections() }

// Refusal is why a notice was not taken, without the address and the token.
type Refusal struct {
	Err    error
	Remedy string
	Again  bool          // the same may be taken if it is sent again soon
	After  time.Duration // what the receiver asked to wait
}

// Error says what happened.
func (r *Refusal) Error() string { return r.Err.Error() }

// Unwrap returns the error below.
func (r *Refusal) Unwrap() error { return r.Err }

const (
	remedyAddress  = "look at the address in notify.webhooks, then restart"
	remedyToken    = "look at the token of this receiver, then restart"
	remedyReceiver = "bring the receiver back; it is tried again by itself"
)

func unreachable(ctx context.Context, err error) *Refusal {
	var u *url.Error
	if errors.As(err, &u) {
		err = u.Err // without the address
	}
	if errors.Is(err, context.DeadlineExceeded) || errors.Is(ctx.Err(), context.DeadlineExceeded) {
		err = fmt.Errorf("no answer within %s", sendLimit)
	}
	return &Refusal{Err: err, Remedy: remedyReceiver, Again: true}
}

func refused(resp *http.Response, said []byte, now time.Time) *Refusal {
	r := &Refusal{Err: fmt.Errorf("HTTP %d%s", resp.StatusCode, quote(said)), Remedy: remedyReceiver}
	switch c := resp.StatusCode; {
	case c/100 == 3:
		r.Err, r.Remedy = fmt.Errorf("HTTP %d: it redirects, which is not followed", c), remedyAddress
	case c == http.StatusUnauthorized || c == http.StatusForbidden:
		r.Remedy = remedyToken
	case c == http.StatusTooManyRequests || c >= 500:
		r.Again, r.After = true, retryAfter(resp.Header.Get("Retry-After"), now)
	default:
		r.Remedy = remedyAddress
	}
	return r
}

// quote returns the first words of an answer, printable ones only.
func quote(said []byte) string {
	s := strings.Join(strings.FieldsFunc(string(said[:min(len(said), 400)]), func(r rune) bool { return unicode.IsSpace(r) || !unicode.IsPrint(r) || r == unicode.ReplacementChar }), " ")
	if s == "" {
		return ""
	}
	return ": " + cut(s, 80)
}

// retryAfter reads the header: seconds, or a date.
func retryAfter(h string, now time.Time) time.Duration {
	if n, err := strconv.Atoi(h); err == nil && n > 0 {
		return time.Duration(min(n, 24*3600)) * time.Second
	}
	if at, err := http.ParseTime(h); err == nil {
		return min(max(at.Sub(now), 0), 24*time.Hour)
	}
	return 0
}
