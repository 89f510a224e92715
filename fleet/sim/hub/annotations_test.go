package hub

import (
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"testing"

	"andon/fleet/sim/world"
)

// A job that ended at its limit says so in an annotation, and nowhere else.
func TestAnnotationsTellOfTheLimit(t *testing.T) {
	s, w := serve(t)
	seen := map[world.Ending]bool{}
	for _, repo := range w.Repos {
		for _, run := range repo.Runs {
			for _, j := range run.Jobs {
				if j.Status.Live() || seen[j.Ending] || j.Ending == world.EndLimit && j.Runner == nil {
					continue
				}
				seen[j.Ending] = true
				resp, body := s.ask(t, http.MethodGet, fmt.Sprintf("repos/%s/check-runs/%d/annotations", repo.Name, j.ID))
				var list []annotationShape
				if err := json.Unmarshal([]byte(body), &list); err != nil || resp.StatusCode != http.StatusOK || list == nil {
					t.Fatalf("%d %s %v", resp.StatusCode, body, err)
				}
				limit := len(list) > 0 && strings.Contains(list[0].Message, "has exceeded the maximum execution time of 55 minutes")
				if limit != (j.Ending == world.EndLimit) {
					t.Errorf("ending %d: %+v", j.Ending, list)
				}
			}
		}
	}
	if !seen[world.EndLimit] {
		t.Fatal("the story has no job at its limit")
	}
	if resp, _ := s.ask(t, http.MethodGet, "repos/paiml/aprender/check-runs/1/annotations"); resp.StatusCode != http.StatusNotFound {
		t.Errorf("unknown job: status %d", resp.StatusCode)
	}
}
