// Package early keeps the terminal from being asked anything before main runs.
//
// bubbletea v1.3.10 asks the terminal for its background colour while its
// package initialises (tea_init.go) and waits up to 5 s for an answer; a
// terminal that never answers delays every verb by that much. termenv skips the
// question where TERM is dumb. Go initialises packages whose imports are ready
// in the order of their paths, and this one imports os alone, so it runs before
// any package of a module host and hides TERM until Restore.
package early

import "os"

// term is what TERM was when the process began.
var term, was = hide()

func hide() (string, bool) {
	t, ok := os.LookupEnv("TERM")
	if ok {
		// An error leaves TERM as it is: then the question is asked, as without us.
		_ = os.Setenv("TERM", "dumb")
	}
	return t, ok
}

// Restore gives TERM back. Call it first in main.
func Restore() error {
	if !was {
		return nil
	}
	return os.Setenv("TERM", term)
}
