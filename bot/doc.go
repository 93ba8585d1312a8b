// Package bot is the core of Data Hour: the words of the product, the ports that
// adapters fill, the table of commands, and the engine that keeps what was
// promised.
//
// Start with [Bot], which ties everything together, then read in this order:
// [Inbound] (one thing a person did), [Row] (one command), [Tx] (how a handler
// reads, decides and says what shall be), [Notice] (a post that shall stand),
// [AlarmKind] (a promise), [Store] and [Chat] (what adapters provide).
//
// The package knows no platform, no database and no feature. It may use the
// standard library and golang.org/x, and nothing else. Only clock.go reads the time.
package bot
