package deploy

import (
	"os/exec"
	"strings"
	"testing"
)

// ownPackages are the folders of this repository that the program is made of.
func ownPackages(t *testing.T) (folders []string) {
	t.Helper()
	list := exec.CommandContext(t.Context(), "go", "list", "-deps", "./cmd/bot9")
	list.Dir = root
	out, err := list.Output()
	must(t, err)
	for line := range strings.Lines(string(out)) {
		if own, ok := strings.CutPrefix(strings.TrimSpace(line), "github.com/bot9/bot9/"); ok {
			folders = append(folders, own)
		}
	}
	return folders
}
