package bot9

// Verdict is what became of a filter on an event. Only Match lets the event pass.
type Verdict uint8

// The verdicts. A field that is missing, or has another type than the filter expects, is an ordinary
// NoMatch; the last two are the filter's own fault, and are told at its webhook.
const (
	NoMatch      Verdict = iota
	Match                // the filter is true, or there is none
	TooCostly            // it was stopped, having taken too many steps
	NotEvaluable         // it can't be evaluated: division by zero, text that is no number, a pattern that is none …
)

// Reason is the API's word for the failure; "" if there was none.
func (v Verdict) Reason() string {
	switch v {
	case TooCostly:
		return "tooCostly"
	case NotEvaluable:
		return "notEvaluable"
	}
	return ""
}

// Matcher evaluates filters on one event.
type Matcher interface {
	Match(filter string) Verdict
}
