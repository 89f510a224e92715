package signature

import (
	"strings"

	"andon/fleet"
)

// maxSlug bounds a slug, in bytes.
const maxSlug = 48

// Slug makes a stable name of a text: lower case letters and digits, everything else
// a single dash.
func Slug(s string) string {
	var b strings.Builder
	for i := 0; i < len(s) && b.Len() < maxSlug; i++ {
		c := s[i]
		if c >= 'A' && c <= 'Z' {
			c += 'a' - 'A'
		}
		switch {
		case c >= 'a' && c <= 'z' || c >= '0' && c <= '9':
			b.WriteByte(c)
		case b.Len() > 0 && !strings.HasSuffix(b.String(), "-"):
			b.WriteByte('-')
		}
	}
	return strings.Trim(b.String(), "-")
}

// stepSlug is Slug of a step's name without what moves: "Run ", an action's ref.
func stepSlug(name string) string {
	name = strings.TrimPrefix(name, "Run ")
	if usesAction(name) {
		name, _, _ = strings.Cut(name, "@")
	}
	if s := Slug(name); s != "" {
		return s
	}
	return "unknown-step"
}

// nameOf is a verdict's name: class/job/step/slug.
func nameOf(class fleet.Class, job, step, slug string) string {
	j := Slug(job)
	if j == "" {
		j = "unknown-job"
	}
	return string(class) + "/" + j + "/" + stepSlug(step) + "/" + slug
}
