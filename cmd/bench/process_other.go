//go:build !linux

package main

import "os/exec"

// dieWithUs needs Linux; elsewhere a program may stay behind when this one is killed.
func dieWithUs(*exec.Cmd) {}
