package fleet

import "errors"

// Failure is why a source could not be read, translated at the border into
// words a rule can decide on. Adapters return it; nothing above them sees an
// ssh or HTTP error type.
type Failure struct {
	Cause  Cause
	Remedy string // the next step for the operator; may hold a line to paste
	Err    error
}

// Error returns the cause and the error below it.
func (f *Failure) Error() string {
	if f.Err == nil {
		return string(f.Cause)
	}
	return f.Err.Error()
}

// Unwrap returns the error below.
func (f *Failure) Unwrap() error { return f.Err }

// FailureOf returns the Failure in err's chain, or one of CauseOther around it.
func FailureOf(err error) *Failure {
	var f *Failure
	if errors.As(err, &f) {
		return f
	}
	return &Failure{Cause: CauseOther, Err: err}
}
