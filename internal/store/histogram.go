package store

import (
	"encoding/binary"
	"math/bits"
	"time"

	"github.com/bot9/bot9/internal/bot9"
)

// histogram counts durations in buckets, four to every doubling of the microseconds: each is about a fifth wider
// than the one before, so a percentile is right to about 10 %.
type histogram [histogramBuckets]int64

const histogramBuckets = 28 * 4 // up to 2^28 µs = 268 s, far beyond the longest attempt

func bucketOf(d time.Duration) int {
	us := uint64(max(d.Microseconds(), 4))
	exponent := bits.Len64(us) - 1
	return min(exponent*4+int(us>>(exponent-2)&3), histogramBuckets-1)
}

// middleOf returns the middle of a bucket in milliseconds.
func middleOf(bucket int) float64 {
	low := float64(uint64(1)<<(bucket/4)) * (1 + float64(bucket%4)/4)
	return low * 1.1 / 1000
}

func (h *histogram) add(d time.Duration) { h[bucketOf(d)]++ }

// encode writes the buckets that aren't empty as pairs of varints.
func (h *histogram) encode() []byte {
	encoded := make([]byte, 0, 32)
	for bucket, count := range h {
		if count != 0 {
			encoded = binary.AppendUvarint(encoded, uint64(bucket))
			encoded = binary.AppendUvarint(encoded, uint64(count))
		}
	}
	return encoded
}

func (h *histogram) merge(encoded []byte) {
	for len(encoded) > 0 {
		bucket, n := binary.Uvarint(encoded)
		count, m := binary.Uvarint(encoded[max(n, 0):])
		if n <= 0 || m <= 0 || bucket >= histogramBuckets {
			return
		}
		h[bucket] += int64(count)
		encoded = encoded[n+m:]
	}
}

func (h *histogram) percentiles() bot9.Percentiles {
	total := int64(0)
	for _, count := range h {
		total += count
	}
	at := func(share float64) float64 {
		rank := int64(share*float64(total-1)) + 1
		for bucket, count := range h {
			if rank -= count; rank <= 0 {
				return middleOf(bucket)
			}
		}
		return 0
	}
	if total == 0 {
		return bot9.Percentiles{}
	}
	return bot9.Percentiles{P50: at(0.50), P95: at(0.95), P99: at(0.99)}
}
