package webhook

import (
	"cmp"
	"errors"
	"math"
	"math/big"
	"reflect"
	"strconv"
	"strings"

	"cel.dev/cel-go/common/types"
	"cel.dev/cel-go/common/types/ref"
)

// A number of an event's data is a double, as CEL has it, wherever a double says the same. One that
// it doesn't, an integer of many digits or a number beyond 1.8e308, is an exactNumber: it compares
// exactly, converts exactly, and counts as the nearest double in arithmetic.
type exactNumber struct {
	literal string
	decimal
	whole *big.Int // nil beyond what doubles reach
}

// maxWholeDigits are the digits of the largest double.
const maxWholeDigits = 309

var errNumberRange = errors.New("a number of the event is beyond what can be calculated with")

// number is the value of a JSON number.
func number(literal string) any {
	const exactDoubles = 1 << 53
	if i, err := strconv.ParseInt(literal, 10, 64); err == nil && -exactDoubles <= i && i <= exactDoubles {
		return float64(i)
	}
	double, err := strconv.ParseFloat(literal, 64)
	if err != nil { // out of range: nothing else can be wrong with a JSON number
		return &exactNumber{literal: literal, decimal: parseDecimal(literal)}
	}
	if math.Abs(double) < exactDoubles { // its fraction is as exact as the literal in the filter
		return double
	}
	d := parseDecimal(literal)
	whole := d.whole()
	if whole == nil {
		return double
	}
	if nearest, exact := new(big.Float).SetInt(whole).Float64(); exact == big.Exact {
		return nearest
	}
	return &exactNumber{literal: literal, decimal: d, whole: whole}
}

// decimal is ±0.digits × 10^exponent, with neither leading nor trailing zeros in its digits.
type decimal struct {
	negative bool
	digits   string
	exponent int64
}

func parseDecimal(literal string) (d decimal) {
	mantissa, exponent, _ := strings.Cut(strings.ToLower(literal), "e")
	mantissa, d.negative = strings.CutPrefix(mantissa, "-")
	integer, fraction, _ := strings.Cut(mantissa, ".")
	d.exponent, _ = strconv.ParseInt(exponent, 10, 64) // saturates beyond int64
	d.exponent = min(max(d.exponent, math.MinInt64/2), math.MaxInt64/2) + int64(len(integer))
	digits := strings.TrimLeft(integer+fraction, "0")
	d.exponent -= int64(len(integer) + len(fraction) - len(digits))
	d.digits = strings.TrimRight(digits, "0")
	return d
}

// whole returns the integer, nil if it is none or too large.
func (d decimal) whole() *big.Int {
	if d.exponent < int64(len(d.digits)) || d.exponent > maxWholeDigits {
		return nil
	}
	whole, _ := new(big.Int).SetString(d.digits+strings.Repeat("0", int(d.exponent)-len(d.digits)), 10)
	if d.negative {
		whole.Neg(whole)
	}
	return whole
}

func (d decimal) compare(other decimal) int {
	if d.negative != other.negative {
		return d.sign()
	}
	return d.sign() * cmp.Or(cmp.Compare(d.exponent, other.exponent), cmp.Compare(d.digits, other.digits))
}

func (d decimal) sign() int {
	if d.negative {
		return -1
	}
	return 1
}

// compareTo compares with an integer, or with a double that is a number.
func (n *exactNumber) compareTo(other *big.Float) int {
	if n.whole == nil || other.IsInf() {
		if other.IsInf() {
			return -other.Sign()
		}
		return n.sign()
	}
	return new(big.Float).SetPrec(1100).SetInt(n.whole).Cmp(other)
}

// numericOrder compares two numbers exactly, whatever their types. It is not ok if one of them is no
// number, NaN included.
func numericOrder(a, b ref.Val) (order int, ok bool) {
	x, exactA := a.(*exactNumber)
	y, exactB := b.(*exactNumber)
	switch {
	case exactA && exactB:
		return x.decimal.compare(y.decimal), true
	case exactA:
		other, ok := asFloat(b)
		if !ok {
			return 0, false
		}
		return x.compareTo(other), true
	case exactB:
		order, ok = numericOrder(b, a)
		return -order, ok
	}
	return plainOrder(a, b)
}

// plainOrder compares numbers that are none of ours.
func plainOrder(a, b ref.Val) (order int, ok bool) {
	if a, isInt := a.(types.Int); isInt {
		if b, isInt := b.(types.Int); isInt {
			return cmp.Compare(a, b), true
		}
	}
	if a, isDouble := a.(types.Double); isDouble {
		if b, isDouble := b.(types.Double); isDouble {
			return cmp.Compare(a, b), !math.IsNaN(float64(a)) && !math.IsNaN(float64(b))
		}
		if b, isInt := b.(types.Int); isInt && !math.IsNaN(float64(a)) {
			return orderOfDoubleInt(float64(a), int64(b)), true
		}
	}
	if _, isDouble := b.(types.Double); isDouble {
		if _, isInt := a.(types.Int); isInt {
			order, ok = plainOrder(b, a)
			return -order, ok
		}
	}
	x, okA := asFloat(a)
	y, okB := asFloat(b)
	if !okA || !okB {
		return 0, false
	}
	return x.Cmp(y), true
}

func orderOfDoubleInt(double float64, integer int64) int {
	switch {
	case double >= 1<<63:
		return 1
	case double < -(1 << 63):
		return -1
	}
	whole, fraction := math.Modf(double)
	return cmp.Or(cmp.Compare(int64(whole), integer), cmp.Compare(fraction, 0))
}

func asFloat(value ref.Val) (*big.Float, bool) {
	switch v := value.(type) {
	case types.Int:
		return new(big.Float).SetInt64(int64(v)), true
	case types.Uint:
		return new(big.Float).SetUint64(uint64(v)), true
	case types.Double:
		if math.IsNaN(float64(v)) {
			return nil, false
		}
		return new(big.Float).SetFloat64(float64(v)), true
	}
	return nil, false
}

// rounded returns what arithmetic takes for a value: an exact number's nearest double.
func rounded(value ref.Val) ref.Val {
	if n, ok := value.(*exactNumber); ok {
		return n.ConvertToType(types.DoubleType)
	}
	return value
}

// ConvertToType implements ref.Val.
func (n *exactNumber) ConvertToType(wanted ref.Type) ref.Val {
	switch {
	case wanted == types.StringType:
		return types.String(n.literal)
	case wanted == types.TypeType:
		return types.DoubleType
	case wanted == types.DoubleType && n.whole != nil:
		nearest, _ := new(big.Float).SetInt(n.whole).Float64()
		return types.Double(nearest)
	case wanted == types.IntType && n.whole != nil && n.whole.IsInt64():
		return types.Int(n.whole.Int64())
	case wanted == types.UintType && n.whole != nil && n.whole.IsUint64():
		return types.Uint(n.whole.Uint64())
	}
	return types.WrapErr(errNumberRange)
}

// ConvertToNative implements ref.Val; filters have no use for it.
func (n *exactNumber) ConvertToNative(reflect.Type) (any, error) { return nil, errNumberRange }

// Equal implements ref.Val.
func (n *exactNumber) Equal(other ref.Val) ref.Val {
	order, ok := numericOrder(n, other)
	return types.Bool(ok && order == 0)
}

// Type implements ref.Val.
func (n *exactNumber) Type() ref.Type { return types.DoubleType }

// Value implements ref.Val.
func (n *exactNumber) Value() any { return n.literal }
