package storetest

import (
	"bytes"
	"strings"
	"testing"

	"github.com/bot9/bot9/internal/bot9"
	"github.com/bot9/bot9/internal/chat"
	"github.com/bot9/bot9/internal/seal"
	"github.com/bot9/bot9/internal/store"
)

// openWith opens the world's database with a list of master keys.
func (w *world) openWith(keys string) (*store.Store, error) {
	w.t.Helper()
	sealer, err := seal.Open(keys)
	must(w.t, err)
	return w.db.Open(store.Options{Clock: w.clock.Now, Sealer: sealer, Filters: wordFilters{}, Announcer: chat.Announcer{}})
}

// fingerprintOf is what errors call a master key.
func fingerprintOf(t tester, key string) string {
	t.Helper()
	sealer, err := seal.Open(key)
	must(t, err)
	return sealer.Fingerprints()[0]
}

func masterKeys(t *testing.T, w *world) {
	const url = "https://example.com/canary1canary1canary1?token=canary2"
	hook := w.webhook(func(hook *bot9.Webhook) {
		hook.URL, hook.Headers = url, map[string]string{"Authorization": "Bearer canary3"}
	})
	must(t, w.Close())
	other := seal.NewMasterKey()
	_, err := w.openWith(other)
	refused(t, err, bot9.Conflict, "wrongSecretKey")
	if !strings.Contains(err.Error(), fingerprintOf(t, masterKey)) || !strings.Contains(err.Error(), fingerprintOf(t, other)) {
		t.Errorf("the error names no fingerprints: %v", err)
	}

	// The change, broken off and taken up again.
	change := func(keys string) {
		t.Helper()
		w.Store, err = w.openWith(keys)
		must(t, err)
		w.Attach(w.dispatcher)
		for more := true; more; {
			more, err = w.Reseal(w.ctx)
			must(t, err)
		}
		found, err := w.Webhook(w.ctx, w.chatbot, hook.ID)
		must(t, err)
		want(t, "URL", found.URL, url)
		want(t, "headers", found.Headers, map[string]string{"Authorization": "Bearer canary3"})
		must(t, w.Close())
	}
	w.Store, err = w.openWith(other + "," + masterKey)
	must(t, err)
	w.Attach(w.dispatcher)
	must(t, w.Close())
	w.Store, err = w.openWith(masterKey) // nothing was sealed anew so far
	must(t, err)
	must(t, w.Close())
	change(other + "," + masterKey)
	change(other)
	_, err = w.openWith(masterKey)
	refused(t, err, bot9.Conflict, "wrongSecretKey")

	dump, err := w.db.Bytes()
	must(t, err)
	if bytes.Contains(dump, []byte("canary")) {
		t.Error("a URL's token or a header stands in the clear in the database")
	}
	change(masterKey + "," + other)
	w.open()
}
