package probe

import (
	"strconv"
	"strings"
	"time"

	"andon/fleet"
)

// maxSaid bounds the lines that are kept of a cleaner's journal.
const maxSaid = 20

// schedule reads a timer's TimersCalendar,
// "{ OnCalendar=*-*-* 04:00:00 ; next_elapse=… }".
func (p *parser) schedule(rest string) bool {
	unit, when, ok := strings.Cut(rest, "\t")
	if !ok || unit == "" || len(p.schedules) >= maxUnits {
		return false
	}
	if _, when, ok = strings.Cut(when, "OnCalendar="); ok {
		when, _, _ = strings.Cut(when, " ;")
		p.schedules[unit] = clip(strings.TrimSpace(when))
	}
	return true
}

// journal reads lines of journalctl -o short-unix, "seconds.micros host name[pid]:
// text". What does not begin with a time goes on from the line before it, or is a
// remark of journalctl's own: it is left out.
func (p *parser) journal(rest string) bool {
	unit, text, ok := strings.Cut(rest, "\t")
	if !ok || unit == "" || len(p.journals) >= maxUnits {
		return false
	}
	lines := []fleet.JournalLine{}
	for l := range strings.SplitSeq(text, "\n") {
		when, l, ok := strings.Cut(l, " ")
		at, good := unixTime(when)
		if !ok || !good || len(lines) >= maxSaid {
			continue
		}
		_, l, _ = strings.Cut(l, " ") // the host
		if _, says, ok := strings.Cut(l, ": "); ok {
			l = says
		}
		lines = append(lines, fleet.JournalLine{At: at, Text: clip(l)})
	}
	p.journals[unit] = lines
	return true
}

// unixTime reads "1795440000.123456".
func unixTime(s string) (time.Time, bool) {
	sec, frac, _ := strings.Cut(s, ".")
	n, ok := seconds(sec)
	if !ok {
		return time.Time{}, false
	}
	var nano int64
	if len(frac) == 6 {
		micro, err := strconv.ParseInt(frac, 10, 64)
		if err != nil || micro < 0 {
			return time.Time{}, false
		}
		nano = micro * 1000
	}
	return time.Unix(n, nano).UTC(), true
}

func (p *parser) said(timer string) fleet.Fact[[]fleet.JournalLine] {
	if lines, ok := p.journals[timer]; ok {
		return fleet.Known(lines, p.at)
	}
	for _, u := range p.out.Unseen {
		if strings.HasPrefix(u, "journal of "+timer+":") || strings.HasPrefix(u, "journal of cleaners:") {
			return fleet.Unknown[[]fleet.JournalLine](u)
		}
	}
	return fleet.Unknown[[]fleet.JournalLine]("its journal was not asked for")
}
