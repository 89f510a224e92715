package main

import (
	"encoding/base64"
	"fmt"
	"io"
	"os/exec"
	"runtime"
	"strings"
)

// copyText puts text on the clipboard through the terminal (OSC 52). The text
// has passed the sanitiser; base64 carries no control byte.
func copyText(w io.Writer, text string) error {
	if _, err := fmt.Fprintf(w, "\x1b]52;c;%s\x07", base64.StdEncoding.EncodeToString([]byte(text))); err != nil {
		return fmt.Errorf("copy: %w", err)
	}
	return nil
}

// browser names the program that opens addresses here; empty where there is none.
func browser() string {
	name := "xdg-open"
	if runtime.GOOS == "darwin" {
		name = "open"
	}
	if p, err := exec.LookPath(name); err == nil {
		return p
	}
	return ""
}

// openURL opens an https address and nothing else: it came from GitHub's answer.
func openURL(opener, url string) error {
	if !strings.HasPrefix(url, "https://") {
		return fmt.Errorf("open %q: not an https address", url)
	}
	cmd := exec.Command(opener, url)
	if err := cmd.Start(); err != nil {
		return fmt.Errorf("open browser: %w", err)
	}
	go func() { _ = cmd.Wait() }() // reaped whenever it ends; its status says nothing
	return nil
}
