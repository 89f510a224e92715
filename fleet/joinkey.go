package fleet

import (
	"encoding/json"
	"math/bits"
	"strings"
)

// JoinKey is one reason to believe that two things belong together.
type JoinKey uint8

// The keys. Each is kept with what it joined, because an orphan verdict that
// rests on one of them alone has destroyed live builds.
const (
	KeyHead    JoinKey = 1 << iota // run's head repository, branch and sha are the pull request's
	KeyQueue                       // run's branch is a merge queue ref that names the pull request
	KeyListed                      // run's pull_requests[] lists it (empty for forks)
	KeyDirName                     // the dir's name holds the pull request number
	KeyRunID                       // the dir's name holds the id of a run the API knows
	KeyHost                        // a job of the run ran on a runner of the dir's host
	KeyBranch                      // head repository and branch only: an older push; weak
)

var keyNames = []struct {
	k JoinKey
	n string
}{{KeyHead, "head"}, {KeyQueue, "queue_branch"}, {KeyListed, "pull_requests"}, {KeyDirName, "dir_name"},
	{KeyRunID, "run_id"}, {KeyHost, "runner_host"}, {KeyBranch, "branch"}}

// KeySet is the set of keys that matched.
type KeySet uint8

// With returns the set with k added.
func (s KeySet) With(k JoinKey) KeySet { return s | KeySet(k) }

// Has reports whether k matched.
func (s KeySet) Has(k JoinKey) bool { return s&KeySet(k) != 0 }

// PRKeys counts the strong keys that join to a pull request.
func (s KeySet) PRKeys() int {
	return bits.OnesCount8(uint8(s & KeySet(KeyHead|KeyQueue|KeyListed|KeyDirName)))
}

// Names lists the keys' stable names.
func (s KeySet) Names() []string {
	var out []string
	for _, e := range keyNames {
		if s.Has(e.k) {
			out = append(out, e.n)
		}
	}
	return out
}

// String joins the names with commas.
func (s KeySet) String() string { return strings.Join(s.Names(), ",") }

// MarshalJSON writes the names.
func (s KeySet) MarshalJSON() ([]byte, error) {
	n := s.Names()
	if n == nil {
		n = []string{}
	}
	return json.Marshal(n)
}
