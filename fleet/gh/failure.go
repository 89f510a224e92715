package gh

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"

	"andon/fleet"
)

// ErrNotFound says that GitHub knows no such thing, or that the token may not
// see it: a private repository answers 404 for both.
var ErrNotFound = errors.New("not found, or not visible to this token")

// ErrRefused says that GitHub understood a change and declined it; the error's
// text holds GitHub's words. Nothing was changed.
var ErrRefused = errors.New("GitHub declined")

// StatusError is an error answer of GitHub, or of something in front of it.
type StatusError struct {
	Status    int    // HTTP status
	Message   string // GitHub's words, or the head of a page; at most 200 safe characters
	RequestID string // X-GitHub-Request-Id, for GitHub's support
}

// Error returns status, words and request id.
func (e *StatusError) Error() string {
	s := fmt.Sprintf("status %d", e.Status)
	if e.Message != "" {
		s += ": " + e.Message
	}
	if e.RequestID != "" {
		s += " (request " + e.RequestID + ")"
	}
	return s
}

// foreignPage is the remedy for a page of HTML where JSON belongs.
const foreignPage = "something in front of GitHub answered (proxy, login page, outage): check the API address and githubstatus.com"

// fail translates an error below HTTP.
func (c *Client) fail(what string, err error) *fleet.Failure {
	var limit *limitError
	var cert *tls.CertificateVerificationError
	var unknownCA x509.UnknownAuthorityError
	var syntax *json.SyntaxError
	f := &fleet.Failure{Cause: fleet.CauseUnreachable, Remedy: "check the network, the proxy and " + c.base.Host}
	switch {
	case errors.As(err, &limit):
		f.Cause = fleet.CauseRateLimit
		f.Remedy = "wait; other tools that use the same token (gh, exporters) share its limit"
	case errors.Is(err, context.Canceled):
		f.Cause, f.Remedy = fleet.CauseOther, "the call was given up here; try again"
	case errors.Is(err, context.DeadlineExceeded):
		f.Cause, f.Remedy = fleet.CauseTimeout, "try again; check the network and githubstatus.com"
	case errors.Is(err, errTooLarge):
		f.Cause, f.Remedy = fleet.CauseTruncated, "the answer was dropped unread; check the API address and any proxy"
	case errors.Is(err, errRedirect):
		f.Cause, f.Remedy = fleet.CauseProtocol, "check the API address, and whether the repository was renamed or moved"
	case errors.As(err, &cert), errors.As(err, &unknownCA):
		f.Remedy = "the server's certificate is not trusted here: check the proxy, or install the company's root certificate"
	case errors.As(err, &syntax), errors.Is(err, errNoAnswer), errors.Is(err, errBadItems):
		f.Cause, f.Remedy = fleet.CauseProtocol, "try again; if it stays, check the API address and any proxy"
	}
	f.Err = &callError{what: what, text: c.plain(innermost(err).Error()), err: limitedChain(err)}
	return f
}

// callError is an error with a text that was made safe, over a chain that is
// kept for errors.Is only.
type callError struct {
	what, text string
	err        error
}

func (e *callError) Error() string { return e.what + ": " + e.text }
func (e *callError) Unwrap() error { return e.err }

// innermost strips *url.Error, whose text holds the URL with its query.
func innermost(err error) error {
	var u *url.Error
	for errors.As(err, &u) {
		err = u.Err
	}
	return err
}

// limitedChain keeps of a chain what prints no address.
func limitedChain(err error) error {
	err = innermost(err)
	for _, known := range []error{context.Canceled, context.DeadlineExceeded, errTooLarge, errRedirect,
		errNoAnswer, errBadItems, io.ErrUnexpectedEOF} {
		if errors.Is(err, known) {
			return known
		}
	}
	var limit *limitError
	if errors.As(err, &limit) {
		return limit
	}
	return nil
}

// refused translates an error answer.
func (c *Client) refused(what string, resp *http.Response, write bool) *fleet.Failure {
	body, _ := io.ReadAll(io.LimitReader(resp.Body, maxBody)) // buffered: cannot fail
	said := c.words(resp, body)
	f := &fleet.Failure{Cause: fleet.CauseOther, Remedy: "read GitHub's message; look at the run on GitHub"}
	var kind error
	switch code := resp.StatusCode; {
	case code >= 500:
		f.Cause, f.Remedy = fleet.CauseServer, "try again; see githubstatus.com; give its support the request id"
	case isHTML(resp.Header, body):
		f.Cause, f.Remedy = fleet.CauseServer, foreignPage
	case code == http.StatusUnauthorized:
		f.Cause, f.Remedy = fleet.CauseAuth, "the token is expired or revoked: set GH_TOKEN anew, or run \"gh auth login\""
	case code == http.StatusForbidden && isSSO(resp.Header):
		f.Cause, f.Remedy = fleet.CausePermission, "authorise the token for the organisation's single sign-on: github.com/settings/tokens, Configure SSO"
	case code == http.StatusForbidden && (!write || permissionWords(said.Message)):
		f.Cause, f.Remedy = fleet.CausePermission, c.missing(resp.Header)
	case code == http.StatusNotFound, code == http.StatusGone:
		kind = ErrNotFound
		f.Remedy = "check the name, and that the token may see the repository"
	}
	if write && kind == nil && f.Cause == fleet.CauseOther {
		kind = ErrRefused
	}
	if kind != nil {
		f.Err = fmt.Errorf("%s: %w: %w", what, kind, said)
	} else {
		f.Err = fmt.Errorf("%s: %w", what, said)
	}
	return f
}

// words takes GitHub's message out of an error answer, or the head of the page
// a proxy sent instead.
func (c *Client) words(resp *http.Response, body []byte) *StatusError {
	var said refusal
	e := &StatusError{Status: resp.StatusCode, RequestID: c.plain(resp.Header.Get("X-GitHub-Request-Id"))}
	if err := json.Unmarshal(body, &said); err == nil && said.Message != "" {
		e.Message = said.Message
		for _, more := range said.Errors {
			if more.Message != "" {
				e.Message += "; " + more.Message
			}
		}
	} else {
		e.Message = string(body[:min(len(body), 4096)])
	}
	e.Message = c.plain(e.Message)
	return e
}

// hidden turns "not found" into a matter of permission, for lists of a whole
// repository or organisation: a token without the right gets 404 as often as 403.
func hidden(err error, remedy string) error {
	if errors.Is(err, ErrNotFound) {
		return &fleet.Failure{Cause: fleet.CausePermission, Err: err, Remedy: remedy}
	}
	return err
}

// unseen is hidden's remedy for a repository.
func unseen(repo fleet.Repo) string {
	return "check that " + string(repo) + " exists and that the token may see it (Actions: read, Pull requests: read)"
}

// missing names the permission a refused call wants, in GitHub's own words.
func (c *Client) missing(h http.Header) string {
	if want := h.Get("X-Accepted-GitHub-Permissions"); want != "" {
		return "give the token the permission GitHub names: " + c.plain(want)
	}
	if want := h.Get("X-Accepted-OAuth-Scopes"); want != "" {
		return "give the token one of the scopes GitHub names: " + c.plain(want)
	}
	return "give the token read access to this (runners want Administration: read, or the organisation's Self-hosted runners: read)"
}

// permissionWords tells a missing permission from the other reasons for which
// GitHub answers a change with 403 ("already running", "over a month ago";
// cli/cli#9221 shows what calling them all a permission problem does).
func permissionWords(message string) bool {
	m := strings.ToLower(message)
	for _, w := range []string{"resource not accessible", "must have admin", "must have write", "must have push",
		"must have repository", "not authorized", "requires authentication", "permission"} {
		if strings.Contains(m, w) {
			return true
		}
	}
	return false
}

func isSSO(h http.Header) bool { return strings.HasPrefix(h.Get("X-GitHub-SSO"), "required") }

// isPartial reports a list from which single sign-on silently left things out;
// that header alone says so.
func isPartial(h http.Header) bool {
	return strings.HasPrefix(h.Get("X-GitHub-SSO"), "partial-results")
}

func isHTML(h http.Header, body []byte) bool {
	return strings.HasPrefix(h.Get("Content-Type"), "text/html") || strings.HasPrefix(strings.TrimSpace(string(body[:min(len(body), 64)])), "<")
}

// unreadable translates a 200 whose body is not what was asked for.
func (c *Client) unreadable(what string, r reply, err error) *fleet.Failure {
	if isHTML(nil, r.body) {
		said := &StatusError{Status: r.status, Message: c.plain(string(r.body[:min(len(r.body), 4096)])), RequestID: c.plain(r.request)}
		return &fleet.Failure{Cause: fleet.CauseServer, Err: fmt.Errorf("%s: a page instead of JSON: %w", what, said),
			Remedy: foreignPage}
	}
	return c.fail(what, err)
}
