package meaning

import (
	"fmt"
	"io"
	"math"
	"sync"
)

// MaxTokens is how many pieces of a text count; the rest of a longer one is left out. It bounds what a text can cost.
const MaxTokens = 512

// Vector is what a text means: of length 1, so that the scalar product of two is the cosine of the angle between them.
type Vector [Dimensions]float32

// Encoder turns texts into vectors. It is safe for concurrent use, and holds some 20 MB; the table stays in the file.
type Encoder struct {
	file   io.ReaderAt
	table  span
	tokens *tokenizer

	scales, lows []float32
	projection   matrix
	branches     [3]convolution
	text         dense // of a text's features
	d0, d1, p1   matrix
	d2, p3, d3   matrix

	projectionBias []float32
	projectionNorm norm
	featureNorm    norm
	epsilon        float32
	scratch        sync.Pool // of *scratch
}

// matrix is stored output by output.
type matrix struct {
	in, out int
	weights []float32
}

type dense struct {
	matrix
	bias []float32
}

// convolution looks at windows of so many tokens, the first of them so many to the left, twice.
type convolution struct {
	width, left   int
	first, second dense
}

type norm struct{ gain, shift []float32 }

// Load reads a model's file of that size. The file is read from as long as the encoder is used.
func Load(file io.ReaderAt, size int64) (*Encoder, error) {
	layout, err := readLayout(file, size)
	if err != nil {
		return nil, err
	}
	var contents [sections][]byte
	for i, section := range layout {
		if i == sectionTable {
			continue
		}
		if contents[i], err = section.read(file); err != nil {
			return nil, err
		}
	}
	e := &Encoder{file: file, table: layout[sectionTable]}
	e.tokens, err = newTokenizer(contents[sectionPieces], contents[sectionEnds], contents[sectionIDs], contents[sectionScores],
		contents[sectionTrie], contents[sectionReplaced])
	if err != nil {
		return nil, err
	}
	for _, id := range e.tokens.ids {
		if (int64(id)+1)*rowBytes > e.table.length {
			return nil, errNotAModel
		}
	}
	e.scales, e.lows = float32s(contents[sectionScales]), float32s(contents[sectionLows])
	if len(e.scales) != chunks || len(e.lows) != chunks {
		return nil, errNotAModel
	}
	return e, e.readWeights(contents[sectionLevels], contents[sectionWeights], float32s(contents[sectionVectors]))
}

func (e *Encoder) readWeights(levels, weights []byte, vectors []float32) error {
	var all [len(matrixShapes)]matrix
	for i, shape := range matrixShapes {
		m := matrix{in: shape[0], out: shape[1]}
		count, err := take(&levels, 4)
		if err != nil {
			return err
		}
		known, err := take(&levels, 4*int(uint32s(count)[0]&0xFFFF))
		if err != nil {
			return err
		}
		indexes, err := take(&weights, m.in*m.out)
		if err != nil {
			return err
		}
		values := float32s(known)
		m.weights = make([]float32, len(indexes))
		for j, index := range indexes {
			if int(index) >= len(values) {
				return errNotAModel
			}
			m.weights[j] = values[index]
		}
		all[i] = m
	}
	var each [len(vectorLengths)][]float32
	for i, length := range vectorLengths {
		if len(vectors) < length {
			return errNotAModel
		}
		each[i], vectors = vectors[:length:length], vectors[length:]
	}
	e.projection = matrix{in: Dimensions, out: 3 * branch}
	for _, m := range all[:3] {
		e.projection.weights = append(e.projection.weights, m.weights...)
	}
	for i, window := range [...]struct{ width, left int }{{2, 0}, {3, 1}, {5, 2}} {
		e.branches[i] = convolution{
			width: window.width, left: window.left,
			first: dense{all[3+2*i], each[3+2*i]}, second: dense{all[4+2*i], each[4+2*i]},
		}
	}
	e.text = dense{all[9], each[11]}
	e.d0, e.d1, e.p1, e.d2, e.p3, e.d3 = all[10], all[11], all[12], all[13], all[14], all[15]
	e.projectionBias, e.projectionNorm = each[0], norm{each[1], each[2]}
	e.featureNorm, e.epsilon = norm{each[9], each[10]}, each[12][0]
	return nil
}

func take(from *[]byte, n int) ([]byte, error) {
	if len(*from) < n || n < 0 {
		return nil, errNotAModel
	}
	taken := (*from)[:n]
	*from = (*from)[n:]
	return taken, nil
}

// scratch is what encoding needs room for, by tokens.
type scratch struct {
	row                                           [rowBytes]byte
	embedded, projected, window, out, hidden, all []float32
}

func (s *scratch) grow(tokens int) {
	if len(s.all) < tokens*features {
		s.embedded, s.projected = make([]float32, tokens*Dimensions), make([]float32, tokens*3*branch)
		s.window, s.out = make([]float32, tokens*5*branch), make([]float32, tokens*branch)
		s.hidden, s.all = make([]float32, tokens*branch), make([]float32, tokens*features)
	}
}

// Encode returns what the text means.
func (e *Encoder) Encode(text string) (Vector, error) {
	ids := e.tokens.tokens(text, MaxTokens)
	s, _ := e.scratch.Get().(*scratch)
	if s == nil {
		s = &scratch{}
	}
	defer e.scratch.Put(s)
	n := len(ids)
	s.grow(n)
	if err := e.embed(s, ids); err != nil {
		return Vector{}, err
	}
	multiply(s.projected, s.embedded, n, &e.projection)
	for i := range n {
		row := s.projected[i*3*branch:][:3*branch]
		for j, b := range e.projectionBias {
			row[j] += b
		}
		e.projectionNorm.apply(row, e.epsilon)
	}
	for k := range e.branches {
		e.convolve(s, n, k)
	}
	sum := make([]float32, features)
	for i := range n {
		row := s.all[i*features:][:features]
		e.featureNorm.apply(row, e.epsilon)
		for j, v := range row {
			sum[j] += v
		}
	}
	return e.conclude(sum, n), nil
}

// embed reads the tokens' rows of the table.
func (e *Encoder) embed(s *scratch, ids []uint32) error {
	for i, id := range ids {
		if _, err := e.file.ReadAt(s.row[:], e.table.offset+int64(id)*rowBytes); err != nil {
			return fmt.Errorf("read the model of meaning: %w", err)
		}
		scale, low := e.scales[id%chunks], e.lows[id%chunks]
		into := s.embedded[i*Dimensions:][:Dimensions]
		for j := 0; j < rowBytes; j += 3 {
			packed := uint32(s.row[j]) | uint32(s.row[j+1])<<8 | uint32(s.row[j+2])<<16
			four := into[j/3*4:][:4]
			four[0] = float32(packed&63)*scale + low
			four[1] = float32(packed>>6&63)*scale + low
			four[2] = float32(packed>>12&63)*scale + low
			four[3] = float32(packed>>18)*scale + low
		}
		copy(s.all[i*features:], into)
	}
	return nil
}

// convolve runs a branch: two convolutions, each added to what it was made of. Beyond the text's ends there are zeros.
func (e *Encoder) convolve(s *scratch, n, k int) {
	c := &e.branches[k]
	width := c.width * branch
	window := s.window[:n*width]
	run := func(layer *dense, at func(int) []float32, into func(int) []float32) {
		for i := range n {
			for slot := range c.width {
				to := window[i*width+slot*branch:][:branch]
				if from := i - c.left + slot; from >= 0 && from < n {
					copy(to, at(from))
				} else {
					clear(to)
				}
			}
		}
		multiply(s.out, window, n, &layer.matrix)
		for i := range n {
			before, made, to := at(i), s.out[i*branch:][:branch], into(i)
			for j, b := range layer.bias {
				to[j] = max(made[j]+b, 0) + before[j]
			}
		}
	}
	projected := func(i int) []float32 { return s.projected[i*3*branch+k*branch:][:branch] }
	hidden := func(i int) []float32 { return s.hidden[i*branch:][:branch] }
	run(&c.first, projected, hidden)
	run(&c.second, hidden, func(i int) []float32 { return s.all[i*features+Dimensions+k*branch:][:branch] })
}

// conclude makes the vector of the sum of the tokens' features.
func (e *Encoder) conclude(sum []float32, tokens int) (v Vector) {
	x := e.text.times(sum)
	scale := float32(1 / math.Sqrt(float64(tokens)))
	for j, b := range e.text.bias {
		x[j] = (x[j] + float32(tokens)*b) * scale
	}
	y0 := positive(e.d0.times(x))
	y1 := positive(plus(e.p1.times(x), e.d1.times(y0)))
	y2 := positive(e.d2.times(y1))
	z := plus(e.p3.times(y1), e.d3.times(y2))
	length := 0.0
	for i := range v {
		v[i] = float32(math.Tanh(float64(z[i])))
		length += float64(v[i]) * float64(v[i])
	}
	scale = float32(1 / math.Sqrt(max(length, 1e-12)))
	for i := range v {
		v[i] *= scale
	}
	return v
}

// Tokens returns the IDs of the text's pieces, at most MaxTokens.
func (e *Encoder) Tokens(text string) []uint32 { return e.tokens.tokens(text, MaxTokens) }

// Rarity tells how rare a word is in the model's languages: minus the logarithm of its probability, some 6 for the commonest
// and 20 and more for what is no word.
func (e *Encoder) Rarity(word string) float64 {
	normal := e.tokens.normalize(word)
	if len(normal) == 0 || len(normal) > 256 {
		return 0
	}
	_, score := e.tokens.segment(normal)
	return float64(-score)
}

func (n *norm) apply(x []float32, epsilon float32) {
	var mean, variance float32
	for _, v := range x {
		mean += v
	}
	mean /= float32(len(x))
	for i, v := range x {
		x[i] = v - mean
		variance += x[i] * x[i]
	}
	scale := float32(1 / math.Sqrt(float64(variance/float32(len(x))+epsilon)))
	for i, v := range x {
		x[i] = v*scale*n.gain[i] + n.shift[i]
	}
}

func (m *matrix) times(x []float32) []float32 {
	y := make([]float32, m.out)
	multiply(y, x, 1, m)
	return y
}

func positive(x []float32) []float32 {
	for i, v := range x {
		x[i] = max(v, 0)
	}
	return x
}

func plus(x, y []float32) []float32 {
	for i, v := range y {
		x[i] += v
	}
	return x
}

// multiply sets y, rows of m.out, to the products of x, so many rows of m.in, with the matrix. Four rows share each weight
// that is loaded; of a row that is left over, four outputs share each value.
func multiply(y, x []float32, rows int, m *matrix) {
	n, out := m.in, m.out
	i := 0
	for ; i+4 <= rows; i += 4 {
		a, b, c, d := x[i*n:][:n], x[(i+1)*n:][:n], x[(i+2)*n:][:n], x[(i+3)*n:][:n]
		for o := range out {
			var s0, s1, s2, s3 float32
			for j, w := range m.weights[o*n:][:n] {
				s0 += w * a[j]
				s1 += w * b[j]
				s2 += w * c[j]
				s3 += w * d[j]
			}
			y[i*out+o], y[(i+1)*out+o], y[(i+2)*out+o], y[(i+3)*out+o] = s0, s1, s2, s3
		}
	}
	for ; i < rows; i++ {
		a, to := x[i*n:][:n], y[i*out:][:out]
		for o := 0; o+4 <= out; o += 4 { // all matrices have a multiple of four outputs
			v, w := m.weights[o*n:][:n], m.weights[(o+1)*n:][:n]
			p, q := m.weights[(o+2)*n:][:n], m.weights[(o+3)*n:][:n]
			var s0, s1, s2, s3 float32
			for j, value := range a {
				s0 += v[j] * value
				s1 += w[j] * value
				s2 += p[j] * value
				s3 += q[j] * value
			}
			to[o], to[o+1], to[o+2], to[o+3] = s0, s1, s2, s3
		}
	}
}
