package main

import "strings"

// answers are what the bot knows: the first whose word is in the question. Put your model here.
var answers = []struct{ word, answer string }{
	{"hello", "Hello! What can I do for you?"},
	{"open", "We are here Monday to Friday, 9 to 17 o'clock."},
	{"deliver", "Delivery takes two working days."},
	{"return", "You can send it back within 30 days."},
}

// think finds a reply, and whether to hand the conversation over to a human.
func think(message string) (reply string, handOver bool) {
	message = strings.ToLower(message)
	for _, word := range []string{"human", "agent", "person"} {
		if strings.Contains(message, word) {
			return "A human will be with you in a moment.", true
		}
	}
	for _, known := range answers {
		if strings.Contains(message, known.word) {
			return known.answer, false
		}
	}
	return "I don't know that. Shall I get a human?", false
}
