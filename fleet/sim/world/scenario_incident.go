package world

import "andon/fleet"

var _ = register(Scenario{
	Name:  Incident,
	Title: "where andon comes from: root-owned run dirs block six lines, jobs end at 55:00, a cancelled run goes on writing",
	Tells: []fleet.RuleID{"run-dir-owner", "shared-run-dir", "at-limit", "disk-pressure", "orphan-dirs", "host-unreachable"},
	With:  []fleet.RuleID{"same-failure", "zombie-writer", "infra-failure", "disk-forecast", "runner-offline", "runner-service-dead", "cleaner-idle", "compiler-cache", "legacy-layout", "pool-saturated"},
	Build: (*World).story,
})
