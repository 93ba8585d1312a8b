package main

import (
	"fmt"
	"runtime"
	"runtime/debug"
)

// version is set by releases: go build -ldflags "-X main.version=1.2.0".
var version string

type versionCommand struct{}

func (versionCommand) Run(t terminal) error {
	_, err := fmt.Fprintf(t.out, "datahour %s %s %s/%s\n", versionName(), runtime.Version(), runtime.GOOS, runtime.GOARCH)
	return err
}

// versionName is the release or, when the program was built from a work tree, its commit.
func versionName() string {
	if version != "" {
		return version
	}
	name := "unreleased"
	built, ok := debug.ReadBuildInfo()
	if !ok {
		return name
	}
	for _, s := range built.Settings {
		switch {
		case s.Key == "vcs.revision" && len(s.Value) >= 12:
			name += "-" + s.Value[:12]
		case s.Key == "vcs.modified" && s.Value == "true":
			name += "+changes"
		}
	}
	return name
}
