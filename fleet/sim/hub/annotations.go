package hub

import "net/http"

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
	for _, n := range j.Annotations() {
		out = append(out, annotationShape{Path: ".github", StartLine: 1, EndLine: 1, Level: n.Level, Message: n.Message})
	}
	s.reply(w, r, paged(w, r, s.URL(), out))
}
