package gh

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"time"
)

// maxBody caps an answer after decompression, in bytes. A page of 100 pull
// requests is about 2 MB (measured).
const maxBody = 16 << 20

// errTooLarge says that an answer went over its cap.
var errTooLarge = errors.New("answer larger than 16 MiB")

// newTransport returns an http.Transport of our own, so that no other part of
// the program shares its connections or its limits.
func newTransport() *http.Transport {
	return &http.Transport{
		Proxy:                  http.ProxyFromEnvironment,
		DialContext:            (&net.Dialer{Timeout: 10 * time.Second, KeepAlive: 30 * time.Second}).DialContext,
		ForceAttemptHTTP2:      true,
		TLSHandshakeTimeout:    10 * time.Second,
		IdleConnTimeout:        90 * time.Second,
		MaxIdleConnsPerHost:    4,
		MaxResponseHeaderBytes: 256 << 10,
	}
}

// buffered reads every answer whole, up to maxBody, while the call's deadline
// runs: what is above it never meets a body that stalls or never ends.
type buffered struct{ next http.RoundTripper }

func (b buffered) RoundTrip(req *http.Request) (*http.Response, error) {
	resp, err := b.next.RoundTrip(req)
	if err != nil {
		return nil, err
	}
	defer resp.Body.Close()
	if resp.ContentLength > maxBody {
		return nil, errTooLarge
	}
	body, err := io.ReadAll(io.LimitReader(resp.Body, maxBody+1))
	switch {
	case err != nil:
		return nil, fmt.Errorf("read answer: %w", err)
	case len(body) > maxBody:
		return nil, errTooLarge
	}
	setBody(resp, body)
	return resp, nil
}

// memory is a body that was read whole.
type memory struct {
	*bytes.Reader
	all []byte
}

// Close does nothing.
func (memory) Close() error { return nil }

func setBody(resp *http.Response, body []byte) {
	resp.Body = memory{bytes.NewReader(body), body}
	resp.ContentLength = int64(len(body))
}

// bodyOf returns the body of an answer that passed buffered, and leaves it to be
// read again.
func bodyOf(resp *http.Response) []byte {
	if m, ok := resp.Body.(memory); ok {
		return m.all
	}
	return nil
}

// authorized adds the token to requests for the API host and refuses all others.
type authorized struct {
	base  *url.URL
	token Token
	next  http.RoundTripper
}

func (a authorized) RoundTrip(req *http.Request) (*http.Response, error) {
	if !sameOrigin(a.base, req.URL) {
		return nil, fmt.Errorf("%w: %s is not the API host", errRedirect, plain(req.URL.Host, 80))
	}
	signed := req.Clone(req.Context())
	signed.Header.Set("Authorization", "Bearer "+a.token.secret())
	resp, err := a.next.RoundTrip(signed)
	if err != nil {
		return nil, err
	}
	resp.Request = req // whoever prints the answer must not find the token in it
	return resp, nil
}
