//go:build !linux

package onhost

import (
	"context"
	"io"
)

// Serve refuses: see ErrLinuxOnly.
func Serve(context.Context, Env, io.Reader, io.Writer) error { return ErrLinuxOnly }

// Ready refuses: see ErrLinuxOnly.
func Ready(Env, []string, io.Writer) error { return ErrLinuxOnly }

// RemoveSelf refuses: see ErrLinuxOnly.
func RemoveSelf() error { return ErrLinuxOnly }
