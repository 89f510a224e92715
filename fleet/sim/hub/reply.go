package hub

import (
	"bytes"
	"crypto/sha256"
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"strconv"
	"strings"
)

// answer writes a whole answer. A client that is gone needs none.
func answer(w http.ResponseWriter, status int, kind string, body []byte) {
	w.Header().Set("Content-Type", kind)
	w.Header().Set("Content-Length", strconv.Itoa(len(body)))
	w.WriteHeader(status)
	if _, err := w.Write(body); err != nil {
		return
	}
}

func refuse(w http.ResponseWriter, status int, message string) {
	b, err := json.Marshal(map[string]string{"message": message, "documentation_url": "https://docs.github.com/rest", "status": strconv.Itoa(status)})
	if err != nil { // cannot happen: the map is plain data
		b = []byte("{}")
	}
	answer(w, status, "application/json; charset=utf-8", b)
}

// whole runs a handler and sends its answer only once it has ended, so that a slow
// client never keeps the world locked.
func whole(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		b := &buffered{header: w.Header(), status: http.StatusOK}
		next.ServeHTTP(b, r)
		w.WriteHeader(b.status)
		if _, err := w.Write(b.body.Bytes()); err != nil {
			return // the client is gone
		}
	})
}

type buffered struct {
	header http.Header
	status int
	body   bytes.Buffer
}

// Header is the answer's.
func (b *buffered) Header() http.Header { return b.header }

// WriteHeader keeps the status.
func (b *buffered) WriteHeader(status int) { b.status = status }

// Write keeps the text.
func (b *buffered) Write(p []byte) (int, error) { return b.body.Write(p) }

// reply answers a GET with v, or with 304 where the client has it already; that
// costs nothing of the limit.
func (s *Server) reply(w http.ResponseWriter, r *http.Request, v any) {
	b, err := json.Marshal(v)
	if err != nil {
		refuse(w, http.StatusInternalServerError, err.Error())
		return
	}
	h := w.Header()
	tag := fmt.Sprintf(`W/"%x"`, sha256.Sum256(b))
	h.Set("ETag", tag)
	h.Set("Cache-Control", "private, max-age=60, s-maxage=60")
	h.Set("Vary", "Accept, Authorization, Cookie, X-GitHub-OTP,Accept-Encoding, Accept, X-Requested-With")
	if strings.Contains(r.Header.Get("If-None-Match"), tag) {
		s.spend(h, 0)
		w.WriteHeader(http.StatusNotModified)
		return
	}
	s.fresh.Add(1)
	s.spend(h, 1)
	answer(w, http.StatusOK, "application/json; charset=utf-8", b)
}

// paged cuts a list to the page asked for and writes the Link header.
func paged[T any](w http.ResponseWriter, r *http.Request, base string, all []T) []T {
	q := r.URL.Query()
	size, page := number(q, "per_page", 30), number(q, "page", 1)
	size = min(size, 100)
	last := max((len(all)+size-1)/size, 1)
	from := min((page-1)*size, len(all))
	to := min(from+size, len(all))
	var links []string
	link := func(rel string, n int) {
		q.Set("page", strconv.Itoa(n))
		u := url.URL{Path: r.URL.Path, RawQuery: q.Encode()}
		links = append(links, fmt.Sprintf(`<%s%s>; rel="%s"`, strings.TrimSuffix(base, "/"), u.String(), rel))
	}
	if page > 1 {
		link("prev", page-1)
	}
	if page < last {
		link("next", page+1)
		link("last", last)
	}
	if page > 1 {
		link("first", 1)
	}
	if len(links) > 0 {
		w.Header().Set("Link", strings.Join(links, ", "))
	}
	return all[from:to]
}

func number(q url.Values, key string, def int) int {
	n, err := strconv.Atoi(q.Get(key))
	if err != nil || n < 1 {
		return def
	}
	return n
}
