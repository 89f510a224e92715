package day

import (
	"cmp"
	"fmt"
	"slices"
	"time"

	"andon/fleet"
)

// Room around incidents: none begins before the first looks are over, and those on
// one ground stand apart.
const (
	calm  = 10 * time.Minute
	apart = 4 * time.Minute
	tries = 4000
)

// taking is a time at which something is needed.
type taking struct {
	span
	shared bool
}

// ledger keeps what is taken when.
type ledger map[string][]taking

func (l ledger) free(s span, claims []claim) bool {
	for _, c := range claims {
		if slices.ContainsFunc(l[c.name], func(t taking) bool { return t.meets(s) && !(t.shared && c.shared) }) {
			return false
		}
	}
	return true
}

func (l ledger) take(s span, claims []claim) {
	for _, c := range claims {
		l[c.name] = append(l[c.name], taking{s, c.shared})
	}
}

// plan places incidents over the day, those that need most first, and stages them in
// the order of their begin.
func (d *Day) plan(count int, rules []fleet.Rule) error {
	hold, keep := make(map[fleet.RuleID]time.Duration, len(rules)), make(map[fleet.RuleID]time.Duration)
	for _, r := range rules {
		hold[r.ID], keep[r.ID] = r.For, r.Keep
	}
	list := deal(kinds(rules), count)
	if len(list) < count {
		return fmt.Errorf("no kind of incident for %d rules", len(rules))
	}
	stages := make([]*stage, 0, count)
	taken := make(ledger)
	for n, k := range list {
		blind := (k.On == onHost || k.On == onDir) && k.Rule != "host-unreachable" && n%blindEvery == 0
		need := k.After + hold[k.Rule] + 6*Poll + k.More
		if blind {
			need += lit
		}
		s, ok := d.room(taken, k, need)
		if !ok {
			return fmt.Errorf("no room for %q: it takes %s, and holds on for %s", k.Name, need, k.Hold)
		}
		s.By = s.From.Add(k.After + hold[k.Rule] + 2*Poll)
		s.Until = s.To.Add(k.Hold + keep[k.Rule] + 2*Poll)
		if blind {
			s.blind()
		}
		stages = append(stages, s)
	}
	slices.SortStableFunc(stages, func(a, b *stage) int { return a.From.Compare(b.From) })
	for n, s := range stages {
		s.N = n + 1
		s.Kind.Stage(s)
		d.Incidents = append(d.Incidents, s.Incident)
	}
	return nil
}

// deal returns so many incidents, each kind by its share and at least once.
func deal(all []Kind, count int) []Kind {
	total := 0
	for i := range all {
		all[i].Share = max(all[i].Share, 1)
		total += all[i].Share
	}
	if total == 0 {
		return nil
	}
	var out []Kind
	for _, k := range all {
		for range max(1, count*k.Share/total) {
			out = append(out, k)
		}
	}
	for i := 0; len(out) < count; i++ {
		out = append(out, all[i%len(all)])
	}
	out = out[:count]
	// What the whole fleet or a repository is needed for finds no room later on.
	slices.SortStableFunc(out, func(a, b Kind) int {
		return cmp.Or(cmp.Compare(b.On, a.On), cmp.Compare(b.After+max(b.Hold, b.Rest)+b.More, a.After+max(a.Hold, a.Rest)+a.More))
	})
	return out
}

// room finds a time and a ground that are free.
func (d *Day) room(taken ledger, k Kind, need time.Duration) (*stage, bool) {
	whole := need + max(k.Hold, k.Rest) + 2*Poll + apart
	for range tries {
		from := d.at(calm + d.between(0, d.Long-calm-whole-5*time.Minute)).Truncate(Poll).Add(d.between(0, Poll-time.Second))
		s := &stage{Day: d, Incident: &Incident{Kind: k, From: from, To: from.Add(need)}}
		s.cell = d.cells[d.rng.IntN(cells)]
		s.host = s.cell.hosts[d.rng.IntN(hostsOf-1)]
		s.Where = string(s.host.conf.Name)
		switch k.On {
		case onRare:
			s.host = s.cell.hosts[hostsOf-1]
			s.Where = string(s.host.conf.Name)
		case onLine:
			s.Where = string(s.cell.repo)
		case onRunners, onAll:
			s.Where = "the fleet"
		}
		if span := (span{from.Add(-apart), from.Add(whole)}); taken.free(span, s.claims()) {
			taken.take(span, s.claims())
			return s, true
		}
	}
	return nil, false
}
