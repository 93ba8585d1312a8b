//go:build unix && !linux

package main

import "syscall"

// endsWithUs: only Linux can end what was started when we are killed.
var endsWithUs *syscall.SysProcAttr
