package board

// sections are the heights of the board's parts in lines, rule included; 0 is
// not shown.
type sections struct{ hosts, alerts, prs, runners, why, deeds int }

// counts are how many rows each part would like to show.
type counts struct{ hosts, alerts, prs, runners, deeds int }

// arrange gives h lines to the parts of the one-column board: what stands still
// comes first, then why; the pull requests only where there is room to spare.
func arrange(h int, n counts) sections {
	var s sections
	s.alerts = 1 + min(max(n.alerts, 2), max(h/4, 3))
	s.hosts = 2 + min(max(n.hosts, 1), max(h/5, 1))
	s.deeds = 1 + min(max(n.deeds, 1), 2)
	s.why = h - s.alerts - s.hosts - s.deeds
	if spare := s.why - 16; spare >= 6 && n.prs > 0 {
		s.prs = min(spare, n.prs+2)
		s.why -= s.prs
	}
	if s.why < 4 {
		s.deeds = 0
		s.why = h - s.alerts - s.hosts
	}
	if s.why < 3 {
		s.hosts = 0
		s.why = h - s.alerts
	}
	if s.why < 3 {
		s.why, s.alerts = 0, h
	}
	return s
}

// arrangeWide gives h lines to the left column of the wide board; why has a
// column of its own.
func arrangeWide(h int, n counts) sections {
	var s sections
	s.hosts = 2 + min(max(n.hosts, 1), max(h/5, 1))
	s.alerts = 1 + min(max(n.alerts, 2), max(h/4, 2))
	s.deeds = 1 + min(max(n.deeds, 1), max(h/10, 1))
	s.prs = h - s.hosts - s.alerts - s.deeds
	if spare := s.prs - (n.prs + 2); spare >= 4 && n.runners > 0 {
		s.runners = min(spare, 1+(n.runners+1)/2)
		s.prs -= s.runners
	}
	return s
}
