package catalog

import (
	"bytes"
	"unicode/utf8"
)

// BadText returns where in a JSON document the first thing stands that is no text: a byte that isn't UTF-8, or
// the escape of half a surrogate pair. It returns -1 if there is none. A decoder would put U+FFFD in its place, so
// that two different names become one.
func BadText(document []byte) int {
	bad := badEscape(document)
	if utf8.Valid(document) {
		return bad
	}
	for at := 0; at < len(document); {
		r, size := utf8.DecodeRune(document[at:])
		if r == utf8.RuneError && size == 1 {
			if bad >= 0 {
				return min(bad, at)
			}
			return at
		}
		at += size
	}
	return bad
}

// badEscape returns where the first \uXXXX stands that is half a surrogate pair, or -1.
func badEscape(document []byte) int {
	for at := 0; ; {
		next := bytes.IndexByte(document[at:], '\\')
		if next < 0 {
			return -1
		}
		at += next
		switch half := surrogate(document[at:]); {
		case half == 0: // another escape, of two bytes or more
			at += 2
		case half == lowHalf || surrogate(document[min(at+escapeLength, len(document)):]) != lowHalf:
			return at
		default:
			at += 2 * escapeLength
		}
		if at >= len(document) {
			return -1
		}
	}
}

const (
	escapeLength = len(`\uXXXX`)
	highHalf     = 1
	lowHalf      = 2
)

// surrogate tells which half of a surrogate pair the escape is that text begins with, 0 if it is none.
func surrogate(text []byte) int {
	if len(text) < escapeLength || text[0] != '\\' || text[1] != 'u' || text[2]|0x20 != 'd' {
		return 0
	}
	switch text[3] | 0x20 { // the digits 8 and 9 have that bit
	case '8', '9', 'a', 'b':
		return highHalf
	case 'c', 'd', 'e', 'f':
		return lowHalf
	}
	return 0
}
