package postgres

import (
	"bytes"
	"errors"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"
)

// CPU is the time that all processes of the server have spent on processors so far, in user and
// system mode (https://man7.org/linux/man-pages/man5/proc_pid_stat.5.html).
func (s *Server) CPU() (time.Duration, error) {
	files, err := filepath.Glob("/proc/[0-9]*/stat")
	if err != nil {
		return 0, err
	}
	ticks := int64(0)
	for _, file := range files {
		stat, err := os.ReadFile(file)
		if err != nil {
			continue // it has ended
		}
		pid, _ := strconv.Atoi(filepath.Base(filepath.Dir(file))) // digits, as the pattern says
		fields := strings.Fields(string(stat[bytes.LastIndexByte(stat, ')')+1:]))
		parent, err := strconv.Atoi(fields[1])
		if err != nil {
			return 0, err
		}
		spent := fields[11:13]
		switch s.Process() {
		case pid:
			spent = fields[11:15] // those of processes that have ended included
		case parent:
		default:
			continue
		}
		for _, field := range spent {
			n, fieldErr := strconv.ParseInt(field, 10, 64)
			ticks += n
			err = errors.Join(err, fieldErr)
		}
		if err != nil {
			return 0, err
		}
	}
	return time.Duration(ticks) * 10 * time.Millisecond, nil
}
