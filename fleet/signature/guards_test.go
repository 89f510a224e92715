package signature

import (
	"testing"

	"andon/fleet"
)

// Each row's guard names what else writes its text: none of that may be infra.
func TestLookAlikesAreNotInfra(t *testing.T) {
	c := builtIn(t)
	for _, f := range fixtures(t, "guards.log") {
		f.check(t, c)
	}
}

// Failures of the change itself are full of infrastructure's words.
func TestFailuresOfCodeAreCode(t *testing.T) {
	c := builtIn(t)
	for _, f := range fixtures(t, "code.log") {
		f.check(t, c)
	}
}

// Other versions and other tools say the same in other words.
func TestInfraInOtherWords(t *testing.T) {
	c := builtIn(t)
	for _, f := range fixtures(t, "infra.log") {
		f.check(t, c)
	}
}

// What classifiers really get: cut out of the middle, copied from a screen, of any tool.
func TestMoreLogs(t *testing.T) {
	c := builtIn(t)
	for _, f := range fixtures(t, "more.log") {
		f.check(t, c)
	}
}

// A test run that passed ends: what the step says afterwards is no test's output.
func TestAfterAPassingTestRunTextsCountAgain(t *testing.T) {
	c := builtIn(t)
	for name, out := range map[string]string{
		"pytest":   "============================= test session starts ==============================\ntests/a.py::test_a PASSED [100%]\n============================== 1 passed in 0.12s ===============================\n",
		"cargo":    "running 2 tests\ntest a ... ok\ntest result: ok. 2 passed; 0 failed; 0 ignored\n",
		"nextest":  "    Starting 2 tests across 1 binary\n        PASS [   0.010s] core a\n     Summary [   0.512s] 2 tests run: 2 passed, 0 skipped\n",
		"go":       "=== RUN   TestA\n--- PASS: TestA (0.00s)\nPASS\nok  \texample.com/a\t0.012s\n",
		"jest":     "> jest\nPASS src/a.test.ts\nTest Suites: 1 passed, 1 total\nTests:       2 passed, 2 total\n",
		"vitest":   " RUN  v1.6.0\n ✓ src/a.test.ts (2 tests) 12ms\n Test Files  1 passed (1)\n      Tests  2 passed (2)\n",
		"mocha":    "> mocha\n  client\n    ✓ answers (12ms)\n\n  2 passing (20ms)\n",
		"gtest":    "[==========] Running 2 tests from 1 test suite.\n[ RUN      ] A.B\n[       OK ] A.B (0 ms)\n[  PASSED  ] 2 tests.\n",
		"ctest":    "Test project /build\n1/1 Test #1: a ... Passed 0.01 sec\n100% tests passed, 0 tests failed out of 1\n",
		"unittest": "test_a (tests.A) ... ok\nRan 1 test in 0.012s\n\nOK\n",
		"gradle":   "> Task :test\n> Task :dockerPushImage\n",
		"dotnet":   "Starting test execution, please wait...\nPassed!  - Failed:     0, Passed:    40, Skipped:     0, Total:    40\n",
		"phpunit":  "PHPUnit 10.5.0 by Sebastian Bergmann and contributors.\nOK (12 tests, 40 assertions)\n",
		"tap":      "TAP version 13\nok 1 - a\n1..1\n# pass 1\n",
		"swift":    "Test Suite 'All tests' started at 2026\nExecuted 3 tests, with 0 failures (0 unexpected) in 0.1 (0.1) seconds\n",
	} {
		log := "##[group]Run ./ci.sh\nshell: bash -e {0}\n##[endgroup]\n" + out + "received unexpected HTTP status: 503 Service Unavailable from ghcr.io\n##[error]Process completed with exit code 1.\n"
		if j := judge(t, c, log); j.Class != fleet.ClassInfra {
			t.Errorf("%s: %s %s %q", name, j.Class, j.Signature, j.Excerpt)
		}
	}
}
