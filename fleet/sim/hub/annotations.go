package hub

import (
	"fmt"
	"net/http"

	"andon/fleet"
	"andon/fleet/sim/world"
)

type annotationShape struct {
	Path      string `json:"path"`
	StartLine int    `json:"start_line"`
	EndLine   int    `json:"end_line"`
	Level     string `json:"annotation_level"`
	Title     string `json:"title"`
	Message   string `json:"message"`
	BlobHref  string `json:"blob_href"`
}

// annotations serves a job's notes under its check run, which has the job's id.
func (s *Server) annotations(w http.ResponseWriter, r *http.Request) {
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
	out := []annotationShape{}
	for _, text := range notesOf(j) {
		out = append(out, annotationShape{Path: ".github", StartLine: 1, EndLine: 1, Level: "failure", Message: text})
	}
	s.reply(w, r, paged(w, r, s.URL(), out))
}

// notesOf are the runner's and GitHub's own words on how a job ended.
func notesOf(j *world.Job) []string {
	switch {
	case j.Status.Live():
		return nil
	case j.Ending == world.EndLimit && j.Runner != nil:
		return []string{fmt.Sprintf("The job running on runner %s has exceeded the maximum execution time of 55 minutes.", j.Runner.Name), "The operation was canceled."}
	case j.Ending == world.EndSuperseded:
		return []string{fmt.Sprintf("Canceling since a higher priority waiting request for 'ci-%s' exists", j.Run.Ref), "The operation was canceled."}
	case j.Conclusion == fleet.ConclusionFailure:
		return []string{"Process completed with exit code 1."}
	}
	return nil
}
