// Package signature says from a failed job's steps, annotations and log whether
// infrastructure or code broke it, by a catalogue of texts that is data. It is pure
// and safe for concurrent use. Precision beats recall: a text that code writes too
// is a suspect, and a definite failure of the code beats it.
//
// How a log is read: lines are cleaned (byte order marks, times, colours, columns of
// other tools), the echo of scripts, inputs and environments is left out, and one
// automaton looks for every literal at once. A regular expression runs only on a
// line that holds one of its literals. The log is cut into steps by the runner's own
// headings; the earliest step that failed decides.
//
// Facts it rests on (actions/runner): a line is a 7-decimal UTC time, a blank and
// text; only the first line of a message has the time; after "##[group]Run …" the
// script, shell and env are echoed, so a workflow whose comments hold an error text
// would match itself; groups do not balance; "Process completed with exit code N."
// says nothing.
package signature
