package ironbase_test

import (
	"context"
	"os"
	"runtime"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/ironbase/ironbase-go"
	"github.com/ironbase/ironbase-go/options"
	"go.mongodb.org/mongo-driver/v2/bson"
)

// What a program forgets to close, the garbage collector frees.
func TestNothingIsLeftBehind(t *testing.T) {
	ctx := context.Background()
	func() {
		db, err := ironbase.Open(":memory:")
		if err != nil {
			t.Fatal(err)
		}
		c := numbered(t, db, 500)
		for i := range 100 {
			cursor, err := c.Find(ctx, bson.D{}, options.Find().SetBatchSize(10))
			if err != nil || !cursor.Next(ctx) {
				t.Fatal(err)
			}
			if i%2 == 0 {
				cursor.Close(ctx)
			}
			transaction, err := db.StartTransaction(ctx)
			if err != nil {
				t.Fatal(err)
			}
			db.Collection("numbered").InsertOne(transaction.Context(ctx), bson.D{})
			db.Collection("numbered").InsertOne(ctx, bson.D{{Key: "_id", Value: 1}}) // refused: an error is made
		}
	}()
	deadline := time.Now().Add(10 * time.Second)
	for ironbase.LiveHandles() != 0 {
		if time.Now().After(deadline) {
			t.Fatalf("%d handles are left", ironbase.LiveHandles())
		}
		runtime.GC()
		time.Sleep(10 * time.Millisecond)
	}
}

func TestMemoryDoesNotGrow(t *testing.T) {
	ctx := context.Background()
	c := numbered(t, memory(t), 1000)
	work := func(n int) {
		for i := range n {
			id := bson.D{{Key: "_id", Value: i % 1000}}
			if err := c.FindOne(ctx, id).Err(); err != nil {
				t.Fatal(err)
			}
			c.InsertOne(ctx, id) // refused
			cancellable, cancel := context.WithCancel(ctx)
			if _, err := c.CountDocuments(cancellable, id); err != nil {
				t.Fatal(err)
			}
			cancel()
			if i%50 == 0 {
				cursor, err := c.Find(ctx, bson.D{})
				if err != nil {
					t.Fatal(err)
				}
				if err := cursor.All(ctx, &[]bson.Raw{}); err != nil {
					t.Fatal(err)
				}
			}
		}
	}
	work(2000)
	before := resident(t)
	work(8000)
	if grown := resident(t) - before; grown > 16<<20 {
		t.Errorf("8,000 rounds of calls took %d MiB", grown>>20)
	}
}

// resident is the memory of the process, Go's and the engine's.
func resident(t *testing.T) int {
	t.Helper()
	runtime.GC()
	status, err := os.ReadFile("/proc/self/statm")
	if err != nil {
		t.Skip("no /proc")
	}
	pages, err := strconv.Atoi(strings.Fields(string(status))[1])
	if err != nil {
		t.Fatal(err)
	}
	return pages * os.Getpagesize()
}
