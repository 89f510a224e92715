package gh

import (
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/url"
	"strings"
)

// DefaultBaseURL is github.com's API.
const DefaultBaseURL = "https://api.github.com/"

// Host returns the host name gh and TokenFrom know an API address by:
// github.com for api.github.com, TENANT.ghe.com for api.TENANT.ghe.com, and the
// address's own host for GitHub Enterprise Server.
func Host(baseURL string) (string, error) {
	u, err := parseBase(baseURL)
	if err != nil {
		return "", err
	}
	h := u.Hostname()
	if h == "api.github.com" || strings.HasSuffix(h, ".ghe.com") {
		return strings.TrimPrefix(h, "api."), nil
	}
	return h, nil
}

// parseBase validates an API address: https, or http on loopback; a host; no
// user, query or fragment. It returns it with a trailing slash, which go-github
// wants.
func parseBase(s string) (*url.URL, error) {
	if s == "" {
		s = DefaultBaseURL
	}
	fail := func(why string) (*url.URL, error) {
		return nil, fmt.Errorf("API address: %s; want https://api.github.com/ or https://HOST/api/v3/", why)
	}
	u, err := url.Parse(s)
	if err != nil {
		return fail("it is not a URL")
	}
	switch {
	case u.Hostname() == "":
		return fail("it has no host")
	case u.User != nil || u.RawQuery != "" || u.Fragment != "":
		return fail("it holds a user, a query or a fragment")
	case u.Scheme != "https" && (u.Scheme != "http" || !isLoopback(u.Hostname())):
		return fail(fmt.Sprintf("%s is not https", u.Host))
	case u.Hostname() == "github.com":
		return fail("github.com itself is not the API")
	}
	if !strings.HasSuffix(u.Path, "/") {
		u.Path += "/"
	}
	return u, nil
}

func isLoopback(host string) bool {
	if host == "localhost" {
		return true
	}
	ip := net.ParseIP(host)
	return ip != nil && ip.IsLoopback()
}

// sameOrigin reports whether u is on the API host, by the same scheme and port.
func sameOrigin(base, u *url.URL) bool {
	return base.Scheme == u.Scheme && strings.EqualFold(base.Host, u.Host)
}

// errRedirect says that an answer pointed where this package does not go.
var errRedirect = errors.New("redirect refused")

const maxRedirects = 3

// apiRedirect is the API client's redirect rule: GitHub answers 301 for a
// renamed repository, on the same host. A mutation follows nothing: it would
// change something the operator was not shown.
func apiRedirect(base *url.URL) func(*http.Request, []*http.Request) error {
	return func(req *http.Request, via []*http.Request) error {
		switch {
		case via[0].Method != http.MethodGet:
			return fmt.Errorf("%w: a change is not sent on to another address", errRedirect)
		case !sameOrigin(base, req.URL):
			return fmt.Errorf("%w: to %s://%s, which is not the API host", errRedirect, plain(req.URL.Scheme, 16), plain(req.URL.Host, 80))
		case len(via) > maxRedirects:
			return fmt.Errorf("%w: more than %d in a row", errRedirect, maxRedirects)
		}
		return nil
	}
}

// blobAddress checks where a log's text is said to lie. Any https host may
// store it; it is asked without the token. Addresses of this machine and of its
// link are refused: an answer must not make the console ask its neighbours.
func blobAddress(base, u *url.URL) error {
	local := isLoopback(u.Hostname())
	ip := net.ParseIP(u.Hostname())
	switch {
	case u.Hostname() == "" || u.User != nil:
		return fmt.Errorf("%w: no usable address of the log", errRedirect)
	case isLoopback(base.Hostname()) && local && (u.Scheme == "http" || u.Scheme == "https"):
		return nil
	case u.Scheme != "https":
		return fmt.Errorf("%w: the log's address is not https", errRedirect)
	case local || ip != nil && (ip.IsLinkLocalUnicast() || ip.IsUnspecified() || ip.IsMulticast()):
		return fmt.Errorf("%w: the log's address is on this machine or its link", errRedirect)
	}
	return nil
}
