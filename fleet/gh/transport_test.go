package gh

import (
	"errors"
	"net/http"
	"net/url"
	"testing"
)

// The token's two guards are tested one by one: each alone must hold.
func TestTheTokenStaysWithTheAPIHost(t *testing.T) {
	base, err := url.Parse("https://ghe.corp/api/v3/")
	if err != nil {
		t.Fatal(err)
	}
	tok, err := NewToken(canary)
	if err != nil {
		t.Fatal(err)
	}
	reached := 0
	signed := authorized{base: base, token: tok, next: roundTrip(func(r *http.Request) (*http.Response, error) {
		reached++
		return &http.Response{StatusCode: 200, Request: r, Header: http.Header{}}, nil
	})}
	rule := apiRedirect(base)
	via := []*http.Request{{Method: http.MethodGet}}
	for address, ok := range map[string]bool{
		"https://ghe.corp/x": true, "https://GHE.corp/x": true, "http://ghe.corp/x": false, "https://ghe.corp:8443/x": false,
		"https://ghe.corp.evil.com/x": false, "https://evil.com/ghe.corp": false,
	} {
		req, err := http.NewRequest(http.MethodGet, address, nil)
		if err != nil {
			t.Fatal(err)
		}
		before := reached
		resp, err := signed.RoundTrip(req)
		if (err == nil) != ok || (reached > before) != ok || err != nil && !errors.Is(err, errRedirect) {
			t.Errorf("%s signed: %v", address, err)
		}
		if err == nil && (resp.Request != req || req.Header.Get("Authorization") != "") {
			t.Errorf("%s: the answer's request holds the token", address)
		}
		if err := rule(req, via); (err == nil) != ok {
			t.Errorf("%s followed: %v", address, err)
		}
	}
}

type roundTrip func(*http.Request) (*http.Response, error)

func (f roundTrip) RoundTrip(r *http.Request) (*http.Response, error) { return f(r) }
