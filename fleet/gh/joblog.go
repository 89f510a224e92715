package gh

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strconv"
	"strings"

	"andon/fleet"
)

const (
	maxTail   = 4 << 20  // bytes of a log that are kept
	maxStream = 64 << 20 // bytes of a log that are read to reach its end
)

// ErrNoLog says that there is no log: the job has not ended, or was cancelled or
// skipped before it began. GitHub answers both alike.
var ErrNoLog = errors.New("no log yet, or never any (queued, running, cancelled or skipped job)")

// LogTail is the end of a job's log.
type LogTail struct {
	Text []byte // foreign bytes, whole lines where Cut
	Cut  bool   // earlier lines exist that are not in Text
	Lost bool   // the log went over 64 MiB and its end was not reached
}

// JobLogTail returns the last max bytes (at most 4 MiB) of a completed job's
// log. The text lies in a blob store under a signed address of a minute's life;
// it is asked without the token, for its end first, and read through where the
// store knows no ranges.
func (c *Client) JobLogTail(ctx context.Context, repo fleet.Repo, jobID int64, max int) (LogTail, error) {
	what := fmt.Sprintf("read log of job %s/%d", repo, jobID)
	max = min(max, maxTail)
	if max <= 0 {
		return LogTail{}, c.fail(what, fmt.Errorf("asked for %d bytes", max))
	}
	path, err := c.repoPath(what, repo)
	if err != nil {
		return LogTail{}, err
	}
	at, err := c.logAddress(ctx, fmt.Sprintf("%s/actions/jobs/%d/logs", path, jobID), what)
	if err != nil {
		return LogTail{}, err
	}
	return c.fetchTail(ctx, at, max, what)
}

// logAddress asks the API where a log lies.
func (c *Client) logAddress(ctx context.Context, path, what string) (*url.URL, error) {
	ctx, cancel := context.WithTimeout(ctx, callDeadline)
	defer cancel()
	for range maxRedirects {
		req, err := c.api.NewRequest(http.MethodGet, path, nil)
		if err != nil {
			return nil, c.fail(what, fmt.Errorf("build request: %w", err))
		}
		resp, err := c.logs.Do(req.WithContext(ctx))
		if err != nil {
			return nil, c.fail(what, err)
		}
		resp.Body.Close()
		switch resp.StatusCode {
		case http.StatusFound, http.StatusMovedPermanently, http.StatusTemporaryRedirect, http.StatusPermanentRedirect:
		case http.StatusGone:
			return nil, &fleet.Failure{Cause: fleet.CauseOther, Err: fmt.Errorf("%s: %w: its retention is over", what, ErrNoLog), Remedy: "re-run the job to get a new log"}
		default:
			return nil, c.refused(what, resp, false)
		}
		at, err := resp.Location()
		if err != nil {
			return nil, c.fail(what, fmt.Errorf("%w: no usable address of the log", errRedirect))
		}
		if resp.StatusCode != http.StatusFound && sameOrigin(c.base, at) {
			path = at.String() // a renamed repository
			continue
		}
		if err := blobAddress(c.base, at); err != nil {
			return nil, c.fail(what, err)
		}
		return at, nil
	}
	return nil, c.fail(what, fmt.Errorf("%w: more than %d in a row", errRedirect, maxRedirects))
}

func (c *Client) blobRedirect(req *http.Request, via []*http.Request) error {
	if len(via) > maxRedirects {
		return fmt.Errorf("%w: more than %d in a row", errRedirect, maxRedirects)
	}
	return blobAddress(c.base, req.URL)
}

// fetchTail reads the end of a log from the blob store.
func (c *Client) fetchTail(ctx context.Context, at *url.URL, max int, what string) (LogTail, error) {
	ctx, cancel := context.WithTimeout(ctx, logDeadline)
	defer cancel()
	resp, err := c.askBlob(ctx, at, "bytes=-"+strconv.Itoa(max))
	if err == nil && resp.StatusCode == http.StatusRequestedRangeNotSatisfiable {
		resp.Body.Close()
		resp, err = c.askBlob(ctx, at, "") // an empty log has no last bytes
	}
	if err != nil {
		return LogTail{}, c.fail(what, err)
	}
	defer resp.Body.Close()
	var out LogTail
	switch resp.StatusCode {
	case http.StatusPartialContent:
		out.Cut = !strings.HasPrefix(resp.Header.Get("Content-Range"), "bytes 0-")
		out.Text, err = io.ReadAll(io.LimitReader(resp.Body, int64(max)))
	case http.StatusOK:
		out, err = lastBytes(resp.Body, max)
	case http.StatusNotFound, http.StatusGone:
		return LogTail{}, &fleet.Failure{Cause: fleet.CauseOther, Err: fmt.Errorf("%s: %w", what, ErrNoLog), Remedy: "read the job's status; a completed job's log comes some seconds later"}
	default:
		said := &StatusError{Status: resp.StatusCode}
		return LogTail{}, &fleet.Failure{Cause: fleet.CauseServer, Err: fmt.Errorf("%s: log store: %w", what, said), Remedy: "try again; the log's address lives for a minute"}
	}
	if err != nil {
		return LogTail{}, c.fail(what, err)
	}
	if i := bytes.IndexByte(out.Text, '\n'); out.Cut && i >= 0 {
		out.Text = out.Text[i+1:]
	}
	return out, nil
}

func (c *Client) askBlob(ctx context.Context, at *url.URL, span string) (*http.Response, error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, at.String(), nil)
	if err != nil {
		return nil, fmt.Errorf("%w: no usable address of the log", errRedirect)
	}
	req.Header.Set("User-Agent", c.api.UserAgent)
	if span != "" {
		req.Header.Set("Range", span)
	}
	return c.blobs.Do(req)
}

// lastBytes reads a stream to its end and keeps its last max bytes.
func lastBytes(r io.Reader, max int) (LogTail, error) {
	var ring []byte
	buf := make([]byte, 64<<10)
	var out LogTail
	for total := 0; ; {
		n, err := r.Read(buf)
		if total += n; total > maxStream {
			out.Lost, out.Cut = true, true
			break
		}
		if len(ring) >= 2*max {
			ring = ring[:copy(ring, ring[len(ring)-max:])]
			out.Cut = true
		}
		ring = append(ring, buf[:n]...)
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return LogTail{}, err
		}
	}
	if len(ring) > max {
		ring, out.Cut = ring[len(ring)-max:], true
	}
	out.Text = ring
	return out, nil
}
