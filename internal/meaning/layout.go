package meaning

import (
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"math"
)

// The model's file is the magic, then for each section its length in bytes (8, little-endian), then the sections. All numbers
// are little-endian. Nothing in it is compressed, so that what is needed of the table is read where it lies.
const (
	magic = "bot9mean1\n"

	// Dimensions is the length of a vector.
	Dimensions = 512

	chunks     = 17   // the table's rows are quantized by piece ID modulo this
	rowBytes   = 384  // 512 values of 6 bits
	maxSection = 1e9  // a longer section is no model
	branch     = 256  // channels of each convolution
	features   = 1280 // of a token: its embedding and three convolutions
)

// Sections of the file, in order.
const (
	sectionPieces   = iota // the tokenizer's pieces, sorted by their bytes, one after the other
	sectionEnds            // where each ends: uint32
	sectionIDs             // the ID of each: int32
	sectionScores          // the log probability of each: float32
	sectionTrie            // the normalizer's double array: uint32
	sectionReplaced        // what the normalizer puts, each ended by a zero
	sectionTable           // a row of 6-bit values for each piece ID
	sectionScales          // float32 for each chunk
	sectionLows            // float32 for each chunk
	sectionLevels          // of the matrices: for each its number of levels (uint32), and the levels (float32)
	sectionWeights         // of the matrices, output by output, a byte each: the index of its level
	sectionVectors         // biases and norms: float32
	sections
)

// matrixShapes are the matrices in the order of the file: inputs and outputs.
var matrixShapes = [...][2]int{
	{Dimensions, branch}, {Dimensions, branch}, {Dimensions, branch}, // projections of three branches
	{2 * branch, branch}, {2 * branch, branch}, // the branch of pairs, twice
	{3 * branch, branch}, {3 * branch, branch}, // of triples
	{5 * branch, branch}, {5 * branch, branch}, // of fives
	{features, Dimensions},                                                                      // all features of a text
	{512, 320}, {320, 320}, {512, 320}, {320, Dimensions}, {320, Dimensions}, {512, Dimensions}, // d0, d1, p1, d2, p3, d3
}

// vectorLengths are the vectors in the order of the file.
var vectorLengths = [...]int{
	3 * branch, 3 * branch, 3 * branch, // of the projections: bias, gain and shift of the norm
	branch, branch, branch, branch, branch, branch, // biases of the branches, two each
	features, features, // gain and shift of the features' norm
	Dimensions, // bias of the text's features
	1,          // the norms' epsilon
}

var errNotAModel = errors.New("the file is not a model of meaning that this version can read")

// span is where a section lies.
type span struct{ offset, length int64 }

// readLayout reads the beginning of the file and finds the sections.
func readLayout(file io.ReaderAt, size int64) (found [sections]span, err error) {
	head := make([]byte, len(magic)+8*sections)
	if _, err := file.ReadAt(head, 0); err != nil || string(head[:len(magic)]) != magic {
		return found, errNotAModel
	}
	at := int64(len(head))
	for i := range found {
		length := binary.LittleEndian.Uint64(head[len(magic)+8*i:])
		if length > maxSection {
			return found, errNotAModel
		}
		found[i] = span{at, int64(length)}
		at += int64(length)
	}
	if at != size {
		return found, fmt.Errorf("%w: it has %d bytes, and should have %d", errNotAModel, size, at)
	}
	return found, nil
}

// WriteLayout writes a model's file.
func WriteLayout(out io.Writer, contents [sections][]byte) error {
	head := []byte(magic)
	for _, section := range contents {
		head = binary.LittleEndian.AppendUint64(head, uint64(len(section)))
	}
	if _, err := out.Write(head); err != nil {
		return err
	}
	for _, section := range contents {
		if _, err := out.Write(section); err != nil {
			return err
		}
	}
	return nil
}

func (s span) read(file io.ReaderAt) ([]byte, error) {
	bytes := make([]byte, s.length)
	if _, err := file.ReadAt(bytes, s.offset); err != nil && (err != io.EOF || s.length > 0) {
		return nil, fmt.Errorf("read the model of meaning: %w", err)
	}
	return bytes, nil
}

func uint32s(b []byte) []uint32 {
	numbers := make([]uint32, len(b)/4)
	for i := range numbers {
		numbers[i] = binary.LittleEndian.Uint32(b[4*i:])
	}
	return numbers
}

func float32s(b []byte) []float32 {
	numbers := make([]float32, len(b)/4)
	for i := range numbers {
		numbers[i] = math.Float32frombits(binary.LittleEndian.Uint32(b[4*i:]))
	}
	return numbers
}
