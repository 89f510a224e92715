package main

import (
	"context"
	"errors"
)

func runConsole(ctx context.Context, in invocation) int {
	return in.usage(errors.New("console: not wired yet"))
}
