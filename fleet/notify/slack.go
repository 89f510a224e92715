package notify

import (
	"encoding/json"
	"fmt"
	"strings"

	"andon/fleet"
)

// slackMessage is what an incoming webhook of Slack takes. text is what a
// notification shows, blocks what the channel does.
type slackMessage struct {
	Text        string       `json:"text"`
	Blocks      []slackBlock `json:"blocks"`
	UnfurlLinks bool         `json:"unfurl_links"`
	UnfurlMedia bool         `json:"unfurl_media"`
}

type slackBlock struct {
	Type     string      `json:"type"`
	Text     *slackText  `json:"text,omitempty"`
	Elements []slackText `json:"elements,omitempty"`
}

type slackText struct {
	Type     string `json:"type"`
	Text     string `json:"text"`
	Verbatim *bool  `json:"verbatim,omitempty"` // true: names and addresses in it become no links
}

// Slack's limits are 150 characters of a header, 3,000 of a section and 50
// blocks (docs.slack.dev); escaping makes a character up to five.
const (
	slackHeader  = 140
	slackSection = 2900
	slackPart    = 300
	slackItems   = 10
	slackPulls   = 12
)

// Slack writes a notice for an incoming webhook, as printable ASCII. Nothing
// foreign in it can mention anybody, link anywhere or begin one of Slack's
// control sequences.
func (l Letterhead) Slack(n Notice) ([]byte, error) {
	head := l.Headline(n)
	m := slackMessage{Text: slackSafe(head), Blocks: []slackBlock{{Type: "header", Text: &slackText{Type: "plain_text", Text: cut(slackPlain(head), slackHeader)}}}}
	for i, item := range n.Items {
		if i == slackItems {
			m.Blocks = append(m.Blocks, section(fmt.Sprintf("and %d more", len(n.Items)+n.Cut-slackItems)))
			break
		}
		m.Blocks = append(m.Blocks, section(l.slackItem(item)))
	}
	foot := fmt.Sprintf("%s ∙ since %s ∙ andon %s", n.Rule, oldest(n).UTC().Format("2006-01-02 15:04:05 UTC"), l.Version)
	m.Blocks = append(m.Blocks, slackBlock{Type: "context", Elements: []slackText{{Type: "plain_text", Text: slackSafe(foot)}}})
	b, err := json.Marshal(m)
	if err != nil {
		return nil, fmt.Errorf("write notice %s: %w", n.Group, err)
	}
	return fleet.ASCIIJSON(b), nil
}

func (l Letterhead) slackItem(i Item) string {
	a := i.Alert
	sign := "■ " + strings.ToUpper(string(a.Severity))
	if !i.Standing {
		sign = "✓ over"
	}
	text := "*" + sign + "* " + slackSafe(cut(l.Clean(a.Summary), slackPart))
	add := func(line string) {
		if line != "" && len(text)+1+len(line) <= slackSection {
			text += "\n" + line
		}
	}
	if i.Standing {
		add(slackSafe(cut(l.state(i), slackPart)))
		add("cure: " + slackSafe(cut(l.cure(a), slackPart)))
	}
	add(l.slackPulls(a))
	return text
}

// slackPulls links the pull requests: their addresses are made of checked names
// and numbers.
func (l Letterhead) slackPulls(a fleet.Alert) string {
	prs := a.PullRequests()
	var out []string
	for i, k := range prs {
		if i == slackPulls {
			out = append(out, fmt.Sprintf("and %d more", len(prs)-i))
			break
		}
		if page := l.pull(k); page != "" {
			out = append(out, fmt.Sprintf("<%s|#%d>", page, k.Number))
		} else {
			out = append(out, fmt.Sprintf("#%d", k.Number))
		}
	}
	return strings.Join(out, " ")
}

func section(text string) slackBlock {
	yes := true
	return slackBlock{Type: "section", Text: &slackText{Type: "mrkdwn", Text: text, Verbatim: &yes}}
}

// slackSafe takes the meaning out of what Slack reads as its own: the three
// characters it wants escaped, which begin its mentions and links, and the bare
// words that call a whole channel.
func slackSafe(s string) string {
	return strings.NewReplacer("&", "&amp;", "<", "&lt;", ">", "&gt;", "@", "＠", "*", "∗", "`", "'", "~", "∼").Replace(s)
}

// slackPlain is slackSafe for a header, where an escape would count against its
// 150 characters: what Slack reads as its own becomes a letter like it.
func slackPlain(s string) string {
	return strings.NewReplacer("&", "＆", "<", "‹", ">", "›").Replace(strings.ReplaceAll(s, "@", "＠"))
}
