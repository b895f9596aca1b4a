//go:build unix

package webhook

import "syscall"

// somethingWaits tells whether a read from the socket would bring anything: bytes, the end, or an error.
func somethingWaits(socket syscall.RawConn) bool {
	waits := true
	var first [1]byte
	err := socket.Read(func(fd uintptr) bool {
		_, _, err := syscall.Recvfrom(int(fd), first[:], syscall.MSG_PEEK|syscall.MSG_DONTWAIT)
		waits = err != syscall.EAGAIN && err != syscall.EWOULDBLOCK
		return true
	})
	return err != nil || waits
}
