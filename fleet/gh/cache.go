package gh

import (
	"bytes"
	"compress/gzip"
	"container/list"
	"crypto/sha256"
	"fmt"
	"io"
	"maps"
	"net/http"
	"sync"
)

// cacheBytes bounds the stored answers, which are kept compressed (JSON of
// GitHub shrinks to about a tenth).
const cacheBytes = 32 << 20

// fromCache marks an answer that was not charged to the token's limit.
const fromCache = "X-From-Cache"

// cacheKey names an answer. An ETag is valid for one token only, so the token's
// fingerprint is part of it (github/docs#34689).
type cacheKey struct {
	token       [sha256.Size]byte
	method, url string
	accept      string
}

type cacheEntry struct {
	key    cacheKey
	etag   string
	header http.Header
	packed []byte
}

// etagCache remembers answers in memory and asks GitHub each time whether they
// still hold: GitHub sends max-age=60, and minute-old runs are what a console
// must not show. A 304, which is free, becomes the stored 200.
type etagCache struct {
	next http.RoundTripper
	max  int // bytes

	mu    sync.Mutex
	size  int
	order *list.List // of *cacheEntry, newest use in front
	byKey map[cacheKey]*list.Element
}

func newETagCache(next http.RoundTripper, max int) *etagCache {
	return &etagCache{next: next, max: max, order: list.New(), byKey: make(map[cacheKey]*list.Element)}
}

func (c *etagCache) RoundTrip(req *http.Request) (*http.Response, error) {
	if req.Method != http.MethodGet || req.Header.Get("Range") != "" {
		return c.next.RoundTrip(req)
	}
	key := keyOf(req)
	old, ok := c.get(key)
	if ok {
		req = req.Clone(req.Context())
		req.Header.Set("If-None-Match", old.etag)
	}
	resp, err := c.next.RoundTrip(req)
	if err != nil {
		return nil, err
	}
	switch {
	case resp.StatusCode == http.StatusNotModified && ok:
		return old.revive(resp)
	case resp.StatusCode == http.StatusOK && resp.Header.Get("ETag") != "":
		c.store(key, resp)
	}
	return resp, nil
}

func keyOf(req *http.Request) cacheKey {
	return cacheKey{
		token:  sha256.Sum256([]byte(req.Header.Get("Authorization"))),
		method: req.Method,
		url:    req.URL.String(),
		accept: req.Header.Get("Accept"),
	}
}

func (c *etagCache) get(key cacheKey) (*cacheEntry, bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	el, ok := c.byKey[key]
	if !ok {
		return nil, false
	}
	c.order.MoveToFront(el)
	return el.Value.(*cacheEntry), true
}

// store keeps a JSON answer. What does not look like JSON is a proxy's page and
// must not come back with every 304.
func (c *etagCache) store(key cacheKey, resp *http.Response) {
	body := bodyOf(resp)
	if !looksJSON(body) {
		return
	}
	e := &cacheEntry{key: key, etag: resp.Header.Get("ETag"), header: resp.Header.Clone(), packed: pack(body)}
	c.mu.Lock()
	defer c.mu.Unlock()
	c.remove(key)
	if len(e.packed) > c.max {
		return
	}
	c.byKey[key] = c.order.PushFront(e)
	c.size += len(e.packed)
	for c.size > c.max {
		c.remove(c.order.Back().Value.(*cacheEntry).key)
	}
}

// forget drops what is stored for an address, for all tokens: its body turned
// out to be unreadable.
func (c *etagCache) forget(url string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	for key := range c.byKey {
		if key.url == url {
			c.remove(key)
		}
	}
}

func (c *etagCache) remove(key cacheKey) {
	el, ok := c.byKey[key]
	if !ok {
		return
	}
	c.size -= len(el.Value.(*cacheEntry).packed)
	c.order.Remove(el)
	delete(c.byKey, key)
}

// revive makes the stored 200 out of a 304, with the new answer's headers
// (limits, date) over the old ones.
func (e *cacheEntry) revive(resp *http.Response) (*http.Response, error) {
	body, err := unpack(e.packed)
	if err != nil {
		return nil, fmt.Errorf("read stored answer: %w", err)
	}
	header := e.header.Clone()
	maps.Copy(header, resp.Header)
	header.Set(fromCache, "1")
	header.Del("Content-Length")
	out := *resp
	out.StatusCode, out.Status = http.StatusOK, "200 OK"
	out.Header = header
	setBody(&out, body)
	return &out, nil
}

func looksJSON(body []byte) bool {
	b := bytes.TrimLeft(body, " \t\r\n")
	return len(b) > 0 && (b[0] == '{' || b[0] == '[')
}

func pack(body []byte) []byte {
	var out bytes.Buffer
	w, err := gzip.NewWriterLevel(&out, gzip.BestSpeed)
	if err != nil {
		panic(err) // BestSpeed is a valid level
	}
	_, _ = w.Write(body) // a bytes.Buffer takes everything
	_ = w.Close()
	return bytes.Clone(out.Bytes())
}

func unpack(packed []byte) ([]byte, error) {
	r, err := gzip.NewReader(bytes.NewReader(packed))
	if err != nil {
		return nil, err
	}
	return io.ReadAll(r)
}
