package fleet

// Class is what the classifier makes of a failed job.
type Class string

// The classes. A suspect is a text that infrastructure and code both write: it
// counts as infrastructure only where a host shows the cause, or where Policy.Branches
// distinct branches fail alike. Precision beats recall: a suspect is better than a
// false stop.
const (
	ClassInfra     Class = "infra"
	ClassSuspect   Class = "suspect"
	ClassCancelled Class = "cancelled" // ended by somebody or something, which is no failure of its own
	ClassCode      Class = "code"
	ClassUnknown   Class = "unknown"
)

// Cure is a kind of remedy that a signature's row of the catalogue names. A row
// lists them in the order in which they are tried: chown, reap and look come
// before rerun.
type Cure string

// The cures.
const (
	CureChown    Cure = "chown"    // give the residue to the build user
	CureReap     Cure = "reap"     // free the disk
	CureLook     Cure = "look"     // look at, or restart, the runner or its host
	CureRerun    Cure = "rerun"    // run the failed jobs again
	CureWorkflow Cure = "workflow" // change the workflow, the image or the token
	CureNone     Cure = "none"     // not a failure, or nothing to do
)

// VerdictFrom is where the text of a verdict stood.
type VerdictFrom string

// The places, strongest first.
const (
	FromSteps      VerdictFrom = "steps"      // the job's own steps; no text was needed
	FromAnnotation VerdictFrom = "annotation" // of the check run
	FromLog        VerdictFrom = "log"
)

// Verdict is the classifier's judgement of one failed job of one attempt.
type Verdict struct {
	Class     Class       `json:"class"`
	Signature string      `json:"signature,omitempty"` // slug of the catalogue's row; empty where none matched
	Row       int         `json:"row,omitempty"`       // its number in the catalogue; 0 where none, or the operator's own
	Name      string      `json:"name,omitempty"`      // infra/<job>/<step>/<slug>; foreign text
	Step      string      `json:"step,omitempty"`      // step that failed; foreign text
	Text      string      `json:"text,omitempty"`      // the line that decided, made comparable; foreign text
	Line      int         `json:"line,omitempty"`      // its number from 1 in what was read; 0 where it is not of a log
	From      VerdictFrom `json:"from,omitempty"`
	Cures     []Cure      `json:"cures,omitempty"`
	Advice    string      `json:"advice,omitempty"` // what to do, in a sentence
	Guard     string      `json:"guard,omitempty"`  // what else writes the same text
	// Weak says that only plain words ("error: …") make it code: the same text in many
	// branches says otherwise.
	Weak bool `json:"weak,omitempty"`
}

// Called is what the verdict is called: its name, else its signature's, else that
// no signature matches.
func (v Verdict) Called() string {
	switch {
	case v.Name != "":
		return v.Name
	case v.Signature != "":
		return v.Signature
	}
	return "no signature of the catalogue"
}
