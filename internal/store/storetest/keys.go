package storetest

import (
	"fmt"
	"testing"
	"time"

	"github.com/bot9/bot9/internal/bot9"
	"github.com/bot9/bot9/internal/catalog"
)

var keys = topic{"Chatbots and keys", []testCase{
	{"chatbots belong to an account", func(t *testing.T, w *world) {
		chatbot, key, err := w.CreateChatbot(w.ctx, w.account, "Second", bot9.NewKey{Name: "default", Hash: hash("secret"), Hint: "wxyz"})
		must(t, err)
		want(t, "key", key, bot9.Key{ID: key.ID, ChatbotID: chatbot.ID, Name: "default", Hint: "wxyz", CreatedAt: w.clock.Now()})
		want(t, "chatbot", chatbot, bot9.Chatbot{ID: chatbot.ID, AccountID: w.account, Name: "Second", CreatedAt: w.clock.Now()})
		renamed, err := w.RenameChatbot(w.ctx, w.account, chatbot.ID, "Renamed")
		must(t, err)
		found, err := w.Chatbot(w.ctx, w.account, chatbot.ID)
		must(t, err)
		want(t, "renamed", found, renamed)
		list, err := w.Chatbots(w.ctx, w.account)
		must(t, err)
		want(t, "chatbots", each(list, func(c bot9.Chatbot) string { return c.Name }), []string{"Helper", "Renamed"})

		_, err = w.Chatbot(w.ctx, w.account+1, chatbot.ID)
		missing(t, err)
		_, err = w.RenameChatbot(w.ctx, w.account+1, chatbot.ID, "Stolen")
		missing(t, err)
		missing(t, w.DeleteChatbot(w.ctx, w.account+1, chatbot.ID))
		list, err = w.Chatbots(w.ctx, w.account+1)
		must(t, err)
		want(t, "another account's", list, []bot9.Chatbot{})
	}},
	{"a deleted chatbot is gone at once, with its keys and webhooks", func(t *testing.T, w *world) {
		webhook := w.webhook()
		key, err := w.CreateKey(w.ctx, w.chatbot, bot9.NewKey{Hash: hash("secret")})
		must(t, err)
		must(t, w.DeleteChatbot(w.ctx, w.account, w.chatbot))
		_, err = w.Chatbot(w.ctx, w.account, w.chatbot)
		missing(t, err)
		_, err = w.KeyBySecret(w.ctx, hash("secret"), w.clock.Now())
		missing(t, err)
		missing(t, w.RevokeKey(w.ctx, w.chatbot, key.ID))
		_, err = w.Endpoint(w.ctx, webhook.ID)
		missing(t, err)
		missing(t, w.DeleteChatbot(w.ctx, w.account, w.chatbot))
	}},
	{"tells of many secrets at once which are valid", func(t *testing.T, w *world) {
		var keys, sessions [][32]byte
		expected := map[[32]byte]bool{}
		members, err := w.Members(w.ctx, w.account)
		must(t, err)
		for i := range 150 { // more than one statement takes
			key, session := hash(fmt.Sprint("secret ", i)), hash(fmt.Sprint("session ", i))
			keys, sessions = append(keys, key), append(sessions, session)
			if i%3 == 0 {
				continue // never made
			}
			made, err := w.CreateKey(w.ctx, w.chatbot, bot9.NewKey{Hash: key})
			must(t, err)
			_, err = w.CreateSession(w.ctx, members[0], bot9.Session{ExpiresAt: w.clock.Now().Add(time.Duration(i) * time.Minute)}, session, hash(""))
			must(t, err)
			expected[key], expected[session] = true, true
			if i%5 == 0 {
				must(t, w.RevokeKey(w.ctx, w.chatbot, made.ID))
				must(t, w.DeleteSession(w.ctx, session))
				delete(expected, key)
				delete(expected, session)
			}
			if i <= 20 {
				delete(expected, session)
			}
		}
		w.clock.Advance(20 * time.Minute)
		valid, err := w.ValidSecrets(w.ctx, keys, sessions, w.clock.Now())
		must(t, err)
		want(t, "valid", valid, expected)
		must(t, w.DeleteChatbot(w.ctx, w.account, w.chatbot))
		valid, err = w.ValidSecrets(w.ctx, keys, nil, w.clock.Now())
		must(t, err)
		want(t, "valid keys of a deleted chatbot", valid, map[[32]byte]bool{})
	}},
	{"are confined to what they may do, until when and from where", func(t *testing.T, w *world) {
		limits := bot9.KeyLimits{Scopes: []bot9.Scope{bot9.EventsWrite, bot9.EventsRead}, ExpiresAt: w.clock.Now().Add(time.Hour), AllowedIPs: []string{"192.0.2.0/24", "2001:db8::1"}}
		made, err := w.CreateKey(w.ctx, w.chatbot, bot9.NewKey{Hash: hash("limited"), KeyLimits: limits})
		must(t, err)
		want(t, "made", made.KeyLimits, limits)
		found, err := w.KeyBySecret(w.ctx, hash("limited"), w.clock.Now())
		must(t, err)
		want(t, "found", found.KeyLimits, limits)
		rotated, err := w.RotateKey(w.ctx, w.chatbot, made.ID, bot9.NewKey{Hash: hash("rotated")}, 0)
		must(t, err)
		want(t, "after a rotation", rotated.KeyLimits, limits)
		valid, err := w.ValidSecrets(w.ctx, [][32]byte{hash("rotated")}, nil, limits.ExpiresAt)
		must(t, err)
		want(t, "valid once it has expired", valid, map[[32]byte]bool{})
		_, err = w.KeyBySecret(w.ctx, hash("rotated"), limits.ExpiresAt)
		missing(t, err)
	}},
	{"a key opens its chatbot", func(t *testing.T, w *world) {
		key, err := w.CreateKey(w.ctx, w.chatbot, bot9.NewKey{Name: "ci", Hash: hash("secret"), Hint: "wxyz"})
		must(t, err)
		w.clock.Advance(time.Minute)
		must(t, w.TouchKey(w.ctx, key.ID, w.clock.Now()))
		found, err := w.KeyBySecret(w.ctx, hash("secret"), w.clock.Now())
		must(t, err)
		key.AccountID, key.LastUsedAt = w.account, w.clock.Now()
		want(t, "key", found, key)
		_, err = w.KeyBySecret(w.ctx, hash("guess"), w.clock.Now())
		missing(t, err)
		list, err := w.Keys(w.ctx, w.chatbot)
		must(t, err)
		want(t, "names, oldest first", each(list, func(k bot9.Key) string { return k.Name }), []string{"test", "ci"})
	}},
	{"a key that is rotated twice has three secrets, each for its time", rotations},
	{"a revoked key opens nothing, with none of its secrets", func(t *testing.T, w *world) {
		key, err := w.CreateKey(w.ctx, w.chatbot, bot9.NewKey{Hash: hash("one")})
		must(t, err)
		_, err = w.RotateKey(w.ctx, w.chatbot, key.ID, bot9.NewKey{Hash: hash("two")}, time.Hour)
		must(t, err)
		missing(t, w.RevokeKey(w.ctx, w.newChatbot(), key.ID))
		must(t, w.RevokeKey(w.ctx, w.chatbot, key.ID))
		for _, secret := range []string{"one", "two"} {
			_, err = w.KeyBySecret(w.ctx, hash(secret), w.clock.Now())
			missing(t, err)
		}
		list, err := w.Keys(w.ctx, w.chatbot)
		must(t, err)
		want(t, "keys", len(list), 1)
		missing(t, w.RevokeKey(w.ctx, w.chatbot, key.ID))
	}},
}}

func rotations(t *testing.T, w *world) {
	key, err := w.CreateKey(w.ctx, w.chatbot, bot9.NewKey{Name: "ci", Hash: hash("one"), Hint: "1111"})
	must(t, err)
	valid := func(expected ...string) {
		t.Helper()
		got := []string{}
		for _, secret := range []string{"one", "two", "three"} {
			found, err := w.KeyBySecret(w.ctx, hash(secret), w.clock.Now())
			if err == nil && found.ID == key.ID {
				got = append(got, secret)
			}
		}
		want(t, "valid secrets", got, expected)
	}
	valid("one")
	rotated, err := w.RotateKey(w.ctx, w.chatbot, key.ID, bot9.NewKey{Name: "ignored", Hash: hash("two"), Hint: "2222"}, time.Hour)
	must(t, err)
	want(t, "key", rotated, bot9.Key{
		ID: key.ID, ChatbotID: w.chatbot, Name: "ci", Hint: "2222", CreatedAt: key.CreatedAt, RotatedAt: w.clock.Now(), GraceUntil: w.clock.Now().Add(time.Hour),
	})
	events := w.allEvents(bot9.EventFilter{Type: []string{catalog.APIKeyRotated}})
	want(t, "events", len(events), 1)
	want(t, "data", string(events[0].Data),
		`{"chatbotId":"`+w.chatbot.String()+`","keyId":"`+key.ID.String()+`","graceUntil":"`+rotated.GraceUntil.String()+`"}`)
	valid("one", "two")

	w.clock.Advance(30 * time.Minute)
	_, err = w.RotateKey(w.ctx, w.chatbot, key.ID, bot9.NewKey{Hash: hash("three"), Hint: "3333"}, 2*time.Hour)
	must(t, err)
	valid("one", "two", "three")
	w.clock.Advance(30 * time.Minute)
	valid("two", "three")
	w.cleanAll(t)
	valid("two", "three")
	w.clock.Advance(90 * time.Minute)
	valid("three")
	w.cleanAll(t)
	valid("three")

	_, err = w.RotateKey(w.ctx, w.chatbot, key.ID, bot9.NewKey{Hash: hash("one")}, 0)
	must(t, err)
	valid("one")
	_, err = w.RotateKey(w.ctx, w.newChatbot(), key.ID, bot9.NewKey{Hash: hash("two")}, 0)
	missing(t, err)
}
