package cli

import "os/exec"

// residentPeak is not known here.
func residentPeak(*exec.Cmd) int64 { return 0 }
