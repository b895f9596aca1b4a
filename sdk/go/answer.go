package bot9hooks

import (
	"encoding/json"
	"errors"
	"io"
	"net/http"
)

// Answer is what to tell Bot9 about a delivery. A 2xx ends it; anything else has it sent again.
type Answer struct {
	Status  int    `json:"-"`
	Code    string `json:"code"`
	Message string `json:"message,omitempty"`
}

var (
	answerHandled          = Answer{200, "handled", ""}
	answerDuplicate        = Answer{200, "duplicate", ""}
	answerIgnored          = Answer{200, "ignored", ""}
	answerUnreadable       = Answer{400, "bodyUnreadable", "the body could not be read"}
	answerMethod           = Answer{405, "methodNotAllowed", "deliveries come by POST"}
	answerInProgress       = Answer{409, "inProgress", "this event is being handled already"}
	answerTooLarge         = Answer{413, "bodyTooLarge", "the body is larger than this receiver takes"}
	answerHandlerFailed    = Answer{500, "handlerFailed", "the event could not be handled"}
	answerStoreUnavailable = Answer{503, "storeUnavailable", "what was handled before can't be looked up"}
)

// answerError turns what Verify and ParseEvent find wrong into an answer: 401 where the signature
// or its time doesn't hold, else 400.
func answerError(err error) Answer {
	wrong, ok := errors.AsType[*WebhookError](err)
	if !ok {
		return answerHandlerFailed
	}
	status := http.StatusBadRequest
	switch wrong.Code {
	case TimestampTooOld, TimestampTooNew, NoMatchingSignature:
		status = http.StatusUnauthorized
	}
	return Answer{status, string(wrong.Code), wrong.Message}
}

// ServeHTTP implements http.Handler.
func (h *Handler) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if r.Method != http.MethodPost {
		w.Header().Set("Allow", http.MethodPost)
		answerMethod.write(w)
		return
	}
	body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, h.options.MaxBodyBytes))
	if _, tooLarge := errors.AsType[*http.MaxBytesError](err); tooLarge {
		answerTooLarge.write(w)
		return
	}
	if err != nil {
		answerUnreadable.write(w)
		return
	}
	h.Receive(r.Context(), r.Header, body).write(w)
}

func (a Answer) write(w http.ResponseWriter) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(a.Status)
	_ = json.NewEncoder(w).Encode(a) // the sender may be gone; nothing is left to do about it
}
