package main

import (
	"fmt"
	"strings"
	"time"

	"andon/fleet"
)

// streamLine is one line of the stream. Field names are stable; a line of any kind
// has at and kind.
type streamLine struct {
	At   time.Time `json:"at"`
	Kind string    `json:"kind"`
	*alertLine
	*helloLine
	*beatLine
}

// helloLine says what is watched.
type helloLine struct {
	Version string           `json:"version"`
	Repos   []fleet.Repo     `json:"repos"`
	Watched []fleet.HostName `json:"watched_hosts"`
	Rules   int              `json:"rules"`
}

// beatLine says that the watch is alive, and how well it sees.
type beatLine struct {
	Lamp    fleet.Lamp `json:"lamp"`
	Lit     int        `json:"lit"` // alerts that light the lamp
	Sources int        `json:"sources"`
	Blind   int        `json:"sources_not_fresh"`
}

// alertLine is what changed about one alert.
type alertLine struct {
	Fingerprint  string           `json:"fingerprint"`
	Rule         fleet.RuleID     `json:"rule"`
	Title        string           `json:"title"`
	Severity     fleet.Severity   `json:"severity"`
	Was          fleet.Severity   `json:"was_severity,omitempty"`
	State        fleet.AlertState `json:"state"`
	Summary      string           `json:"summary"`
	Hosts        []fleet.HostName `json:"hosts"`
	PullRequests []string         `json:"pull_requests"`
	Added        []string         `json:"added,omitempty"` // grew: the subjects that came
	Subjects     int              `json:"subjects"`
	Evidence     int              `json:"evidence"`
	FirstSeen    time.Time        `json:"first_seen"`
	FiredAt      time.Time        `json:"fired_at,omitzero"`
	ResolvedAt   time.Time        `json:"resolved_at,omitzero"`
	AgeSeconds   int64            `json:"age_seconds"` // since first seen
	Times        int              `json:"times"`
	TimesSince   time.Time        `json:"times_since,omitzero"`
	Suggested    []fleet.ActionID `json:"suggested"`
	Advice       string           `json:"advice,omitempty"`
	AckedBy      string           `json:"acked_by,omitempty"`
	MutedBy      string           `json:"muted_by,omitempty"`
	StaleWhy     string           `json:"stale_why,omitempty"`
}

func newHello(s *session) streamLine {
	h := &helloLine{Version: versionText(), Repos: s.cfg.Repos, Watched: []fleet.HostName{}, Rules: len(s.rules)}
	for _, x := range s.cfg.Hosts {
		h.Watched = append(h.Watched, x.Name)
	}
	return streamLine{At: s.now().UTC(), Kind: "hello", helloLine: h}
}

func newBeat(b fleet.Board, snap *fleet.Snapshot) streamLine {
	l := &beatLine{Lamp: b.Lamp(snap), Sources: len(snap.Sources)}
	for _, a := range b.Alerts {
		if a.Lit() {
			l.Lit++
		}
	}
	for _, src := range snap.Sources {
		if !src.Fresh(snap.At) && !src.Optional() {
			l.Blind++
		}
	}
	return streamLine{At: snap.At.UTC(), Kind: "heartbeat", beatLine: l}
}

// stood tells, once, the alerts that an earlier console knew already: they are
// no news, but whoever begins to read must know them.
func stood(b fleet.Board, changes []fleet.Transition, done *bool, now time.Time) []streamLine {
	if *done {
		return nil
	}
	*done = true
	news := map[string]bool{}
	for _, t := range changes {
		news[t.Fingerprint()] = news[t.Fingerprint()] || t.Begins()
	}
	var out []streamLine
	for _, a := range b.Alerts {
		if a.Stands() && !news[a.Fingerprint()] {
			out = append(out, newLine("standing", fleet.Transition{At: b.At, Alert: a}, now))
		}
	}
	return out
}

func newLine(kind string, t fleet.Transition, now time.Time) streamLine {
	a := t.Alert
	l := &alertLine{Fingerprint: a.Fingerprint(), Rule: a.Rule, Title: a.Title, Severity: a.Severity, Was: t.Was, State: a.State, Summary: a.Summary,
		Hosts: append([]fleet.HostName{}, a.Hosts()...), PullRequests: []string{}, Subjects: len(a.Subjects), Evidence: len(a.Evidence),
		FirstSeen: a.Since.UTC(), FiredAt: a.FiredAt.UTC(), ResolvedAt: a.ResolvedAt.UTC(), AgeSeconds: int64(max(now.Sub(a.Since), 0) / time.Second),
		Times: a.Times, Suggested: append([]fleet.ActionID{}, a.Suggested...), Advice: a.Advice, AckedBy: a.AckedBy, MutedBy: a.MutedBy, StaleWhy: a.StaleWhy}
	if a.Times > 1 {
		l.TimesSince = a.FlapSince.UTC()
	}
	for _, k := range a.PullRequests() {
		l.PullRequests = append(l.PullRequests, k.String())
	}
	for _, x := range t.Added {
		l.Added = append(l.Added, x.String())
	}
	return streamLine{At: t.At.UTC(), Kind: kind, alertLine: l}
}

// text is a line for people, foreign text cleaned.
func (l streamLine) text() string {
	at := l.At.Format("15:04:05Z")
	switch {
	case l.helloLine != nil:
		return fmt.Sprintf("%s watching %s and %s, %s; andon %s", at, fleet.Plural(len(l.Watched), "host"), fleet.Plural(len(l.Repos), "repo"), fleet.Plural(l.Rules, "rule"), l.Version)
	case l.beatLine != nil:
		return fmt.Sprintf("%s alive: lamp %s, %s lit, %d of %s not fresh", at, l.Lamp, fleet.Plural(l.Lit, "alert"), l.Blind, fleet.Plural(l.Sources, "source"))
	}
	out := fmt.Sprintf("%s %-8s %-5s %-22s %s", at, strings.ToUpper(l.Kind), strings.ToUpper(string(l.Severity)), l.Rule, plain(l.Summary))
	if l.Times > 1 {
		out += fmt.Sprintf(" (%s since %s)", fleet.Plural(l.Times, "time"), l.TimesSince.UTC().Format("15:04:05Z"))
	}
	switch {
	case l.Was != "":
		out += " (was " + string(l.Was) + ")"
	case l.StaleWhy != "":
		out += " (" + plain(l.StaleWhy) + ")"
	case l.MutedBy != "":
		out += " (explained by " + plain(l.MutedBy) + ")"
	case l.AckedBy != "":
		out += " (acknowledged by " + plain(l.AckedBy) + ")"
	}
	return out
}
