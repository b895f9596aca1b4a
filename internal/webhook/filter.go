package webhook

import (
	"fmt"
	"slices"
	"strings"
	"sync"
	"unicode/utf8"

	"cel.dev/cel-go/cel"
	"cel.dev/cel-go/common/ast"

	"github.com/bot9/bot9/internal/bot9"
)

// The bounds of filters.
const (
	maxFilterChars   = 2000
	maxRegexProgram  = 2000 // instructions
	maxFilterNodes   = 2000
	maxFilterProblem = 300 // bytes of the compiler's message that are passed on
)

const filterLocation = "body.filter"

// The names that filters know and that are special: data costs something to know, and the others are known
// only once the event is committed.
const (
	nameData      = "data"
	nameID        = "id"
	nameCreatedAt = "createdAt"
	nameSequence  = "sequence"
)

// filterEnv declares what a filter can speak of: the envelope's fields.
var filterEnv = sync.OnceValues(func() (*cel.Env, error) {
	return cel.NewEnv(
		cel.Variable("event", cel.StringType),
		cel.Variable(nameData, cel.MapType(cel.StringType, cel.DynType)),
		cel.Variable(nameID, cel.StringType),
		cel.Variable(nameCreatedAt, cel.TimestampType),
		cel.Variable("conversationId", cel.StringType),
		cel.Variable(nameSequence, cel.IntType),
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

// filterProgram is a filter ready to be evaluated.
type filterProgram struct {
	program   cel.Program
	readsLate bool
}

func compileFilter(expr string) (filterProgram, *bot9.Error) {
	if utf8.RuneCountInString(expr) > maxFilterChars {
		return filterProgram{}, invalidFilter("The filter may have up to %d characters.", maxFilterChars)
	}
	if !utf8.ValidString(expr) {
		return filterProgram{}, invalidFilter("The filter is not valid UTF-8.")
	}
	env, err := filterEnv()
	if err != nil {
		return filterProgram{}, bot9.Errorf(bot9.Internal, "filterEnvironment", "Filters can't be compiled: %v.", err)
	}
	checked, issues := env.Compile(expr)
	if issues.Err() != nil {
		return filterProgram{}, invalidFilter("%s.", strings.TrimRight(firstIssue(issues), "."))
	}
	if checked.OutputType() != cel.BoolType {
		return filterProgram{}, invalidFilter("The filter must be true or false, such as data.senderType == \"user\"; this one is of type %s.", checked.OutputType())
	}
	program, err := env.Program(checked, cel.EvalOptions(cel.OptOptimize), cel.CustomDecoratorV2(bindOperators),
		cel.CostTracking(filterCosts{}), cel.CostLimit(filterCostLimit))
	if err != nil {
		return filterProgram{}, invalidFilter("The filter can't be used: %s.", strings.TrimRight(bounded(err.Error(), maxFilterProblem), "."))
	}
	return filterProgram{program, speaksOf(checked, nameID, nameCreatedAt, nameSequence)}, nil
}

// speaksOf tells whether an expression uses one of the names of the envelope. A variable of a macro that
// has the same name counts too, which does no harm.
func speaksOf(checked *cel.Ast, names ...string) bool {
	found := false
	ast.PostOrderVisit(checked.NativeRep().Expr(), ast.NewExprVisitor(func(e ast.Expr) {
		found = found || (e.Kind() == ast.IdentKind && slices.Contains(names, e.AsIdent()))
	}))
	return found
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
