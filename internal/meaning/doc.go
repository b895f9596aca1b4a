// Package meaning turns texts into vectors that are near each other where the texts mean the same, in sixteen languages and
// across them, without a network: Google's universal-sentence-encoder-multilingual v3 (Cer et al. 2018, Yang et al. 2019) in
// pure Go. The weights are a file that makemodel makes of the package they are published in; golden vectors of that package
// hold this code against it.
package meaning
