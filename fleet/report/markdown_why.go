package report

import (
	"fmt"
	"strings"
	"time"

	"andon/fleet"
)

func (p *page) deeds(r Report) {
	p.line("\n## Actions taken\n")
	if r.Audit != "" {
		p.line("The audit log cannot be relied on: %s\n", p.code(r.Audit))
	}
	if len(r.Deeds) == 0 {
		p.line("None by this audit log.")
		return
	}
	p.line("| UTC | who | action | on | result |\n| --- | --- | --- | --- | --- |")
	for _, d := range r.Deeds {
		result := d.result()
		if len(d.Reasons) > 0 {
			result += ": " + p.codes(d.Reasons, 3)
		}
		p.line("| %s | %s | %s | %s | %s |", d.At.UTC().Format(timeOfReport), p.code(d.Operator), p.code(string(d.Action)), orNone(p.codes(d.Objects, mostObjects)), result)
	}
}

// whys fills in the five whys of one alert as far as its evidence reaches. again
// says that those of its rule stand above already.
func (p *page) whys(s Story, again bool) {
	p.line("\n## Why: %s\n", p.prose(s.Title))
	p.line("%s\n", p.code(s.Summary))
	if again {
		p.line("Its five whys stand above.")
	}
	for i, w := range s.Whys {
		if again {
			s.Evidence = append(s.Evidence, w.Evidence...)
			continue
		}
		p.line("%d. %s", i+1, p.prose(w.Text))
		p.facts("   - ", w.Evidence)
		if len(w.Evidence) == 0 {
			p.line("   - no evidence of this was read")
		}
	}
	if len(s.Evidence) > 0 {
		p.line("\nWhat else was read:\n")
		p.facts("- ", s.Evidence)
	}
	if len(s.RuledOut) > 0 {
		p.line("\nRuled out:\n")
		p.facts("- ", s.RuledOut)
	}
	for i, g := range s.Unknown {
		if i == 0 {
			p.line("\nNot yet known:\n")
		}
		p.line("- %s: %s. What would make it known: %s", p.code(g.What), p.code(g.Why), p.code(g.Makes))
	}
}

func (p *page) facts(indent string, list []fleet.Evidence) {
	for i, e := range list {
		if i == mostFacts {
			p.line("%sand %d more", indent, len(list)-i)
			return
		}
		text := p.code(strings.TrimSpace(e.What + " " + e.Where + ": " + e.Fact))
		if !e.At.IsZero() {
			text += " (" + e.At.UTC().Format(timeOfReport) + ")"
		}
		p.line("%s%s", indent, text)
	}
}

// open lists what still stands, with its cure, what that costs and whose it is.
func (p *page) open(r Report) {
	p.line("\n## Still open\n")
	n := 0
	for _, s := range r.Stories {
		if !s.Open {
			continue
		}
		n++
		p.line("- **%s** %s: %s", strings.ToUpper(string(s.Severity)), p.prose(s.Title), p.code(s.Summary))
		if s.StaleWhy != "" {
			p.line("  - As last seen: %s", p.code(s.StaleWhy))
		}
		if s.AckedBy != "" {
			p.line("  - Acknowledged by %s", p.code(s.AckedBy))
		}
		if s.Advice != "" {
			p.line("  - To do: %s", p.code(s.Advice))
		}
		if len(s.Suggested) > 0 {
			words := make([]string, len(s.Suggested))
			for i, id := range s.Suggested {
				words[i] = string(id)
			}
			p.line("  - andon's fix: `andon apply fix --alert %s` (%s)", strings.ReplaceAll(string(s.Rule), "`", "'"), strings.Join(words, ", then "))
		}
		p.line("  - Cure: %s", p.prose(s.Cure))
		p.line("  - No cure: %s", p.prose(s.NoCure))
		if s.CostHere != "" {
			p.line("  - Cost here: %s", p.code(s.CostHere))
		} else {
			p.line("  - Cost: %s", p.prose(s.Cost))
		}
		if s.Actor != "" {
			p.line("  - Whose: the %s's", s.Actor)
		}
	}
	if n == 0 {
		p.line("Nothing.")
	}
}

func (p *page) blind(r Report) {
	if len(r.Blind) == 0 {
		return
	}
	p.line("\n## Not looked at\n")
	for _, b := range r.Blind {
		text := fmt.Sprintf("- %s: %s", p.code(b.Source), b.State)
		if b.AgeSeconds != nil {
			text += fmt.Sprintf(", its data is %s old", span(time.Duration(*b.AgeSeconds)*time.Second))
		} else {
			text += ", it never answered"
		}
		if b.Error != "" {
			text += ": " + p.code(b.Error)
		}
		p.line("%s", text)
		if b.Remedy != "" {
			p.line("  - %s", p.code(b.Remedy))
		}
	}
}
