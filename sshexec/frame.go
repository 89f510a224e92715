package sshexec

import (
	"bytes"
	"crypto/rand"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"regexp"
	"strconv"
	"strings"
	"time"
)

// frameVersion is written in every BEGIN frame.
const frameVersion = 1

const (
	maxArgs  = 64 << 10
	nonceLen = 32
)

// The stream a script call sends on stdin: assignments, the body as a function,
// the main function, and its call inside braces. Until the closing brace has
// arrived the shell has executed assignments and definitions only, so a stream
// cut anywhere runs nothing.
const frameHead = "_sshexec_r=%d _sshexec_t=%d _sshexec_g=%d # %s\n_sshexec_body() (\nset --"

func frameTail(nonce string) string {
	return "\n)\n" + frameMain + "{ _sshexec_main " + nonce + "\n}\n"
}

// frameMain guards and frames the body. Stdin becomes fd 3, held by a watcher
// alone: when it ends (the client cancelled, died or lost the connection) or when
// the deadline passes, the whole process group is terminated, then killed. The
// watchers keep no output open, or the session would not end with the body. They
// ignore TERM to outlive their own signal. After the body stderr is dropped, because
// bash reports the death of the watchers there.
const frameMain = `_sshexec_main() {
LC_ALL=C; export LC_ALL
if [ "$_sshexec_r" = 1 ] && [ "$(id -u)" != 0 ]; then echo "sudo: did not give uid 0" >&2; exit 126; fi
exec 3<&0 </dev/null
( trap '' TERM HUP INT; while read -r _sshexec_l; do :; done; kill -TERM 0; sleep "$_sshexec_g"; kill -KILL 0 ) <&3 3<&- >/dev/null 2>&1 &
_sshexec_w=$!
( trap '' TERM HUP INT; trap 'kill -KILL $!; exit 0' USR1; sleep "$_sshexec_t" & wait $!; kill -TERM 0; sleep "$_sshexec_g"; kill -KILL 0 ) </dev/null 3<&- >/dev/null 2>&1 &
_sshexec_d=$!
printf '%s BEGIN 1 %s %s\n' "$1" "$$" "$(date +%s)"
_sshexec_body 3<&-
_sshexec_c=$?
exec 2>/dev/null
kill -USR1 "$_sshexec_d"
kill -KILL "$_sshexec_w"
printf '%s END %s\n' "$1" "$_sshexec_c"
exit "$_sshexec_c"
}
`

// newNonce gives 128 random bits in hex: nothing a host prints can guess it.
func newNonce() string {
	var b [nonceLen / 2]byte
	rand.Read(b[:]) // never fails since Go 1.24
	return hex.EncodeToString(b[:])
}

// frame builds the stdin of a script call.
func frame(nonce string, call ScriptCall) ([]byte, error) {
	total := 0
	for i, a := range call.Args {
		total += len(a)
		if strings.IndexByte(a, 0) >= 0 {
			return nil, fmt.Errorf("script %s: argument %d holds NUL", call.Script.name, i+1)
		}
	}
	switch {
	case call.Script.text == "":
		return nil, errors.New("script: none given, use Embedded")
	case total > maxArgs:
		return nil, fmt.Errorf("script %s: %d bytes of arguments, at most %d", call.Script.name, total, maxArgs)
	}
	root := 0
	if call.Become == BecomeRoot {
		root = 1
	}
	grace := wholeSeconds(call.Grace)
	var b bytes.Buffer
	fmt.Fprintf(&b, frameHead, root, wholeSeconds(call.Timeout)+grace+1, grace, nonce)
	for _, a := range call.Args {
		b.WriteString(" " + quote(a))
	}
	b.WriteString("\n" + call.Script.text)
	b.WriteString(frameTail(nonce))
	return b.Bytes(), nil
}

func wholeSeconds(d time.Duration) int64 { return int64((d + time.Second - 1) / time.Second) }

// quote makes one word of s for a POSIX shell that reads it from a script.
func quote(s string) string { return `'` + strings.ReplaceAll(s, `'`, `'\''`) + `'` }

// Framed is a script call as a server finds it on standard input.
type Framed struct {
	Nonce string
	Root  bool // the call wants uid 0
	Args  []string
	Body  string // the script, to be run with Args as $1 and on
}

// Begin is the frame to print on stdout before the body runs.
func (f Framed) Begin(pid int, now time.Time) []byte {
	return fmt.Appendf(nil, "%s BEGIN %d %d %d\n", f.Nonce, frameVersion, pid, now.Unix())
}

// End is the frame to print on stdout after the body ended with code.
func (f Framed) End(code int) []byte { return fmt.Appendf(nil, "%s END %d\n", f.Nonce, code) }

// ErrNotFramed is returned by Unframe for a stream that is no script call.
var ErrNotFramed = errors.New("stream is not a framed script call")

const maxFrame = maxScript + 8*maxArgs

// Unframe reads the script call a client of this package sends after starting
// [ScriptLine], and leaves r open right behind it: a server must stop the body
// when r ends. It returns io.ErrUnexpectedEOF for a call cut short and
// [ErrNotFramed] for anything else.
func Unframe(r io.Reader) (Framed, error) {
	var buf []byte
	chunk := make([]byte, 32<<10)
	for {
		n, err := r.Read(chunk)
		buf = append(buf, chunk[:n]...)
		f, perr := parseFrame(buf)
		if perr == nil || !errors.Is(perr, io.ErrUnexpectedEOF) {
			return f, perr
		}
		switch {
		case errors.Is(err, io.EOF) || err == nil && len(buf) > maxFrame:
			return Framed{}, perr
		case err != nil:
			return Framed{}, fmt.Errorf("read script call: %w", err)
		}
	}
}

var headPattern = regexp.MustCompile(`^_sshexec_r=([01]) _sshexec_t=\d+ _sshexec_g=\d+ # ([0-9a-f]{32})\n_sshexec_body\(\) \(\nset --`)

func parseFrame(buf []byte) (Framed, error) {
	m := headPattern.FindSubmatch(buf)
	if m == nil {
		if len(buf) > 256 || bytes.Count(buf, []byte("\n")) > 3 {
			return Framed{}, ErrNotFramed
		}
		return Framed{}, io.ErrUnexpectedEOF
	}
	f := Framed{Root: m[1][0] == '1', Nonce: string(m[2])}
	rest, whole := bytes.CutSuffix(buf[len(m[0]):], []byte(frameTail(f.Nonce)))
	if !whole {
		return Framed{}, io.ErrUnexpectedEOF
	}
	for len(rest) > 0 && rest[0] == ' ' {
		arg, n := unquote(rest[1:])
		if n == 0 {
			return Framed{}, ErrNotFramed
		}
		f.Args = append(f.Args, arg)
		rest = rest[1+n:]
	}
	if len(rest) == 0 || rest[0] != '\n' {
		return Framed{}, ErrNotFramed
	}
	f.Body = string(rest[1:])
	return f, nil
}

// unquote reads one word written by quote and tells its length; 0 if it is none.
func unquote(b []byte) (string, int) {
	if len(b) == 0 || b[0] != '\'' {
		return "", 0
	}
	var word strings.Builder
	for i := 1; ; {
		j := bytes.IndexByte(b[i:], '\'')
		if j < 0 {
			return "", 0
		}
		word.Write(b[i : i+j])
		i += j + 1
		if !bytes.HasPrefix(b[i:], []byte(`\''`)) {
			return word.String(), i
		}
		word.WriteByte('\'')
		i += 3
	}
}

// parseBegin reads the rest of a BEGIN line behind the nonce.
func parseBegin(line string) (time.Time, error) {
	var version, pid int
	var unix int64
	if _, err := fmt.Sscanf(line, " BEGIN %d %d %d", &version, &pid, &unix); err != nil {
		return time.Time{}, fmt.Errorf("frame %q: %w", clean(line, 80), err)
	}
	if version != frameVersion {
		return time.Time{}, fmt.Errorf("frame version %d, want %d", version, frameVersion)
	}
	return time.Unix(unix, 0), nil
}

// parseEnd reads the rest of an END line behind the nonce.
func parseEnd(line string) (code int, err error) {
	s, ok := strings.CutPrefix(line, " END ")
	if !ok {
		return 0, fmt.Errorf("frame %q: want END", clean(line, 80))
	}
	code, err = strconv.Atoi(s)
	if err != nil || code < 0 || code > 255 {
		return 0, fmt.Errorf("frame %q: no exit status", clean(line, 80))
	}
	return code, nil
}
