package store

import (
	"sync"

	"github.com/bot9/bot9/internal/bot9"
)

// watchers tell what kinds of things have changed to those who watch a chatbot.
type watchers struct {
	mu     sync.Mutex
	next   int
	notify map[bot9.ChatbotID]map[int]func(bot9.Topics)
}

// Watch calls notify after every commit that changed something of the chatbot, until stop is called. Both
// must return at once. Nothing is promised about how commits are joined: notify tells what to read again.
func (s *Store) Watch(chatbot bot9.ChatbotID, notify func(bot9.Topics)) (stop func()) {
	w := &s.watchers
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.notify == nil {
		w.notify = map[bot9.ChatbotID]map[int]func(bot9.Topics){}
	}
	if w.notify[chatbot] == nil {
		w.notify[chatbot] = map[int]func(bot9.Topics){}
	}
	w.next++
	number := w.next
	w.notify[chatbot][number] = notify
	return func() {
		w.mu.Lock()
		defer w.mu.Unlock()
		delete(w.notify[chatbot], number)
		if len(w.notify[chatbot]) == 0 {
			delete(w.notify, chatbot)
		}
	}
}

// publish tells the watchers of chatbots what has changed of them.
func (w *watchers) publish(changed map[bot9.ChatbotID]bot9.Topics) {
	if len(changed) == 0 {
		return
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	for chatbot, topics := range changed {
		for _, notify := range w.notify[chatbot] {
			notify(topics)
		}
	}
}

// publishAll tells everybody that anything may have changed.
func (w *watchers) publishAll() {
	w.mu.Lock()
	defer w.mu.Unlock()
	for _, all := range w.notify {
		for _, notify := range all {
			notify(bot9.AllTopics)
		}
	}
}

// touch notes that the transaction changes something of the chatbot.
func (t *tx) touch(chatbot bot9.ChatbotID, topics bot9.Topics) { t.touched[chatbot] |= topics }

// changedTopics are all that the transaction has changed.
func (t *tx) changedTopics() map[bot9.ChatbotID]bot9.Topics {
	for chatbot := range t.appended {
		t.touch(chatbot, bot9.TopicEvents)
	}
	return t.touched
}

// Topics travel between processes as one letter each. Processes of an earlier version ignore letters that
// they don't know.
var topicLetters = []struct {
	letter byte
	topic  bot9.Topics
}{{'D', bot9.TopicDeliveries}, {'H', bot9.TopicWebhooks}, {'R', bot9.TopicReplays}, {'I', bot9.TopicInbox}}

func topicNotices(changed map[bot9.ChatbotID]bot9.Topics) (notices []string) {
	for chatbot, topics := range changed {
		for _, each := range topicLetters {
			if topics&each.topic != 0 {
				notices = append(notices, notice(each.letter, int64(chatbot)))
			}
		}
	}
	return notices
}

// topicOf returns the topic that a letter stands for, 0 for another letter.
func topicOf(letter byte) bot9.Topics {
	for _, each := range topicLetters {
		if each.letter == letter {
			return each.topic
		}
	}
	return 0
}
