// Command skips reads the output of "go test -json" and prints one line a
// package, every failure whole, and every skipped test with its reason. It exits
// 1 where a test failed.
package main

import (
	"bufio"
	"encoding/json"
	"fmt"
	"os"
	"strings"
)

type event struct {
	Action, Package, Test, Output string
	Elapsed                       float64
}

func main() {
	if len(os.Args) != 2 {
		fmt.Fprintln(os.Stderr, "usage: skips FILE")
		os.Exit(2)
	}
	bad, err := report(os.Args[1])
	if err != nil {
		fmt.Fprintln(os.Stderr, "skips:", err)
		os.Exit(1)
	}
	if bad {
		os.Exit(1)
	}
}

func report(file string) (bad bool, err error) {
	f, err := os.Open(file)
	if err != nil {
		return true, err
	}
	defer f.Close()
	said := map[string][]string{}
	var skips []string
	passed, failed := 0, 0
	in := bufio.NewScanner(f)
	in.Buffer(nil, 16<<20)
	for in.Scan() {
		var e event
		if json.Unmarshal(in.Bytes(), &e) != nil {
			fmt.Println(in.Text()) // a build error is no JSON
			continue
		}
		key := e.Package + " " + e.Test
		switch e.Action {
		case "output", "build-output":
			said[key] = append(said[key], e.Output)
		case "pass":
			if e.Test == "" {
				fmt.Printf("ok   %6.1fs %s\n", e.Elapsed, e.Package)
			} else {
				passed++
			}
		case "fail", "build-fail":
			bad = true
			if e.Test != "" {
				failed++
			}
			fmt.Printf("FAIL %s\n%s", key, strings.Join(said[key], ""))
		case "skip":
			if e.Test != "" {
				skips = append(skips, fmt.Sprintf("SKIP %s: %s", key, reason(said[key])))
			}
		}
	}
	for _, s := range skips {
		fmt.Println(s)
	}
	fmt.Printf("%d passed, %d failed, %d skipped\n", passed, failed, len(skips))
	return bad || passed == 0, in.Err()
}

// reason is what a test said before it skipped.
func reason(lines []string) string {
	for _, l := range lines {
		l = strings.TrimSpace(l)
		if l != "" && !strings.HasPrefix(l, "===") && !strings.HasPrefix(l, "---") {
			return l
		}
	}
	return "no reason printed"
}
