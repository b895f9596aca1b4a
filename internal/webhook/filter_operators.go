package webhook

import (
	"regexp"

	"cel.dev/cel-go/common/operators"
	"cel.dev/cel-go/common/overloads"
	"cel.dev/cel-go/common/types"
	"cel.dev/cel-go/common/types/ref"
	"cel.dev/cel-go/common/types/traits"
	"cel.dev/cel-go/interpreter"
)

type (
	frame     = *interpreter.ExecutionFrame
	operation = func(f frame, a, b ref.Val) ref.Val
)

// bindOperators replaces the operators whose cost is not in proportion to their operands' sizes, and
// those that meet numbers, by our own. These charge before they work, and compare numbers exactly.
func bindOperators(node interpreter.InterpretableV2) (interpreter.InterpretableV2, error) {
	call, ok := node.(interpreter.InterpretableCall)
	if !ok {
		return node, nil
	}
	args := call.Args()
	if len(args) == 1 && call.Function() == operators.Negate {
		return &operator{call, args, func(_ frame, a, _ ref.Val) ref.Val { return negate(a) }}, nil
	}
	if len(args) != 2 {
		return node, nil
	}
	if call.Function() == overloads.Matches {
		work, err := bindMatches(args[1])
		return &operator{call, args, work}, err
	}
	if work := binaryOperators[call.Function()]; work != nil {
		return &operator{call, args, work}, nil
	}
	return node, nil
}

var binaryOperators = map[string]operation{
	operators.Equals:        func(f frame, a, b ref.Val) ref.Val { return types.Bool(equal(f, a, b)) },
	operators.NotEquals:     func(f frame, a, b ref.Val) ref.Val { return types.Bool(!equal(f, a, b)) },
	operators.Less:          ordered(func(order types.Int) bool { return order < 0 }),
	operators.LessEquals:    ordered(func(order types.Int) bool { return order <= 0 }),
	operators.Greater:       ordered(func(order types.Int) bool { return order > 0 }),
	operators.GreaterEquals: ordered(func(order types.Int) bool { return order >= 0 }),
	operators.In:            contained,
	operators.Add:           add,
	operators.Subtract: func(_ frame, a, b ref.Val) ref.Val {
		a, b = rounded(a), rounded(b)
		if a, ok := a.(traits.Subtractor); ok {
			return a.Subtract(b)
		}
		return noSuchOverload(a)
	},
	operators.Multiply: func(_ frame, a, b ref.Val) ref.Val {
		a, b = rounded(a), rounded(b)
		if a, ok := a.(traits.Multiplier); ok {
			return a.Multiply(b)
		}
		return noSuchOverload(a)
	},
	operators.Divide: func(_ frame, a, b ref.Val) ref.Val {
		a, b = rounded(a), rounded(b)
		if a, ok := a.(traits.Divider); ok {
			return a.Divide(b)
		}
		return noSuchOverload(a)
	},
}

// operator is a call of one or two arguments whose values are no errors.
type operator struct {
	interpreter.InterpretableCall
	args []interpreter.InterpretableV2
	work operation
}

// Function and OverloadID say that this is nothing that the library would replace by its own.
func (*operator) Function() string   { return "@bound" }
func (*operator) OverloadID() string { return "@bound" }

// Exec implements interpreter.InterpretableV2.
func (o *operator) Exec(f *interpreter.ExecutionFrame) ref.Val {
	var values [2]ref.Val
	for i, arg := range o.args {
		values[i] = arg.Exec(f)
		if types.IsUnknownOrError(values[i]) {
			return values[i]
		}
	}
	charge(f, 1)
	return o.work(f, values[0], values[1])
}

// Eval implements interpreter.Interpretable.
func (o *operator) Eval(activation interpreter.Activation) ref.Val {
	return interpreter.EvalActivation(activation, o.Exec)
}

// noSuchOverload is what an operator returns that doesn't take the value; an error stays what it is.
func noSuchOverload(a ref.Val) ref.Val { return types.MaybeNoSuchOverloadErr(a) }

// equal compares deeply, and pays for every element: lists that share their elements can be
// exponentially larger than what they were made of.
func equal(f frame, a, b ref.Val) bool {
	charge(f, elementCompared+min(textSize(a), textSize(b))/bytesScanned)
	switch a := a.(type) {
	case types.Int, types.Uint, types.Double, *exactNumber:
		order, ok := numericOrder(a, b)
		return ok && order == 0
	case traits.Lister:
		b, ok := b.(traits.Lister)
		return ok && a.Size() == b.Size() && equalElements(f, a, b)
	case traits.Mapper:
		b, ok := b.(traits.Mapper)
		return ok && a.Size() == b.Size() && equalEntries(f, a, b)
	}
	return types.Equal(a, b) == types.True
}

func equalElements(f frame, a, b traits.Lister) bool {
	for i := range a.Size().(types.Int) {
		if !equal(f, a.Get(i), b.Get(i)) {
			return false
		}
	}
	return true
}

func equalEntries(f frame, a, b traits.Mapper) bool {
	for keys := a.Iterator(); keys.HasNext() == types.True; {
		key := keys.Next()
		value, _ := a.Find(key)
		other, ok := b.Find(key)
		if !ok || !equal(f, value, other) {
			return false
		}
	}
	return true
}

func contained(f frame, a, b ref.Val) ref.Val {
	switch b := b.(type) {
	case traits.Lister:
		for i := range b.Size().(types.Int) {
			if equal(f, a, b.Get(i)) {
				return types.True
			}
		}
		return types.False
	case traits.Mapper:
		return b.Contains(a)
	}
	return noSuchOverload(a)
}

// ordered makes an operator that compares numbers exactly, whatever their types, and anything else as
// CEL does.
func ordered(holds func(order types.Int) bool) operation {
	return func(f frame, a, b ref.Val) ref.Val {
		if order, ok := numericOrder(a, b); ok {
			return types.Bool(holds(types.Int(order)))
		}
		charge(f, min(textSize(a), textSize(b))/bytesScanned)
		comparable, ok := a.(traits.Comparer)
		if !ok {
			return noSuchOverload(a)
		}
		order, ok := comparable.Compare(b).(types.Int)
		if !ok {
			return noSuchOverload(a)
		}
		return types.Bool(holds(order))
	}
}

// add puts lists together at once, where the library keeps a tree of them whose size takes as long to
// tell as the list is long, and the list can be exponentially longer than the filter.
func add(f frame, a, b ref.Val) ref.Val {
	if building, ok := a.(traits.MutableLister); ok {
		return building.Add(b)
	}
	if a, ok := a.(traits.Lister); ok {
		b, ok := b.(traits.Lister)
		if !ok {
			return noSuchOverload(a)
		}
		sizeA, sizeB := a.Size().(types.Int), b.Size().(types.Int)
		charge(f, uint64(sizeA+sizeB)/elementsCopied)
		joined := make([]ref.Val, 0, sizeA+sizeB)
		for i := range sizeA {
			joined = append(joined, a.Get(i))
		}
		for i := range sizeB {
			joined = append(joined, b.Get(i))
		}
		return types.NewRefValList(types.DefaultTypeAdapter, joined)
	}
	charge(f, (textSize(a)+textSize(b))/bytesConverted)
	a, b = rounded(a), rounded(b)
	if a, ok := a.(traits.Adder); ok {
		return a.Add(b)
	}
	return noSuchOverload(a)
}

func negate(a ref.Val) ref.Val {
	a = rounded(a)
	if a, ok := a.(traits.Negater); ok {
		return a.Negate()
	}
	return noSuchOverload(a)
}

// pattern is a regular expression with the cost of a search.
type pattern struct {
	expr         *regexp.Regexp
	instructions uint64
}

func compilePattern(text string) (p pattern, err error) {
	if p.expr, err = types.CompileRegexWithLimit(text, maxRegexProgram); err != nil {
		return p, err
	}
	size, err := types.RegexProgramSize(text)
	p.instructions = uint64(size)
	return p, err
}

// bindMatches compiles a pattern that stands in the filter once.
func bindMatches(arg interpreter.InterpretableV2) (operation, error) {
	constant, ok := arg.(interpreter.InterpretableConst)
	if !ok {
		return matchesAny, nil
	}
	text, ok := constant.Value().(types.String)
	if !ok {
		return matchesAny, nil
	}
	known, err := compilePattern(string(text))
	return func(f frame, a, _ ref.Val) ref.Val { return matches(f, a, known) }, err
}

func matchesAny(f frame, a, b ref.Val) ref.Val {
	text, ok := b.(types.String)
	if !ok {
		return noSuchOverload(a)
	}
	charge(f, compileBase+uint64(len(text))/regexCompile)
	given, err := compilePattern(string(text))
	if err != nil {
		return types.WrapErr(err)
	}
	charge(f, given.instructions) // a short pattern may make many
	return matches(f, a, given)
}

func matches(f frame, a ref.Val, p pattern) ref.Val {
	text, ok := a.(types.String)
	if !ok {
		return noSuchOverload(a)
	}
	charge(f, uint64(len(text))*p.instructions/regexSteps)
	return types.Bool(p.expr.MatchString(string(text)))
}
