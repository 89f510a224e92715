package fleet

import (
	"encoding/json"
	"fmt"
	"time"
)

// Fact is a value that may be unknown. A known fact carries the time at which
// it was read; an unknown one carries why, worded so that an operator learns
// what would make it known. The zero Fact is unknown.
type Fact[T any] struct {
	value T
	known bool
	why   string
	at    time.Time
}

// Known returns a fact read at the given time.
func Known[T any](v T, at time.Time) Fact[T] { return Fact[T]{value: v, known: true, at: at} }

// Unknown returns a fact nobody could read, and why.
func Unknown[T any](why string) Fact[T] { return Fact[T]{why: why} }

// Get returns the value and whether it is known.
func (f Fact[T]) Get() (T, bool) { return f.value, f.known }

// Or returns the value, or d where it is unknown.
func (f Fact[T]) Or(d T) T {
	if f.known {
		return f.value
	}
	return d
}

// IsKnown reports whether the fact was read.
func (f Fact[T]) IsKnown() bool { return f.known }

// At returns when the fact was read; zero where it is unknown.
func (f Fact[T]) At() time.Time { return f.at }

// Why returns why the fact is unknown; empty where it is known.
func (f Fact[T]) Why() string {
	switch {
	case f.known:
		return ""
	case f.why == "":
		return "not read"
	}
	return f.why
}

type factJSON[T any] struct {
	Value   *T         `json:"value,omitempty"`
	At      *time.Time `json:"at,omitempty"`
	Unknown string     `json:"unknown,omitempty"`
}

// IsZero reports whether nothing was ever said about the fact.
func (f Fact[T]) IsZero() bool { return !f.known && f.why == "" }

// MarshalJSON writes {"value":…,"at":…} or {"unknown":"why"}.
func (f Fact[T]) MarshalJSON() ([]byte, error) {
	if !f.known {
		return json.Marshal(factJSON[T]{Unknown: f.Why()})
	}
	return json.Marshal(factJSON[T]{Value: &f.value, At: &f.at})
}

// UnmarshalJSON reads what MarshalJSON wrote.
func (f *Fact[T]) UnmarshalJSON(b []byte) error {
	var j factJSON[T]
	if err := json.Unmarshal(b, &j); err != nil {
		return fmt.Errorf("decode fact: %w", err)
	}
	if j.Value == nil {
		*f = Unknown[T](j.Unknown)
		return nil
	}
	var at time.Time
	if j.At != nil {
		at = *j.At
	}
	*f = Known(*j.Value, at)
	return nil
}
