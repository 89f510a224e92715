// Package poll reads the fleet: it sweeps the hosts and asks GitHub, each source
// at its own pace, keeps the last good data of every one, and joins them into
// snapshots.
//
// A source that fails is data. Nothing it said before is lost; its Source says
// what went wrong, since when, and when it is tried next. An answer that is not
// whole never makes anything disappear, and a list that turns empty is believed
// at the second reading only.
//
// GitHub is asked within a budget: lists at a pace set by how much of the
// token's limit is being spent (see Pace), jobs only where a run changed.
package poll
