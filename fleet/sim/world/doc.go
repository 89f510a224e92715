// Package world is the simulated fleet as plain values: hosts with filesystems
// and processes, repositories with pull requests, runs and jobs, and a queue of
// things still to happen. It has no input or output, no goroutine and no clock of
// its own: [World.Advance] is told the time and lets everything due by then
// happen, so two worlds built from one seed and advanced to one time are equal.
//
// All times in it are whole seconds. A real filesystem keeps finer ones, but
// then every tool's choice of precision would change what a sweep says; here two
// readings of an unchanged dir are equal whatever read them.
//
// A World is not safe for concurrent use; its user holds one lock around it.
package world
