//go:build linux

package onhost

import "runtime"

func lockThread() { runtime.LockOSThread() }
