package ironbase_test

import (
	"context"
	"errors"
	"sync"
	"testing"
	"time"

	"github.com/ironbase/ironbase-go"
	"github.com/ironbase/ironbase-go/options"
	"go.mongodb.org/mongo-driver/v2/bson"
)

// memory is an open database that is closed with the test.
func memory(t testing.TB) *ironbase.Database {
	t.Helper()
	db, err := ironbase.Open(":memory:")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := db.Close(); err != nil {
			t.Error(err)
		}
	})
	return db
}

// together runs a function in n goroutines; what it returns waits for them.
func together(n int, function func()) (wait func()) {
	var group sync.WaitGroup
	group.Add(n)
	for range n {
		go func() {
			defer group.Done()
			function()
		}()
	}
	return group.Wait
}

// numbered is a collection of n documents {_id: 0 ...}.
func numbered(t testing.TB, db *ironbase.Database, n int) *ironbase.Collection {
	t.Helper()
	documents := make([]bson.D, n)
	for i := range documents {
		documents[i] = bson.D{{Key: "_id", Value: i}, {Key: "text", Value: "0123456789abcdefghijklmnopqrstuvwxyz"}}
	}
	c := db.Collection("numbered")
	if _, err := c.InsertMany(context.Background(), documents); err != nil {
		t.Fatal(err)
	}
	return c
}

// slow is a filter that takes some 0.1 ms for each document: seconds for all of them.
var slow = bson.D{{Key: "$expr", Value: bson.D{{Key: "$gt", Value: bson.A{
	bson.D{{Key: "$sum", Value: bson.D{{Key: "$map", Value: bson.D{
		{Key: "input", Value: bson.D{{Key: "$range", Value: bson.A{0, 400}}}},
		{Key: "in", Value: bson.D{{Key: "$multiply", Value: bson.A{"$$this", "$_id"}}}},
	}}}}}, -1,
}}}}}

func TestCancellingStopsTheEngine(t *testing.T) {
	c := numbered(t, memory(t), 20000)
	calls := map[string]func(ctx context.Context) error{
		"count": func(ctx context.Context) error { _, err := c.CountDocuments(ctx, slow); return err },
		"find": func(ctx context.Context) error {
			cursor, err := c.Find(ctx, slow)
			if err != nil {
				return err
			}
			return cursor.All(ctx, &[]bson.Raw{})
		},
		"update": func(ctx context.Context) error {
			_, err := c.UpdateMany(ctx, slow, bson.D{{Key: "$set", Value: bson.D{{Key: "seen", Value: true}}}})
			return err
		},
		"delete": func(ctx context.Context) error { _, err := c.DeleteMany(ctx, slow); return err },
		"find one": func(ctx context.Context) error {
			return c.FindOne(ctx, bson.D{{Key: "$nor", Value: bson.A{slow}}}).Err()
		},
		"runCommand": func(ctx context.Context) error {
			return c.Database().RunCommand(ctx, bson.D{{Key: "count", Value: c.Name()}, {Key: "query", Value: slow}}).Err()
		},
	}
	for name, call := range calls {
		for _, way := range []string{"cancel", "deadline"} {
			t.Run(name+" by "+way, func(t *testing.T) {
				ctx, cancel := context.WithCancel(context.Background())
				want := context.Canceled
				if way == "deadline" {
					ctx, cancel = context.WithTimeout(context.Background(), 30*time.Millisecond)
					want = context.DeadlineExceeded
				} else {
					time.AfterFunc(30*time.Millisecond, cancel)
				}
				defer cancel()
				began := time.Now()
				err := call(ctx)
				if !errors.Is(err, want) || !errors.Is(err, ironbase.ErrInterrupted) {
					t.Errorf("must be stopped by its context (%v), found %v", want, err)
				}
				if took := time.Since(began); took > 2*time.Second {
					t.Errorf("took %v to stop", took)
				}
				if ironbase.IsTimeout(err) != (way == "deadline") {
					t.Errorf("IsTimeout is wrong about %v", err)
				}
			})
		}
	}
	if n, err := c.CountDocuments(context.Background(), bson.D{}); err != nil || n == 0 {
		t.Errorf("the collection must be usable and not be empty: %d, %v", n, err)
	}
}

func TestAContextThatHasEndedBeginsNothing(t *testing.T) {
	db := memory(t)
	c := numbered(t, db, 3)
	cause := errors.New("no longer wanted")
	ctx, cancel := context.WithCancelCause(context.Background())
	cancel(cause)
	_, insert := c.InsertOne(ctx, bson.D{})
	_, find := c.Find(ctx, bson.D{})
	_, begin := db.StartTransaction(ctx)
	_, list := db.ListCollectionNames(ctx, bson.D{})
	_, transaction := db.WithTransaction(ctx, func(context.Context) (any, error) { return nil, nil })
	for name, err := range map[string]error{
		"insert": insert, "find": find, "begin": begin, "list": list, "transaction": transaction,
		"drop": c.Drop(ctx), "findOne": c.FindOne(ctx, bson.D{}).Err(), "create": db.CreateCollection(ctx, "x"),
		"dropIndex": c.Indexes().DropOne(ctx, "x"), "checkpoint": db.Checkpoint(ctx), "stats": db.Stats(ctx).Err(),
	} {
		if !errors.Is(err, context.Canceled) || !errors.Is(err, cause) || !errors.Is(err, ironbase.ErrInterrupted) {
			t.Errorf("%s: %v", name, err)
		}
	}
	if n, _ := c.CountDocuments(context.Background(), bson.D{}); n != 3 {
		t.Errorf("%d documents, 3 expected", n)
	}
}

// Operation ids are used again: one call's end must not stop another.
func TestCancellingStopsOneCallOnly(t *testing.T) {
	c := numbered(t, memory(t), 100)
	wait := together(8, func() {
		for i := range 300 {
			ctx, cancel := context.WithCancel(context.Background())
			if i%3 == 0 {
				go cancel()
				c.CountDocuments(ctx, bson.D{})
			} else if n, err := c.CountDocuments(ctx, bson.D{}); err != nil || n != 100 {
				t.Errorf("%d documents, %v", n, err)
			}
			cancel()
		}
	})
	wait()
}

func TestACursorsNextCanBeCancelled(t *testing.T) {
	db := memory(t)
	ctx := context.Background()
	if err := db.CreateCollection(ctx, "log", options.CreateCollection().SetCapped(true).SetSizeInBytes(10000)); err != nil {
		t.Fatal(err)
	}
	log := db.Collection("log")
	log.InsertOne(ctx, bson.D{{Key: "_id", Value: 1}})
	cursor, err := log.Find(ctx, bson.D{}, options.Find().SetCursorType(options.TailableAwait).SetMaxAwaitTime(time.Minute))
	if err != nil {
		t.Fatal(err)
	}
	defer cursor.Close(ctx)
	if !cursor.Next(ctx) {
		t.Fatal(cursor.Err())
	}
	short, cancel := context.WithTimeout(ctx, 50*time.Millisecond)
	defer cancel()
	if cursor.Next(short) || !ironbase.IsTimeout(cursor.Err()) {
		t.Errorf("waiting must end with the context: %v", cursor.Err())
	}
}
