package store

import (
	"testing"
	"testing/synctest"
	"time"

	"github.com/bot9/bot9/internal/bot9"
)

func TestChatbotsThatNobodyAsksAboutAreForgotten(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := &Store{}
		waiting := s.Changed(1)
		for id := range bot9.ChatbotID(3 * minChannels) {
			if id%minChannels == 0 {
				time.Sleep(2 * channelsKept)
			}
			s.Changed(id + 2)
		}
		<-waiting // it is forgotten, and told so
		if n := len(s.changes.channels); n > 2*minChannels {
			t.Errorf("%d are remembered", n)
		}
		live := s.Changed(1)
		s.changes.notify(map[bot9.ChatbotID]struct{}{1: {}})
		<-live
	})
}

func TestSilencesAreForgotten(t *testing.T) {
	p := &peers{silences: map[bot9.WebhookID]bot9.Time{}}
	now := bot9.Time(1000)
	for id := range bot9.WebhookID(3 * maxSilences) {
		if !p.silenceChanged(id+1, now+100, now) || p.silenceChanged(id+1, now+100, now) {
			t.Fatal("a breaker that opens is told once")
		}
		now += 10
	}
	if n := len(p.silences); n > maxSilences {
		t.Errorf("%d are remembered", n)
	}
	if !p.silenceChanged(3*maxSilences, 0, now) || p.silenceChanged(3*maxSilences, 0, now) || p.silenceChanged(1, 0, now) {
		t.Error("a breaker that closes is told once, one that was never open not at all")
	}
}
