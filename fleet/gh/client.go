package gh

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"time"

	"github.com/google/go-github/v62/github"

	"andon/fleet"
)

const (
	callDeadline = 15 * time.Second
	logDeadline  = 45 * time.Second
)

// Options say which GitHub to talk to, and as whom.
type Options struct {
	BaseURL   string            // DefaultBaseURL, or https://HOST/api/v3/ for Enterprise Server; http only on loopback
	Token     Token             // required
	Transport http.RoundTripper // nil: an own http.Transport; must decompress what it asked to be compressed
	Now       func() time.Time  // nil: time.Now
	UserAgent string            // empty: "andon"
}

// Client reads one GitHub with one token, and changes it where asked. It is
// safe for concurrent use.
type Client struct {
	api   *github.Client
	logs  *http.Client // asks the API where a log lies: follows no redirect
	blobs *http.Client // fetches the log itself: has no token
	base  *url.URL
	token Token
	now   func() time.Time
	book  *book
	cache *etagCache
	lane  *lane
	idle  func()
}

// New returns a client. It sends nothing. It fails on an address that is not
// https (loopback aside), and on a missing token with a failure that wraps
// ErrNoToken.
func New(o Options) (*Client, error) {
	base, err := parseBase(o.BaseURL)
	if err != nil {
		return nil, err
	}
	if o.Token.IsZero() {
		return nil, noToken(ErrNoToken)
	}
	if o.Now == nil {
		o.Now = time.Now
	}
	if o.UserAgent == "" {
		o.UserAgent = "andon"
	}
	c := &Client{base: base, token: o.Token, now: o.Now, idle: func() {}}
	if o.Transport == nil {
		t := newTransport()
		o.Transport, c.idle = t, t.CloseIdleConnections
	}
	c.book = &book{now: o.Now}
	c.lane = newLane(o.Now)
	c.cache = newETagCache(buffered{o.Transport}, cacheBytes)
	signed := authorized{base: base, token: o.Token, next: c.cache}
	chain := limitAware{book: c.book, next: signed}
	c.api = github.NewClient(&http.Client{Transport: chain, CheckRedirect: apiRedirect(base)})
	c.api.BaseURL, c.api.UserAgent = base, o.UserAgent
	c.logs = &http.Client{Transport: chain, CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	c.blobs = &http.Client{Transport: o.Transport, CheckRedirect: c.blobRedirect}
	return c, nil
}

// Close gives up idle connections of the client's own transport.
func (c *Client) Close() { c.idle() }

// Budget returns what is left of the token's hourly limit, how fast it goes
// (calls an hour, everything that uses the token counted), and until when reads
// pause. Times are by the local clock. Known is false before the first answer,
// and on a server without limits.
func (c *Client) Budget() fleet.Budget { return c.book.budget() }

// WritesPaused returns until when changes are held back by a secondary limit
// that only they met; zero where they are not.
func (c *Client) WritesPaused() time.Time {
	c.book.mu.Lock()
	defer c.book.mu.Unlock()
	if c.now().Before(c.book.writes.until) {
		return c.book.writes.until
	}
	return time.Time{}
}

// Skew returns how far the local clock is ahead of GitHub's, to the second.
func (c *Client) Skew() fleet.Fact[time.Duration] {
	c.book.mu.Lock()
	defer c.book.mu.Unlock()
	return c.book.skew
}

// TokenExpires returns when the token ends, where GitHub says so.
func (c *Client) TokenExpires() fleet.Fact[time.Time] {
	c.book.mu.Lock()
	defer c.book.mu.Unlock()
	return c.book.expires
}

// reply is an answer that arrived whole.
type reply struct {
	body    []byte
	next    int    // number of the next page; 0 where this is the last or has a cursor
	after   string // cursor of the next page; empty where there is none
	partial bool
	url     string
	status  int
	request string
}

// call asks the API once. path is relative to the base address. Its error is a
// *fleet.Failure; what names the call for the operator.
func (c *Client) call(ctx context.Context, method, path, what string) (reply, error) {
	return c.callWith(ctx, ctx, method, path, what)
}

// callWith is call with a context for the request (traces) beside the caller's
// own, whose end is not a fault of GitHub's.
func (c *Client) callWith(caller, traced context.Context, method, path, what string) (reply, error) {
	ctx, cancel := context.WithTimeout(traced, callDeadline)
	defer cancel()
	req, err := c.api.NewRequest(method, path, nil)
	if err != nil {
		return reply{}, c.fail(what, fmt.Errorf("build request: %w", err))
	}
	var body bytes.Buffer
	resp, err := c.api.Do(ctx, req, &body)
	var accepted *github.AcceptedError
	switch {
	case errors.As(err, &accepted):
		// 202 is success; go-github calls it an error.
		return reply{body: accepted.Raw, status: http.StatusAccepted}, nil
	case err != nil && resp != nil && resp.Response != nil:
		return reply{}, c.refused(what, resp.Response, method != http.MethodGet)
	case err != nil && caller.Err() != nil:
		return reply{}, c.fail(what, caller.Err())
	case err != nil:
		return reply{}, c.fail(what, err)
	}
	r := reply{body: body.Bytes(), next: resp.NextPage, after: resp.After, status: resp.StatusCode,
		url: resp.Request.URL.String(), request: resp.Header.Get("X-GitHub-Request-Id")}
	r.partial = isPartial(resp.Header)
	return r, nil
}
