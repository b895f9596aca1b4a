package client

import (
	"errors"
	"fmt"
	"net/http"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

var errEnough = errors.New("seen enough")

// collect returns a handler that keeps the IDs, until it has n.
func collect(ids *[]string, n int) func(Event) error {
	return func(event Event) error {
		*ids = append(*ids, event.ID)
		if len(*ids) == n {
			return errEnough
		}
		return nil
	}
}

func envelope(id string) string { return fmt.Sprintf(`{"event":"ping","id":%q}`, id) }

func streamOf(ids ...string) func(http.ResponseWriter) {
	text := ": connected\n\n"
	for _, id := range ids {
		text += "id: " + id + "\nevent: ping\ndata: " + envelope(id) + "\n\n"
	}
	return answerWith(200, "text/event-stream", text)
}

func TestFollowResumesWithoutAGap(t *testing.T) {
	for _, test := range []struct {
		name    string
		after   string
		answers []func(http.ResponseWriter)
		want    []string
		resumed []string // Last-Event-ID of each stream
	}{
		{
			"after the last one", "evt_1",
			[]func(http.ResponseWriter){streamOf("evt_2", "evt_3"), hangUp, streamOf("evt_4")},
			[]string{"evt_2", "evt_3", "evt_4"},
			[]string{"evt_1", "evt_3", "evt_3"},
		},
		{
			"lost before the first event", "",
			[]func(http.ResponseWriter){ok(`{"data":[` + envelope("evt_1") + `]}`), streamOf(), streamOf("evt_2")},
			[]string{"evt_2"},
			[]string{"evt_1", "evt_1"},
		},
		{
			"lost before the first event of all", "",
			[]func(http.ResponseWriter){
				ok(`{"data":[]}`), streamOf(),
				ok(`{"data":[` + envelope("evt_3") + `]}`), ok(`{"data":[` + envelope("evt_3") + `],"nextCursor":"c"}`),
				ok(`{"data":[` + envelope("evt_2") + `]}`), streamOf("evt_3"),
			},
			[]string{"evt_2", "evt_3"},
			[]string{"", "evt_2"},
		},
	} {
		t.Run(test.name, func(t *testing.T) {
			s := &script{t: t, answers: test.answers}
			var got []string
			connected, lost := 0, 0
			err := s.client(Options{ChatbotID: "bot_1", HTTP: &http.Client{Transport: &http.Transport{DisableKeepAlives: true}}}).Follow(t.Context(), FollowOptions{
				After: test.after, OnConnect: func() { connected++ }, OnDisconnect: func(error, time.Duration) { lost++ },
			}, collect(&got, len(test.want)))
			if !errors.Is(err, errEnough) {
				t.Fatalf("got %v", err)
			}
			var resumed []string
			for _, request := range s.requests() {
				if request.URL.Path == "/api/bot_1/events/stream" {
					resumed = append(resumed, request.Header.Get("Last-Event-ID"))
				}
			}
			if diff := cmp.Diff(test.want, got); diff != "" {
				t.Errorf("events: %s", diff)
			}
			if diff := cmp.Diff(test.resumed, resumed); diff != "" {
				t.Errorf("Last-Event-ID: %s", diff)
			}
			if connected == 0 || lost != len(s.paused) || lost == 0 {
				t.Errorf("told of %d connections, %d losses; paused %v", connected, lost, s.paused)
			}
		})
	}
}

func TestFollowWaitsLongerAndLonger(t *testing.T) {
	s := &script{t: t}
	for range 8 {
		s.answers = append(s.answers, hangUp)
	}
	s.answers = append(s.answers, streamOf("evt_2"), hangUp, streamOf("evt_3"))
	var got []string
	err := s.client(Options{ChatbotID: "bot_1", HTTP: &http.Client{Transport: &http.Transport{DisableKeepAlives: true}}}).Follow(t.Context(), FollowOptions{After: "evt_1"}, collect(&got, 2))
	if !errors.Is(err, errEnough) {
		t.Fatal(err)
	}
	want := append(append([]time.Duration{}, followWaits...), 30*time.Second, 30*time.Second, followWaits[0], followWaits[1])
	if diff := cmp.Diff(want, s.paused); diff != "" {
		t.Error(diff)
	}
}

func TestFollowEndsWhenRefused(t *testing.T) {
	for name, answer := range map[string]func(http.ResponseWriter){
		"at once":       problem(401, `{"code":"unauthorized","status":401}`),
		"in the middle": answerWith(200, "text/event-stream", "event: error\ndata: {\"code\":\"unauthorized\",\"status\":401}\n\n"),
		"not Bot9":      answerWith(200, "text/html", "<h1>hi</h1>"),
	} {
		t.Run(name, func(t *testing.T) {
			s := &script{t: t, answers: []func(http.ResponseWriter){answer}}
			err := s.client(Options{ChatbotID: "bot_1"}).Follow(t.Context(), FollowOptions{After: "evt_1"}, func(Event) error { return nil })
			if _, refused := errors.AsType[*Problem](err); !refused {
				t.Errorf("got %v", err)
			}
		})
	}
}

func TestEventsKeepTheirBytes(t *testing.T) {
	const text = `{"event":"ping","data":{"b":1,"a":"\u00e9<"},"id":"evt_1"}`
	s := &script{t: t, answers: []func(http.ResponseWriter){ok(text)}}
	event, err := s.client(Options{ChatbotID: "bot_1"}).Event(t.Context(), "evt_1")
	if err != nil || string(event.Envelope) != text {
		t.Errorf("got %s, %v", event.Envelope, err)
	}
}
