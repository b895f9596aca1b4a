//go:build unix && !linux

package postgres

import "syscall"

func attributes(owner *syscall.Credential) *syscall.SysProcAttr {
	return &syscall.SysProcAttr{Credential: owner, Setpgid: true}
}

// quickFolder is where files that need not outlive a power cut are made and removed quickly: nowhere.
func quickFolder() string { return "" }
