package notify

import (
	"fmt"
	"strings"
	"time"

	"andon/fleet"
)

// Letterhead is what messages need beside the notice.
type Letterhead struct {
	Version string       // of this console
	Web     string       // GitHub's pages, for example https://github.com; empty: no links
	Rules   []fleet.Rule // for their whys and cures
	// Clean makes foreign text safe to show: no control bytes, no bidi overrides.
	Clean func(string) string
}

func (l Letterhead) rule(id fleet.RuleID) fleet.Rule {
	for _, r := range l.Rules {
		if r.ID == id {
			return r
		}
	}
	return fleet.Rule{ID: id, Title: string(id)}
}

// title returns what an alert is called.
func (l Letterhead) title(a fleet.Alert) string {
	if a.Title != "" {
		return a.Title
	}
	return l.rule(a.Rule).Title
}

// cure says what to do, the alert's own advice first.
func (l Letterhead) cure(a fleet.Alert) string {
	if a.Advice != "" {
		return l.Clean(a.Advice)
	}
	if len(a.Suggested) > 0 {
		words := make([]string, len(a.Suggested))
		for i, id := range a.Suggested {
			words[i] = string(id)
		}
		return "andon apply " + strings.Join(words, ", then ") + ". " + l.rule(a.Rule).Doc.Cure
	}
	return l.rule(a.Rule).Doc.Cure
}

// state says in words how an alert stands; empty where it simply fires.
func (l Letterhead) state(i Item) string {
	a := i.Alert
	var out []string
	switch {
	case !i.Standing:
		out = append(out, "over")
	case a.State == fleet.AlertStale:
		out = append(out, "as last seen: "+l.Clean(a.StaleWhy))
	}
	if a.Times > 1 && i.Standing {
		out = append(out, fmt.Sprintf("%s time in %s", ordinal(a.Times), span(a.FiredAt.Sub(a.FlapSince))))
	}
	if i.Standing && !i.New && i.Was != "" && i.Was != a.Severity {
		out = append(out, "was "+string(i.Was))
	}
	if a.AckedBy != "" && i.Standing {
		out = append(out, "acknowledged by "+l.Clean(a.AckedBy))
	}
	return strings.Join(out, "; ")
}

func ordinal(n int) string {
	switch {
	case n%100 >= 11 && n%100 <= 13:
	case n%10 == 1:
		return fmt.Sprintf("%dst", n)
	case n%10 == 2:
		return fmt.Sprintf("%dnd", n)
	case n%10 == 3:
		return fmt.Sprintf("%drd", n)
	}
	return fmt.Sprintf("%dth", n)
}

// span writes a duration in whole minutes, or seconds below one.
func span(d time.Duration) string {
	if d < time.Minute {
		return fmt.Sprintf("%d s", max(d, 0)/time.Second)
	}
	return fmt.Sprintf("%d min", d.Round(time.Minute)/time.Minute)
}

// link returns the page of the first pull request or run an alert names; empty
// where there is none.
func (l Letterhead) link(a fleet.Alert) string {
	for _, s := range a.Subjects {
		if k, ok := s.PRKey(); ok {
			return l.pull(k)
		}
		if k, ok := s.RunKey(); ok {
			return l.page(k.Repo, fmt.Sprintf("actions/runs/%d", k.ID))
		}
	}
	return ""
}

func (l Letterhead) pull(k fleet.PRKey) string {
	return l.page(k.Repo, fmt.Sprintf("pull/%d", k.Number))
}

// page returns an address made of a repository's name, which is checked first.
func (l Letterhead) page(r fleet.Repo, rest string) string {
	if _, err := fleet.ParseRepo(string(r)); err != nil || l.Web == "" {
		return ""
	}
	return l.Web + "/" + string(r) + "/" + rest
}

// started is when an alert began to fire.
func started(a fleet.Alert) time.Time {
	if a.FiredAt.IsZero() {
		return a.Since
	}
	return a.FiredAt
}

// cut keeps the first n characters of a text.
func cut(s string, n int) string {
	if r := []rune(s); len(r) > n {
		return string(r[:n-1]) + "…"
	}
	return s
}

// oldest is when the first of a notice's alerts began.
func oldest(n Notice) time.Time {
	at := n.At
	for _, i := range n.Items {
		if s := started(i.Alert); !s.IsZero() && s.Before(at) {
			at = s
		}
	}
	return at
}

// Headline is a notice in one line, foreign text cleaned: "STOP run dirs with the
// wrong owner on intel: 12 run dirs on intel: …".
func (l Letterhead) Headline(n Notice) string {
	word := strings.ToUpper(string(n.Severity()))
	switch n.Reason {
	case ReasonRepeat:
		word = "STILL " + word
	case ReasonResolved:
		word = "RESOLVED"
	}
	if n.Standing() == 0 {
		word = "RESOLVED"
	}
	first := n.Items[0].Alert
	for _, i := range n.Items { // what is said is what happened
		if n.Reason == ReasonRaised && i.New || n.Reason == ReasonResolved && !i.Standing {
			first = i.Alert
			break
		}
	}
	head := word + " " + l.title(first)
	if len(n.Hosts) > 0 && len(n.Hosts) <= 4 {
		head += " on " + strings.ReplaceAll(hostList(n.Hosts), ",", ", ")
	} else if len(n.Hosts) > 4 {
		head += " on " + fleet.Plural(len(n.Hosts), "host")
	}
	if first.Summary != "" {
		head += ": " + l.Clean(first.Summary)
	}
	if more := len(n.Items) + n.Cut - 1; more > 0 {
		head += fmt.Sprintf(" (and %d more)", more)
	}
	return head
}
