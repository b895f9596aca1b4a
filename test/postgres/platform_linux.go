package postgres

import "syscall"

// attributes run a process as owner, and end it with its parent, however that ends.
func attributes(owner *syscall.Credential) *syscall.SysProcAttr {
	return &syscall.SysProcAttr{Credential: owner, Pdeathsig: syscall.SIGQUIT, Setpgid: true}
}

const (
	memory     = "/dev/shm"
	memoryNeed = 2 << 30 // bytes that are free, of which a server of tests takes a part
)

// quickFolder is where files that need not outlive a power cut are made and removed quickly: in memory, if there
// is room, since every test's database is hundreds of files, and ext4 is slow to make new ones where others were
// just removed. It is empty if there is no such place.
func quickFolder() string {
	var there syscall.Statfs_t
	if err := syscall.Statfs(memory, &there); err != nil || int64(there.Bavail)*there.Bsize < memoryNeed {
		return ""
	}
	return memory
}
