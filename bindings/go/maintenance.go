package ironbase

// Giving space back, looking for damage, and saving what is left of a damaged database.

import (
	"context"
	"fmt"
	"time"

	"github.com/ironbase/ironbase-go/options"
	"go.mongodb.org/mongo-driver/v2/bson"
)

// CompactFigures are what compacting has done to one collection with its indexes, or to all.
type CompactFigures struct {
	// BytesBefore and BytesAfter are the sizes of the files, BytesFreed the difference.
	BytesBefore int64 `bson:"bytesBefore"`
	BytesAfter  int64 `bson:"bytesAfter"`
	BytesFreed  int64 `bson:"bytesFreed"`

	DocumentsScanned int64 `bson:"documentsScanned"`
	DocumentsKept    int64 `bson:"documentsKept"`
	PagesScanned     int64 `bson:"pagesScanned"`
	PagesWritten     int64 `bson:"pagesWritten"`
	PagesBefore      int64 `bson:"pagesBefore"`
	PagesKept        int64 `bson:"pagesKept"`
	// HeldBack: a long read or transaction still needs pages; another compaction later gives back more.
	HeldBack bool `bson:"heldBack"`
	// DurationMS is how long it took, in milliseconds.
	DurationMS int64 `bson:"durationMs"`
}

// CompactResult is what Compact has done.
type CompactResult struct {
	CompactFigures `bson:",inline"`
	// Collections has the same for each collection.
	Collections []CollectionCompactResult `bson:"collections"`
	// EstimatedBytesFreed is all that a dry run gives.
	EstimatedBytesFreed int64 `bson:"estimatedBytesFreed"`
}

// CollectionCompactResult is what Compact has done to a collection.
type CollectionCompactResult struct {
	Name           string `bson:"name"`
	CompactFigures `bson:",inline"`
}

// VerifyResult is what Verify has found.
type VerifyResult struct {
	// Valid: there is no damage.
	Valid        bool  `bson:"valid"`
	Collections  int64 `bson:"collections"`
	Documents    int64 `bson:"documents"`
	IndexEntries int64 `bson:"indexEntries"`
	Pages        int64 `bson:"pages"`
	FreePages    int64 `bson:"freePages"`
	// LeakedPages are in no use and not free.
	LeakedPages int64 `bson:"leakedPages"`
	// ErrorCount counts all problems; Errors names the first.
	ErrorCount int64           `bson:"errorCount"`
	Errors     []VerifyProblem `bson:"errors"`
	Warnings   []string        `bson:"warnings"`
	// DurationMS is how long it took, in milliseconds.
	DurationMS int64 `bson:"durationMs"`
}

// VerifyProblem is damage at one place. What does not apply is empty.
type VerifyProblem struct {
	// Kind is "page", "tree", "freeMap", "document", "missingIndexEntry", "extraIndexEntry", "duplicate",
	// "catalog", "file" or "log".
	Kind       string `bson:"kind"`
	File       string `bson:"file"`
	Page       *int64 `bson:"page"`
	Collection string `bson:"collection"`
	Index      string `bson:"index"`
	// Key is in hexadecimal.
	Key     string `bson:"key"`
	Problem string `bson:"problem"`
}

// BackupResult is what Backup has done.
type BackupResult struct {
	Incremental bool `bson:"incremental"`
	// LSN is the backup's last commit, made at Time; BaseLSN the first that can be restored; PreviousLSN the
	// last before it was continued.
	LSN         int64     `bson:"lsn"`
	Time        time.Time `bson:"time"`
	BaseLSN     int64     `bson:"baseLsn"`
	PreviousLSN int64     `bson:"previousLsn"`
	// Bytes were written, of pages and of log.
	Bytes     int64 `bson:"bytes"`
	PageBytes int64 `bson:"pageBytes"`
	LogBytes  int64 `bson:"logBytes"`
	// DurationMS is how long it took, in milliseconds.
	DurationMS int64 `bson:"durationMs"`
}

// RestoreResult is what Restore has made.
type RestoreResult struct {
	// LSN is the last commit restored, made at Time.
	LSN       int64     `bson:"lsn"`
	Time      time.Time `bson:"time"`
	BaseLSN   int64     `bson:"baseLsn"`
	Documents int64     `bson:"documents"`
	Bytes     int64     `bson:"bytes"`
	// DurationMS is how long it took, in milliseconds.
	DurationMS int64 `bson:"durationMs"`
}

// SalvageResult is what Salvage has saved, and what was lost.
type SalvageResult struct {
	// Documents are those in the new database.
	Documents     int64                     `bson:"documents"`
	LostDocuments int64                     `bson:"lostDocuments"`
	Collections   []CollectionSalvageResult `bson:"collections"`
	// LastCommit is the last of the log that was applied; nil for none. LostCommits could not be read.
	LastCommit  *int64 `bson:"lastCommit"`
	LostCommits int64  `bson:"lostCommits"`
	// Notes say what was found out about the files.
	Notes []string `bson:"notes"`
	// DurationMS is how long it took, in milliseconds.
	DurationMS int64 `bson:"durationMs"`
}

// CollectionSalvageResult is what Salvage has saved of a collection.
type CollectionSalvageResult struct {
	Name      string `bson:"name"`
	File      string `bson:"file"`
	Documents int64  `bson:"documents"`
	// LostDocuments are those of the last checkpoint that are not there any more; nil if it is not known.
	LostDocuments *int64 `bson:"lostDocuments"`
	// OlderVersions were passed over for newer ones.
	OlderVersions int64 `bson:"olderVersions"`
	// Uncertain documents may be old, or deleted.
	Uncertain    int64           `bson:"uncertain"`
	Invalid      int64           `bson:"invalid"`
	DamagedPages int64           `bson:"damagedPages"`
	LostRanges   []LostRange     `bson:"lostRanges"`
	Indexes      []SalvagedIndex `bson:"indexes"`
}

// LostRange is a page that could not be read, and the keys, in hexadecimal, that could have been in it.
type LostRange struct {
	Page int64  `bson:"page"`
	From string `bson:"from"`
	// To is the first key beyond; nil: there is no end.
	To      *string `bson:"to"`
	Problem string  `bson:"problem"`
}

// SalvagedIndex tells whether an index was made again, or why not.
type SalvagedIndex struct {
	Name    string `bson:"name"`
	Created bool   `bson:"created"`
	Problem string `bson:"problem"`
}

// Compact gives the space that deleted and changed documents have left back to the file system, while
// others read and write. What was done before the context ends stays done.
func (db *Database) Compact(ctx context.Context, opts ...options.Lister[options.CompactOptions]) (*CompactResult, error) {
	return maintain[CompactResult](ctx, db, "compact", opts, func(f *frame) (bson.Raw, error) {
		return f.callDatabase(databaseCompact, db.handle)
	})
}

// Verify looks for damage: reads every page, and compares documents, indexes and files, while others
// read and write. Damage is no error: it is in the result.
func (db *Database) Verify(ctx context.Context, opts ...options.Lister[options.VerifyOptions]) (*VerifyResult, error) {
	return maintain[VerifyResult](ctx, db, "verify", opts, func(f *frame) (bson.Raw, error) {
		return f.callDatabase(databaseVerify, db.handle)
	})
}

// Backup makes a backup in another directory, or continues one, while others read and write. When the
// context ends the directory is as it was before.
func (db *Database) Backup(ctx context.Context, destination string, opts ...options.Lister[options.BackupOptions]) (*BackupResult, error) {
	if err := checkPath(destination); err != nil {
		return nil, err
	}
	return maintain[BackupResult](ctx, db, "backup", opts, func(f *frame) (bson.Raw, error) { return f.backup(db.handle, destination) })
}

func maintain[R, T any](ctx context.Context, db *Database, name string, opts []options.Lister[T],
	call func(*frame) (bson.Raw, error)) (*R, error) {
	if err := db.outside(ctx, name); err != nil {
		return nil, err
	}
	op, err := db.handle.operate(ctx)
	if err != nil {
		return nil, err
	}
	f := newJSONFrame()
	defer f.release()
	if err := setOptions(f, op.id, opts); err != nil {
		return nil, op.end(err)
	}
	document, err := call(f)
	if err := op.end(err); err != nil {
		return nil, err
	}
	return decoded[R](document)
}

// Verify looks for damage in a database that nobody has open for writing, whether or not it can be
// opened. It writes nothing. Damage is no error: it is in the result. Contexts are looked at some ten
// times a second.
func Verify(ctx context.Context, path string, opts ...options.Lister[options.VerifyOptions]) (*VerifyResult, error) {
	document, err := onPaths(ctx, opts, func(f *frame, w *watcher) (bson.Raw, error) { return f.verify(path, w) }, path)
	if err != nil {
		return nil, err
	}
	return decoded[VerifyResult](document)
}

// Restore makes a new database of a backup, in a directory that has nothing of a database yet: as it was at
// the backup's end, after a commit, or at a time. The backup is only read. When the context ends, the new
// database's files are removed again.
func Restore(ctx context.Context, backup, destination string, opts ...options.Lister[options.RestoreOptions]) (*RestoreResult, error) {
	document, err := onPaths(ctx, opts, func(f *frame, w *watcher) (bson.Raw, error) { return f.restore(backup, destination, w) },
		backup, destination)
	if err != nil {
		return nil, err
	}
	return decoded[RestoreResult](document)
}

// Salvage saves every document that can be read of a damaged database into a new one, in a directory
// that has nothing of a database yet. The damaged one is only read. What was lost is no error: it is in the
// result. When the context ends, the new database's files are removed again.
func Salvage(ctx context.Context, damaged, into string, opts ...options.Lister[options.SalvageOptions]) (*SalvageResult, error) {
	document, err := onPaths(ctx, opts, func(f *frame, w *watcher) (bson.Raw, error) { return f.salvage(damaged, into, w) },
		damaged, into)
	if err != nil {
		return nil, err
	}
	return decoded[SalvageResult](document)
}

// onPaths makes a call that belongs to no open database: it has no id, and looks at the context itself.
func onPaths[T any](ctx context.Context, opts []options.Lister[T], call func(*frame, *watcher) (bson.Raw, error),
	paths ...string) (bson.Raw, error) {
	if err := ended(ctx); err != nil {
		return nil, err
	}
	for _, path := range paths {
		if err := checkPath(path); err != nil {
			return nil, err
		}
	}
	f := newJSONFrame()
	defer f.release()
	if err := setOptions(f, 0, opts); err != nil {
		return nil, err
	}
	w := watch(ctx, ctx.Done() != nil)
	document, err := call(f, w)
	w.end()
	w.rethrow()
	if err != nil {
		return nil, stopped(ctx, err)
	}
	return document, nil
}

// decoded is the engine's result in its own type.
func decoded[R any](document bson.Raw) (*R, error) {
	result := new(R)
	if err := bson.Unmarshal(document, result); err != nil {
		return nil, fmt.Errorf("the engine's result cannot be read: %w", err)
	}
	return result, nil
}
