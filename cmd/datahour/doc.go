// Command datahour is the program: it reads the configuration, ties the core,
// the features and the adapters together, and serves.
//
// Start reading at main.go (the subcommands) and serve.go (what belongs to
// what, and in which order it starts and stops). config.go lists every setting,
// and export.go describes the format that export and import speak.
// testdata/script holds the stories: each starts this very program on a free
// port and tells what people do with it.
package main
