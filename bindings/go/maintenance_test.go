package ironbase_test

import (
	"bytes"
	"context"
	"errors"
	"log/slog"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/ironbase/ironbase-go"
	"github.com/ironbase/ironbase-go/options"
	"go.mongodb.org/mongo-driver/v2/bson"
)

// onDisk is a new database in a directory of its own.
func onDisk(t testing.TB) (db *ironbase.Database, path string) {
	t.Helper()
	path = filepath.Join(t.TempDir(), "kept.mlite")
	db, err := ironbase.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { db.Close() })
	return db, path
}

func TestCompactGivesSpaceBack(t *testing.T) {
	ctx := context.Background()
	db, _ := onDisk(t)
	c := numbered(t, db, 20000)
	if err := db.Checkpoint(ctx); err != nil {
		t.Fatal(err)
	}
	if _, err := c.DeleteMany(ctx, bson.D{{Key: "_id", Value: bson.D{{Key: "$gte", Value: 100}}}}); err != nil {
		t.Fatal(err)
	}
	estimate, err := db.Compact(ctx, options.Compact().SetDryRun(true))
	if err != nil || estimate.EstimatedBytesFreed <= 0 {
		t.Errorf("%+v, %v", estimate, err)
	}
	done, err := db.Compact(ctx, options.Compact().SetCollection("numbered"))
	if err != nil {
		t.Fatal(err)
	}
	if done.BytesFreed <= 0 || done.BytesBefore-done.BytesAfter != done.BytesFreed || done.HeldBack ||
		len(done.Collections) != 1 || done.Collections[0].Name != "numbered" || done.Collections[0].BytesFreed != done.BytesFreed {
		t.Errorf("%+v", done)
	}
	if _, err := db.Compact(ctx, options.Compact().SetCollection("nothing")); !errors.Is(err, ironbase.ErrNotFound) {
		t.Errorf("a collection that there is not: %v", err)
	}
	if n, err := c.CountDocuments(ctx, bson.D{}); n != 100 || err != nil {
		t.Errorf("%d documents, %v", n, err)
	}
}

func TestVerifyAndSalvage(t *testing.T) {
	ctx := context.Background()
	db, path := onDisk(t)
	c := numbered(t, db, 3000)
	if _, err := c.Indexes().CreateOne(ctx, ironbase.IndexModel{Keys: bson.D{{Key: "text", Value: 1}}}); err != nil {
		t.Fatal(err)
	}
	sound, err := db.Verify(ctx)
	if err != nil || !sound.Valid || sound.Documents != 3000 || sound.IndexEntries != 3000 || sound.ErrorCount != 0 {
		t.Errorf("%+v, %v", sound, err)
	}
	if _, err := ironbase.Verify(ctx, path); !errors.Is(err, ironbase.ErrLocked) {
		t.Errorf("of an open database: %v", err)
	}
	if err := db.Close(); err != nil {
		t.Fatal(err)
	}
	if sound, err = ironbase.Verify(ctx, path); err != nil || !sound.Valid || sound.Documents != 3000 {
		t.Errorf("%+v, %v", sound, err)
	}

	damage(t, filepath.Join(path, "numbered.mlite"))
	bad, err := ironbase.Verify(ctx, path, options.Verify().SetMaxErrors(1))
	if err != nil || bad.Valid || bad.ErrorCount == 0 || len(bad.Errors) != 1 || bad.Errors[0].Kind == "" || bad.Errors[0].Problem == "" {
		t.Errorf("%+v, %v", bad, err)
	}
	into := filepath.Join(filepath.Dir(path), "saved.mlite")
	saved, err := ironbase.Salvage(ctx, path, into, options.Salvage().SetPageSize(4096))
	if err != nil || len(saved.Collections) != 1 {
		t.Fatalf("%+v, %v", saved, err)
	}
	of := saved.Collections[0]
	if of.DamagedPages == 0 || of.LostDocuments == nil || *of.LostDocuments == 0 || *of.LostDocuments+saved.Documents != 3000 ||
		len(of.LostRanges) == 0 || len(of.Indexes) != 1 || !of.Indexes[0].Created {
		t.Errorf("%+v", of)
	}
	if _, err := ironbase.Salvage(ctx, path, into); !errors.Is(err, ironbase.ErrArgument) {
		t.Errorf("into what is not empty: %v", err)
	}
	again, err := ironbase.Open(into)
	if err != nil {
		t.Fatal(err)
	}
	defer again.Close()
	if n, err := again.Collection("numbered").CountDocuments(ctx, bson.D{}); n != saved.Documents || err != nil {
		t.Errorf("%d documents of %d, %v", n, saved.Documents, err)
	}
	for _, path := range []string{"no/such.mlite", "a\x00b"} {
		if _, err := ironbase.Verify(ctx, path); err == nil {
			t.Errorf("%q was verified", path)
		}
	}
}

func TestBackupAndRestore(t *testing.T) {
	ctx := context.Background()
	directory := t.TempDir()
	in := func(name string) string { return filepath.Join(directory, name) }
	db, err := ironbase.Open(in("app.mlite"), options.Open().SetLogRetentionBytes(1<<20))
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	c := numbered(t, db, 1000)
	full, err := db.Backup(ctx, in("backup.mlite"))
	if err != nil || full.Incremental || full.LSN < full.BaseLSN || full.Bytes == 0 || time.Since(full.Time).Abs() > time.Hour {
		t.Fatalf("%+v, %v", full, err)
	}
	c.InsertOne(ctx, bson.D{{Key: "_id", Value: -1}})
	more, err := db.Backup(ctx, in("backup.mlite"), options.Backup().SetSinceLSN(full.LSN))
	if err != nil || !more.Incremental || more.PreviousLSN != full.LSN || more.LSN <= full.LSN {
		t.Fatalf("%+v, %v", more, err)
	}
	if _, err := db.Backup(ctx, in("backup.mlite")); !errors.Is(err, ironbase.ErrArgument) {
		t.Errorf("a full backup where there is one: %v", err)
	}
	for name, restored := range map[string]struct {
		opts []options.Lister[options.RestoreOptions]
		want int64
	}{
		"end":  {nil, 1001},
		"lsn":  {[]options.Lister[options.RestoreOptions]{options.Restore().SetToLSN(full.LSN)}, 1000},
		"time": {[]options.Lister[options.RestoreOptions]{options.Restore().SetToTime(more.Time)}, 1001},
	} {
		done, err := ironbase.Restore(ctx, in("backup.mlite"), in(name+".mlite"), restored.opts...)
		if err != nil || done.Documents != restored.want {
			t.Errorf("%s: %+v, %v", name, done, err)
			continue
		}
		again, err := ironbase.Open(in(name + ".mlite"))
		if err != nil {
			t.Fatal(err)
		}
		if n, err := again.Collection("numbered").CountDocuments(ctx, bson.D{}); n != restored.want || err != nil {
			t.Errorf("%s: %d documents, %v", name, n, err)
		}
		again.Close()
	}
	if _, err := ironbase.Restore(ctx, in("none.mlite"), in("new.mlite")); !errors.Is(err, ironbase.ErrNotFound) {
		t.Errorf("of a backup that there is not: %v", err)
	}
}

// damage changes a byte in the middle of a file.
func damage(t *testing.T, file string) {
	t.Helper()
	contents, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	contents[len(contents)/2+100] ^= 0xff
	if err := os.WriteFile(file, contents, 0o600); err != nil {
		t.Fatal(err)
	}
}

// longCalls are calls that tell their progress.
func longCalls(t *testing.T) map[string]func(ctx context.Context) error {
	db, path := onDisk(t)
	c := numbered(t, db, 5000)
	closed, closedPath := onDisk(t)
	numbered(t, closed, 5000)
	closed.Close()
	saved := filepath.Join(filepath.Dir(path), "saved.mlite")
	backupPath := filepath.Join(filepath.Dir(path), "backup.mlite")
	if _, err := db.Backup(context.Background(), backupPath); err != nil {
		t.Fatal(err)
	}
	return map[string]func(ctx context.Context) error{
		"count": func(ctx context.Context) error {
			_, err := c.CountDocuments(ctx, bson.D{{Key: "text", Value: "x"}})
			return err
		},
		"find": func(ctx context.Context) error {
			cursor, err := c.Find(ctx, bson.D{})
			if err != nil {
				return err
			}
			defer cursor.Close(ctx)
			return cursor.All(ctx, &[]bson.Raw{})
		},
		"update": func(ctx context.Context) error {
			_, err := c.UpdateMany(ctx, bson.D{}, bson.D{{Key: "$inc", Value: bson.D{{Key: "n", Value: 1}}}})
			return err
		},
		"index": func(ctx context.Context) error {
			defer c.Indexes().DropOne(context.Background(), "text_1")
			_, err := c.Indexes().CreateOne(ctx, ironbase.IndexModel{Keys: bson.D{{Key: "text", Value: 1}}})
			return err
		},
		"runCommand": func(ctx context.Context) error {
			return db.RunCommand(ctx, bson.D{{Key: "validate", Value: "numbered"}}).Err()
		},
		"backup": func(ctx context.Context) error {
			defer os.RemoveAll(saved)
			_, err := db.Backup(ctx, saved)
			return err
		},
		"restore a path": func(ctx context.Context) error {
			defer os.RemoveAll(saved)
			_, err := ironbase.Restore(ctx, backupPath, saved)
			return err
		},
		"compact":       func(ctx context.Context) error { _, err := db.Compact(ctx); return err },
		"verify":        func(ctx context.Context) error { _, err := db.Verify(ctx); return err },
		"verify a path": func(ctx context.Context) error { _, err := ironbase.Verify(ctx, closedPath); return err },
		"salvage a path": func(ctx context.Context) error {
			defer os.RemoveAll(saved)
			_, err := ironbase.Salvage(ctx, closedPath, saved)
			return err
		},
	}
}

func TestProgressIsTold(t *testing.T) {
	for name, call := range longCalls(t) {
		t.Run(name, func(t *testing.T) {
			var told [][2]uint64
			ctx := ironbase.WithProgress(context.Background(), func(done, total uint64) { told = append(told, [2]uint64{done, total}) })
			if err := call(ctx); err != nil {
				t.Fatal(err)
			}
			if len(told) == 0 {
				t.Fatal("nothing was told")
			}
			last := told[len(told)-1]
			if last[0] == 0 || last[0] != last[1] {
				t.Errorf("at the end %d of %d are done", last[0], last[1])
			}
		})
	}
}

// A context that ends out of the function stops the call, as it does from elsewhere.
func TestProgressMayCancel(t *testing.T) {
	for name, call := range longCalls(t) {
		t.Run(name, func(t *testing.T) {
			ctx, cancel := context.WithCancel(context.Background())
			defer cancel()
			err := call(ironbase.WithProgress(ctx, func(uint64, uint64) { cancel() }))
			if !errors.Is(err, context.Canceled) || !errors.Is(err, ironbase.ErrInterrupted) {
				t.Errorf("must be stopped by its context, found %v", err)
			}
			if err := call(context.Background()); err != nil {
				t.Errorf("afterwards: %v", err)
			}
		})
	}
}

func TestWhatAProgressFunctionPanicsWithComesOutOfTheCall(t *testing.T) {
	for name, call := range longCalls(t) {
		t.Run(name, func(t *testing.T) {
			func() {
				defer func() {
					if thrown := recover(); thrown != "mine" {
						t.Errorf("recovered %v", thrown)
					}
				}()
				call(ironbase.WithProgress(context.Background(), func(uint64, uint64) { panic("mine") }))
				t.Error("the call returned")
			}()
			ended := make(chan bool)
			go func() {
				returned := false
				defer func() { ended <- !returned }()
				call(ironbase.WithProgress(context.Background(), func(uint64, uint64) { runtime.Goexit() }))
				returned = true
			}()
			if !<-ended {
				t.Error("Goexit must end the goroutine")
			}
			if err := call(context.Background()); err != nil {
				t.Errorf("afterwards: %v", err)
			}
		})
	}
}

// Callbacks of many calls at once, with garbage collections meanwhile.
func TestProgressOfManyCalls(t *testing.T) {
	c := numbered(t, memory(t), 1000)
	wait := together(8, func() {
		for range 100 {
			told := 0
			ctx := ironbase.WithProgress(context.Background(), func(uint64, uint64) { told++; runtime.GC() })
			if _, err := c.CountDocuments(ctx, bson.D{{Key: "text", Value: "x"}}); err != nil || told == 0 {
				t.Errorf("told %d times, %v", told, err)
			}
		}
	})
	wait()
}

// lines is a place for a log's lines, for many goroutines.
type lines struct {
	mutex sync.Mutex
	bytes.Buffer
}

func (l *lines) Write(p []byte) (int, error) {
	l.mutex.Lock()
	defer l.mutex.Unlock()
	return l.Buffer.Write(p)
}

func (l *lines) text() string {
	l.mutex.Lock()
	defer l.mutex.Unlock()
	return l.String()
}

func TestTheLogGoesToSlog(t *testing.T) {
	defer ironbase.SetLogger(nil)
	var told lines
	ironbase.SetLogger(slog.New(slog.NewTextHandler(&told, &slog.HandlerOptions{Level: slog.LevelInfo})))
	db, path := onDisk(t)
	db.Collection("c").InsertOne(context.Background(), bson.D{})
	db.Close()
	if text := told.text(); !strings.Contains(text, "level=INFO") || !strings.Contains(text, "opened "+path) || strings.Contains(text, "level=DEBUG") {
		t.Errorf("logged:\n%s", text)
	}
	ironbase.SetLogger(nil)
	length := len(told.text())
	memory(t)
	if len(told.text()) != length {
		t.Errorf("logged without a logger:\n%s", told.text()[length:])
	}
}

type panicking struct{ slog.Handler }

func (panicking) Handle(context.Context, slog.Record) error { panic("in the handler") }

// Many threads log while the logger changes, and one of the loggers panics.
func TestLoggersMayChangeAtAnyTime(t *testing.T) {
	defer ironbase.SetLogger(nil)
	var told lines
	quiet := slog.NewTextHandler(&told, &slog.HandlerOptions{Level: ironbase.LevelTrace})
	loggers := []*slog.Logger{slog.New(quiet), nil, slog.New(quiet).With("a", 1)}
	stop := time.Now().Add(time.Second)
	wait := together(4, func() {
		for time.Now().Before(stop) {
			db, err := ironbase.Open(":memory:")
			if err != nil {
				t.Error(err)
				return
			}
			db.Close()
		}
	})
	for i := 0; time.Now().Before(stop); i++ {
		ironbase.SetLogger(loggers[i%len(loggers)])
	}
	wait()
	if told.text() == "" {
		t.Error("nothing was logged")
	}
	ironbase.SetLogger(slog.New(panicking{quiet}))
	memory(t)
}
