package notify

import (
	"cmp"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"time"

	"andon/fleet"
)

// webhookMessage is what Alertmanager sends to its webhook receivers, version 4
// (prometheus/alertmanager, notify/webhook/webhook.go and template/template.go).
// Anything that takes Alertmanager's notices takes these.
type webhookMessage struct {
	Version           string            `json:"version"`
	GroupKey          string            `json:"groupKey"`
	TruncatedAlerts   int               `json:"truncatedAlerts"`
	Status            string            `json:"status"`
	Receiver          string            `json:"receiver"`
	GroupLabels       map[string]string `json:"groupLabels"`
	CommonLabels      map[string]string `json:"commonLabels"`
	CommonAnnotations map[string]string `json:"commonAnnotations"`
	ExternalURL       string            `json:"externalURL"`
	Alerts            []webhookAlert    `json:"alerts"`
}

type webhookAlert struct {
	Status       string            `json:"status"`
	Labels       map[string]string `json:"labels"`
	Annotations  map[string]string `json:"annotations"`
	StartsAt     time.Time         `json:"startsAt"`
	EndsAt       time.Time         `json:"endsAt"` // year 1 while it stands
	GeneratorURL string            `json:"generatorURL"`
	Fingerprint  string            `json:"fingerprint"` // 16 hexadecimal digits
}

// Most of one annotation, in characters.
const maxAnnotation = 1000

// Alertmanager writes a notice in Alertmanager's webhook shape, as printable
// ASCII. Labels name the alert (alertname, severity, hosts, repos, key),
// annotations explain it.
func (l Letterhead) Alertmanager(n Notice) ([]byte, error) {
	m := webhookMessage{Version: "4", GroupKey: l.Clean(n.Group), TruncatedAlerts: n.Cut, Receiver: "andon", Status: "resolved", ExternalURL: l.Web,
		GroupLabels: map[string]string{"alertname": string(n.Rule), "hosts": hostList(n.Hosts)}}
	for _, i := range n.Items {
		a := webhookAlert{Status: "firing", Labels: l.labels(i.Alert), Annotations: l.annotations(i), StartsAt: started(i.Alert).UTC(),
			GeneratorURL: l.link(i.Alert), Fingerprint: digits(i.Alert.Fingerprint())}
		if i.Standing {
			m.Status = "firing"
		} else {
			a.Status, a.EndsAt = "resolved", n.At.UTC()
			if !i.Alert.ResolvedAt.IsZero() {
				a.EndsAt = i.Alert.ResolvedAt.UTC()
			}
		}
		m.Alerts = append(m.Alerts, a)
	}
	m.CommonLabels = common(m.Alerts, func(a webhookAlert) map[string]string { return a.Labels })
	m.CommonAnnotations = common(m.Alerts, func(a webhookAlert) map[string]string { return a.Annotations })
	b, err := json.Marshal(m)
	if err != nil {
		return nil, fmt.Errorf("write notice %s: %w", n.Group, err)
	}
	return fleet.ASCIIJSON(b), nil
}

func (l Letterhead) labels(a fleet.Alert) map[string]string {
	out := map[string]string{"alertname": string(a.Rule), "severity": string(a.Severity), "key": cut(l.Clean(a.Key), maxAnnotation)}
	if h := a.Hosts(); len(h) > 0 {
		out["hosts"] = hostList(h)
	}
	var repos []string
	for _, s := range a.Subjects {
		if s.Repo != "" && !slices.Contains(repos, string(s.Repo)) {
			repos = append(repos, string(s.Repo))
		}
	}
	if len(repos) > 0 {
		out["repos"] = l.Clean(strings.Join(repos, ","))
	}
	return out
}

func (l Letterhead) annotations(i Item) map[string]string {
	a, rule := i.Alert, l.rule(i.Alert.Rule)
	out := map[string]string{"title": l.title(a), "summary": cut(l.Clean(a.Summary), maxAnnotation)}
	set := func(key, text string) {
		if text != "" {
			out[key] = cut(text, maxAnnotation)
		}
	}
	set("state", l.state(i))
	set("cure", l.cure(a))
	set("cost", cmp.Or(l.Clean(a.Cost), rule.Doc.Cost))
	if len(rule.Doc.Whys) > 1 {
		set("why", strings.Join(rule.Doc.Whys, " "))
	}
	var facts []string
	for _, ev := range a.Evidence[:min(len(a.Evidence), 5)] {
		facts = append(facts, l.Clean(ev.What+" "+ev.Where+": "+ev.Fact))
	}
	set("evidence", strings.Join(facts, "\n"))
	var prs []string
	for _, k := range a.PullRequests() {
		prs = append(prs, l.Clean(k.String()))
	}
	set("pull_requests", strings.Join(prs, " "))
	return out
}

func hostList(hosts []fleet.HostName) string {
	words := make([]string, len(hosts))
	for i, h := range hosts {
		words[i] = string(h)
	}
	return strings.Join(words, ",")
}

// digits is a fingerprint in Alertmanager's form.
func digits(fingerprint string) string {
	sum := sha256.Sum256([]byte(fingerprint))
	return hex.EncodeToString(sum[:8])
}

// common returns what all alerts agree on.
func common(alerts []webhookAlert, of func(webhookAlert) map[string]string) map[string]string {
	out := make(map[string]string)
	for i, a := range alerts {
		if i == 0 {
			for k, v := range of(a) {
				out[k] = v
			}
			continue
		}
		for k, v := range out {
			if of(a)[k] != v {
				delete(out, k)
			}
		}
	}
	return out
}
