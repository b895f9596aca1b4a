package knowledge

import (
	"cmp"
	"math"
	"math/bits"
	"slices"
)

// A question is compared with every vector if there are no more than exactly; else first with their signs, a 32nd of the work,
// and then with the shortlist of those that agree most.
const (
	exactly   = 2_000
	shortlist = 500
)

// Quantize makes bytes of a vector: each value a whole number from -127 to 127, the largest of them at an end. What a cosine
// loses by that is less than 0.01.
func Quantize(vector []float32) []int8 {
	largest := float32(0)
	for _, v := range vector {
		largest = max(largest, v, -v)
	}
	small := make([]int8, len(vector))
	if largest == 0 {
		return small
	}
	scale := 127 / largest
	for i, v := range vector {
		small[i] = int8(math.RoundToEven(float64(v * scale)))
	}
	return small
}

// role is what a vector is of.
type role uint8

const (
	ofPassage role = iota
	ofHeading      // the heading of a passage
	ofTitle
	ofQuestion // what a document is also asked as
	roles
)

// place is where a vector comes from.
type place struct {
	entry   *entry // nil if the row is free
	role    role
	passage int32 // of entry, for passages and headings
}

// vectors are rows of quantized vectors of one length, with their signs and lengths.
type vectors struct {
	dims   int
	words  int // of signs, for each row
	values []int8
	signs  []uint64
	scale  []float32 // one by the length of the row
	places []place
	free   []int32
}

// add adds a row and returns its number; -1 if it has another length than those that are there.
func (v *vectors) add(values []int8, of place) int32 {
	if len(v.places) == len(v.free) { // there are none: another model may come
		*v = vectors{dims: len(values), words: (len(values) + 63) / 64}
	}
	if len(values) != v.dims || v.dims == 0 {
		return -1
	}
	row := int32(len(v.places))
	if n := len(v.free); n > 0 {
		row = v.free[n-1]
		v.free = v.free[:n-1]
	} else {
		v.values = append(v.values, make([]int8, v.dims)...)
		v.signs = append(v.signs, make([]uint64, v.words)...)
		v.scale, v.places = append(v.scale, 0), append(v.places, place{})
	}
	copy(v.values[int(row)*v.dims:], values)
	signsOf(v.signs[int(row)*v.words:][:v.words], values)
	v.scale[row], v.places[row] = inverseLength(values), of
	return row
}

func (v *vectors) remove(row int32) {
	v.places[row] = place{}
	v.free = append(v.free, row)
}

func (v *vectors) bytes() int64 { return int64(len(v.places)) * int64(v.dims+8*v.words+4+24) }

func signsOf(into []uint64, values []int8) {
	clear(into)
	for i, value := range values {
		if value > 0 {
			into[i/64] |= 1 << (i % 64)
		}
	}
}

func inverseLength(values []int8) float32 {
	sum := 0
	for _, v := range values {
		sum += int(v) * int(v)
	}
	if sum == 0 {
		return 0
	}
	return float32(1 / math.Sqrt(float64(sum)))
}

// similarity is the cosine between a row and a question's vector of the given scale.
func (v *vectors) similarity(row int32, question []int8, scale float32) float64 {
	return float64(float32(product(v.values[int(row)*v.dims:][:v.dims], question)) * scale * v.scale[row])
}

// product is the scalar product.
func product(a, b []int8) int32 {
	b = b[:len(a)]
	var s0, s1, s2, s3 int32
	i := 0
	for ; i+4 <= len(a); i += 4 {
		s0 += int32(a[i]) * int32(b[i])
		s1 += int32(a[i+1]) * int32(b[i+1])
		s2 += int32(a[i+2]) * int32(b[i+2])
		s3 += int32(a[i+3]) * int32(b[i+3])
	}
	for ; i < len(a); i++ {
		s0 += int32(a[i]) * int32(b[i])
	}
	return s0 + s1 + s2 + s3
}

// near returns the rows to be looked at: all of them, or those whose signs agree most with the question's.
func (v *vectors) near(question []int8) []int32 {
	rows := make([]int32, 0, min(len(v.places), exactly))
	if len(v.places) <= exactly {
		for row := range v.places {
			if v.places[row].entry != nil {
				rows = append(rows, int32(row))
			}
		}
		return rows
	}
	wanted := make([]uint64, v.words)
	signsOf(wanted, question)
	apart := make([]uint16, len(v.places))
	histogram := make([]int, v.dims+2)
	for row := range v.places {
		different := v.dims + 1
		if v.places[row].entry != nil {
			different = 0
			for i, signs := range v.signs[row*v.words:][:v.words] {
				different += bits.OnesCount64(signs ^ wanted[i])
			}
		}
		apart[row] = uint16(different)
		histogram[different]++
	}
	limit, found := 0, 0
	for ; limit <= v.dims && found < shortlist; limit++ {
		found += histogram[limit]
	}
	for row, different := range apart {
		if int(different) < limit {
			rows = append(rows, int32(row))
		}
	}
	if len(rows) > 2*shortlist { // many alike, as where a document was added many times
		slices.SortFunc(rows, func(a, b int32) int { return cmp.Or(cmp.Compare(apart[a], apart[b]), cmp.Compare(a, b)) })
		rows = rows[:2*shortlist]
	}
	return rows
}
