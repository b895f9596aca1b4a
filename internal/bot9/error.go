package bot9

import (
	"errors"
	"fmt"
	"strconv"
	"time"
)

// ErrorKind sorts errors by what the caller can do about them; the API turns it into a status code.
type ErrorKind int

// The kinds of error, with the HTTP status each becomes.
const (
	Internal     ErrorKind = iota // 500: our fault; details go to the log only
	Malformed                     // 400: not what the protocol asks for, e.g. broken JSON
	Unauthorized                  // 401: no valid key or session
	Forbidden                     // 403: known caller, own object, but the role doesn't allow it
	NotFound                      // 404: does not exist, or is another account's
	Conflict                      // 409: the object's state doesn't allow it
	TooLarge                      // 413
	Invalid                       // 422: understood, but a value is wrong
	RateLimited                   // 429: later
	Unavailable                   // 503: later, the store can't be reached
)

// Error is an error with a meaning for the caller. Code is stable and part of the public API;
// Message is for people and may be reworded.
type Error struct {
	Kind       ErrorKind
	Code       string
	Message    string
	Fields     []FieldError
	RetryAfter time.Duration // for RateLimited and Unavailable; 0 if unknown
	Quota      string        // that is used up, and its limit; "" if it is about none
	Limit      int
}

// FieldError tells what is wrong with one value of the input. It never repeats the value.
type FieldError struct {
	Location string // where, e.g. "body.events[2]" or "query.limit"
	Message  string
}

// Error implements error.
func (e *Error) Error() string { return e.Code + ": " + e.Message }

// Errorf makes an Error.
func Errorf(kind ErrorKind, code, format string, args ...any) *Error {
	return &Error{Kind: kind, Code: code, Message: fmt.Sprintf(format, args...)}
}

// InvalidField makes an Invalid error about the one value at location.
func InvalidField(code, location, format string, args ...any) *Error {
	message := fmt.Sprintf(format, args...)
	return &Error{
		Kind: Invalid, Code: code, Message: message,
		Fields: []FieldError{{Location: location, Message: message}},
	}
}

// ItemError is an Error about one of several items that were handed in together. The locations of its fields are
// relative to the item; the caller, who knows how the items were written, makes them absolute.
type ItemError struct {
	Item int // its place among the items, from 0
	Err  *Error
}

// Error implements error.
func (e *ItemError) Error() string { return "item " + strconv.Itoa(e.Item) + ": " + e.Err.Error() }

// Unwrap returns the Error.
func (e *ItemError) Unwrap() error { return e.Err }

// KindOf returns the kind of the first Error in err's chain, Internal if there is none.
func KindOf(err error) ErrorKind {
	if e, ok := errors.AsType[*Error](err); ok {
		return e.Kind
	}
	return Internal
}

// CodeOf returns the code of the first Error in err's chain, "" if there is none.
func CodeOf(err error) string {
	if e, ok := errors.AsType[*Error](err); ok {
		return e.Code
	}
	return ""
}
