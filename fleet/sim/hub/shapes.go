package hub

import (
	"fmt"
	"strings"
	"time"

	"andon/fleet"
	"andon/fleet/sim/world"
)

// The shapes of GitHub's JSON: the fields a client may want, with their names.

type userShape struct {
	Login string `json:"login"`
	ID    int64  `json:"id"`
	Type  string `json:"type"`
}

type repoShape struct {
	ID       int64     `json:"id"`
	Name     string    `json:"name"`
	FullName string    `json:"full_name"`
	Private  bool      `json:"private"`
	Owner    userShape `json:"owner"`
	Fork     bool      `json:"fork"`
	URL      string    `json:"url"`
	HTMLURL  string    `json:"html_url"`
	Default  string    `json:"default_branch"`
}

type endShape struct {
	Label string     `json:"label"`
	Ref   string     `json:"ref"`
	SHA   string     `json:"sha"`
	User  userShape  `json:"user"`
	Repo  *repoShape `json:"repo"`
}

type pullShape struct {
	ID        int64      `json:"id"`
	Number    int        `json:"number"`
	State     string     `json:"state"`
	Locked    bool       `json:"locked"`
	Title     string     `json:"title"`
	User      userShape  `json:"user"`
	CreatedAt time.Time  `json:"created_at"`
	UpdatedAt time.Time  `json:"updated_at"`
	ClosedAt  *time.Time `json:"closed_at"`
	MergedAt  *time.Time `json:"merged_at"`
	Draft     bool       `json:"draft"`
	Head      endShape   `json:"head"`
	Base      endShape   `json:"base"`
	URL       string     `json:"url"`
	HTMLURL   string     `json:"html_url"`
	Labels    []string   `json:"labels"`
}

// pullAlone is a pull request read by its own GET.
type pullAlone struct {
	pullShape
	Merged         bool   `json:"merged"`
	Mergeable      *bool  `json:"mergeable"`
	MergeableState string `json:"mergeable_state"`
}

type runPull struct {
	ID     int64     `json:"id"`
	Number int       `json:"number"`
	URL    string    `json:"url"`
	Head   runPullIn `json:"head"`
	Base   runPullIn `json:"base"`
}

type runPullIn struct {
	Ref  string `json:"ref"`
	SHA  string `json:"sha"`
	Repo struct {
		ID   int64  `json:"id"`
		Name string `json:"name"`
		URL  string `json:"url"`
	} `json:"repo"`
}

type runShape struct {
	ID             int64     `json:"id"`
	Name           string    `json:"name"`
	HeadBranch     string    `json:"head_branch"`
	HeadSHA        string    `json:"head_sha"`
	Path           string    `json:"path"`
	DisplayTitle   string    `json:"display_title"`
	RunNumber      int       `json:"run_number"`
	RunAttempt     int       `json:"run_attempt"`
	Event          string    `json:"event"`
	Status         string    `json:"status"`
	Conclusion     *string   `json:"conclusion"`
	WorkflowID     int64     `json:"workflow_id"`
	CreatedAt      time.Time `json:"created_at"`
	UpdatedAt      time.Time `json:"updated_at"`
	RunStartedAt   time.Time `json:"run_started_at"`
	PullRequests   []runPull `json:"pull_requests"`
	Actor          userShape `json:"actor"`
	URL            string    `json:"url"`
	HTMLURL        string    `json:"html_url"`
	JobsURL        string    `json:"jobs_url"`
	Repository     repoShape `json:"repository"`
	HeadRepository repoShape `json:"head_repository"`
}

type stepShape struct {
	Name        string     `json:"name"`
	Status      string     `json:"status"`
	Conclusion  *string    `json:"conclusion"`
	Number      int        `json:"number"`
	StartedAt   time.Time  `json:"started_at"`
	CompletedAt *time.Time `json:"completed_at"`
}

type jobShape struct {
	ID              int64       `json:"id"`
	RunID           int64       `json:"run_id"`
	WorkflowName    string      `json:"workflow_name"`
	HeadBranch      string      `json:"head_branch"`
	RunURL          string      `json:"run_url"`
	RunAttempt      int         `json:"run_attempt"`
	HeadSHA         string      `json:"head_sha"`
	URL             string      `json:"url"`
	HTMLURL         string      `json:"html_url"`
	Status          string      `json:"status"`
	Conclusion      *string     `json:"conclusion"`
	CreatedAt       time.Time   `json:"created_at"`
	StartedAt       time.Time   `json:"started_at"`
	CompletedAt     *time.Time  `json:"completed_at"`
	Name            string      `json:"name"`
	Steps           []stepShape `json:"steps"`
	Labels          []string    `json:"labels"`
	RunnerID        *int64      `json:"runner_id"`
	RunnerName      *string     `json:"runner_name"`
	RunnerGroupName *string     `json:"runner_group_name"`
}

func user(login string) userShape {
	kind := "User"
	if strings.HasSuffix(login, "[bot]") {
		kind = "Bot"
	}
	return userShape{Login: login, ID: int64(len(login)) * 104729, Type: kind}
}

func (s *Server) repoOf(name fleet.Repo, id int64, fork bool) repoShape {
	return repoShape{ID: id, Name: name.Name(), FullName: string(name), Owner: user(name.Owner()), Fork: fork, Default: "main",
		URL: s.URL() + "repos/" + string(name), HTMLURL: "https://github.com/" + string(name)}
}

// at is a time of the world; a pointer to it is null in JSON where there is none.
func at(sec int64) time.Time { return time.Unix(sec, 0).UTC() }

func maybe(sec int64) *time.Time {
	if sec == 0 {
		return nil
	}
	t := at(sec)
	return &t
}

func text[S ~string](v S) *string {
	if v == "" {
		return nil
	}
	s := string(v)
	return &s
}

func (s *Server) pullOf(p *world.PullRequest) pullShape {
	state := "open"
	if p.State != fleet.PROpen {
		state = "closed"
	}
	name := p.Repo.Name
	base := s.repoOf(name, p.Repo.ID, false)
	head := base
	if p.HeadRepo != name {
		head = s.repoOf(p.HeadRepo, p.Repo.ID+77, true)
	}
	out := pullShape{ID: 2_520_000_000 + int64(p.Number), Number: p.Number, State: state, Title: p.Title, User: user(p.Author),
		CreatedAt: at(p.Created), UpdatedAt: at(p.Updated), ClosedAt: maybe(p.ClosedAt), Draft: p.Draft, Labels: []string{},
		Head:    endShape{Label: p.HeadRepo.Owner() + ":" + p.HeadRef, Ref: p.HeadRef, SHA: p.HeadSHA, User: user(p.HeadRepo.Owner()), Repo: &head},
		Base:    endShape{Label: name.Owner() + ":" + p.BaseRef, Ref: p.BaseRef, SHA: strings.Repeat("0a", 20), User: user(name.Owner()), Repo: &base},
		URL:     fmt.Sprintf("%srepos/%s/pulls/%d", s.URL(), name, p.Number),
		HTMLURL: fmt.Sprintf("https://github.com/%s/pull/%d", name, p.Number)}
	if p.State == fleet.PRMerged {
		out.MergedAt = maybe(p.ClosedAt)
	}
	return out
}

func (s *Server) runOf(x *world.Run) runShape {
	name := x.Repo.Name
	url := fmt.Sprintf("%srepos/%s/actions/runs/%d", s.URL(), name, x.ID)
	out := runShape{ID: x.ID, Name: x.Workflow, HeadBranch: x.Branch, HeadSHA: x.SHA, Path: ".github/workflows/ci.yml", DisplayTitle: x.Title,
		RunNumber: x.Number, RunAttempt: x.Attempt, Event: x.Event, Status: string(x.Status()), Conclusion: text(x.Conclusion()), WorkflowID: 91_000_001,
		CreatedAt: at(x.Created), UpdatedAt: at(x.Updated), RunStartedAt: at(x.Started), PullRequests: []runPull{}, Actor: user(x.Actor),
		URL: url, JobsURL: url + "/jobs", HTMLURL: fmt.Sprintf("https://github.com/%s/actions/runs/%d", name, x.ID),
		Repository: s.repoOf(name, x.Repo.ID, false), HeadRepository: s.repoOf(name, x.Repo.ID, false)}
	if x.HeadRepo != name {
		out.HeadRepository = s.repoOf(x.HeadRepo, x.Repo.ID+77, true)
	}
	for _, n := range x.PRs {
		p := runPull{ID: 2_520_000_000 + int64(n), Number: n, URL: fmt.Sprintf("%srepos/%s/pulls/%d", s.URL(), name, n)}
		p.Head.Ref, p.Head.SHA, p.Base.Ref = x.Branch, x.SHA, "main"
		p.Base.Repo.ID, p.Base.Repo.Name, p.Base.Repo.URL = x.Repo.ID, name.Name(), s.URL()+"repos/"+string(name)
		p.Head.Repo = p.Base.Repo
		out.PullRequests = append(out.PullRequests, p)
	}
	return out
}

func (s *Server) jobOf(j *world.Job) jobShape {
	name := j.Run.Repo.Name
	out := jobShape{ID: j.ID, RunID: j.Run.ID, WorkflowName: j.Run.Workflow, HeadBranch: j.Run.Branch, RunAttempt: j.Attempt, HeadSHA: j.Run.SHA,
		RunURL:  fmt.Sprintf("%srepos/%s/actions/runs/%d", s.URL(), name, j.Run.ID),
		URL:     fmt.Sprintf("%srepos/%s/actions/jobs/%d", s.URL(), name, j.ID),
		HTMLURL: fmt.Sprintf("https://github.com/%s/actions/runs/%d/job/%d", name, j.Run.ID, j.ID),
		Status:  string(j.Status), Conclusion: text(j.Conclusion), CreatedAt: at(j.Created), StartedAt: at(j.Started), CompletedAt: maybe(j.Completed),
		Name: j.Name, Steps: []stepShape{}, Labels: j.Labels}
	if j.Runner != nil {
		group := "Default"
		out.RunnerID, out.RunnerName, out.RunnerGroupName = &j.Runner.ID, &j.Runner.Name, &group
	}
	for i, st := range j.Steps {
		out.Steps = append(out.Steps, stepShape{Name: st.Name, Status: string(st.Status), Conclusion: text(st.Conclusion), Number: i + 1,
			StartedAt: at(st.Started), CompletedAt: maybe(st.Completed)})
	}
	return out
}
