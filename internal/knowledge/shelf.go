package knowledge

import (
	"context"
	"slices"
	"sync/atomic"

	"github.com/bot9/bot9/internal/bot9"
)

// readAtOnce is how many documents are read and indexed at once: with the largest documents, some 16 MB.
const readAtOnce = 32

// shelf holds one chatbot's index and brings it up to date when the knowledge has changed.
type shelf struct {
	chatbot   bot9.ChatbotID
	discarded atomic.Bool
	bytes     atomic.Int64 // that index takes
	weighed   int64        // bytes as the engine counted them last; the engine's mu guards it

	turn    chan struct{} // holds one while somebody uses what follows
	index   *index
	known   bool  // whether index has been complete
	version int64 // of the knowledge in index, if known
}

// look looks the question up in the newest knowledge; ok is false if the shelf has been discarded meanwhile.
func (s *shelf) look(ctx context.Context, e *Engine, text string, at func([]*candidate)) (ok bool, err error) {
	select {
	case s.turn <- struct{}{}:
	case <-ctx.Done():
		return false, ctx.Err()
	}
	defer s.leave()
	if s.discarded.Load() {
		return false, nil
	}
	if err := s.refresh(ctx, e); err != nil {
		return false, err
	}
	if err := ctx.Err(); err != nil {
		return false, err
	}
	at(s.index.candidates(e.understand(ctx, s.index, text)))
	return true, nil
}

// refresh brings the index up to date if it is missing or old, by the documents that were added, changed, removed or encoded.
// The version is read before the documents, so a change in between is looked for again at the next search, never missed.
// What was indexed before ctx ended stays, so that callers with little patience get there together.
func (s *shelf) refresh(ctx context.Context, e *Engine) error {
	version, err := e.store.KnowledgeVersion(ctx, s.chatbot)
	if err != nil || s.known && s.version == version {
		return err
	}
	name := ""
	if e.encoder != nil {
		name = encoderName(e.encoder)
	}
	documents, err := e.store.DocumentVersions(ctx, s.chatbot, name)
	if err != nil {
		return err
	}
	s.known = false
	gone, changed, encoded := s.index.differences(documents)
	if err := s.index.replace(ctx, gone, nil); err != nil {
		return err
	}
	for some := range slices.Chunk(changed, readAtOnce) {
		documents, err := e.store.DocumentsByID(ctx, s.chatbot, some)
		if err == nil {
			err = s.index.replace(ctx, some, documents)
		}
		if err != nil {
			return err
		}
	}
	if e.encoder == nil {
		encoded = nil
	}
	for some := range slices.Chunk(encoded, readAtOnce) {
		vectors, err := e.store.DocumentVectors(ctx, s.chatbot, name, some)
		if err != nil {
			return err
		}
		for i := range vectors {
			s.index.encode(&vectors[i])
		}
	}
	s.known, s.version = true, version
	return nil
}

// leave ends a turn. What was discarded in the meantime is freed by the one who leaves.
func (s *shelf) leave() {
	s.bytes.Store(s.index.size())
	<-s.turn
	if s.discarded.Load() {
		s.discard()
	}
}

// discard frees the index, at once or when the one who uses it leaves; it waits for nobody.
func (s *shelf) discard() {
	s.discarded.Store(true)
	select {
	case s.turn <- struct{}{}:
		s.index.close()
		<-s.turn
	default:
	}
}
