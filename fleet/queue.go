package fleet

import "time"

// ConcurrencyGroup is a concurrency group of a repository as GitHub's API of 2026
// tells it: who holds it and who waits.
type ConcurrencyGroup struct {
	Repo    Repo          `json:"repo"`
	Name    string        `json:"name"` // foreign text; holds slashes
	Members []GroupMember `json:"members"`
	ReadAt  time.Time     `json:"read_at"`
}

// GroupMember is a run, or a job of one, that holds a concurrency group or waits
// for it.
type GroupMember struct {
	Run      RunID  `json:"run_id"`
	Job      int64  `json:"job_id,omitempty"` // 0 where the whole run is the member
	Status   Status `json:"status"`           // in_progress holds, pending waits
	Position int    `json:"position"`         // 0 is the holder
}

// QueueRef is a branch of a merge queue that exists on GitHub
// (gh-readonly-queue/BASE/pr-N-SHA).
type QueueRef struct {
	Repo Repo   `json:"repo"`
	Name string `json:"name"` // without refs/heads/; foreign text
	SHA  string `json:"sha"`
}
