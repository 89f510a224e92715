package report

import (
	"fmt"
	"strings"
	"time"

	"andon/fleet"
)

// Most of what one list shows; the rest is counted. The JSON form has all.
const (
	mostTold     = 5   // alerts explained in full
	mostFacts    = 4   // for one why
	mostObjects  = 8   // of one deed
	mostEvents   = 200 // of the timeline
	mostPulls    = 50
	mostForeign  = 300 // characters of one foreign text
	timeOfReport = "2006-01-02 15:04:05"
)

// Markdown writes the report for a ticket or a pull request. clean makes foreign
// text visible (control bytes, bidi overrides); it is then put into code spans,
// in which Markdown, GitHub's mentions, references and links mean nothing.
func (r Report) Markdown(clean func(string) string) string {
	p := &page{clean: clean}
	p.head(r)
	if len(r.Stories) > 0 {
		p.summary(r)
		p.alerts(r)
		p.pulls(r)
		p.signatures(r)
	}
	p.timeline(r)
	p.deeds(r)
	told := make(map[fleet.RuleID]bool)
	for i, s := range r.Stories { // all stops, or else the worst
		if s.Severity != fleet.SeverityStop && i > 0 || i == mostTold {
			break
		}
		p.whys(s, told[s.Rule])
		told[s.Rule] = true
	}
	if len(r.Stories) > 0 {
		p.open(r)
	}
	p.blind(r)
	return p.b.String()
}

type page struct {
	b     strings.Builder
	clean func(string) string
}

func (p *page) line(format string, args ...any) { fmt.Fprintf(&p.b, format+"\n", args...) }

// code puts foreign text into a code span on one line. The two characters that
// could end the span, or a table's cell, become ones that look like them.
func (p *page) code(s string) string {
	s = p.clean(s)
	if r := []rune(s); len(r) > mostForeign {
		s = string(r[:mostForeign-1]) + "…"
	}
	s = strings.NewReplacer("`", "'", "|", "¦", "\n", " ", "\r", " ").Replace(s)
	if strings.TrimSpace(s) == "" {
		return "`(empty)`"
	}
	return "`" + strings.TrimSpace(s) + "`"
}

// prose writes a text of the rules' own: words that Markdown or GitHub would read
// as theirs become code.
func (p *page) prose(s string) string {
	words := strings.Split(s, " ")
	for i, w := range words {
		if strings.ContainsAny(w, "@#`<>|[]*_\\~$") || strings.Contains(w, "://") {
			bare := strings.TrimRight(w, ".,;:!?)")
			words[i] = p.code(bare) + w[len(bare):]
		}
	}
	return strings.Join(words, " ")
}

func (p *page) codes(list []string, most int) string {
	var out []string
	for i, s := range list {
		if i == most {
			out = append(out, fmt.Sprintf("and %d more", len(list)-i))
			break
		}
		out = append(out, p.code(s))
	}
	return strings.Join(out, ", ")
}

func hostNames(hosts []fleet.HostName) []string {
	out := make([]string, len(hosts))
	for i, h := range hosts {
		out[i] = string(h)
	}
	return out
}

func (p *page) head(r Report) {
	title := "no alert"
	if len(r.Stories) > 0 {
		s := r.Stories[0]
		title = strings.ToUpper(string(s.Severity)) + ", " + p.prose(s.Title)
		if len(s.Hosts) > 0 {
			title += " on " + p.codes(hostNames(s.Hosts), 4)
		}
	}
	p.line("# Incident report: %s\n", title)
	said := ""
	if len(r.Stories) == 0 {
		said = ": no alert"
	}
	p.line("Looked from %s to %s UTC (%s)%s. %s", r.From.UTC().Format(timeOfReport), r.To.UTC().Format(timeOfReport), span(r.To.Sub(r.From)), said, seen(r))
	if r.Skipped > 0 {
		p.line("\n%s of the journal of alerts could not be read.", fleet.Plural(r.Skipped, "line"))
	}
	p.line("\nWritten by andon %s. Times are UTC; `+4m` is since the first alert.", p.clean(r.Version))
}

func seen(r Report) string {
	if len(r.Blind) == 0 {
		return fmt.Sprintf("All %s gave a whole, current answer.", fleet.Plural(r.Sources, "source"))
	}
	return fmt.Sprintf("%d of %s could not be looked at: see the end.", len(r.Blind), fleet.Plural(r.Sources, "source"))
}

func (p *page) summary(r Report) {
	worst := r.Stories[0]
	p.line("\n## Summary\n")
	p.line("- What stopped: %s", p.code(worst.Summary))
	for _, s := range r.Stories {
		if s.RaisedAt.Equal(r.First) {
			p.line("- First alert: %s UTC, %s: %s", s.RaisedAt.UTC().Format(timeOfReport), p.prose(s.Title), p.code(s.Summary))
			break
		}
	}
	p.line("- Hosts hit: %s", orNone(p.codes(hostNames(r.Hosts), 20)))
	names := make([]string, len(r.PullRequests))
	for i, x := range r.PullRequests {
		names[i] = x.Name
	}
	p.line("- Pull requests hit: %s", orNone(p.codes(names, 20)))
	if len(r.Signatures) > 0 {
		p.line("- Signature: %s, %s", p.code(r.Signatures[0].Name), r.Signatures[0].line())
	} else {
		p.line("- Signature: none; %s", r.Logs.line())
	}
	p.line("- Time to detect: %s", p.detect(worst))
	p.line("- Time to unblock: %s", p.unblock(worst))
	open := 0
	for _, s := range r.Stories {
		if s.Open {
			open++
		}
	}
	p.line("- Still open: %s", orNone(count(open, "alert")))
}

func orNone(s string) string {
	if s == "" {
		return "none"
	}
	return s
}

func count(n int, noun string) string {
	if n == 0 {
		return ""
	}
	return fleet.Plural(n, noun)
}

func (p *page) detect(s Story) string {
	if s.Detect == nil {
		return "not known: no evidence of it bears a time"
	}
	return fmt.Sprintf("%s (first sign %s, raised %s)", span(time.Duration(*s.Detect)*time.Second), s.FirstSign.UTC().Format(timeOfReport), s.RaisedAt.UTC().Format(timeOfReport))
}

func (p *page) unblock(s Story) string {
	if s.Unblock == nil {
		return "not yet"
	}
	return fmt.Sprintf("%s (%s)", span(time.Duration(*s.Unblock)*time.Second), s.UnblockedBy)
}

func (p *page) alerts(r Report) {
	p.line("\n## Alerts\n\n| severity | alert | raised | ended | detect | unblock |\n| --- | --- | --- | --- | --- | --- |")
	for _, s := range r.Stories {
		raised := s.RaisedAt.UTC().Format(timeOfReport)
		if s.Before {
			raised += ", before this report"
		}
		if s.Times > 1 {
			raised += fmt.Sprintf(", %d times", s.Times)
		}
		ended, detect, unblock := "open", "not known", "not yet"
		switch {
		case !s.Open:
			ended = s.EndedAt.UTC().Format(timeOfReport)
		case s.State == fleet.AlertStale:
			ended = "open, as last seen"
		}
		if s.Detect != nil {
			detect = span(time.Duration(*s.Detect) * time.Second)
		}
		if s.Unblock != nil {
			unblock = span(time.Duration(*s.Unblock) * time.Second)
		}
		p.line("| %s | %s: %s | %s | %s | %s | %s |", s.Severity, p.prose(s.Title), p.code(s.Summary), raised, ended, detect, unblock)
	}
}

func (p *page) pulls(r Report) {
	if len(r.PullRequests) == 0 {
		return
	}
	p.line("\n## Pull requests hit\n")
	for i, x := range r.PullRequests {
		if i == mostPulls {
			p.line("- and %d more", len(r.PullRequests)-i)
			break
		}
		text := "- " + p.code(x.Name)
		if x.Title != "" {
			text += " " + p.code(x.Title)
		}
		if x.Author != "" {
			text += " by " + p.code(x.Author)
		}
		p.line("%s", text)
	}
}

func (p *page) signatures(r Report) {
	p.line("\n## Signature and cluster\n")
	p.line("Looked at %s.", r.Logs.line())
	for _, s := range r.Signatures {
		p.line("\n- %s (%s), %s on %s, first %s UTC: %s", p.code(s.Name), s.Class, s.line(), orNone(p.codes(hostNames(s.Hosts), 8)), s.First.UTC().Format(timeOfReport), p.code(s.Text))
		if s.Advice != "" {
			p.line("  To do: %s", p.code(s.Advice))
		}
	}
}

func (p *page) timeline(r Report) {
	if len(r.Timeline) == 0 {
		return
	}
	p.line("\n## Timeline\n\n| UTC | since | event | what |\n| --- | --- | --- | --- |")
	events := r.Timeline
	if cut := len(events) - mostEvents; cut > 0 {
		p.line("| | | | %d earlier lines are left out |", cut)
		events = events[cut:]
	}
	for _, e := range events {
		p.line("| %s | %s | %s | %s |", e.At.UTC().Format(timeOfReport), since(r.First, e.At), e.Kind, p.code(e.Text))
	}
}

// since writes "+4m" or "-30s".
func since(first, at time.Time) string {
	switch {
	case first.IsZero():
		return ""
	case at.Before(first):
		return "-" + span(first.Sub(at))
	}
	return "+" + span(at.Sub(first))
}

// span writes a duration in its two largest units: "35s", "4m", "4m30s", "1h05m".
func span(d time.Duration) string {
	d = d.Round(time.Second)
	switch h, m, s := d/time.Hour, d%time.Hour/time.Minute, d%time.Minute/time.Second; {
	case h >= 48:
		return fmt.Sprintf("%dd%dh", h/24, h%24)
	case h > 0 && m == 0:
		return fmt.Sprintf("%dh", h)
	case h > 0:
		return fmt.Sprintf("%dh%02dm", h, m)
	case m > 0 && s == 0:
		return fmt.Sprintf("%dm", m)
	case m > 0:
		return fmt.Sprintf("%dm%02ds", m, s)
	default:
		return fmt.Sprintf("%ds", s)
	}
}
