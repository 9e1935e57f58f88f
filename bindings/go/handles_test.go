package ironbase_test

import (
	"context"
	"errors"
	"path/filepath"
	"testing"
	"time"

	"github.com/ironbase/ironbase-go"
	"github.com/ironbase/ironbase-go/options"
	"go.mongodb.org/mongo-driver/v2/bson"
)

func TestADatabaseIsOpenOnce(t *testing.T) {
	path := filepath.Join(t.TempDir(), "a.mlite")
	db, err := ironbase.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := ironbase.Open(path); !errors.Is(err, ironbase.ErrLocked) {
		t.Errorf("a second Open: %v", err)
	}
	if _, err := db.Collection("c").InsertOne(context.Background(), bson.D{{Key: "_id", Value: 1}}); err != nil {
		t.Error(err)
	}
	for range 2 {
		if err := db.Close(); err != nil {
			t.Error(err)
		}
	}
	db, err = ironbase.Open(path, options.Open().SetReadOnly(true).SetCreate(false))
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	if n, err := db.Collection("c").CountDocuments(context.Background(), bson.D{}); n != 1 || err != nil {
		t.Errorf("%d documents, %v", n, err)
	}
	if _, err := db.Collection("c").InsertOne(context.Background(), bson.D{}); !errors.Is(err, ironbase.ErrReadOnly) {
		t.Errorf("writing: %v", err)
	}
}

func TestOpenRefusesWhatItCannotDo(t *testing.T) {
	missing := filepath.Join(t.TempDir(), "none.mlite")
	for _, test := range []struct {
		path string
		opts options.Lister[options.OpenOptions]
		want error
	}{
		{missing, options.Open().SetCreate(false), ironbase.ErrNotFound},
		{filepath.Join(missing, "deeper"), nil, ironbase.ErrNotFound},
		{"", nil, ironbase.ErrArgument},
		{"a\x00b", nil, ironbase.ErrArgument},
		{missing, options.Open().SetPageSize(5000), ironbase.ErrArgument},
		{missing, options.Open().SetDurability("some"), ironbase.ErrArgument},
		{missing, options.WithExtra[options.OpenOptions](bson.D{{Key: "durable", Value: true}}), ironbase.ErrArgument},
	} {
		if _, err := ironbase.Open(test.path, test.opts); !errors.Is(err, test.want) {
			t.Errorf("Open(%q): %v, expected %v", test.path, err, test.want)
		}
	}
}

func TestWhatIsClosedSaysSo(t *testing.T) {
	ctx := context.Background()
	db := memory(t)
	c := numbered(t, db, 500)
	cursor, err := c.Find(ctx, bson.D{}, options.Find().SetBatchSize(10))
	if err != nil || !cursor.Next(ctx) {
		t.Fatal(err)
	}
	transaction, err := db.StartTransaction(ctx)
	if err != nil {
		t.Fatal(err)
	}
	if err := db.Close(); err != nil {
		t.Fatal(err)
	}
	for cursor.Next(ctx) {
	}
	_, insert := c.InsertOne(ctx, bson.D{})
	_, find := c.Find(ctx, bson.D{})
	_, count := c.EstimatedDocumentCount(ctx)
	_, begin := db.StartTransaction(ctx)
	_, within := c.InsertOne(transaction.Context(ctx), bson.D{})
	_, list := db.ListCollectionNames(ctx, bson.D{})
	for name, err := range map[string]error{
		"cursor": cursor.Err(), "insert": insert, "find": find, "count": count, "begin": begin, "within": within,
		"list": list, "commit": transaction.Commit(ctx), "findOne": c.FindOne(ctx, bson.D{}).Err(),
		"new handle": db.Collection("other").FindOne(ctx, bson.D{}).Err(), "command": db.RunCommand(ctx, bson.D{{Key: "ping", Value: 1}}).Err(),
	} {
		if !errors.Is(err, ironbase.ErrClosed) {
			t.Errorf("%s: %v", name, err)
		}
	}
	cursor.Close(ctx)
	if cursor.Next(ctx) {
		t.Error("a closed cursor moved")
	}
}

func TestClosingWhileOthersWork(t *testing.T) {
	for range 10 {
		db, err := ironbase.Open(":memory:")
		if err != nil {
			t.Fatal(err)
		}
		numbered(t, db, 1000)
		wait := together(6, func() {
			ctx, cancel := context.WithCancel(context.Background())
			defer cancel()
			for {
				c := db.Collection("numbered")
				cursor, err := c.Find(ctx, bson.D{}, options.Find().SetBatchSize(100))
				if err == nil {
					err = cursor.All(ctx, &[]bson.Raw{})
				}
				if err == nil {
					_, err = c.UpdateByID(ctx, 1, bson.D{{Key: "$inc", Value: bson.D{{Key: "n", Value: 1}}}})
				}
				if err != nil {
					if !errors.Is(err, ironbase.ErrClosed) {
						t.Errorf("must go on, or be told that it is closed: %v", err)
					}
					return
				}
			}
		})
		time.Sleep(5 * time.Millisecond)
		if err := db.Close(); err != nil {
			t.Error(err)
		}
		wait()
	}
}

func TestClosingACursorStopsWhoWaitsInIt(t *testing.T) {
	db := memory(t)
	ctx := context.Background()
	if err := db.CreateCollection(ctx, "log", options.CreateCollection().SetCapped(true).SetSizeInBytes(10000)); err != nil {
		t.Fatal(err)
	}
	db.Collection("log").InsertOne(ctx, bson.D{})
	cursor, err := db.Collection("log").Find(ctx, bson.D{}, options.Find().SetCursorType(options.TailableAwait).SetMaxAwaitTime(time.Minute))
	if err != nil || !cursor.Next(ctx) {
		t.Fatal(err)
	}
	done := make(chan error)
	go func() {
		cursor.Next(ctx)
		done <- cursor.Err()
	}()
	time.Sleep(20 * time.Millisecond)
	cursor.Close(ctx)
	select {
	case err := <-done:
		if !errors.Is(err, ironbase.ErrClosed) {
			t.Errorf("Next: %v", err)
		}
	case <-time.After(10 * time.Second):
		t.Fatal("Next still waits")
	}
}

func TestATailableCursorGoesOn(t *testing.T) {
	db := memory(t)
	ctx := context.Background()
	if err := db.CreateCollection(ctx, "log", options.CreateCollection().SetCapped(true).SetSizeInBytes(10000)); err != nil {
		t.Fatal(err)
	}
	log := db.Collection("log")
	for _, kind := range []options.CursorType{options.Tailable, options.TailableAwait} {
		log.InsertOne(ctx, bson.D{{Key: "n", Value: 1}})
		cursor, err := log.Find(ctx, bson.D{}, options.Find().SetCursorType(kind).SetMaxAwaitTime(10*time.Millisecond))
		if err != nil {
			t.Fatal(err)
		}
		for cursor.TryNext(ctx) {
		}
		if cursor.Err() != nil {
			t.Fatal(cursor.Err())
		}
		go func() {
			time.Sleep(30 * time.Millisecond)
			log.InsertOne(ctx, bson.D{{Key: "n", Value: 2}})
		}()
		if !cursor.Next(ctx) || cursor.Current.Lookup("n").Int32() != 2 {
			t.Errorf("the new document must come: %v, %v", cursor.Current, cursor.Err())
		}
		cursor.Close(ctx)
	}
}
