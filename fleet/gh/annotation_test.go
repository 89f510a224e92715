package gh

import (
	"net/http"
	"testing"

	"andon/fleet"
)

const annotationsPath = "/repos/paiml/aprender/check-runs/76182310558/annotations"

func TestAnnotations(t *testing.T) {
	s := newServer(t)
	s.on(annotationsPath, http.StatusOK, text([]any{
		map[string]any{"path": ".github", "annotation_level": "failure", "title": "", "message": "The self-hosted runner: x lost communication with the server."},
		map[string]any{"path": ".github", "annotation_level": "failure", "title": "", "message": "The self-hosted runner: x lost communication with the server."},
		map[string]any{"path": "src/a.rs", "annotation_level": "warning", "title": "clippy", "message": "unused"},
	}))
	got, err := newClient(t, s.URL, nil).Annotations(ctx, repo, jobID)
	if err != nil || len(got) != 2 || got[0].Path != ".github" || got[0].Level != "failure" || got[1].Title != "clippy" {
		t.Errorf("%+v %v", got, err)
	}
}

// A token without the permission gets 403 or 404: both are a matter of permission.
func TestAnnotationsWithoutPermission(t *testing.T) {
	for _, status := range []int{http.StatusForbidden, http.StatusNotFound} {
		s := newServer(t)
		s.on(annotationsPath, status, `{"message":"Resource not accessible by personal access token"}`)
		_, err := newClient(t, s.URL, nil).Annotations(ctx, repo, jobID)
		failure(t, err, fleet.CausePermission)
	}
}
