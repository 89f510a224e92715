package onhost

import (
	"bytes"
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"io"

	"andon/fleet"
)

// maxSteps is the hard cap of one batch: the blast radius of a mistake.
const maxSteps = 200

// Errors of a request that cannot be taken at all.
var (
	ErrRequestVersion = errors.New("request of another protocol version: use an andon and an andon-host of the same release")
	ErrRequest        = errors.New("request is not usable")
)

// ReadRequest reads one frame: a 4-byte big-endian length and so many bytes of
// JSON, at most fleet.MaxRequest. It reads not one byte further, for the rest
// of the stream is the lifeline. A field it does not know is an error: it could
// be a precondition.
func ReadRequest(r io.Reader) (fleet.HostRequest, error) {
	var head [4]byte
	if _, err := io.ReadFull(r, head[:]); err != nil {
		return fleet.HostRequest{}, fmt.Errorf("read request length: %w", err)
	}
	n := binary.BigEndian.Uint32(head[:])
	if n == 0 || n > fleet.MaxRequest {
		return fleet.HostRequest{}, fmt.Errorf("%w: %d bytes announced, want 1 to %d", ErrRequest, n, fleet.MaxRequest)
	}
	body := make([]byte, n)
	if _, err := io.ReadFull(r, body); err != nil {
		return fleet.HostRequest{}, fmt.Errorf("read request of %d bytes: %w", n, err)
	}
	return decodeRequest(body)
}

func decodeRequest(body []byte) (fleet.HostRequest, error) {
	var version struct {
		Version int `json:"version"`
	}
	if err := json.Unmarshal(body, &version); err != nil {
		return fleet.HostRequest{}, fmt.Errorf("%w: %w", ErrRequest, err)
	}
	if version.Version != fleet.HostProtocol {
		return fleet.HostRequest{}, fmt.Errorf("%w: %d, this one speaks %d", ErrRequestVersion, version.Version, fleet.HostProtocol)
	}
	var req fleet.HostRequest
	d := json.NewDecoder(bytes.NewReader(body))
	d.DisallowUnknownFields()
	if err := d.Decode(&req); err != nil {
		return fleet.HostRequest{}, fmt.Errorf("%w: %w", ErrRequest, err)
	}
	if _, err := d.Token(); err != io.EOF {
		return fleet.HostRequest{}, fmt.Errorf("%w: something follows the request", ErrRequest)
	}
	return req, checkRequest(req)
}

// checkRequest refuses what no console of ours would send. What one step asks
// is judged with the step, so that a bad one does not hide the others' results.
func checkRequest(req fleet.HostRequest) error {
	switch {
	case !plainID(req.ID):
		return fmt.Errorf("%w: id %q: want 1 to 64 of A-Z a-z 0-9 _ -", ErrRequest, req.ID)
	case !hexDigest(req.Digest):
		return fmt.Errorf("%w: digest %q: want 64 hex digits", ErrRequest, req.Digest)
	case req.Operator == "" || len(req.Operator) > 256:
		return fmt.Errorf("%w: operator of %d bytes: no deed without a name", ErrRequest, len(req.Operator))
	case len(req.Reason) > 1024 || len(req.Console) > 256:
		return fmt.Errorf("%w: reason or console version too long", ErrRequest)
	case req.UndoFor < 0:
		return fmt.Errorf("%w: negative undo window", ErrRequest)
	case len(req.Steps) > maxSteps:
		return fmt.Errorf("%w: %d steps, more than %d", ErrRequest, len(req.Steps), maxSteps)
	}
	seen := make(map[int]bool, len(req.Steps))
	for _, s := range req.Steps {
		if s.N < 1 || s.N > 1<<20 || seen[s.N] {
			return fmt.Errorf("%w: step number %d is not positive or not unique", ErrRequest, s.N)
		}
		seen[s.N] = true
	}
	return nil
}

// plainID passes names that are safe as part of a file name.
func plainID(s string) bool {
	if s == "" || len(s) > 64 {
		return false
	}
	for i := 0; i < len(s); i++ {
		switch c := s[i]; {
		case c >= 'a' && c <= 'z', c >= 'A' && c <= 'Z', c >= '0' && c <= '9', c == '_', c == '-':
		default:
			return false
		}
	}
	return true
}

func hexDigest(s string) bool {
	if len(s) != 64 {
		return false
	}
	for i := 0; i < len(s); i++ {
		if c := s[i]; (c < '0' || c > '9') && (c < 'a' || c > 'f') {
			return false
		}
	}
	return true
}
