//go:build !race

package webhook

import "testing"

// The race detector makes sync.Pool forget at random, so this says nothing with it.
func TestSignAllocatesNothing(t *testing.T) {
	keys := []Key{mustKey(t, NewSecret()), mustKey(t, NewSecret())}
	body, dst := make([]byte, 300), make([]byte, 0, 128)
	allocations := testing.AllocsPerRun(200, func() { Sign(dst, keys, "evt_0d1vqk2m80000", 1_700_000_000, body) })
	if allocations >= 1 {
		t.Errorf("%v allocations per signature", allocations)
	}
}
