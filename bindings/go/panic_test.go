package ironbase_test

import (
	"context"
	"errors"
	"os"
	"strings"
	"testing"

	"github.com/ironbase/ironbase-go"
	"go.mongodb.org/mongo-driver/v2/bson"
)

// arm has the engine panic once. The library with fail points, which scripts/test.sh runs these tests
// with once more, says that it is one by IRONBASE_FAILPOINTS; any other must not know of them.
func arm(t *testing.T, db *ironbase.Database, point string) bool {
	t.Helper()
	err := db.RunCommand(context.Background(), bson.D{
		{Key: "configureFailPoint", Value: point}, {Key: "mode", Value: bson.D{{Key: "times", Value: 1}}},
	}).Err()
	if os.Getenv("IRONBASE_FAILPOINTS") == "" {
		var refused ironbase.CommandError
		if !errors.As(err, &refused) || refused.Name != "CommandNotFound" {
			t.Errorf("a library that is shipped has fail points: %v", err)
		}
		return false
	}
	if err != nil {
		t.Fatal(err)
	}
	return true
}

func TestAPanicOfTheEngineIsAnError(t *testing.T) {
	ctx := context.Background()
	db, path := onDisk(t)
	c := numbered(t, db, 10)
	if _, err := c.Indexes().CreateOne(ctx, ironbase.IndexModel{Keys: bson.D{{Key: "n", Value: 1}}}); err != nil {
		t.Fatal(err)
	}
	calls := map[string]func() error{
		"FindOne": func() error { return c.FindOne(ctx, bson.D{{Key: "_id", Value: 1}}).Err() },
		"Find": func() error {
			cursor, err := c.Find(ctx, bson.D{})
			if err != nil {
				return err
			}
			return cursor.All(ctx, &[]bson.Raw{})
		},
		"CountDocuments": func() error {
			cancellable, cancel := context.WithCancel(ironbase.WithProgress(ctx, func(uint64, uint64) {}))
			defer cancel()
			_, err := c.CountDocuments(cancellable, bson.D{{Key: "text", Value: "x"}})
			return err
		},
		"RunCommand": func() error {
			return db.RunCommand(ctx, bson.D{{Key: "find", Value: "numbered"}, {Key: "filter", Value: bson.D{{Key: "_id", Value: 3}}}}).Err()
		},
	}
	for _, name := range []string{"FindOne", "Find", "CountDocuments"} {
		if !arm(t, db, "panicWhileReading") {
			return
		}
		checkPanic(t, name, calls[name]())
		if err := calls[name](); err != nil {
			t.Errorf("%s afterwards: %v", name, err)
		}
	}
	insert := func() error { _, err := c.InsertOne(ctx, bson.D{{Key: "_id", Value: 11}}); return err }
	arm(t, db, "panicWhileWriting")
	checkPanic(t, "InsertOne", insert())
	if n, err := c.CountDocuments(ctx, bson.D{}); n != 10 || err != nil {
		t.Errorf("%d documents, %v", n, err)
	}
	if insert() == nil {
		t.Error("a database in which a write panicked must refuse to write")
	}
	db.Close()
	again, err := ironbase.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer again.Close()
	if n, err := again.Collection("numbered").CountDocuments(ctx, bson.D{}); n != 10 || err != nil {
		t.Errorf("%d documents, %v", n, err)
	}
	if sound, err := again.Verify(ctx); err != nil || !sound.Valid {
		t.Errorf("%+v, %v", sound, err)
	}
	// A command may have written: it ends writing as well.
	arm(t, again, "panicWhileReading")
	db, c = again, again.Collection("numbered")
	checkPanic(t, "RunCommand", calls["RunCommand"]())
}

func checkPanic(t *testing.T, name string, err error) {
	t.Helper()
	var failure ironbase.CommandError
	if !errors.As(err, &failure) || !errors.Is(err, ironbase.ErrInternal) || failure.Code != 1 || failure.Name != "InternalError" ||
		!strings.Contains(failure.Message, "a bug in IronBase: failpoint") {
		t.Errorf("%s: %v", name, err)
	}
}
