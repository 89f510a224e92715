package gh

import (
	"errors"
	"strings"
	"testing"

	"andon/fleet"
)

const refsPath = "/repos/paiml/aprender/git/matching-refs/heads/gh-readonly-queue/"

func refJSON(ref, sha string) map[string]any {
	return map[string]any{"ref": ref, "node_id": "REF_kw", "url": "https://api.github.com/x", "object": map[string]any{"type": "commit", "sha": sha, "url": "https://api.github.com/x"}}
}

func TestQueueRefs(t *testing.T) {
	s := newServer(t)
	sha := strings.Repeat("0f", 20)
	s.on("GET "+refsPath, 200, text([]any{
		refJSON("refs/heads/gh-readonly-queue/main/pr-1693-"+sha, sha),
		refJSON("refs/heads/gh-readonly-queue/release/1.x/pr-7-\u202e", sha)}))
	got, err := newClient(t, s.URL, nil).QueueRefs(ctx, repo)
	if err != nil || !got.Whole || len(got.Items) != 2 {
		t.Fatalf("%+v, %v", got, err)
	}
	if q := got.Items[0]; q.Repo != repo || q.Name != "gh-readonly-queue/main/pr-1693-"+sha || q.SHA != sha {
		t.Errorf("%+v", q)
	}
	if q := got.Items[1]; q.Name != "gh-readonly-queue/release/1.x/pr-7-\u202e" {
		t.Errorf("%+v", q)
	}
}

func TestQueueRefsThatAreNone(t *testing.T) {
	s := newServer(t)
	s.on("GET "+refsPath, 200, "[]")
	if got, err := newClient(t, s.URL, nil).QueueRefs(ctx, repo); err != nil || !got.Whole || len(got.Items) != 0 {
		t.Errorf("%+v, %v", got, err)
	}
	for name, body := range map[string]string{"empty": "", "null": "null", "an object": `{"message":"moved"}`} {
		s := newServer(t)
		s.on("GET "+refsPath, 200, body)
		_, err := newClient(t, s.URL, nil).QueueRefs(ctx, repo)
		if failure(t, err, fleet.CauseProtocol); !errors.Is(err, errNoAnswer) {
			t.Errorf("%s: %v", name, err)
		}
	}
	odd := newServer(t)
	odd.on("GET "+refsPath, 200, text([]any{refJSON("refs/heads/gh-readonly-queue/main/pr-1-a", "a"), refJSON("refs/heads/main", "b"), refJSON("refs/heads/gh-readonly-queue/main/pr-2-b", "")}))
	if got, err := newClient(t, odd.URL, nil).QueueRefs(ctx, repo); err != nil || got.Whole || len(got.Items) != 1 || got.Why != "2 items could not be read" {
		t.Errorf("%+v, %v", got, err)
	}
}

func TestQueueRefsThatMayNotBeRead(t *testing.T) {
	for status, said := range map[int]string{403: "contents=read", 404: "Contents: read"} {
		s := newServer(t)
		s.on("GET "+refsPath, status, `{"message":"Resource not accessible by personal access token"}`, "X-Accepted-GitHub-Permissions", "contents=read")
		_, err := newClient(t, s.URL, nil).QueueRefs(ctx, repo)
		if f := failure(t, err, fleet.CausePermission); !strings.Contains(f.Remedy, said) {
			t.Errorf("status %d: %s", status, f.Remedy)
		}
	}
	s := newServer(t)
	s.on("GET "+refsPath, 409, `{"message":"Git Repository is empty."}`)
	_, err := newClient(t, s.URL, nil).QueueRefs(ctx, repo)
	failure(t, err, fleet.CauseOther)
	if _, err := newClient(t, s.URL, nil).QueueRefs(ctx, "a/../b"); err == nil {
		t.Error("a repository name with dots reached the server")
	}
}
