package hub

import "net/http"

// Fault is a way GitHub can go wrong.
type Fault uint8

// The faults.
const (
	Healthy        Fault = iota
	Forbidden            // 403 for want of a permission
	PrimaryLimit         // 403 with nothing remaining
	SecondaryLimit       // 403 with Retry-After
	TooMany              // 429 with Retry-After
	BadGateway           // 502 with a page of HTML
	EmptyOK              // 200 with an empty body
	HTMLOK               // 200 with a page of HTML
	Truncated            // JSON that breaks off
	Unknown              // 404, as an older Enterprise Server answers to what it has not
)

// Part is a part of the API that can go wrong alone.
type Part uint8

// The parts.
const (
	Groups    Part = iota // concurrency groups: Unknown makes it Enterprise Server 3.19
	QueueRefs             // branches of the merge queue
	parts
)

// permissions is what a token needs for a part.
var permissions = [parts]string{Groups: "actions=read", QueueRefs: "contents=read"}

// Break makes every API answer go wrong from now on; Healthy mends it.
func (s *Server) Break(f Fault) { s.fault.Store(&f) }

// BreakPart makes the answers of one part go wrong from now on; Healthy mends it.
func (s *Server) BreakPart(p Part, f Fault) { s.partly[p].Store(&f) }

// part is a handler of a part of the API.
func (s *Server) part(p Part, next http.HandlerFunc) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		if f := s.partly[p].Load(); f == nil || !s.broken(w, *f, permissions[p]) {
			next(w, r)
		}
	}
}

const page = "<html><head><title>Unicorn! &middot; GitHub</title></head><body>This page is taking too long to load.</body></html>"

// broken answers in place of the API where it is to be broken; permission is what
// a token would need.
func (s *Server) broken(w http.ResponseWriter, f Fault, permission string) bool {
	h := w.Header()
	switch f {
	case Forbidden:
		s.spend(h, 1)
		h.Set("X-Accepted-GitHub-Permissions", permission)
		refuse(w, http.StatusForbidden, "Resource not accessible by personal access token")
	case PrimaryLimit:
		s.spend(h, rateLimit)
		refuse(w, http.StatusForbidden, "API rate limit exceeded for user ID 1.")
	case SecondaryLimit:
		s.spend(h, 1)
		h.Set("Retry-After", "60")
		refuse(w, http.StatusForbidden, "You have exceeded a secondary rate limit. Please wait a few minutes before you try again.")
	case TooMany:
		s.spend(h, 1)
		h.Set("Retry-After", "60")
		refuse(w, http.StatusTooManyRequests, "You have exceeded a secondary rate limit.")
	case BadGateway:
		answer(w, http.StatusBadGateway, "text/html; charset=utf-8", []byte(page))
	case HTMLOK:
		answer(w, http.StatusOK, "text/html; charset=utf-8", []byte(page))
	case EmptyOK:
		answer(w, http.StatusOK, "application/json; charset=utf-8", nil)
	case Truncated:
		answer(w, http.StatusOK, "application/json; charset=utf-8", []byte(`{"total_count":2,"workflow_runs":[{"id":2591924`))
	case Unknown:
		s.spend(h, 1)
		refuse(w, http.StatusNotFound, "Not Found")
	default:
		return false
	}
	return true
}
