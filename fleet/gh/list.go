package gh

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strconv"
	"strings"

	"andon/fleet"
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

// Complete returns the items, or a *fleet.Failure of CauseTruncated where there
// is a hole: for callers to whom a part is worth nothing.
func (l List[T]) Complete() ([]T, error) {
	if !l.Whole {
		return nil, &fleet.Failure{Cause: fleet.CauseTruncated, Err: fmt.Errorf("incomplete list: %s", l.Why), Remedy: "wait for the next reading"}
	}
	return l.Items, nil
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
	name   func(T) string    // in place of id, for items that have no number
	noun   func(W) (T, bool) // false drops an item that cannot be true
}

// spot is where a page begins: a page's number, or a cursor (concurrency groups
// have no numbers). The zero spot is the first page.
type spot struct {
	page  int
	after string
}

// read follows the pages of a list. Pages are asked by number or cursor, so an
// answer cannot send the console to another address; repeats and loops end it.
func read[W, T any](ctx context.Context, c *Client, q query[W, T]) (List[T], error) {
	g := gathered[T]{seen: make(map[any]bool), total: -1}
	been := make(map[spot]bool)
	var at spot
	for more := true; more; {
		if len(been) == maxPages {
			g.gap("cut at %d pages", maxPages)
			break
		}
		been[at] = true
		r, err := c.call(ctx, http.MethodGet, q.address(at), q.what)
		if err != nil {
			return List[T]{}, err
		}
		p, err := decodePage[W](r.body, q.under)
		if err != nil {
			c.cache.forget(r.url)
			return List[T]{}, c.unreadable(q.what, r, err)
		}
		moved := take(&g, p, q)
		if g.dropped > 0 && len(g.items) == 0 {
			return List[T]{}, c.fail(q.what, fmt.Errorf("%w (%d)", errBadItems, g.dropped))
		}
		if r.partial {
			g.gap("single sign-on hides some organisations")
		}
		next := spot{page: r.next, after: r.after}
		switch {
		case next == spot{}:
			more = false
		case been[next] || next.after == "" && next.page <= max(at.page, 1):
			g.gap("the pages loop")
			more = false
		case !moved:
			g.gap("a page repeats")
			more = false
		case q.want > 0 && len(g.items) >= q.want:
			more = false
		}
		at = next
	}
	return g.list(q.expected(g.total)), nil
}

// gathered is what the pages of a list gave so far.
type gathered[T any] struct {
	items   []T
	seen    map[any]bool // by id or name
	dropped int
	total   int // the newest total_count; -1 where there is none
	gaps    []string
}

func (g *gathered[T]) gap(format string, args ...any) {
	g.gaps = append(g.gaps, fmt.Sprintf(format, args...))
}

// take adds a page's items once each, and reports whether it held anything new.
func take[W, T any](g *gathered[T], p page[W], q query[W, T]) (moved bool) {
	g.dropped += p.dropped
	moved = p.dropped > 0
	for _, w := range p.items {
		t, ok := q.noun(w)
		if !ok {
			g.dropped++
			moved = true
			continue
		}
		if id := q.key(t); !g.seen[id] {
			g.seen[id] = true
			g.items = append(g.items, t)
			moved = true
		}
	}
	if p.total >= 0 {
		g.total = p.total
	}
	return moved
}

// list closes the books: should is how many items there have to be.
func (g *gathered[T]) list(should int) List[T] {
	if g.dropped > 0 {
		g.gap("%d items could not be read", g.dropped)
	}
	if came := len(g.items) + g.dropped; came < should {
		g.gap("%d of %d items came", came, should)
	}
	return List[T]{Items: g.items, Whole: len(g.gaps) == 0, Why: strings.Join(g.gaps, "; ")}
}

// expected is how many items total_count promises; 0 where it says nothing.
func (q query[W, T]) expected(total int) int {
	if q.want > 0 {
		return min(total, q.want)
	}
	return total
}

// key tells an item from the others of its list.
func (q query[W, T]) key(t T) any {
	if q.name != nil {
		return q.name(t)
	}
	return q.id(t)
}

func (q query[W, T]) address(at spot) string {
	v := url.Values{"per_page": {strconv.Itoa(pageSize)}}
	for k, vs := range q.params {
		v[k] = vs
	}
	if at.page > 1 {
		v.Set("page", strconv.Itoa(at.page))
	}
	if at.after != "" {
		v.Set("after", at.after)
	}
	return q.path + "?" + v.Encode()
}
