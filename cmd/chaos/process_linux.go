package main

import "syscall"

// endsWithUs makes what was started here end when we do, however that is.
var endsWithUs = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL}
