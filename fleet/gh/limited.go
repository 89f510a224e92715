package gh

import (
	"encoding/json"
	"net/http"
)

// limitAware is the outermost transport. It sends nothing while the book says
// so, turns a limit answer into an error, and hides the limit headers from
// go-github, whose own book would block every call by the local clock.
type limitAware struct {
	book *book
	next http.RoundTripper
}

// refusal is the JSON of an error answer.
type refusal struct {
	Message string `json:"message"`
	Docs    string `json:"documentation_url"`
	Errors  []struct {
		Message string `json:"message"`
	} `json:"errors"`
}

// RoundTrip returns a *limitError, and no response, for a limit answer: 403 and
// 429 alike, which go-github tells apart.
func (l limitAware) RoundTrip(req *http.Request) (*http.Response, error) {
	write := req.Method != http.MethodGet
	if err := l.book.allow(write); err != nil {
		return nil, err
	}
	resp, err := l.next.RoundTrip(req)
	if err != nil {
		return nil, err
	}
	l.book.note(resp.Header)
	var said refusal
	if resp.StatusCode >= 400 {
		_ = json.Unmarshal(bodyOf(resp), &said) // a page of HTML says nothing about limits
	}
	if err := l.book.limited(resp, said.Message, said.Docs, write); err != nil {
		return nil, err
	}
	for _, h := range []string{"X-RateLimit-Limit", "X-RateLimit-Remaining", "X-RateLimit-Reset"} {
		resp.Header.Del(h)
	}
	return resp, nil
}
