package gh

import (
	"errors"
	"fmt"
	"log/slog"
	"strings"

	"andon/fleet"
)

const masked = "***"

// Token is a GitHub token that cannot be printed by accident: every way of
// formatting it gives ***. The zero Token is no token.
type Token struct {
	// reveal is a function because fmt prints the fields of an unexported
	// struct field without asking its methods; of a function it knows only the
	// address.
	reveal func() string
}

// NewToken wraps a token's text. It refuses what could not stand in a header:
// anything but printable ASCII without blanks. Its error does not hold the text.
func NewToken(s string) (Token, error) {
	s = strings.TrimSpace(s)
	if s == "" {
		return Token{}, errors.New("read token: it is empty")
	}
	for i := range len(s) {
		if s[i] <= ' ' || s[i] > '~' {
			return Token{}, errors.New("read token: it holds a blank, a control or a non-ASCII byte; copy it again")
		}
	}
	return Token{reveal: func() string { return s }}, nil
}

// IsZero reports whether there is no token.
func (t Token) IsZero() bool { return t.reveal == nil }

// String returns ***.
func (Token) String() string { return masked }

// GoString returns ***.
func (Token) GoString() string { return masked }

// MarshalJSON writes "***".
func (Token) MarshalJSON() ([]byte, error) { return []byte(`"` + masked + `"`), nil }

// MarshalText writes ***.
func (Token) MarshalText() ([]byte, error) { return []byte(masked), nil }

// LogValue returns *** for log/slog.
func (Token) LogValue() slog.Value { return slog.StringValue(masked) }

func (t Token) secret() string {
	if t.reveal == nil {
		return ""
	}
	return t.reveal()
}

// ErrNoToken says that no token was found; its text names the ways to get one.
var ErrNoToken = errors.New("no GitHub token: set GH_TOKEN, or log in once with \"gh auth login\"")

// noToken is a failure to find a token, with what a good one may do.
func noToken(err error) *fleet.Failure {
	return &fleet.Failure{Cause: fleet.CauseNoToken, Err: err, Remedy: "set GH_TOKEN (GH_ENTERPRISE_TOKEN for Enterprise Server) or run \"gh auth login\";" +
		" a fine-grained token needs Actions: read and Pull requests: read, Administration: read for the runners, Contents: read for the merge queue, Actions: write to re-run"}
}

// TokenFrom finds the token for a host the way gh does: GH_TOKEN, GITHUB_TOKEN
// for github.com and *.ghe.com; GH_ENTERPRISE_TOKEN, GITHUB_ENTERPRISE_TOKEN
// for any other host; then ghAuth, which runs "gh auth token --hostname HOST"
// and may be nil. It returns where the token was found. The error is a
// *fleet.Failure of CauseNoToken; it wraps ErrNoToken, or says which source
// holds an unusable token.
func TokenFrom(getenv func(string) string, host string, ghAuth func(host string) (string, error)) (Token, string, error) {
	names := []string{"GH_ENTERPRISE_TOKEN", "GITHUB_ENTERPRISE_TOKEN"}
	if host == "github.com" || strings.HasSuffix(host, ".ghe.com") {
		names = []string{"GH_TOKEN", "GITHUB_TOKEN"}
	}
	for _, name := range names {
		v := getenv(name)
		if v == "" {
			continue
		}
		t, err := NewToken(v)
		if err != nil {
			return Token{}, "", noToken(fmt.Errorf("%s: %w", name, err))
		}
		return t, name, nil
	}
	const where = "gh auth token"
	missing := fmt.Errorf("token for %s: none in %s: %w", host, strings.Join(names, ", "), ErrNoToken)
	if ghAuth == nil {
		return Token{}, "", noToken(missing)
	}
	s, err := ghAuth(host)
	if err != nil {
		return Token{}, "", noToken(fmt.Errorf("%w; %s: %w", missing, where, err))
	}
	if strings.TrimSpace(s) == "" {
		return Token{}, "", noToken(fmt.Errorf("%w; %s: it printed nothing", missing, where))
	}
	t, err := NewToken(s)
	if err != nil {
		return Token{}, "", noToken(fmt.Errorf("%s: %w", where, err))
	}
	return t, where, nil
}
