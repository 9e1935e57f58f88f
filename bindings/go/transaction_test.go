package ironbase_test

import (
	"context"
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/ironbase/ironbase-go"
	"github.com/ironbase/ironbase-go/options"
	"go.mongodb.org/mongo-driver/v2/bson"
)

var increment = bson.D{{Key: "$inc", Value: bson.D{{Key: "n", Value: 1}}}}

func TestWithTransactionTriesAgain(t *testing.T) {
	ctx := context.Background()
	db := memory(t)
	c := numbered(t, db, 1)
	const goroutines, each = 8, 25
	wait := together(goroutines, func() {
		for range each {
			_, err := db.WithTransaction(ctx, func(ctx context.Context) (any, error) {
				if err := c.FindOne(ctx, bson.D{{Key: "_id", Value: 0}}).Err(); err != nil {
					return nil, err
				}
				_, err := c.UpdateByID(ctx, 0, increment)
				if err != nil {
					return nil, fmt.Errorf("wrapped: %w", err)
				}
				return nil, nil
			})
			if err != nil {
				t.Error(err)
			}
		}
	})
	wait()
	var counter struct{ N int }
	if err := c.FindOne(ctx, bson.D{}).Decode(&counter); err != nil || counter.N != goroutines*each {
		t.Errorf("counted to %d, %v; expected %d", counter.N, err, goroutines*each)
	}
}

func TestWhatAbortsATransaction(t *testing.T) {
	ctx := context.Background()
	db := memory(t)
	c := numbered(t, db, 1)
	mine := errors.New("mine")
	calls := 0
	result, err := db.WithTransaction(ctx, func(ctx context.Context) (any, error) {
		calls++
		if _, err := c.InsertOne(ctx, bson.D{}); err != nil {
			return nil, err
		}
		if n, err := c.CountDocuments(ctx, bson.D{}); n != 2 || err != nil {
			t.Errorf("it sees its own write: %d, %v", n, err)
		}
		return 5, mine
	})
	if result != nil || err != mine || calls != 1 {
		t.Errorf("%v, %v, %d calls", result, err, calls)
	}
	func() {
		defer func() {
			if recover() == nil {
				t.Error("the panic must come through")
			}
		}()
		db.WithTransaction(ctx, func(ctx context.Context) (any, error) {
			c.InsertOne(ctx, bson.D{})
			panic("on purpose")
		})
	}()
	if n, err := c.CountDocuments(ctx, bson.D{}); n != 1 || err != nil {
		t.Errorf("all must be undone: %d, %v", n, err)
	}
	result, err = db.WithTransaction(ctx, func(ctx context.Context) (any, error) {
		inner, err := db.WithTransaction(ctx, func(context.Context) (any, error) { return nil, nil })
		if inner != nil || !errors.Is(err, ironbase.ErrInTransaction) {
			t.Errorf("a transaction in a transaction: %v, %v", inner, err)
		}
		if _, err := db.ListCollectionNames(ctx, bson.D{}); err == nil {
			t.Error("listing in a transaction must be refused")
		}
		if err := db.CreateCollection(ctx, "made"); err != nil {
			t.Error(err)
		}
		return "done", nil
	})
	if result != "done" || err != nil {
		t.Errorf("%v, %v", result, err)
	}
	if names, err := db.ListCollectionNames(ctx, bson.D{{Key: "name", Value: "made"}}); len(names) != 1 || err != nil {
		t.Errorf("%v, %v", names, err)
	}
}

func TestATransactionThatKeepsLosingEndsWithItsContext(t *testing.T) {
	db := memory(t)
	c := numbered(t, db, 1)
	ctx, cancel := context.WithTimeout(context.Background(), 100*time.Millisecond)
	defer cancel()
	calls := 0
	_, err := db.WithTransaction(ctx, func(ctx context.Context) (any, error) {
		calls++
		if err := c.FindOne(ctx, bson.D{}).Err(); err != nil {
			return nil, err
		}
		if _, err := c.UpdateByID(context.Background(), 0, increment); err != nil {
			return nil, err
		}
		_, err := c.UpdateByID(ctx, 0, increment)
		return nil, err
	})
	if !errors.Is(err, context.DeadlineExceeded) || calls < 2 {
		t.Errorf("%v after %d calls", err, calls)
	}
}

func TestTransactionsByHand(t *testing.T) {
	ctx := context.Background()
	db := memory(t)
	c := numbered(t, db, 1)
	transaction, err := db.StartTransaction(ctx, options.Transaction().SetLifetimeLimit(time.Minute))
	if err != nil {
		t.Fatal(err)
	}
	within := transaction.Context(ctx)
	if _, err := c.UpdateByID(within, 0, increment); err != nil {
		t.Fatal(err)
	}
	if _, err := c.UpdateByID(ctx, 0, increment); err != nil {
		t.Fatal(err)
	}
	err = transaction.Commit(ctx)
	var conflict ironbase.CommandError
	if !errors.Is(err, ironbase.ErrConflict) || !errors.As(err, &conflict) || !conflict.HasErrorLabel("TransientTransactionError") || conflict.Code != 112 {
		t.Errorf("the second to write one document loses: %v", err)
	}
	other := memory(t)
	if _, err := other.Collection("c").InsertOne(within, bson.D{}); err == nil {
		t.Error("another database must not take the transaction")
	}
	if err := transaction.Abort(); err != nil {
		t.Error(err)
	}
}
