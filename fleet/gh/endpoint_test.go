package gh

import (
	"net/url"
	"strings"
	"testing"
)

func TestBaseAddress(t *testing.T) {
	for in, want := range map[string]string{
		"": DefaultBaseURL, "https://api.github.com": DefaultBaseURL, "https://ghe.corp/api/v3": "https://ghe.corp/api/v3/",
		"http://127.0.0.1:8080": "http://127.0.0.1:8080/", "http://[::1]:1/": "http://[::1]:1/", "http://localhost/": "http://localhost/",
	} {
		if u, err := parseBase(in); err != nil || u.String() != want {
			t.Errorf("%q: %v, %v", in, u, err)
		}
	}
	for _, bad := range []string{"http://ghe.corp/api/v3/", "http://127.0.0.1.evil.com/", "ftp://x/", "api.github.com", "https://", "https://u:" + canary + "@x/",
		"https://x/?token=" + canary, "https://x/#f", "://", "https://github.com/", "\x1b"} {
		if u, err := parseBase(bad); err == nil {
			t.Errorf("%q accepted as %v", bad, u)
		} else if !strings.Contains(err.Error(), "want https://") || strings.Contains(err.Error(), canary) {
			t.Errorf("%q: %v", bad, err)
		}
	}
}

func TestHostOfABaseAddress(t *testing.T) {
	for in, want := range map[string]string{"": "github.com", "https://api.octo.ghe.com/": "octo.ghe.com", "https://ghe.corp:8443/api/v3/": "ghe.corp"} {
		if h, err := Host(in); err != nil || h != want {
			t.Errorf("%q: %q, %v", in, h, err)
		}
	}
	if _, err := Host("http://x/"); err == nil {
		t.Error("a bad address has a host")
	}
}

func TestWhereLogsMayLie(t *testing.T) {
	for _, tc := range []struct {
		base, at string
		ok       bool
	}{
		{DefaultBaseURL, "https://results.blob.core.windows.net/x?sig=1", true},
		{DefaultBaseURL, "http://results.blob.core.windows.net/x", false},
		{DefaultBaseURL, "https://127.0.0.1/x", false},
		{DefaultBaseURL, "https://localhost/x", false},
		{DefaultBaseURL, "https://169.254.169.254/latest/meta-data", false},
		{DefaultBaseURL, "https://[fe80::1]/x", false},
		{DefaultBaseURL, "https://0.0.0.0/x", false},
		{DefaultBaseURL, "https://u:p@x.y/", false},
		{DefaultBaseURL, "file:///etc/passwd", false},
		{"https://ghe.corp/api/v3/", "https://10.0.0.5/x", true},
		{"http://127.0.0.1:1/", "http://127.0.0.1:2/x", true},
		{"http://127.0.0.1:1/", "http://example.com/x", false},
		{"http://127.0.0.1:1/", "file://127.0.0.1/x", false},
	} {
		base, err1 := url.Parse(tc.base)
		at, err2 := url.Parse(tc.at)
		if err1 != nil || err2 != nil {
			t.Fatal(err1, err2)
		}
		if err := blobAddress(base, at); (err == nil) != tc.ok {
			t.Errorf("%s from %s: %v", tc.at, tc.base, err)
		}
	}
}
