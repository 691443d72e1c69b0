package store

import (
	"strconv"

	"golang.org/x/sys/windows"
)

// machine is not known here: the host's name alone says which machine it is. A
// process is told from one before the last start of the machine by its own start.
func machine() string { return "" }

// processStart is the moment at which a process began, in units of 100 ns since
// 1601. A process that belongs to another user may not be asked, and then it is
// not known.
func processStart(pid int) (start string, ended bool) {
	const rights = windows.PROCESS_QUERY_LIMITED_INFORMATION | windows.SYNCHRONIZE
	process, err := windows.OpenProcess(rights, false, uint32(pid)) //nolint:gosec // process numbers have 32 bits
	if err != nil {
		return "", false
	}
	defer func() { _ = windows.CloseHandle(process) }()
	var began, over, kernel, user windows.Filetime
	if err := windows.GetProcessTimes(process, &began, &over, &kernel, &user); err != nil {
		return "", false
	}
	waited, err := windows.WaitForSingleObject(process, 0)
	start = strconv.FormatUint(uint64(began.HighDateTime)<<32|uint64(began.LowDateTime), 10)
	return start, err == nil && waited == windows.WAIT_OBJECT_0
}
