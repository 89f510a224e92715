package gh

import (
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"
)

// origin answers every address with a body of its own and an ETag, and 304 where
// the tag is shown.
type origin struct {
	size   int
	status map[string]int // by path
	full   int            // 200s sent
	tags   int            // requests that showed a tag
}

func (o *origin) RoundTrip(r *http.Request) (*http.Response, error) {
	resp := &http.Response{StatusCode: 200, Header: http.Header{"Etag": {`W/"x"`}, "Link": {"<a>"}, "Date": {fmt.Sprint(o.full + o.tags)}}, Request: r}
	body := fmt.Sprintf(`["%s",%q]`, r.URL.Path, strings.Repeat("x", o.size))
	switch {
	case r.Header.Get("If-None-Match") == `W/"x"`:
		o.tags++
		resp.StatusCode, body = http.StatusNotModified, ""
		resp.Header.Del("Link")
	case o.status[r.URL.Path] != 0:
		resp.StatusCode = o.status[r.URL.Path]
	default:
		o.full++
	}
	if r.URL.Path == "/html" {
		body = "<html>"
	}
	setBody(resp, []byte(body))
	return resp, nil
}

func ask(t *testing.T, c *etagCache, path string, headers ...string) (*http.Response, string) {
	t.Helper()
	req, err := http.NewRequest(http.MethodGet, "https://api.github.com"+path, nil)
	if err != nil {
		t.Fatal(err)
	}
	for i := 0; i < len(headers); i += 2 {
		req.Header.Set(headers[i], headers[i+1])
	}
	resp, err := c.RoundTrip(req)
	if err != nil {
		t.Fatal(err)
	}
	b, err := io.ReadAll(resp.Body)
	if err != nil {
		t.Fatal(err)
	}
	if req.Header.Get("If-None-Match") != "" {
		t.Error("the caller's request was changed")
	}
	return resp, string(b)
}

func TestCacheRevives(t *testing.T) {
	o := &origin{size: 10}
	c := newETagCache(o, cacheBytes)
	r1, b1 := ask(t, c, "/a")
	r2, b2 := ask(t, c, "/a")
	if r2.StatusCode != 200 || b1 != b2 || r1.Header.Get(fromCache) != "" || r2.Header.Get(fromCache) != "1" || r2.Header.Get("Link") != "<a>" || r2.ContentLength != int64(len(b1)) {
		t.Errorf("%v %q, then %v %q", r1, b1, r2, b2)
	}
	if r2.Header.Get("Date") == r1.Header.Get("Date") {
		t.Error("the 304's own headers are lost")
	}
}

func TestCacheKeyHoldsTokenAndAccept(t *testing.T) {
	o := &origin{size: 10}
	c := newETagCache(o, cacheBytes)
	for _, h := range [][]string{{"Authorization", "Bearer one"}, {"Authorization", "Bearer two"}, {"Authorization", "Bearer one", "Accept", "x"}} {
		ask(t, c, "/a", h...)
	}
	if o.full != 3 || o.tags != 0 {
		t.Errorf("%d full answers, %d tags shown for three different requests", o.full, o.tags)
	}
	for key, el := range c.byKey {
		if s := fmt.Sprintf("%+v %+v", key, el.Value); strings.Contains(s, "Bearer") {
			t.Errorf("token in an entry: %s", s)
		}
	}
}

func TestCacheIsBoundedAndDropsTheLeastUsed(t *testing.T) {
	o := &origin{size: 2000}
	one := len(pack([]byte(fmt.Sprintf(`["/00",%q]`, strings.Repeat("x", o.size)))))
	c := newETagCache(o, 10*one+one/2)
	for i := range 30 {
		ask(t, c, fmt.Sprintf("/%02d", i))
		ask(t, c, "/00") // stays in use
		if c.size > c.max || c.order.Len() != len(c.byKey) {
			t.Fatalf("%d bytes of %d in %d entries, %d keys", c.size, c.max, c.order.Len(), len(c.byKey))
		}
	}
	if n := c.order.Len(); n != 10 {
		t.Errorf("%d entries, want 10", n)
	}
	full := o.full
	ask(t, c, "/00")
	ask(t, c, "/29")
	if o.full != full {
		t.Error("an entry in use was dropped")
	}
	ask(t, c, "/01")
	if o.full != full+1 {
		t.Error("the oldest entry was kept")
	}
	small := newETagCache(o, 10)
	ask(t, small, "/big")
	if small.size != 0 || small.order.Len() != 0 {
		t.Errorf("an entry over the bound was kept: %d bytes", small.size)
	}
}

func TestCacheKeepsOnlyGoodJSON(t *testing.T) {
	o := &origin{status: map[string]int{"/missing": 404}}
	c := newETagCache(o, cacheBytes)
	ask(t, c, "/html")
	ask(t, c, "/missing")
	ask(t, c, "/log", "Range", "bytes=-5")
	if len(c.byKey) != 0 {
		t.Errorf("%d entries", len(c.byKey))
	}
	ask(t, c, "/a")
	c.forget("https://api.github.com/a")
	if len(c.byKey) != 0 || c.size != 0 {
		t.Errorf("%d entries, %d bytes after forget", len(c.byKey), c.size)
	}
}
