// Command bench measures Data Hour beside its floors and says what is met.
//
//	go run ./cmd/bench                        everything, in about ten minutes
//	go run ./cmd/bench -quick                 the same with less of everything
//	go run ./cmd/bench -only commits,alarms   some of it
//
// A figure says little by itself, since it is the disk and the processor that
// set it. So each is printed beside a floor, the bare loop in cmd/bench/floor
// that makes the same rows and waits for the same fsyncs, measured in the same
// round: first one and then the other, the order changing from round to round.
// What counts is the ratio; README.md says how to read the table.
//
// Our side is the real thing: the real bot on a real store, with the features
// of the product or with one of the size of what a floor does (feature.go), and
// for the figures of the whole program the built program in a process of its
// own. Start reading with main.go; table.go judges, and each other file holds
// one subject.
package main
