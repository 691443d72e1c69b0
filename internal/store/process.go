package store

import (
	"os"

	"github.com/portcoconnect/pcc-descope-mgmt/internal/platform"
)

// Process is one process of one machine, told from all others, also from a
// later one that gets the same number.
type Process struct {
	Host string `json:"host"`
	// Machine tells apart machines and containers of one host name, and one
	// machine before and after it was started anew. It is empty where the system
	// does not tell.
	Machine string `json:"machine"`
	PID     int    `json:"pid"`
	// Start is the moment at which the process began, in the system's own terms;
	// empty where the system does not tell.
	Start string `json:"process_start"`
}

// ThisProcess is the process that calls it.
func ThisProcess() (Process, error) {
	host, err := os.Hostname()
	if err != nil {
		return Process{}, err
	}
	pid := os.Getpid()
	start, _ := processStart(pid)
	return Process{Host: host, Machine: machine(), PID: pid, Start: start}, nil
}

// life is what can be said about a process.
type life int

const (
	lifeUnknown life = iota // on another machine, or the system does not tell
	lifeRunning
	lifeOver
)

// life says whether a process still runs, as seen from another one.
func (p Process) life(from Process) life {
	if p.Host != from.Host || p.Machine != from.Machine || p.PID <= 0 {
		return lifeUnknown
	}
	if platform.Gone(p.PID) {
		return lifeOver
	}
	start, ended := processStart(p.PID)
	switch {
	case ended:
		return lifeOver
	case start == "" || p.Start == "":
		return lifeUnknown
	case start != p.Start:
		return lifeOver // the number belongs to another process by now
	default:
		return lifeRunning
	}
}
