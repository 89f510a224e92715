package signature

import "testing"

// Each row's guard names what else writes its text: none of that may be infra.
func TestLookAlikesAreNotInfra(t *testing.T) {
	c := builtIn(t)
	for _, f := range fixtures(t, "guards.log") {
		f.check(t, c)
	}
}

// Failures of the change itself are full of infrastructure's words.
func TestFailuresOfCodeAreCode(t *testing.T) {
	c := builtIn(t)
	for _, f := range fixtures(t, "code.log") {
		f.check(t, c)
	}
}

// Other versions and other tools say the same in other words.
func TestInfraInOtherWords(t *testing.T) {
	c := builtIn(t)
	for _, f := range fixtures(t, "infra.log") {
		f.check(t, c)
	}
}

// What classifiers really get: cut out of the middle, copied from a screen, of any tool.
func TestMoreLogs(t *testing.T) {
	c := builtIn(t)
	for _, f := range fixtures(t, "more.log") {
		f.check(t, c)
	}
}
