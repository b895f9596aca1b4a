package knowledge

import (
	"context"
	"flag"
	"math"
	"testing"

	"github.com/bot9/bot9/bench/answers/subjects"
	"github.com/bot9/bot9/internal/bot9"
	"github.com/bot9/bot9/internal/meaning"
	"github.com/bot9/bot9/internal/meaning/model"
)

var fit = flag.Bool("fit", false, "fit the numbers of decide.go to the subjects for tuning, and print them; it takes a minute")

// example is the best candidate for a question: what speaks for it, and whether it is the right one.
type example struct {
	features []float64
	right    bool
	weight   float64
}

// TestFit finds the numbers of byMeaning by logistic regression, on the subjects for tuning alone, with and without what their
// documents are also asked as. An easy question, and one without phrasings, counts half.
func TestFit(t *testing.T) {
	if !*fit {
		t.Skip("go test ./internal/knowledge -run TestFit -fit -v")
	}
	file, size, ok := model.Open()
	if !ok {
		t.Fatal("the model isn't there: run scripts/setup.sh model")
	}
	loaded, err := meaning.Load(file, size)
	if err != nil {
		t.Fatal(err)
	}
	all, err := subjects.All()
	if err != nil {
		t.Fatal(err)
	}
	var examples []example
	for i := range all {
		if all[i].Use != subjects.Tuning {
			continue
		}
		for _, asked := range []bool{true, false} {
			examples = append(examples, examplesOf(t, &all[i], fitted{loaded}, asked)...)
		}
	}
	t.Logf("%d examples: 1, low, cover, high, margin, peak, off topic: %.2f", len(examples), regress(examples, 2))
}

type fitted struct{ *meaning.Encoder }

func (fitted) Name() string { return "fitted" }

func (f fitted) Encode(_ context.Context, texts []string) ([][]float32, error) {
	var vectors [][]float32
	for _, text := range texts {
		v, err := f.Encoder.Encode(text)
		if err != nil {
			return nil, err
		}
		vectors = append(vectors, v[:])
	}
	return vectors, nil
}

func examplesOf(t *testing.T, s *subjects.Subject, e fitted, asked bool) (examples []example) {
	x := newIndex()
	for _, d := range s.Documents {
		if !asked {
			d.Questions = nil
		}
		x.put(&d)
		made, err := e.Encode(t.Context(), Texts(&d))
		if err != nil {
			t.Fatal(err)
		}
		v := bot9.DocumentVectors{DocumentID: d.ID, UpdatedAt: d.UpdatedAt, Dimensions: len(made[0])}
		for _, one := range made {
			for _, value := range Quantize(one) {
				v.Vectors = append(v.Vectors, byte(value))
			}
		}
		x.encode(&v)
	}
	engine := New(nil, WithEncoder(e))
	for _, q := range s.Questions {
		asking := engine.understand(t.Context(), x, q.Text)
		candidates := x.candidates(asking)
		if len(candidates) == 0 {
			continue
		}
		best := candidates[0]
		r := rivalsOf(best, candidates)
		one := example{features: best.features(&r, asking.offTopic), right: best.entry.title == q.Title, weight: 1}
		if !asked {
			one.weight /= 2
		}
		if q.Kind == subjects.Easy {
			one.weight /= 2
		}
		examples = append(examples, one)
	}
	return examples
}

// regress is logistic regression by Newton's method. The penalty keeps the numbers small, those of features that are brought to
// the same spread; the first feature, which is always 1, has none.
func regress(examples []example, penalty float64) []float64 {
	n := len(examples[0].features)
	mean, spread := make([]float64, n), make([]float64, n)
	for j := range n {
		for _, e := range examples {
			mean[j] += e.features[j] / float64(len(examples))
		}
		for _, e := range examples {
			spread[j] += (e.features[j] - mean[j]) * (e.features[j] - mean[j]) / float64(len(examples))
		}
		spread[j] = math.Sqrt(spread[j]) + 1e-9
	}
	mean[0], spread[0] = 0, 1
	numbers := make([]float64, n)
	for range 50 {
		gradient, curve := make([]float64, n), make([][]float64, n)
		for j := range n {
			curve[j] = make([]float64, n)
			if j > 0 {
				gradient[j], curve[j][j] = penalty*numbers[j], penalty
			}
		}
		for _, e := range examples {
			z, f := 0.0, make([]float64, n)
			for j := range n {
				f[j] = (e.features[j] - mean[j]) / spread[j]
				z += numbers[j] * f[j]
			}
			p, is := logistic(z), 0.0
			if e.right {
				is = 1
			}
			for j := range n {
				gradient[j] += e.weight * (p - is) * f[j]
				for k := range n {
					curve[j][k] += e.weight * p * (1 - p) * f[j] * f[k]
				}
			}
		}
		for j, step := range solve(curve, gradient) {
			numbers[j] -= step
		}
	}
	for j := 1; j < n; j++ {
		numbers[j] /= spread[j]
		numbers[0] -= numbers[j] * mean[j]
	}
	return numbers
}

// solve solves linear equations by elimination.
func solve(a [][]float64, b []float64) []float64 {
	n := len(b)
	for i := range n {
		most := i
		for k := i + 1; k < n; k++ {
			if math.Abs(a[k][i]) > math.Abs(a[most][i]) {
				most = k
			}
		}
		a[i], a[most], b[i], b[most] = a[most], a[i], b[most], b[i]
		for k := i + 1; k < n; k++ {
			factor := a[k][i] / a[i][i]
			for j := i; j < n; j++ {
				a[k][j] -= factor * a[i][j]
			}
			b[k] -= factor * b[i]
		}
	}
	x := make([]float64, n)
	for i := n - 1; i >= 0; i-- {
		x[i] = b[i]
		for j := i + 1; j < n; j++ {
			x[i] -= a[i][j] * x[j]
		}
		x[i] /= a[i][i]
	}
	return x
}
