package gh

import (
	"strings"
	"unicode"
	"unicode/utf8"
)

// maxWords caps foreign text in an error, in characters.
const maxWords = 200

// plain makes foreign text fit for an error: the token masked, queries of
// addresses cut (they hold signatures), nothing invisible, 200 characters.
func (c *Client) plain(s string) string {
	if t := c.token.secret(); t != "" {
		s = strings.ReplaceAll(s, t, masked)
	}
	return plain(s, maxWords)
}

// plain keeps what can be seen, joins blanks, and cuts after max characters.
func plain(s string, max int) string {
	if len(s) > 8*max {
		s = s[:8*max]
	}
	fields := strings.FieldsFunc(s, func(r rune) bool {
		return unicode.IsSpace(r) || r == utf8.RuneError || !unicode.IsGraphic(r)
	})
	for i, f := range fields {
		fields[i] = withoutQuery(f)
	}
	out := []rune(strings.Join(fields, " "))
	if len(out) > max {
		out = append(out[:max-1], '…')
	}
	return string(out)
}

// withoutQuery cuts the query and fragment off a word that holds an address.
func withoutQuery(word string) string {
	at := strings.Index(word, "://")
	if at < 0 {
		return word
	}
	if q := strings.IndexAny(word[at:], "?#"); q >= 0 {
		return word[:at+q]
	}
	return word
}
