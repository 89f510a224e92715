package signature

import "testing"

func TestNormaliseMakesOneCauseEqual(t *testing.T) {
	a := Normalise("error: couldn't create a temp dir: No such file or directory (os error 2) at path \"/mnt/t/1792/run-25919246467/debug/deps/rmeta7Xk2\"")
	b := Normalise("error: couldn't create a temp dir: No such file or directory (os error 2) at path \"/mnt/t/1797/run-25919246999/debug/deps/rmetaQ9zz\"")
	c := Normalise("error: couldn't create a temp dir: Permission denied (os error 13) at path \"/mnt/t/1797/run-25919246999/debug/deps/rmetaQ9zz\"")
	if a != b {
		t.Errorf("one cause, two texts:\n%s\n%s", a, b)
	}
	if b == c {
		t.Errorf("two causes, one text: %s", c)
	}
}
