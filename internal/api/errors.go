package api

import (
	"context"
	"encoding/json"
	"errors"
	"log/slog"
	"math"
	"net/http"
	"strconv"
	"strings"

	"github.com/danielgtaylor/huma/v2"
	"github.com/danielgtaylor/huma/v2/validation"

	"github.com/bot9/bot9/internal/bot9"
)

// The codes of errors that the API itself makes.
const (
	codeUnauthorized     = "unauthorized"
	codeRoleTooLow       = "roleTooLow"
	codeSessionRequired  = "sessionRequired"
	codeScopeMissing     = "scopeMissing"
	codeFactorMissing    = "secondFactorMissing"
	codeCrossOrigin      = "crossOrigin"
	codeNotFound         = "notFound"
	codeMethodNotAllowed = "methodNotAllowed"
	codeMalformedJSON    = "malformedJson"
	codeUnsupportedMedia = "unsupportedMediaType"
	codeBodyTooLarge     = "bodyTooLarge"
	codeBodyTimeout      = "bodyTimeout"
	codeValidation       = "validationFailed"
	codeUnknownField     = "unknownField"
	codeDuplicateField   = "duplicateField"
	codeUnknownParameter = "unknownParameter"
	codeInvalidText      = "invalidText"
	codeQuotaExceeded    = "quotaExceeded"
	codeRateLimited      = "rateLimited"
	codeBusy             = "busy"
	codeUnavailable      = "unavailable"
	codeInternal         = "internal"
	codeOutcomeUnknown   = "outcomeUnknown" // from the store, as is the next
	codeDiskFull         = "diskFull"
)

const problemType = "application/problem+json"

// Problem is how every error looks from outside: RFC 9457 problem details with a stable code.
// It never repeats what was submitted.
type Problem struct {
	Type      string         `json:"type" doc:"Always about:blank: the code says what it is" example:"about:blank"`
	Title     string         `json:"title" doc:"The status in words" example:"Unprocessable Entity"`
	Status    int            `json:"status" doc:"The HTTP status again" example:"422"`
	Code      string         `json:"code" doc:"Stable; programs decide by it" example:"validationFailed"`
	Detail    string         `json:"detail" doc:"For people; may be reworded" example:"Some values of the request are wrong; errors says which."`
	Errors    []ProblemField `json:"errors,omitempty" doc:"What is wrong, value by value"`
	Quota     string         `json:"quota,omitempty" doc:"Of quotaExceeded: what there may be no more of" example:"webhooks"`
	Limit     int            `json:"limit,omitempty" doc:"Of quotaExceeded: how many there may be" example:"1000"`
	RequestID string         `json:"requestId,omitempty" doc:"Name it when you report an error; also in the Request-Id header" example:"req_38g4k4jvm0001"`
}

// ProblemField tells what is wrong with one value of the request.
type ProblemField struct {
	Location string `json:"location" doc:"Where the value is, such as body.events[0] or query.limit" example:"body.events[0]"`
	Message  string `json:"message" doc:"What is wrong with it" example:"There is no such event type."`
}

// Error implements error.
func (p *Problem) Error() string { return p.Code + ": " + p.Detail }

// GetStatus implements huma.StatusError.
func (p *Problem) GetStatus() int { return p.Status }

// ContentType implements huma.ContentTypeFilter.
func (p *Problem) ContentType(string) string { return problemType }

// The framework asks package variables for its errors. This is the only package that uses it.
func init() {
	huma.DefaultArrayNullable = false
	huma.NewError = func(status int, message string, errs ...error) huma.StatusError {
		p, _ := problemOf(context.Background(), status, message, errs)
		return p
	}
	huma.NewErrorWithContext = func(c huma.Context, status int, message string, errs ...error) huma.StatusError {
		p, header := problemOf(c.Context(), status, message, errs)
		for name, values := range header {
			c.SetHeader(name, values[0])
		}
		return p
	}
}

// problemOf turns what the framework has to tell into a problem: an operation's error, or what is
// wrong with the request by the schema.
func problemOf(ctx context.Context, status int, message string, errs []error) (*Problem, http.Header) {
	if status == http.StatusInternalServerError && len(errs) == 1 {
		return problemFor(ctx, errs[0])
	}
	for _, err := range errs {
		if e, ok := errors.AsType[*bot9.Error](err); ok {
			return problemFor(ctx, e)
		}
	}
	p := newProblem(ctx, status, codeOfStatus(status), message)
	switch status {
	case http.StatusUnprocessableEntity:
		p.Detail = "Some values of the request are wrong; errors says which."
		p.Errors = fieldsOf(errs)
		if len(p.Errors) > 0 && allUnexpected(p.Errors) {
			p.Code = codeUnknownField
			p.Detail = "The request has a field that doesn't exist."
		}
	case http.StatusBadRequest:
		p.Detail = "The body must be one JSON object."
		if len(errs) > 0 {
			p.Detail = "The body is not valid JSON."
			p.Errors = fieldsOf(errs)
		}
	}
	return p, nil
}

func newProblem(ctx context.Context, status int, code, detail string) *Problem {
	return &Problem{
		Type: "about:blank", Title: http.StatusText(status), Status: status, Code: code, Detail: detail,
		RequestID: exchangeFrom(ctx).id,
	}
}

// fieldsOf keeps location and message of the framework's details, and drops the submitted values.
func fieldsOf(errs []error) []ProblemField {
	fields := make([]ProblemField, 0, len(errs))
	for _, err := range errs {
		detail, ok := errors.AsType[*huma.ErrorDetail](err)
		if !ok {
			continue
		}
		// What an unmarshaler of a parameter has to say follows a colon and may quote the value.
		message, _, _ := strings.Cut(detail.Message, ": ")
		location := detail.Location
		if strings.HasPrefix(location, "query.") { // one of several values of a parameter
			location, _, _ = strings.Cut(location, "[")
		}
		if name, ok := missingProperty(message); ok {
			location, message = location+"."+name, "is required"
		}
		fields = append(fields, ProblemField{Location: location, Message: message})
	}
	return fields
}

// missingProperty returns the name of the property that the framework misses, which it tells at the
// place of the object instead of the property's own.
func missingProperty(message string) (name string, ok bool) {
	before, after, _ := strings.Cut(validation.MsgExpectedRequiredProperty, "%s")
	name, ok = strings.CutPrefix(message, before)
	if !ok {
		return "", false
	}
	return strings.CutSuffix(name, after)
}

func allUnexpected(fields []ProblemField) bool {
	for _, field := range fields {
		if field.Message != validation.MsgUnexpectedProperty {
			return false
		}
	}
	return true
}

func codeOfStatus(status int) string {
	switch status {
	case http.StatusBadRequest:
		return codeMalformedJSON
	case http.StatusNotFound:
		return codeNotFound
	case http.StatusMethodNotAllowed:
		return codeMethodNotAllowed
	case http.StatusRequestEntityTooLarge:
		return codeBodyTooLarge
	case http.StatusUnsupportedMediaType:
		return codeUnsupportedMedia
	case http.StatusUnprocessableEntity:
		return codeValidation
	}
	return codeInternal
}

var statusOfKind = map[bot9.ErrorKind]int{
	bot9.Malformed:    http.StatusBadRequest,
	bot9.Unauthorized: http.StatusUnauthorized,
	bot9.Forbidden:    http.StatusForbidden,
	bot9.NotFound:     http.StatusNotFound,
	bot9.Conflict:     http.StatusConflict,
	bot9.TooLarge:     http.StatusRequestEntityTooLarge,
	bot9.Invalid:      http.StatusUnprocessableEntity,
	bot9.RateLimited:  http.StatusTooManyRequests,
	bot9.Unavailable:  http.StatusServiceUnavailable,
}

// statusOfCode are the errors whose status is finer than their kind.
var statusOfCode = map[string]int{
	codeUnsupportedMedia: http.StatusUnsupportedMediaType,
	codeBodyTimeout:      http.StatusRequestTimeout,
	codeDiskFull:         http.StatusInsufficientStorage,

	codePreconditionFailed: http.StatusPreconditionFailed,
	codeWebhookLoop:        http.StatusLoopDetected,

	codeAuthorizationPending: http.StatusBadRequest,
	codeSlowDown:             http.StatusBadRequest,
	codeAccessDenied:         http.StatusBadRequest,
	codeExpiredToken:         http.StatusBadRequest,
}

// problemFor turns an error into a problem and the headers that go with it. An error without a
// meaning for the caller goes to the log, and the answer has only the request's ID.
func problemFor(ctx context.Context, err error) (*Problem, http.Header) {
	e, ok := errors.AsType[*bot9.Error](err)
	if !ok && (errors.Is(err, context.Canceled) || errors.Is(err, context.DeadlineExceeded)) {
		e, ok = bot9.Errorf(bot9.Unavailable, codeUnavailable, "The request could not be finished in time."), true
	}
	if !ok || e.Kind == bot9.Internal {
		x := exchangeFrom(ctx)
		x.log.LogAttrs(ctx, slog.LevelError, "request failed", slog.String("requestId", x.id), slog.Any("error", err))
		return newProblem(ctx, http.StatusInternalServerError, codeInternal,
			"Something went wrong on our side. If it stays, report it with the request ID."), nil
	}
	status := statusOfKind[e.Kind]
	if special := statusOfCode[e.Code]; special != 0 {
		status = special
	}
	p := newProblem(ctx, status, e.Code, e.Message)
	if e.Code == codeQuotaExceeded {
		p.Quota, p.Limit = e.Quota, e.Limit
	}
	if e.Code == codeOutcomeUnknown {
		p.Detail += howToRepeat(ctx)
	}
	for _, field := range e.Fields {
		p.Errors = append(p.Errors, ProblemField{Location: field.Location, Message: field.Message})
	}
	header := http.Header{}
	if e.RetryAfter > 0 {
		header.Set("Retry-After", strconv.Itoa(int(math.Ceil(e.RetryAfter.Seconds()))))
	}
	if status == http.StatusUnauthorized {
		header.Set("WWW-Authenticate", `Bearer realm="bot9"`)
	}
	return p, header
}

// howToRepeat says how to find out whether a request had its effect.
func howToRepeat(ctx context.Context) string {
	x := exchangeFrom(ctx)
	if x.request == nil || x.request.Method == http.MethodGet {
		return ""
	}
	if i := bot9.IdempotencyFrom(ctx); i != nil {
		return " Repeat it with the same Idempotency-Key, " + i.Key + ": then it has its effect once, and you get its answer."
	}
	return " Look before you repeat it. With an Idempotency-Key a request can be repeated safely."
}

// fail answers with an error.
func fail(w http.ResponseWriter, r *http.Request, err error) {
	p, header := problemFor(r.Context(), err)
	for name, values := range header {
		w.Header()[name] = values
	}
	writeProblem(w, p)
}

func writeProblem(w http.ResponseWriter, p *Problem) {
	w.Header().Set("Content-Type", problemType)
	w.WriteHeader(p.Status)
	_ = json.NewEncoder(w).Encode(p) // an error means that the client is gone
}

// unauthorized is the one answer to a missing, wrong, expired or revoked credential.
func unauthorized() error {
	return bot9.Errorf(bot9.Unauthorized, codeUnauthorized,
		"A valid secret key (Authorization: Bearer bot9_sk_…) or session is required.")
}

func notFound() error {
	return bot9.Errorf(bot9.NotFound, codeNotFound, "There is no such object.")
}
