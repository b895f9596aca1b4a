package webhook

import (
	"encoding/json"
	"fmt"
	"math/big"
	"testing"

	"pgregory.net/rapid"

	"github.com/bot9/bot9/internal/bot9"
)

func TestFilterNumbers(t *testing.T) {
	for _, tc := range []struct {
		n, expr string
		want    bool
	}{
		{`9007199254740993`, `data.n == 9007199254740993`, true},
		{`9007199254740993`, `data.n == 9007199254740992`, false},
		{`9007199254740992`, `data.n == 9007199254740993`, false},
		{`9007199254740993`, `data.n > 9007199254740992`, true},
		{`9007199254740993`, `9007199254740992 < data.n`, true},
		{`9007199254740993`, `data.n in [1, 9007199254740993]`, true},
		{`9007199254740993`, `data.n in [1, 9007199254740992]`, false},
		{`9007199254740993`, `[data.n] == [9007199254740993]`, true},
		{`9007199254740993`, `{"a": data.n} == {"a": 9007199254740992}`, false},
		{`9007199254740993`, `int(data.n) == 9007199254740993`, true},
		{`9007199254740993.0`, `data.n == 9007199254740993`, true},
		{`9007199254740993e0`, `data.n != 9007199254740992`, true},
		{`9007199254740993`, `string(data.n) == "9007199254740993"`, true},
		{`9223372036854775807`, `data.n == 9223372036854775807`, true},
		{`9223372036854775808`, `data.n == 9223372036854775807`, false},
		{`9223372036854775808`, `data.n > 9223372036854775807`, true},
		{`18446744073709551615`, `data.n == 18446744073709551615u`, true},
		{`18446744073709551616`, `data.n > 18446744073709551615u`, true},
		{`100000000000000000001`, `data.n > 1e20`, true},
		{`100000000000000000000`, `data.n == 1e20`, true},
		{`-100000000000000000001`, `data.n < -1e20`, true},
		{`1e309`, `data.n > 5`, true},
		{`1e309`, `data.n > 1.7e308`, true},
		{`-1e309`, `data.n < -5.0`, true},
		{`1e309`, `data.n == data.n`, true},
		{`1e309`, `data.kind == "order"`, true},
		{`1e99999999999999999999`, `data.n > 1e300`, true},
		{`1e-400`, `data.n < 1`, true},
		{`15.0`, `data.n == 15`, true},
		{`15`, `data.n == 15.0`, true},
		{`0.1`, `data.n == 0.1`, true},
		{`10`, `data.n * 1.5 == 15.0`, true},
		{`5`, `data.n / 2.0 == 2.5`, true},
		{`9007199254740993`, `data.n + 1.0 > 9007199254740000.0`, true},
		{`9007199254740993`, `-data.n < 0`, true},
		{`9007199254740993`, `type(data.n) == double`, true},
	} {
		var filters Filters
		event := &bot9.Event{Type: "custom.x", Data: json.RawMessage(`{"kind":"order","n":` + tc.n + `}`)}
		if got := filters.Of(event).Match(tc.expr); got != verdict(tc.want) {
			t.Errorf("%s: %s is %v %s", tc.n, tc.expr, got, got.Reason())
		}
	}
}

// What integers there are, they compare as they do on paper, with each other and with what is written in a
// filter.
func TestFilterIntegersCompareExactly(t *testing.T) {
	var filters Filters
	rapid.Check(t, func(t *rapid.T) {
		text := rapid.StringMatching(`-?([1-9][0-9]{0,24}|9007199254740(99[0-9])|92233720368547758[0-9]{2}|184467440737095516[0-9]{2})`)
		a, b := text.Draw(t, "a"), text.Draw(t, "b")
		if rapid.Bool().Draw(t, "close") {
			b = a
		}
		x, _ := new(big.Int).SetString(a, 10)
		y, _ := new(big.Int).SetString(b, 10)
		matcher := filters.Of(&bot9.Event{Type: "custom.x", Data: json.RawMessage(fmt.Sprintf(`{"a":%s,"b":%s}`, a, b))})
		for expr, want := range map[string]bool{
			`data.a == data.b`: x.Cmp(y) == 0, `data.a < data.b`: x.Cmp(y) < 0, `data.a >= data.b`: x.Cmp(y) >= 0, `data.a in [data.b]`: x.Cmp(y) == 0,
		} {
			if got := matcher.Match(expr); got != verdict(want) {
				t.Errorf("%s with %s and %s: %v", expr, a, b, got)
			}
		}
		if y.IsInt64() && y.Sign() > 0 {
			var own Filters
			if got := own.Of(&bot9.Event{Type: "custom.x", Data: json.RawMessage(`{"a":` + a + `}`)}).Match(`data.a > ` + b); got != verdict(x.Cmp(y) > 0) {
				t.Errorf("%s > %s: %v", a, b, got)
			}
		}
	})
}
