package client

import (
	"encoding/json"
	"fmt"
	"io"
	"mime"
	"net/http"
	"time"
)

const maxProblem = 1 << 20 // bytes

// Problem is an error as the API tells it (RFC 9457). Code is stable; programs decide by it.
type Problem struct {
	Type      string         `json:"type,omitempty"`
	Title     string         `json:"title"`
	Status    int            `json:"status"`
	Code      string         `json:"code,omitempty"` // "" if the answer wasn't Bot9's
	Detail    string         `json:"detail"`
	Errors    []ProblemField `json:"errors,omitempty"`
	RequestID string         `json:"requestId,omitempty"`

	RetryAfter time.Duration `json:"-"` // what the server asked for; 0 if it didn't
}

// ProblemField tells what is wrong with one value of the request.
type ProblemField struct {
	Location string `json:"location"`
	Message  string `json:"message"`
}

// Error implements error.
func (p *Problem) Error() string {
	text := fmt.Sprintf("%d %s: %s", p.Status, p.Title, p.Detail)
	for _, field := range p.Errors {
		text += fmt.Sprintf("; %s: %s", field.Location, field.Message)
	}
	return text
}

// UnreachableError means that there was no answer, or that it broke off.
type UnreachableError struct {
	URL string
	Err error
}

// Error implements error.
func (e *UnreachableError) Error() string { return "can't reach " + e.URL + ": " + e.Err.Error() }

// Unwrap returns what went wrong.
func (e *UnreachableError) Unwrap() error { return e.Err }

// problemFrom reads an answer that isn't a success, be it Bot9's or that of something in between.
func problemFrom(response *http.Response) *Problem {
	p := &Problem{}
	media, _, _ := mime.ParseMediaType(response.Header.Get("Content-Type"))
	body, err := io.ReadAll(io.LimitReader(response.Body, maxProblem))
	if media != "application/problem+json" || err != nil || json.Unmarshal(body, p) != nil || p.Code == "" {
		p = notBot9(response)
	}
	p.Status, p.RetryAfter = response.StatusCode, retryAfter(response.Header)
	if p.Title == "" {
		p.Title = http.StatusText(p.Status)
	}
	return p
}

// notBot9 is the problem of an answer that the API doesn't give.
func notBot9(response *http.Response) *Problem {
	p := &Problem{
		Title: http.StatusText(response.StatusCode), Status: response.StatusCode,
		Detail: "The answer is not from Bot9's API. Check the server's URL",
	}
	if location := response.Header.Get("Location"); location != "" {
		p.Detail = "The server redirects to " + location + ". Check the server's URL"
	}
	return p
}
