package kit

import (
	"strconv"
	"time"
)

// Bytes writes a size as operators read it: "512 B", "3.1 GiB", "198 GiB";
// three digits at most, binary units. A negative size is not known and is "?".
func Bytes(n int64) Safe { return Safe(appendBytes(nil, n)) }

// Age writes a duration in its largest unit: "12s", "4m", "2h", "3d". Short of
// two of a unit it keeps the smaller one: "1h50". A negative one is "?".
func Age(d time.Duration) Safe { return Safe(appendAge(nil, d)) }

// Count writes a number with separators: "18,402".
func Count(n int64) Safe { return Safe(appendCount(nil, n)) }

// Number writes a number without separators; for run ids and pull requests.
func Number(n int64) Safe { return Safe(strconv.FormatInt(n, 10)) }

// Percent writes a share of one in whole percent. It rounds down, so that
// "100 %" is said of what is full and of nothing else. Unknown is "?".
func Percent(s Share) Safe { return Safe(appendPercent(nil, s)) }

func appendBytes(dst []byte, n int64) []byte {
	if n < 0 {
		return append(dst, '?')
	}
	if n < 1024 {
		return append(strconv.AppendInt(dst, n, 10), " B"...)
	}
	value, unit := float64(n)/1024, 0
	const units = "KMGTPE"
	for value >= 999.5 && unit < len(units)-1 {
		value, unit = value/1024, unit+1
	}
	decimals := 0
	if value < 99.95 {
		decimals = 1
	}
	dst = strconv.AppendFloat(dst, value, 'f', decimals, 64)
	return append(dst, ' ', units[unit], 'i', 'B')
}

func appendAge(dst []byte, d time.Duration) []byte {
	switch {
	case d < 0:
		return append(dst, '?')
	case d < time.Minute:
		return append(strconv.AppendInt(dst, int64(d/time.Second), 10), 's')
	case d < time.Hour:
		return append(strconv.AppendInt(dst, int64(d/time.Minute), 10), 'm')
	case d < 2*time.Hour:
		minutes := int64(d/time.Minute) - 60
		dst = append(dst, "1h"...)
		if minutes < 10 {
			dst = append(dst, '0')
		}
		return strconv.AppendInt(dst, minutes, 10)
	case d < 48*time.Hour:
		return append(strconv.AppendInt(dst, int64(d/time.Hour), 10), 'h')
	}
	return append(strconv.AppendInt(dst, int64(d/(24*time.Hour)), 10), 'd')
}

func appendCount(dst []byte, n int64) []byte {
	if n < 0 {
		dst = append(dst, '-')
		if n == -1<<63 {
			return append(dst, "9,223,372,036,854,775,808"...)
		}
		n = -n
	}
	if n < 1000 {
		return strconv.AppendInt(dst, n, 10)
	}
	dst = append(appendCount(dst, n/1000), ',')
	rest := n % 1000
	return append(dst, byte('0'+rest/100), byte('0'+rest/10%10), byte('0'+rest%10))
}

func appendPercent(dst []byte, s Share) []byte {
	if !s.known {
		return append(dst, '?')
	}
	return append(strconv.AppendInt(dst, int64(s.of*100+1e-9), 10), " %"...)
}
