package hub

import (
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"strings"

	"andon/fleet"
	"andon/fleet/sim/world"
)

// enter takes the lock and brings the world to the present.
func (s *Server) enter() func() {
	s.back.Lock.Lock()
	s.back.Advance()
	return s.back.Lock.Unlock
}

func (s *Server) user(w http.ResponseWriter, r *http.Request) { s.reply(w, r, user("demo")) }

func (s *Server) rateLimit(w http.ResponseWriter, r *http.Request) {
	s.mu.Lock()
	core := map[string]any{"limit": rateLimit, "used": s.used, "remaining": rateLimit - s.used, "reset": s.reset.Unix()}
	s.mu.Unlock()
	s.reply(w, r, map[string]any{"resources": map[string]any{"core": core}, "rate": core})
}

// repo finds the repository of a request, or answers that there is none.
func (s *Server) repo(w http.ResponseWriter, r *http.Request) (*world.Repo, bool) {
	repo, ok := s.back.World.RepoOf(fleet.Repo(r.PathValue("owner") + "/" + r.PathValue("repo")))
	if !ok {
		refuse(w, http.StatusNotFound, "Not Found")
	}
	return repo, ok
}

func (s *Server) repository(w http.ResponseWriter, r *http.Request) {
	defer s.enter()()
	if repo, ok := s.repo(w, r); ok {
		s.reply(w, r, s.repoOf(repo.Name, repo.ID, false))
	}
}

func (s *Server) pulls(w http.ResponseWriter, r *http.Request) {
	defer s.enter()()
	repo, ok := s.repo(w, r)
	if !ok {
		return
	}
	q := r.URL.Query()
	var all []pullShape
	for _, p := range repo.PRs {
		open := p.State == fleet.PROpen
		switch q.Get("state") {
		case "closed":
			if open {
				continue
			}
		case "all":
		default:
			if !open {
				continue
			}
		}
		all = append(all, s.pullOf(p))
	}
	slices.SortStableFunc(all, func(a, b pullShape) int {
		if q.Get("direction") == "asc" {
			return a.CreatedAt.Compare(b.CreatedAt)
		}
		return b.CreatedAt.Compare(a.CreatedAt)
	})
	s.reply(w, r, append([]pullShape{}, paged(w, r, s.URL(), all)...))
}

func (s *Server) pull(w http.ResponseWriter, r *http.Request) {
	defer s.enter()()
	repo, ok := s.repo(w, r)
	if !ok {
		return
	}
	n, err := strconv.Atoi(r.PathValue("number"))
	p, ok := repo.PR(n)
	if err != nil || !ok {
		refuse(w, http.StatusNotFound, "Not Found")
		return
	}
	clean := true
	s.reply(w, r, pullAlone{pullShape: s.pullOf(p), Merged: p.State == fleet.PRMerged, Mergeable: &clean, MergeableState: "blocked"})
}

func (s *Server) runs(w http.ResponseWriter, r *http.Request) {
	defer s.enter()()
	repo, ok := s.repo(w, r)
	if !ok {
		return
	}
	q := r.URL.Query()
	var hits []*world.Run
	for _, x := range repo.Runs {
		want := q.Get("status")
		if want != "" && want != string(x.Status()) && want != string(x.Conclusion()) ||
			q.Get("branch") != "" && q.Get("branch") != x.Branch ||
			q.Get("head_sha") != "" && q.Get("head_sha") != x.SHA ||
			q.Get("event") != "" && q.Get("event") != x.Event {
			continue
		}
		hits = append(hits, x)
	}
	slices.SortStableFunc(hits, func(a, b *world.Run) int {
		if a.Created != b.Created {
			return int(b.Created - a.Created)
		}
		return int(b.ID - a.ID)
	})
	out := []runShape{}
	for _, x := range paged(w, r, s.URL(), hits) {
		out = append(out, s.runOf(x))
	}
	s.reply(w, r, map[string]any{"total_count": len(hits), "workflow_runs": out})
}

// runNamed finds the run of a request, or answers that there is none.
func (s *Server) runNamed(w http.ResponseWriter, r *http.Request) (*world.Run, bool) {
	repo, ok := s.repo(w, r)
	if !ok {
		return nil, false
	}
	id, err := strconv.ParseInt(r.PathValue("id"), 10, 64)
	x, ok := repo.Run(id)
	if err != nil || !ok {
		refuse(w, http.StatusNotFound, "Not Found")
		return nil, false
	}
	return x, true
}

func (s *Server) run(w http.ResponseWriter, r *http.Request) {
	defer s.enter()()
	if x, ok := s.runNamed(w, r); ok {
		s.reply(w, r, s.runOf(x))
	}
}

func (s *Server) jobs(w http.ResponseWriter, r *http.Request) {
	defer s.enter()()
	x, ok := s.runNamed(w, r)
	if !ok {
		return
	}
	list := x.Latest()
	if r.URL.Query().Get("filter") == "all" {
		list = x.Jobs
	}
	out := []jobShape{}
	for _, j := range paged(w, r, s.URL(), list) {
		out = append(out, s.jobOf(j))
	}
	s.reply(w, r, map[string]any{"total_count": len(list), "jobs": out})
}

// jobNamed finds the job of an id.
func (s *Server) jobNamed(repo *world.Repo, text string) (*world.Job, bool) {
	id, err := strconv.ParseInt(text, 10, 64)
	if err != nil {
		return nil, false
	}
	for _, x := range slices.Backward(repo.Runs) {
		for _, j := range x.Jobs {
			if j.ID == id {
				return j, true
			}
		}
	}
	return nil, false
}

func (s *Server) job(w http.ResponseWriter, r *http.Request) {
	defer s.enter()()
	repo, ok := s.repo(w, r)
	if !ok {
		return
	}
	j, ok := s.jobNamed(repo, r.PathValue("id"))
	if !ok {
		refuse(w, http.StatusNotFound, "Not Found")
		return
	}
	s.reply(w, r, s.jobOf(j))
}

// logs sends the client to the blob store, whether there is a log or not.
func (s *Server) logs(w http.ResponseWriter, r *http.Request) {
	defer s.enter()()
	repo, ok := s.repo(w, r)
	if !ok {
		return
	}
	j, ok := s.jobNamed(repo, r.PathValue("id"))
	if !ok {
		refuse(w, http.StatusNotFound, "Not Found")
		return
	}
	s.spend(w.Header(), 1)
	w.Header().Set("Location", fmt.Sprintf("%s_blob/%d?repo=%s&sig=demo", s.URL(), j.ID, repo.Name))
	w.WriteHeader(http.StatusFound)
}

// blob serves a completed job's log, in ranges too. It wants no token and refuses
// one, as the real store does.
func (s *Server) blob(w http.ResponseWriter, r *http.Request) {
	defer s.enter()()
	if r.Header.Get("Authorization") != "" {
		answer(w, http.StatusBadRequest, "application/xml", []byte("<Error><Code>InvalidAuthenticationInfo</Code></Error>"))
		return
	}
	repo, ok := s.back.World.RepoOf(fleet.Repo(r.URL.Query().Get("repo")))
	var j *world.Job
	if ok {
		j, ok = s.jobNamed(repo, r.PathValue("id"))
	}
	if !ok || !j.HasLog() {
		answer(w, http.StatusNotFound, "application/xml", []byte("\ufeff<?xml version=\"1.0\" encoding=\"utf-8\"?><Error><Code>BlobNotFound</Code></Error>"))
		return
	}
	w.Header().Set("Content-Type", "text/plain; charset=utf-8")
	http.ServeContent(w, r, "", at(j.Completed), strings.NewReader(j.Log()))
}

func (s *Server) runners(w http.ResponseWriter, r *http.Request) {
	defer s.enter()()
	scope := r.PathValue("org")
	if scope == "" {
		repo, ok := s.repo(w, r)
		if !ok {
			return
		}
		scope = string(repo.Name)
	}
	type label struct {
		ID   int64  `json:"id"`
		Name string `json:"name"`
		Type string `json:"type"`
	}
	type shape struct {
		ID     int64   `json:"id"`
		Name   string  `json:"name"`
		OS     string  `json:"os"`
		Status string  `json:"status"`
		Busy   bool    `json:"busy"`
		Labels []label `json:"labels"`
	}
	all := s.back.World.Runners(scope)
	out := []shape{}
	for _, x := range paged(w, r, s.URL(), all) {
		sh := shape{ID: x.ID, Name: x.Name, OS: x.OS, Status: "offline", Busy: x.Busy != nil, Labels: []label{}}
		if x.Online {
			sh.Status = "online"
		}
		for i, l := range x.Labels {
			sh.Labels = append(sh.Labels, label{ID: int64(i + 1), Name: l, Type: "custom"})
		}
		out = append(out, sh)
	}
	s.reply(w, r, map[string]any{"total_count": len(all), "runners": out})
}
