package signature

import (
	"bytes"
	"cmp"
	"fmt"

	"andon/fleet"
)

// Input is what is known of a job that ended badly.
type Input struct {
	Job         string
	Step        string           // of which the log is, where it is one step's alone
	Conclusion  fleet.Conclusion // empty where not known
	Steps       []fleet.JobStep  // nil where not known
	Annotations []Annotation
	Log         []byte // or its end
	Cut         bool   // earlier lines exist that are not in Log
}

// Judgement is a verdict with what a person reads beside it.
type Judgement struct {
	fleet.Verdict
	Excerpt string // the deciding line as it stood, cleaned; foreign text
	Reason  string // why the verdict is unknown
}

// Classify judges a job by its steps and annotations first, and by its log.
func (c *Catalogue) Classify(in Input) fleet.Verdict {
	var r *Reading
	if len(in.Log) > 0 {
		r, _ = c.Read(bytes.NewReader(in.Log)) // a byte slice has no errors
	}
	return c.Judge(in, r).Verdict
}

// Judge is Classify with a log that was read before; nil where there is none.
func (c *Catalogue) Judge(in Input, r *Reading) Judgement {
	if in.Job == "" && r != nil {
		in.Job = r.Job
	}
	st := stepsOf(in)
	said, told := c.annotated(in.Annotations)
	var log outcome
	read := false
	if r != nil && !r.Binary {
		log, read = r.decide(st.window)
	}
	if told && !outweighs(log, read, said.outcome, said.mild) {
		j := c.judged(in, said.outcome, st.name)
		j.From, j.Line = fleet.FromAnnotation, 0
		return j
	}
	if row, ok := c.steps[st.slug]; ok && !(read && specific(log, row)) {
		return c.byStep(in, row, st.name)
	}
	if read && log.class != classWrapper {
		return c.judged(in, log, st.name)
	}
	if r != nil && !r.Binary {
		if j, ok := c.byPhase(in, r); ok && !(read && j.Line == log.line) {
			return j
		}
	}
	if read {
		return c.judged(in, log, st.name)
	}
	return Judgement{Verdict: fleet.Verdict{Class: fleet.ClassUnknown, Step: st.name}, Reason: reason(in, r)}
}

// outweighs reports whether the log's verdict goes before the annotations'. A test
// run's own end does, and what broke before a limit or a cancellation; before a mere
// warning any failure of the code.
func outweighs(log outcome, read bool, said outcome, mild bool) bool {
	switch {
	case !read:
		return false
	case log.code != nil && (log.strength == Final || mild && log.strength >= Plain):
		return true
	case said.class == fleet.ClassInfra || said.class == fleet.ClassCancelled:
		return false
	}
	return log.class == fleet.ClassInfra || log.row != nil && log.row.Ends && gravity(log.class) >= gravity(said.class)
}

// specific reports whether a text says more than the place where the job failed: a
// row does, and a definite failure of the code.
func specific(log outcome, row StepRow) bool {
	if row.Class == fleet.ClassCancelled {
		return log.class == fleet.ClassInfra && log.row.Ends
	}
	return log.row != nil && log.class != classWrapper || log.code != nil && log.strength >= Sure
}

// judged makes a verdict of what decided.
func (c *Catalogue) judged(in Input, o outcome, step string) Judgement {
	if step == "" && o.seg != nil {
		step = cmp.Or(o.seg.name, in.Step)
	}
	j := Judgement{Excerpt: o.text}
	j.Verdict = fleet.Verdict{Class: o.class, Signature: o.slug(), Step: step, Text: Normalise(o.text), Line: o.line, From: fleet.FromLog}
	if o.row != nil {
		j.Row, j.Cures, j.Advice, j.Guard = o.row.Number, o.row.Cures, o.row.Advice, o.row.Guard
	} else {
		j.Cures, j.Advice = []fleet.Cure{fleet.CureNone}, "the change itself fails; its author reads the line"
		j.Weak = o.code.Strength == Weak
	}
	if o.class == classWrapper {
		j.Class, j.Reason = fleet.ClassUnknown, "only the wrapper of a failure stands in the log: read the lines above it"
	}
	if j.Class != fleet.ClassUnknown {
		j.Name = nameOf(j.Class, in.Job, step, j.Signature)
	}
	return j
}

// byStep makes a verdict of the place alone.
func (c *Catalogue) byStep(in Input, row StepRow, step string) Judgement {
	return Judgement{Verdict: fleet.Verdict{Class: row.Class, Signature: row.Slug, Name: nameOf(row.Class, in.Job, step, row.Slug), Step: step,
		From: fleet.FromSteps, Cures: row.Cures, Advice: row.Advice, Guard: row.Guard}}
}

// byPhase judges a log by the phase of the runner in which it has an error that no
// row knows. In a run step such an error is the program's own.
func (c *Catalogue) byPhase(in Input, r *Reading) (Judgement, bool) {
	for _, s := range r.failedIn(window{}) {
		slug := ""
		switch {
		case s.markedText == "" || s.marked == 0:
			continue
		case s.kind&Setup != 0:
			slug = "set-up-failed"
		case s.kind&Container != 0:
			slug = "containers-unclear"
		case s.kind&Checkout != 0:
			slug = "checkout-unclear"
		case s.kind&(Script|Unknown) != 0:
			slug = "program-error"
		}
		o := outcome{event{line: s.markedAt, text: s.markedText}, s}
		if row, ok := c.steps[slug]; ok {
			j := c.byStep(in, row, s.name)
			j.From, j.Line, j.Text, j.Excerpt = fleet.FromLog, o.line, Normalise(o.text), o.text
			return j, true
		}
		if slug != "" {
			o.code, o.class = &Code{Slug: slug, Strength: Weak}, fleet.ClassCode
			return c.judged(in, o, ""), true
		}
		j := Judgement{Verdict: fleet.Verdict{Class: fleet.ClassUnknown, Step: s.name, Text: Normalise(o.text), Line: o.line, From: fleet.FromLog}, Excerpt: o.text}
		j.Reason = "no row of the catalogue knows the action's error"
		return j, true
	}
	return Judgement{}, false
}

// reason says why nothing could be said.
func reason(in Input, r *Reading) string {
	switch {
	case r == nil || r.Bytes == 0:
		return "no log"
	case r.Binary:
		return "not a text file"
	case in.Cut:
		return fmt.Sprintf("no known text in its last %d lines", r.Lines)
	}
	return fmt.Sprintf("no known text in its %d lines", r.Lines)
}
