package fleet

// ActionID is an action's stable name, as verbs take it.
type ActionID string

// The actions of the console.
const (
	ActionChown ActionID = "chown"
	ActionReap  ActionID = "reap"
	ActionRerun ActionID = "rerun"
	ActionFix   ActionID = "fix"   // the suggested chain of an alert
	ActionUndo  ActionID = "undo"  // puts reaped dirs back
	ActionPurge ActionID = "purge" // frees what the trash holds
)

// PlanInput is all an action may look at when it builds a plan.
type PlanInput struct {
	Snapshot *Snapshot
	Targets  []Subject
	Named    bool     // the operator named the targets one by one: protected refs may be meant
	Now      bool     // purge: do not wait for the undo window
	Alert    *Alert   // the alert the plan answers; nil where there is none
	Reaped   []Reaped // undo and purge: what the audit log says lies in the trash
}

// Action is a remediation: it only ever builds a Plan.
type Action struct {
	ID    ActionID
	Key   string // upper case acts
	Title string
	Doc   string // what it does, what it never does
	Cost  string // what it costs
	Plan  func(PlanInput) (Plan, error)
}
