package hub

import (
	"encoding/base64"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"

	"andon/fleet/sim/world"
)

type groupShape struct {
	Name     string      `json:"group_name"`
	URL      string      `json:"group_url"`
	Acquired *time.Time  `json:"last_acquired_at,omitempty"` // where groups of a repository are listed
	Total    *int        `json:"total_count,omitempty"`      // where a group is asked alone
	Members  []lockShape `json:"group_members,omitzero"`
}

type lockShape struct {
	RunID       int64  `json:"run_id"`
	RunName     string `json:"run_name"`
	RunURL      string `json:"run_url"`
	RunHTMLURL  string `json:"run_html_url"`
	Status      string `json:"status"`
	Position    *int   `json:"position,omitempty"` // where a run's groups are listed
	PositionURL string `json:"position_url,omitempty"`
}

func (s *Server) groupOf(r *world.Repo, name string) groupShape {
	return groupShape{Name: name, URL: fmt.Sprintf("%srepos/%s/actions/concurrency_groups/%s", s.URL(), r.Name, url.PathEscape(name))}
}

func (s *Server) lockOf(x *world.Run, place int) lockShape {
	out := lockShape{RunID: x.ID, RunName: x.Workflow, Status: "pending", RunURL: fmt.Sprintf("%srepos/%s/actions/runs/%d", s.URL(), x.Repo.Name, x.ID),
		RunHTMLURL: fmt.Sprintf("https://github.com/%s/actions/runs/%d", x.Repo.Name, x.ID)}
	if place == 0 {
		out.Status = "in_progress"
	}
	return out
}

// groups lists the groups that have members.
func (s *Server) groups(w http.ResponseWriter, r *http.Request) {
	defer s.enter()()
	repo, ok := s.repo(w, r)
	if !ok {
		return
	}
	names := repo.Groups()
	out := []groupShape{}
	for _, name := range cursored(w, r, s.URL(), names) {
		g := s.groupOf(repo, name)
		g.Acquired = maybe(repo.Queue(name)[0].Started)
		out = append(out, g)
	}
	s.reply(w, r, map[string]any{"total_count": len(names), "concurrency_groups": out})
}

// group answers with a whole queue, or 404 where the group is idle.
func (s *Server) group(w http.ResponseWriter, r *http.Request) {
	defer s.enter()()
	repo, ok := s.repo(w, r)
	if !ok {
		return
	}
	queue := repo.Queue(r.PathValue("name"))
	if len(queue) == 0 {
		refuse(w, http.StatusNotFound, "Not Found")
		return
	}
	g := s.groupOf(repo, queue[0].GroupName())
	for i, x := range queue {
		g.Members = append(g.Members, s.lockOf(x, i))
	}
	total := len(queue)
	g.Total = &total
	s.reply(w, r, g)
}

// runGroups lists the groups of a run by configuration, with that run's own
// members only: none where it has ended.
func (s *Server) runGroups(w http.ResponseWriter, r *http.Request) {
	defer s.enter()()
	x, ok := s.runNamed(w, r)
	if !ok {
		return
	}
	g := s.groupOf(x.Repo, x.GroupName())
	g.Members = []lockShape{}
	if i := slices.Index(x.Repo.Queue(g.Name), x); i >= 0 {
		l := s.lockOf(x, i)
		l.Position, l.PositionURL = &i, fmt.Sprintf("%s?ahead_of_run=%d", g.URL, x.ID)
		g.Members = append(g.Members, l)
	}
	s.reply(w, r, map[string]any{"total_count": 1, "concurrency_groups": []groupShape{g}})
}

type refShape struct {
	Ref    string         `json:"ref"`
	URL    string         `json:"url"`
	Object refShapeObject `json:"object"`
}

type refShapeObject struct {
	Type string `json:"type"`
	SHA  string `json:"sha"`
	URL  string `json:"url"`
}

// refs lists the branches of merge queues whose names begin as asked. It knows no
// others.
func (s *Server) refs(w http.ResponseWriter, r *http.Request) {
	defer s.enter()()
	repo, ok := s.repo(w, r)
	if !ok {
		return
	}
	out := []refShape{}
	for _, q := range repo.QueueRefs {
		if strings.HasPrefix("heads/"+q.Name, r.PathValue("ref")) {
			base := s.URL() + "repos/" + string(repo.Name) + "/git/"
			out = append(out, refShape{Ref: "refs/heads/" + q.Name, URL: base + "refs/heads/" + q.Name, Object: refShapeObject{"commit", q.SHA, base + "commits/" + q.SHA}})
		}
	}
	s.reply(w, r, out)
}

// cursored cuts a sorted list of names to the page that begins after the cursor
// asked for, and writes the Link header. There are no page numbers.
func cursored(w http.ResponseWriter, r *http.Request, base string, names []string) []string {
	q := r.URL.Query()
	size := min(number(q, "per_page", 30), 100)
	from := 0
	if after, err := base64.URLEncoding.DecodeString(q.Get("after")); err == nil && len(after) > 0 {
		from = slices.Index(names, string(after)) + 1
	}
	to := min(from+size, len(names))
	if to < len(names) {
		q.Set("after", base64.URLEncoding.EncodeToString([]byte(names[to-1])))
		u := url.URL{Path: r.URL.Path, RawQuery: q.Encode()}
		w.Header().Set("Link", fmt.Sprintf(`<%s%s>; rel="next"`, strings.TrimSuffix(base, "/"), u.String()))
	}
	return names[from:to]
}
