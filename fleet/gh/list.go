package gh

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strconv"
	"strings"
)

const (
	pageSize = 100
	maxPages = 100
)

// List is what a list call read. Whole means that everything asked for is in
// Items; where it is false nothing may be called absent, and Why says what is
// missing.
type List[T any] struct {
	Items []T
	Whole bool
	Why   string
}

// errBadItems says that not one item of a page could be read.
var errBadItems = errors.New("not one item could be read")

// query is one list call: where it is, what its items are, and how an item
// becomes fleet's noun.
type query[W, T any] struct {
	what   string // for errors: "read runs of owner/name"
	path   string
	params url.Values
	under  string // JSON name of the list; empty where the answer is the list itself
	want   int    // stop after so many items; 0 reads all pages
	id     func(T) int64
	noun   func(W) (T, bool) // false drops an item that cannot be true
}

// read follows the pages of a list. Pages are asked by number, so an answer
// cannot send the console to another address; repeats and loops end it.
func read[W, T any](ctx context.Context, c *Client, q query[W, T]) (List[T], error) {
	var out List[T]
	seen := make(map[int64]bool)
	dropped, total := 0, -1
	var gaps []string
	next := 1
	for asked := 0; next != 0; asked++ {
		if asked == maxPages {
			gaps = append(gaps, fmt.Sprintf("cut at %d pages", maxPages))
			break
		}
		at := next
		r, err := c.call(ctx, http.MethodGet, q.address(at), q.what)
		if err != nil {
			return List[T]{}, err
		}
		p, err := decodePage[W](r.body, q.under)
		if err != nil {
			c.cache.forget(r.url)
			return List[T]{}, c.unreadable(q.what, r, err)
		}
		fresh := 0
		for _, w := range p.items {
			t, ok := q.noun(w)
			switch {
			case !ok:
				p.dropped++
			case !seen[q.id(t)]:
				seen[q.id(t)] = true
				out.Items = append(out.Items, t)
				fresh++
			}
		}
		dropped += p.dropped
		if p.total >= 0 {
			total = p.total
		}
		if p.dropped > 0 && len(out.Items) == 0 {
			return List[T]{}, c.fail(q.what, fmt.Errorf("%w (%d)", errBadItems, p.dropped))
		}
		if r.partial {
			gaps = append(gaps, "single sign-on hides some organisations")
		}
		next = r.next
		switch {
		case next != 0 && next <= at:
			gaps, next = append(gaps, "the pages loop"), 0
		case next != 0 && fresh == 0 && p.dropped == 0:
			gaps, next = append(gaps, "a page repeats"), 0
		case q.want > 0 && len(out.Items) >= q.want:
			next = 0
		}
	}
	if dropped > 0 {
		gaps = append(gaps, fmt.Sprintf("%d items could not be read", dropped))
	}
	if should := q.expected(total); len(out.Items)+dropped < should {
		gaps = append(gaps, fmt.Sprintf("%d of %d items came", len(out.Items)+dropped, should))
	}
	out.Why = strings.Join(gaps, "; ")
	out.Whole = out.Why == ""
	return out, nil
}

// expected is how many items total_count promises; 0 where it says nothing.
func (q query[W, T]) expected(total int) int {
	if q.want > 0 {
		return min(total, q.want)
	}
	return total
}

func (q query[W, T]) address(page int) string {
	v := url.Values{"per_page": {strconv.Itoa(pageSize)}}
	for k, vs := range q.params {
		v[k] = vs
	}
	if page > 1 {
		v.Set("page", strconv.Itoa(page))
	}
	return q.path + "?" + v.Encode()
}
