package webhook

import (
	"cel.dev/cel-go/common/overloads"
	"cel.dev/cel-go/common/types"
	"cel.dev/cel-go/common/types/ref"
	"cel.dev/cel-go/interpreter"
)

// filterCostLimit is what one evaluation may cost. A unit is about 100 ns of the slowest thing that
// it pays for, so that a filter is stopped after some 6 ms whatever it does. It lets a search for a
// word through 32 KiB of text pass, in capitals or not.
const filterCostLimit = 64_000

// What functions cost, in bytes that one unit pays for. Each is measured by BenchmarkFilterCosts
// where the function is slowest.
const (
	bytesScanned    = 64 // looked for, counted, compared
	bytesConverted  = 8  // copied, or read as a number or a time
	regexSteps      = 10 // bytes of text times instructions of the pattern
	regexCompile    = 8  // bytes of a pattern that is not known before, paid beside regexCompileBase
	elementsCopied  = 2  // of lists that are put together
	elementCompared = 2
	zoneLookup      = 400
	compileBase     = 100
	chargedFunction = "@charge"
)

// filterCosts prices the calls of a filter after they ran, which is early enough for what takes time
// in proportion to its operands: they are no larger than the event. The operators that can be much
// dearer than that (filter_operators.go) charge before they run.
type filterCosts struct{}

// CallCost implements cost.ActualCostEstimator.
func (filterCosts) CallCost(function, _ string, args []ref.Val, result ref.Val) *uint64 {
	price := uint64(1)
	switch function {
	case chargedFunction:
		price = uint64(args[0].(types.Uint))
	case overloads.Contains, overloads.StartsWith, overloads.EndsWith, overloads.Size:
		price += textSize(args...) / bytesScanned
	default:
		price += (textSize(args...) + textSize(result)) / bytesConverted
		if len(args) == 2 && args[0].Type() == types.TimestampType {
			price += zoneLookup // which may read the zone from a file
		}
	}
	return &price
}

// textSize adds up the bytes of those values that are text.
func textSize(values ...ref.Val) (size uint64) {
	for _, value := range values {
		switch v := value.(type) {
		case types.String:
			size += uint64(len(v))
		case types.Bytes:
			size += uint64(len(v))
		case *exactNumber:
			size += uint64(len(v.literal))
		}
	}
	return size
}

// charge ends the evaluation if it can't pay units.
func charge(frame *interpreter.ExecutionFrame, units uint64) {
	if costs := frame.CostTracker(); costs != nil { // none while constants are folded
		costs.EvalUnary(frame, 0, chargedCall{}, types.Uint(units), types.True)
	}
}

type chargedCall struct{}

func (chargedCall) Function() string   { return chargedFunction }
func (chargedCall) OverloadID() string { return chargedFunction }
