package ironbase_test

import (
	"context"
	"errors"
	"fmt"
	"log"
	"time"

	"github.com/ironbase/ironbase-go"
	"github.com/ironbase/ironbase-go/options"
	"go.mongodb.org/mongo-driver/v2/bson"
)

// The ten lines of README.md; a test compares them.
func Example() {
	db, err := ironbase.Open("hello.mlite")
	if err != nil {
		log.Fatal(err)
	}
	defer db.Close()
	ctx, people := context.Background(), db.Collection("people")
	people.InsertOne(ctx, bson.M{"name": "Ada", "born": 1815})
	var ada struct{ Name string }
	err = people.FindOne(ctx, bson.M{"born": bson.M{"$lt": 1900}}).Decode(&ada)
	fmt.Println(ada.Name, err)
	// Output: Ada <nil>
}

type person struct {
	ID   int    `bson:"_id"`
	Name string `json:"name"`
	Age  int    `bson:"age"`
}

// people is a collection in memory with three documents.
func people(ctx context.Context) (*ironbase.Database, *ironbase.Collection) {
	db, err := ironbase.Open(":memory:")
	if err != nil {
		log.Fatal(err)
	}
	people := db.Collection("people")
	if _, err := people.InsertMany(ctx, []person{{1, "Ada", 36}, {2, "Bob", 20}, {3, "Cyd", 52}}); err != nil {
		log.Fatal(err)
	}
	return db, people
}

func ExampleCollection_Find() {
	ctx := context.Background()
	db, people := people(ctx)
	defer db.Close()
	cursor, err := people.Find(ctx, bson.D{{Key: "age", Value: bson.D{{Key: "$gt", Value: 30}}}},
		options.Find().SetSort(bson.D{{Key: "age", Value: -1}}).SetLimit(10))
	if err != nil {
		log.Fatal(err)
	}
	var found []person
	if err := cursor.All(ctx, &found); err != nil {
		log.Fatal(err)
	}
	fmt.Println(found)
	// Output: [{3 Cyd 52} {1 Ada 36}]
}

func ExampleDecoded() {
	ctx := context.Background()
	db, people := people(ctx)
	defer db.Close()
	cursor, err := people.Find(ctx, bson.D{})
	if err != nil {
		log.Fatal(err)
	}
	for person, err := range ironbase.Decoded[person](ctx, cursor) {
		if err != nil {
			log.Fatal(err)
		}
		fmt.Println(person.Name)
	}
	// Output:
	// Ada
	// Bob
	// Cyd
}

func ExampleCollection_UpdateByID() {
	ctx := context.Background()
	db, people := people(ctx)
	defer db.Close()
	result, err := people.UpdateByID(ctx, 2, bson.D{{Key: "$inc", Value: bson.D{{Key: "age", Value: 1}}}})
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(result.MatchedCount, result.ModifiedCount)
	// Output: 1 1
}

func ExampleIsDuplicateKeyError() {
	ctx := context.Background()
	db, people := people(ctx)
	defer db.Close()
	_, err := people.InsertOne(ctx, person{ID: 1, Name: "Eve"})
	fmt.Println(ironbase.IsDuplicateKeyError(err), errors.Is(err, ironbase.ErrDuplicateKey))
	var refused ironbase.WriteException
	if errors.As(err, &refused) {
		fmt.Println(refused.WriteErrors[0].Code, refused.WriteErrors[0].KeyValue)
	}
	// Output:
	// true true
	// 11000 {"_id": {"$numberInt":"1"}}
}

func ExampleDatabase_WithTransaction() {
	ctx := context.Background()
	db, people := people(ctx)
	defer db.Close()
	_, err := db.WithTransaction(ctx, func(ctx context.Context) (any, error) {
		for id, years := range map[int]int{1: -1, 2: 1} {
			if _, err := people.UpdateByID(ctx, id, bson.M{"$inc": bson.M{"age": years}}); err != nil {
				return nil, err
			}
		}
		return nil, nil
	})
	count, _ := people.CountDocuments(ctx, bson.M{"age": bson.M{"$in": bson.A{35, 21}}})
	fmt.Println(err, count)
	// Output: <nil> 2
}

func ExampleCollection_FindOneAndUpdate() {
	ctx := context.Background()
	db, people := people(ctx)
	defer db.Close()
	var older person
	err := people.FindOneAndUpdate(ctx, bson.M{"name": "Ada"}, bson.M{"$inc": bson.M{"age": 1}},
		options.FindOneAndUpdate().SetReturnDocument(options.After)).Decode(&older)
	fmt.Println(older, err)
	// Output: {1 Ada 37} <nil>
}

func ExampleCollection_BulkWrite() {
	ctx := context.Background()
	db, people := people(ctx)
	defer db.Close()
	result, err := people.BulkWrite(ctx, []ironbase.WriteModel{
		ironbase.NewInsertOneModel().SetDocument(person{4, "Dan", 41}),
		ironbase.NewUpdateManyModel().SetFilter(bson.M{"age": bson.M{"$gt": 40}}).SetUpdate(bson.M{"$set": bson.M{"senior": true}}),
		ironbase.NewDeleteOneModel().SetFilter(bson.M{"_id": 2}),
	})
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(result.InsertedCount, result.ModifiedCount, result.DeletedCount)
	// Output: 1 2 1
}

func ExampleIndexView_CreateOne() {
	ctx := context.Background()
	db, people := people(ctx)
	defer db.Close()
	name, err := people.Indexes().CreateOne(ctx, ironbase.IndexModel{
		Keys: bson.D{{Key: "name", Value: 1}}, Options: options.Index().SetUnique(true),
	})
	fmt.Println(name, err)
	// Output: name_1 <nil>
}

// A context that runs out of time stops the engine.
func ExampleIsTimeout() {
	db, people := people(context.Background())
	defer db.Close()
	ctx, cancel := context.WithTimeout(context.Background(), time.Nanosecond)
	defer cancel()
	_, err := people.CountDocuments(ctx, bson.D{})
	fmt.Println(ironbase.IsTimeout(err), errors.Is(err, context.DeadlineExceeded))
	// Output: true true
}
