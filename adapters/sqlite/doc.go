// Package sqlite keeps the bot's state in one SQLite file: no server, no set-up.
// It is what runs when no Redis is named. Start reading at [Open]; a commit goes
// through queue.go, group.go and batch.go in this order.
//
// # One writer that groups
//
// SQLite has one writer at a time, and a durable commit costs an fsync. So one
// goroutine does all writing: it takes whatever commits wait, does them in one
// transaction, and answers them all after its COMMIT. While one group waits for
// the disk the next one gathers. A batch is judged by reading before any of it
// is written but what it has seen, which is taken back when it is refused: so a
// conflict costs its neighbours nothing and needs no savepoint.
// A refusal is told only once the group is stored, since it may be due to a
// neighbour in the same group that would otherwise have come to nothing.
//
// # Deadlines and certainty
//
// A commit that is given up on is never applied later. Until the moment before
// COMMIT everyone can still leave the group (the deadline passed, the context
// ended): the writer then rolls back and does the rest again. From that moment
// on the answer is the disk's. When COMMIT fails, the writer finds out what
// happened; ErrUnknown is left for an fsync that failed or hangs, where a crash
// right now could still bring the commit back.
//
// When another program locks the file, commits wait until their deadlines and
// reading goes on. When the disk is full, commits are answered ErrNotSaved;
// nothing needs to be restarted once there is room.
//
// # Durability and erasing
//
// The file runs in WAL mode with synchronous=FULL: what was acknowledged is on
// the disk, as far as the disk tells the truth. With secure_delete what is
// deleted is overwritten where it stands; within about a minute the copies that
// SQLite leaves behind when rows move are overwritten too, and the write-ahead
// log, which still holds older versions, is folded in and emptied (tidy.go).
// Backups are rebuilt row by row and never hold anything that was deleted.
//
// # One process
//
// A lock beside the file (its name with ".lock") keeps a second process out;
// programs that only read the file, or copy it with SQLite's own means, are
// welcome. Do not copy the file with cp while the bot runs: use Backup.
//
// # Schema
//
// See schema.go. Times are microseconds since 1970 (UTC), places in logs and
// revisions are SQLite's 64-bit integers, keys are compared by their bytes.
package sqlite
