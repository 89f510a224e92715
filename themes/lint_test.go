package themes

import "testing"

func TestShippedThemesAreLegible(t *testing.T) {
	for _, slug := range Shipped() {
		theme, err := Load(nil, slug)
		if err != nil {
			t.Fatal(err)
		}
		for _, f := range Lint(theme) {
			t.Errorf("%s: %s", slug, f)
		}
	}
}
