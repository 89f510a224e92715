package signature

import (
	"bytes"
	"fmt"
	"strings"
	"testing"
	"time"
)

// bigLog is a log of about so many bytes: times, colours, groups, echoed scripts, and
// a failure at its end.
func bigLog(size int) []byte {
	var b bytes.Buffer
	b.Grow(size + 4096)
	b.WriteString("\ufeff")
	for i := 0; b.Len() < size; i++ {
		stamp := fmt.Sprintf("2026-05-18T03:%02d:%02d.%07dZ ", i/60%60, i%60, i%10000000)
		switch {
		case i%2000 == 0:
			fmt.Fprintf(&b, "%s##[group]Run cargo nextest run --workspace\n%s\x1b[36;1mcargo nextest run --workspace # if it says No space left on device see #1798\x1b[0m\n%sshell: /usr/bin/bash -e {0}\n%s##[endgroup]\n", stamp, stamp, stamp, stamp)
		case i%17 == 0:
			fmt.Fprintf(&b, "%s\x1b[32;1m        PASS\x1b[0m [   0.%03ds] aprender-core tokenizer::tests::merge_order_%d\n", stamp, i%1000, i)
		case i%5 == 0:
			fmt.Fprintf(&b, "%s   Compiling aprender-%d v0.29.%d (/workspace/crates/aprender-%d)\n", stamp, i%97, i%31, i%97)
		default:
			fmt.Fprintf(&b, "%s[%d/3333] Building CXX object caffe2/CMakeFiles/torch_cpu.dir/__/torch/csrc/jit/mobile/train/random_%d.cpp.o\n", stamp, i%3333, i)
		}
	}
	b.WriteString("2026-05-18T03:59:59.0000000Z error: failed to create directory `/workspace/target/debug`\n2026-05-18T03:59:59.0000000Z   Permission denied (os error 13)\n2026-05-18T03:59:59.0000000Z ##[error]Process completed with exit code 101.\n")
	return b.Bytes()
}

func BenchmarkClassify(b *testing.B) {
	c := builtIn(b)
	for _, size := range []int{1 << 20, 20 << 20} {
		log := bigLog(size)
		b.Run(fmt.Sprintf("%dMiB", size>>20), func(b *testing.B) {
			b.SetBytes(int64(len(log)))
			for b.Loop() {
				if v := c.Classify(Input{Log: log}); v.Signature != "target-dir-unwritable" {
					b.Fatal(v)
				}
			}
		})
	}
}

// BenchmarkIndexEach is the same search with one bytes.Index for each literal, over
// text that is not even cleaned.
func BenchmarkIndexEach(b *testing.B) {
	c := builtIn(b)
	log := bigLog(1 << 20)
	b.SetBytes(int64(len(log)))
	for b.Loop() {
		indexEach(c, log)
	}
}

func indexEach(c *Catalogue, log []byte) (hits int) {
	for _, l := range c.machine.lits {
		for rest := log; ; hits++ {
			i := bytes.Index(rest, l)
			if i < 0 {
				break
			}
			rest = rest[i+len(l):]
		}
	}
	return hits
}

// regexpEach tries the first sixty expressions on every line.
func regexpEach(c *Catalogue, log []byte) (hits int) {
	n := 0
	for _, r := range c.rows {
		if r.Regexp == nil || n == 60 {
			continue
		}
		n++
		for line := range bytes.Lines(log) {
			if r.Regexp.Match(line) {
				hits++
			}
		}
	}
	return hits
}

func quickest(f func()) time.Duration {
	best := time.Duration(1<<63 - 1)
	for range 3 {
		start := time.Now()
		f()
		best = min(best, time.Since(start))
	}
	return best
}

// TestFasterThanTheObviousWays compares end to end (clean, cut into steps, match,
// judge) with the two obvious ways in the same run, so that the machine's speed does
// not matter.
func TestFasterThanTheObviousWays(t *testing.T) {
	if testing.Short() {
		t.Skip("a comparison of speeds")
	}
	c := builtIn(t)
	log := bigLog(1 << 20)
	ours := quickest(func() { c.Classify(Input{Log: log}) })
	index := quickest(func() { indexEach(c, log) })
	part := log[:len(log)/8]
	exprs := 8 * quickest(func() { regexpEach(c, part) })
	mbs := func(d time.Duration) float64 { return float64(len(log)) / 1e6 / d.Seconds() }
	t.Logf("ours %.0f MB/s, bytes.Index for each of %d literals %.1f MB/s (%.1f times), 60 expressions %.1f MB/s (%.0f times)",
		mbs(ours), len(c.machine.lits), mbs(index), float64(index)/float64(ours), mbs(exprs), float64(exprs)/float64(ours))
	if index < 10*ours {
		t.Errorf("only %.1f times as fast as bytes.Index for each literal", float64(index)/float64(ours))
	}
	if exprs < 50*ours {
		t.Errorf("only %.1f times as fast as 60 expressions", float64(exprs)/float64(ours))
	}
}

// A regular expression runs only on a line that holds one of its literals.
func TestNoExpressionOnALineWithoutALiteral(t *testing.T) {
	c := builtIn(t)
	quiet := strings.Repeat("2026-05-18T03:12:07.1234567Z    Compiling a v1.0.0 (/workspace/a)\n", 5000)
	r, err := c.Read(strings.NewReader(quiet))
	if err != nil || r.regexps != 0 || r.hits != 0 {
		t.Errorf("%d expressions on %d lines with a literal, want none (%v)", r.regexps, r.hits, err)
	}
	one := quiet + "lost communication with the server\n" + quiet
	r, err = c.Read(strings.NewReader(one))
	if err != nil || r.hits != 1 || r.regexps != 1 {
		t.Errorf("%d expressions on %d lines with a literal, want 1 on 1 (%v)", r.regexps, r.hits, err)
	}
}

func TestTheTableIsSmall(t *testing.T) {
	rows, code, lits, table := builtIn(t).Size()
	t.Logf("%d rows, %d signatures of code, %d literals, table of %d bytes", rows, code, lits, table)
	if table > 4<<20 {
		t.Errorf("the automaton's table has %d bytes", table)
	}
}
