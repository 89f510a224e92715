package onhost

import "strconv"

// quoted makes a path safe to show anywhere.
func quoted(p string) string {
	for i := 0; i < len(p); i++ {
		if p[i] <= ' ' || p[i] >= 0x7f || p[i] == '"' || p[i] == '\\' {
			return strconv.QuoteToASCII(p)
		}
	}
	return p
}
