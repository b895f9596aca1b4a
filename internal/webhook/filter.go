package webhook

import (
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"sync"
	"unicode/utf8"

	"cel.dev/cel-go/cel"
	"cel.dev/cel-go/interpreter"
	"github.com/bot9/bot9/internal/bot9"
)

// The bounds of filters. A unit of cost is about one step of the evaluation; the limit stops an
// expression that is quadratic in the data's size after some 2 ms, and lets a search through
// 32 KiB of text pass.
const (
	maxFilterChars   = 2000
	filterCostLimit  = 20_000
	maxRegexProgram  = 2000
	maxFilterNodes   = 2000
	maxFilterProblem = 300 // bytes of the compiler's message that are passed on
	maxPrograms      = 4096
)

const filterLocation = "body.filter"

// ErrFilterTooCostly is returned by Filters.Match for an evaluation that was cut short.
var ErrFilterTooCostly = errors.New("the filter took too many steps for this event and was stopped")

// filterEnv declares what a filter can speak of: the envelope's fields.
var filterEnv = sync.OnceValues(func() (*cel.Env, error) {
	return cel.NewEnv(
		cel.Variable("event", cel.StringType),
		cel.Variable("data", cel.MapType(cel.StringType, cel.DynType)),
		cel.Variable("id", cel.StringType),
		cel.Variable("createdAt", cel.TimestampType),
		cel.Variable("conversationId", cel.StringType),
		cel.Variable("sequence", cel.IntType),
		cel.Variable("apiVersion", cel.StringType),
		cel.CrossTypeNumericComparisons(true),
		cel.DefaultUTCTimeZone(true),
		cel.ParserExpressionSizeLimit(maxFilterChars),
		cel.ParserRecursionLimit(50),
		cel.ExpressionNodeLimit(maxFilterNodes),
		cel.RegexProgramSizeLimit(maxRegexProgram),
		cel.ASTValidators(cel.ValidateRegexLiterals(), cel.ValidateTimestampLiterals(), cel.ValidateDurationLiterals()),
	)
})

// CheckFilter checks a webhook's filter: a CEL expression (https://cel.dev) over the envelope that
// is true or false. An empty one stands for no filter. The error is Invalid about body.filter,
// code invalidFilter, and says where the mistake is.
//
// A filter knows event, data, id, createdAt (a timestamp), conversationId ("" outside a
// conversation), sequence (0 outside) and apiVersion.
func CheckFilter(expr string) error {
	if err := checkFilter(expr); err != nil {
		return err
	}
	return nil
}

func checkFilter(expr string) *bot9.Error {
	if expr == "" {
		return nil
	}
	_, err := compileFilter(expr)
	return err
}

func compileFilter(expr string) (cel.Program, *bot9.Error) {
	if utf8.RuneCountInString(expr) > maxFilterChars {
		return nil, invalidFilter("The filter may have up to %d characters.", maxFilterChars)
	}
	if !utf8.ValidString(expr) {
		return nil, invalidFilter("The filter is not valid UTF-8.")
	}
	env, err := filterEnv()
	if err != nil {
		return nil, bot9.Errorf(bot9.Internal, "filterEnvironment", "Filters can't be compiled: %v.", err)
	}
	ast, issues := env.Compile(expr)
	if issues.Err() != nil {
		return nil, invalidFilter("%s.", strings.TrimRight(firstIssue(issues), "."))
	}
	if ast.OutputType() != cel.BoolType {
		return nil, invalidFilter("The filter must be true or false, such as data.senderType == \"user\"; this one is of type %s.", ast.OutputType())
	}
	program, err := env.Program(ast, cel.EvalOptions(cel.OptOptimize), cel.CostLimit(filterCostLimit))
	if err != nil {
		return nil, invalidFilter("The filter can't be used: %s.", strings.TrimRight(bounded(err.Error(), maxFilterProblem), "."))
	}
	return program, nil
}

func invalidFilter(format string, args ...any) *bot9.Error {
	return bot9.InvalidField("invalidFilter", filterLocation, format, args...)
}

// firstIssue puts the compiler's first complaint into one line.
func firstIssue(issues *cel.Issues) string {
	first := issues.Errors()[0]
	message := bounded(strings.Join(strings.Fields(first.Message), " "), maxFilterProblem)
	if line := first.Location.Line(); line > 0 {
		return fmt.Sprintf("Line %d, column %d: %s", line, first.Location.Column()+1, message)
	}
	return message
}

// bounded cuts text after at most limit bytes, between characters.
func bounded(text string, limit int) string {
	if len(text) <= limit {
		return text
	}
	return text[:runeBoundary(text, limit)] + "…"
}

// Filters evaluates filters and keeps them compiled. The zero value is ready; it is safe for
// concurrent use.
type Filters struct {
	mu       sync.RWMutex
	programs map[string]filterProgram
}

type filterProgram struct {
	program cel.Program
	err     error
}

// Match tells whether the event passes the filter. An event that lacks what the filter asks for,
// or has it in another type, doesn't. The error is for an expression that CheckFilter refuses, or
// ErrFilterTooCostly; then too the event doesn't pass.
func (f *Filters) Match(expr string, e *bot9.Event) (bool, error) {
	if expr == "" {
		return true, nil
	}
	compiled := f.compiled(expr)
	if compiled.err != nil {
		return false, compiled.err
	}
	value, _, err := compiled.program.Eval(&envelope{event: e})
	if err != nil {
		if cancelled, ok := errors.AsType[interpreter.EvalCancelledError](err); ok && cancelled.Cause == interpreter.CostLimitExceeded {
			return false, ErrFilterTooCostly
		}
		return false, nil
	}
	matched, _ := value.Value().(bool)
	return matched, nil
}

// compiled returns the program of expr. When the cache is full, any one program makes room.
func (f *Filters) compiled(expr string) filterProgram {
	f.mu.RLock()
	entry, ok := f.programs[expr]
	f.mu.RUnlock()
	if ok {
		return entry
	}
	program, err := compileFilter(expr)
	if err != nil {
		entry.err = err
	} else {
		entry.program = program
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.programs == nil {
		f.programs = map[string]filterProgram{}
	}
	if len(f.programs) >= maxPrograms {
		for victim := range f.programs {
			delete(f.programs, victim)
			break
		}
	}
	f.programs[expr] = entry
	return entry
}

// envelope gives a filter the event's fields; data is decoded only when asked for.
type envelope struct {
	event *bot9.Event
	data  map[string]any
}

// ResolveName implements cel.Activation.
func (v *envelope) ResolveName(name string) (any, bool) {
	switch name {
	case "event":
		return v.event.Type, true
	case "data":
		if v.data == nil && json.Unmarshal(v.event.Data, &v.data) != nil {
			return nil, false
		}
		return v.data, true
	case "id":
		return v.event.ID.String(), true
	case "createdAt":
		return v.event.CreatedAt().Std(), true
	case "conversationId":
		return v.event.ConversationID.String(), true
	case "sequence":
		return v.event.Sequence, true
	case "apiVersion":
		return bot9.APIVersion, true
	}
	return nil, false
}

// Parent implements cel.Activation.
func (v *envelope) Parent() cel.Activation { return nil }
