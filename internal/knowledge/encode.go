package knowledge

import (
	"context"
	"strconv"
)

// Encoder turns texts into vectors that are near each other where the texts mean the same.
type Encoder interface {
	// Name tells it apart from any that makes other vectors.
	Name() string
	// Encode returns a vector for each text.
	Encode(ctx context.Context, texts []string) ([][]float32, error)
	// Rarity tells how rare a word is in the encoder's languages: minus the logarithm of its probability.
	Rarity(word string) float64
}

// encoderName names the encoder and the texts that it is given: stored vectors count for as long as both stay.
func encoderName(e Encoder) string { return e.Name() + "/" + strconv.Itoa(TextsVersion) }
