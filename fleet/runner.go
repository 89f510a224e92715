package fleet

// Runner is a self-hosted runner as GitHub registers it. GitHub does not say on
// which host it lives; the join learns that from the config's patterns and from
// the hosts' own services.
type Runner struct {
	Scope  string   `json:"scope"` // owner/name, or an organisation
	ID     int64    `json:"id"`
	Name   string   `json:"name"`
	OS     string   `json:"os"`
	Online bool     `json:"online"`
	Busy   bool     `json:"busy"`
	Labels []string `json:"labels,omitempty"`
}
