// Package twin copies a real tree into a simulated host, so that tests can ask both
// the same and compare.
package twin
