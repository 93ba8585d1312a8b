package main

import (
	"os/exec"
	"syscall"
)

// dieWithUs makes a program end when this one does, however that comes.
func dieWithUs(program *exec.Cmd) {
	program.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL}
}
