package client

import (
	"context"
	"encoding/json"
	"errors"
	"math/rand/v2"
	"net/http"
	"net/url"
	"strconv"
	"time"
)

// retryWaits is how long to wait before each further try of a call.
var retryWaits = []time.Duration{200 * time.Millisecond, time.Second}

// maxRetryAfter is the longest wait that a server may ask for; beyond it the caller gets the error.
const maxRetryAfter = 30 * time.Second

// try sends a call until it is answered with success, or with an error that trying again won't
// change. Only what can't happen twice is tried again: reading, and creating with an
// Idempotency-Key. The response's body is the caller's to close.
func (c *Client) try(ctx context.Context, from *call) (*http.Response, error) {
	var body []byte
	if from.in != nil {
		var err error
		if body, err = json.Marshal(from.in); err != nil {
			return nil, err
		}
	}
	key := ""
	if from.keyed {
		key = newIdempotencyKey()
	}
	for attempt := 0; ; attempt++ {
		request, err := c.request(ctx, from, body, key)
		if err != nil {
			return nil, err
		}
		response, err := c.once(request)
		if err == nil {
			return response, nil
		}
		if attempt == len(retryWaits) || ctx.Err() != nil {
			return nil, err
		}
		wait, again := retryWait(err, attempt, from.keyed || from.method == http.MethodGet)
		if !again || c.options.Pause(ctx, wait) != nil {
			return nil, err
		}
	}
}

// once sends a request; whatever isn't a success is an error.
func (c *Client) once(request *http.Request) (*http.Response, error) {
	response, err := c.options.HTTP.Do(request)
	if err != nil {
		if ctxErr := request.Context().Err(); errors.Is(ctxErr, context.Canceled) {
			return nil, ctxErr
		}
		if wrapped, ok := errors.AsType[*url.Error](err); ok {
			err = wrapped.Err // it would repeat method and path
		}
		return nil, &UnreachableError{URL: c.URL(), Err: err}
	}
	if response.StatusCode < 200 || response.StatusCode > 299 {
		defer response.Body.Close()
		return nil, problemFrom(response)
	}
	return response, nil
}

// retryWait tells whether trying again may help, and when to.
func retryWait(err error, attempt int, repeatable bool) (time.Duration, bool) {
	// Jitter keeps clients that failed together from coming back together.
	wait := retryWaits[attempt] * time.Duration(75+rand.IntN(50)) / 100
	problem, answered := errors.AsType[*Problem](err)
	if !answered {
		return wait, repeatable
	}
	switch problem.Status {
	case http.StatusTooManyRequests: // nothing was done
	case http.StatusBadGateway, http.StatusServiceUnavailable, http.StatusGatewayTimeout:
		if !repeatable {
			return 0, false
		}
	case http.StatusConflict:
		if problem.Code != "idempotencyInProgress" {
			return 0, false
		}
	default:
		return 0, false
	}
	return max(wait, problem.RetryAfter), problem.RetryAfter <= maxRetryAfter
}

// retryAfter reads the Retry-After header's seconds; 0 if there are none.
func retryAfter(header http.Header) time.Duration {
	seconds, err := strconv.Atoi(header.Get("Retry-After"))
	if err != nil || seconds < 0 {
		return 0
	}
	return time.Duration(seconds) * time.Second
}
