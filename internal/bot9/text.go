package bot9

// Beginning returns the first n characters of a text, all of it if it has fewer.
func Beginning(text string, n int) string {
	if len(text) <= n {
		return text
	}
	for at := range text {
		if n == 0 {
			return text[:at]
		}
		n--
	}
	return text
}
