package ironbase_test

import (
	"context"
	"errors"
	"math"
	"reflect"
	"testing"
	"time"

	"github.com/ironbase/ironbase-go"
	"github.com/ironbase/ironbase-go/options"
	"go.mongodb.org/mongo-driver/v2/bson"
)

// everyType has a value of each type, those that JSON would blur among them.
func everyType() bson.D {
	decimal, _ := bson.ParseDecimal128("1.50")
	return bson.D{
		{Key: "_id", Value: int32(1)}, {Key: "int32", Value: int32(math.MinInt32)}, {Key: "int64 small", Value: int64(5)},
		{Key: "int64", Value: int64(math.MaxInt64)}, {Key: "double whole", Value: 5.0}, {Key: "double", Value: 1e-300},
		{Key: "infinite", Value: math.Inf(-1)}, {Key: "decimal", Value: decimal}, {Key: "true", Value: true}, {Key: "null", Value: nil},
		{Key: "text", Value: "a\x00b \"\\\n\u2028 \U0001F600 \ufffd \\ufffd"}, {Key: "", Value: "empty key"},
		{Key: "binary", Value: bson.Binary{Subtype: 0x80, Data: []byte{0, 255}}}, {Key: "id", Value: bson.NewObjectID()},
		{Key: "date", Value: bson.DateTime(-62135596800001)}, {Key: "regex", Value: bson.Regex{Pattern: "a/b", Options: "im"}},
		{Key: "timestamp", Value: bson.Timestamp{T: math.MaxUint32, I: 1}}, {Key: "min", Value: bson.MinKey{}}, {Key: "max", Value: bson.MaxKey{}},
		{Key: "code", Value: bson.JavaScript("f()")}, {Key: "array", Value: bson.A{int32(1), int64(1), bson.A{}, bson.D{}}},
		{Key: "document", Value: bson.D{{Key: "b", Value: int32(1)}, {Key: "a", Value: int32(2)}}},
	}
}

func TestTypesStayWhatTheyAre(t *testing.T) {
	ctx := context.Background()
	c := memory(t).Collection("types")
	want := everyType()
	id := bson.D{{Key: "_id", Value: 1}}
	same := func(how string, result *ironbase.SingleResult) {
		t.Helper()
		var got bson.D
		if err := result.Decode(&got); err != nil {
			t.Errorf("%s: %v", how, err)
		} else if !reflect.DeepEqual(got, want) {
			t.Errorf("%s:\n got %v\nwant %v", how, got, want)
		}
	}
	if _, err := c.InsertOne(ctx, want); err != nil {
		t.Fatal(err)
	}
	same("InsertOne", c.FindOne(ctx, id))
	// As JSON: replacing, findAndModify, bulk writes.
	if _, err := c.ReplaceOne(ctx, id, want); err != nil {
		t.Fatal(err)
	}
	same("ReplaceOne", c.FindOne(ctx, id))
	same("FindOneAndReplace", c.FindOneAndReplace(ctx, id, want))
	if _, err := c.DeleteOne(ctx, want[1:]); err != nil {
		t.Error(err)
	}
	if _, err := c.BulkWrite(ctx, []ironbase.WriteModel{ironbase.NewInsertOneModel().SetDocument(want)}); err != nil {
		t.Fatal(err)
	}
	same("BulkWrite", c.FindOne(ctx, id))
	if _, err := c.UpdateByID(ctx, 1, bson.D{{Key: "$set", Value: want[1:2]}}); err != nil {
		t.Error(err)
	}
	raw, err := bson.Marshal(want)
	if err != nil {
		t.Fatal(err)
	}
	same("FindOneAndDelete", c.FindOneAndDelete(ctx, bson.Raw(raw)))
	if _, err := c.InsertMany(ctx, []bson.Raw{raw}); err != nil {
		t.Fatal(err)
	}
	cursor, err := c.Find(ctx, id)
	if err != nil || !cursor.Next(ctx) {
		t.Fatal(err, cursor.Err())
	}
	defer cursor.Close(ctx)
	var got bson.D
	if err := cursor.Decode(&got); err != nil || !reflect.DeepEqual(got, want) {
		t.Errorf("Find: %v, %v", got, err)
	}
	nan := bson.D{{Key: "_id", Value: 2}, {Key: "nan", Value: math.NaN()}}
	if _, err := c.ReplaceOne(ctx, bson.D{{Key: "_id", Value: 2}}, nan, options.Replace().SetUpsert(true)); err != nil {
		t.Fatal(err)
	}
	if document, err := c.FindOne(ctx, bson.D{{Key: "_id", Value: 2}}).Raw(); err != nil || !math.IsNaN(document.Lookup("nan").Double()) {
		t.Errorf("NaN: %v, %v", document, err)
	}
}

func TestStructsWithTags(t *testing.T) {
	type inner struct {
		At time.Time `json:"at"`
	}
	type tagged struct {
		ID      bson.ObjectID `bson:"_id"`
		JSON    string        `json:"name_in_json,omitempty"`
		Both    int           `bson:"in_bson" json:"in_json"`
		Inner   *inner        `json:"inner"`
		Hidden  string        `json:"-"`
		private int
	}
	ctx := context.Background()
	c := memory(t).Collection("tagged")
	want := tagged{ID: bson.NewObjectID(), JSON: "a", Both: 2, Inner: &inner{time.UnixMilli(1700000000123).UTC()}, Hidden: "x", private: 1}
	result, err := c.InsertOne(ctx, want)
	if err != nil || result.InsertedID != want.ID || !result.Acknowledged {
		t.Fatalf("%v, %v", result, err)
	}
	document, err := c.FindOne(ctx, bson.M{"name_in_json": "a", "in_bson": 2, "inner.at": bson.M{"$type": "date"}}).Raw()
	if err != nil {
		t.Fatal(err)
	}
	if elements, _ := document.Elements(); len(elements) != 4 {
		t.Errorf("4 fields expected: %v", document)
	}
	var got tagged
	if err := c.FindOne(ctx, bson.D{}).Decode(&got); err != nil {
		t.Fatal(err)
	}
	want.Hidden, want.private = "", 0
	if !reflect.DeepEqual(got, want) {
		t.Errorf("\n got %+v\nwant %+v", got, want)
	}
}

func TestIDs(t *testing.T) {
	ctx := context.Background()
	c := memory(t).Collection("ids")
	one, err := c.InsertOne(ctx, bson.D{{Key: "a", Value: 1}})
	if err != nil {
		t.Fatal(err)
	}
	if _, made := one.InsertedID.(bson.ObjectID); !made {
		t.Errorf("an ObjectID must be made, found %v", one.InsertedID)
	}
	many, err := c.InsertMany(ctx, []any{bson.M{"_id": "x"}, struct{ A int }{1}, &person{ID: 7}})
	if err != nil || len(many.InsertedIDs) != 3 || many.InsertedIDs[0] != "x" || many.InsertedIDs[2] != int32(7) {
		t.Errorf("%v, %v", many, err)
	}
	for _, id := range append(many.InsertedIDs, one.InsertedID) {
		document, err := c.FindOne(ctx, bson.D{{Key: "_id", Value: id}}).Raw()
		if err != nil {
			t.Errorf("%v: %v", id, err)
		} else if first, _ := document.IndexErr(0); first.Key() != "_id" {
			t.Errorf("_id must be first: %v", document)
		}
	}
	// What was inserted is told beside the error.
	some, err := c.InsertMany(ctx, []bson.M{{"_id": 100}, {"_id": 7}, {"_id": 101}}, options.InsertMany().SetOrdered(false))
	if !ironbase.IsDuplicateKeyError(err) || !reflect.DeepEqual(some.InsertedIDs, []any{int32(100), int32(101)}) {
		t.Errorf("%+v, %v", some, err)
	}
	some, err = c.InsertMany(ctx, []bson.M{{"_id": 200}, {"_id": 7}, {"_id": 201}})
	var refused ironbase.BulkWriteException
	if !errors.As(err, &refused) || len(refused.WriteErrors) != 1 || refused.WriteErrors[0].Index != 1 ||
		refused.WriteErrors[0].KeyValue.String() != `{"_id": {"$numberInt":"7"}}` {
		t.Errorf("%+v", err)
	}
	if !reflect.DeepEqual(some.InsertedIDs, []any{int32(200)}) {
		t.Errorf("%+v", some)
	}
}

func TestAPipelineUpdates(t *testing.T) {
	ctx := context.Background()
	c := numbered(t, memory(t), 1)
	stage := bson.D{{Key: "$set", Value: bson.D{{Key: "double", Value: bson.D{{Key: "$add", Value: bson.A{"$_id", 5}}}}}}}
	for _, pipeline := range []any{ironbase.Pipeline{stage}, bson.A{stage}, []bson.D{stage}, []any{stage}, [1]bson.D{stage}} {
		if _, err := c.UpdateMany(ctx, bson.D{}, bson.D{{Key: "$unset", Value: bson.D{{Key: "double", Value: ""}}}}); err != nil {
			t.Fatal(err)
		}
		result, err := c.UpdateOne(ctx, bson.D{}, pipeline)
		if err != nil || result.ModifiedCount != 1 {
			t.Errorf("%T: %+v, %v", pipeline, result, err)
		}
	}
}

func TestResultsOfAnyWriteAndSize(t *testing.T) {
	ctx := context.Background()
	c := memory(t).Collection("c")
	result, err := c.UpdateOne(ctx, bson.M{"_id": "new"}, bson.M{"$set": bson.M{"x": 1}}, options.UpdateOne().SetUpsert(true))
	if err != nil || result.UpsertedCount != 1 || result.UpsertedID != "new" || result.MatchedCount != 0 {
		t.Errorf("%+v, %v", result, err)
	}
	bulk, err := c.BulkWrite(ctx, []ironbase.WriteModel{
		ironbase.NewUpdateOneModel().SetFilter(bson.M{"_id": 5}).SetUpdate(bson.M{"$inc": bson.M{"n": 1}}).SetUpsert(true),
		ironbase.NewInsertOneModel().SetDocument(bson.M{"_id": "new"}),
		ironbase.NewReplaceOneModel().SetFilter(bson.M{"_id": "new"}).SetReplacement(bson.M{"y": 1}),
	}, options.BulkWrite().SetOrdered(false))
	var refused ironbase.BulkWriteException
	if !errors.As(err, &refused) || len(refused.WriteErrors) != 1 || refused.WriteErrors[0].Index != 1 {
		t.Errorf("%+v", err)
	} else if _, isInsert := refused.WriteErrors[0].Request.(*ironbase.InsertOneModel); !isInsert {
		t.Errorf("the request must be the model: %+v", refused.WriteErrors[0])
	}
	if bulk.UpsertedCount != 1 || bulk.UpsertedIDs[0] != int32(5) || bulk.ModifiedCount != 1 {
		t.Errorf("%+v", bulk)
	}
	// Results around and far beyond what fits into a call's buffer.
	for _, size := range []int{1, 4000, 4094, 4095, 4096, 4097, 10000, 1 << 20, 15 << 20} {
		want := bson.D{{Key: "_id", Value: size}, {Key: "data", Value: bson.Binary{Data: make([]byte, size)}}}
		if _, err := c.InsertOne(ctx, want); err != nil {
			t.Fatal(err)
		}
		document, err := c.FindOne(ctx, bson.D{{Key: "_id", Value: size}}).Raw()
		if err != nil || document.Validate() != nil {
			t.Fatalf("%d bytes: %v", size, err)
		}
		if _, data := document.Lookup("data").Binary(); len(data) != size {
			t.Errorf("%d bytes are %d", size, len(data))
		}
		if size > 1<<20 {
			continue // as JSON it takes seconds
		}
		if err := c.FindOneAndDelete(ctx, bson.D{{Key: "_id", Value: size}}).Err(); err != nil {
			t.Error(err)
		}
	}
}

func TestDistinctAndCounts(t *testing.T) {
	ctx := context.Background()
	db := memory(t)
	c := db.Collection("c")
	if _, err := c.InsertMany(ctx, []bson.M{{"a": 1}, {"a": bson.A{2, 1}}, {"a": "x"}, {"b": 1}, {"a": bson.M{"n": 5}}}); err != nil {
		t.Fatal(err)
	}
	var values []any
	if err := c.Distinct(ctx, "a", bson.D{}).Decode(&values); err != nil || len(values) != 4 {
		t.Errorf("%v, %v", values, err)
	}
	var numbers []int
	if err := c.Distinct(ctx, "a", bson.M{"a": bson.M{"$type": "int"}}).Decode(&numbers); err != nil || !reflect.DeepEqual(numbers, []int{1, 2}) {
		t.Errorf("%v, %v", numbers, err)
	}
	var structs []struct {
		N int `json:"n"`
	}
	if err := c.Distinct(ctx, "a", bson.M{"a.n": 5}).Decode(&structs); err != nil || len(structs) != 1 || structs[0].N != 5 {
		t.Errorf("%v, %v", structs, err)
	}
	for name, result := range map[string]*ironbase.DistinctResult{
		"nil filter": c.Distinct(ctx, "a", nil), "bad name": db.Collection("").Distinct(ctx, "a", bson.D{}),
		"bad filter": c.Distinct(ctx, "a", bson.M{"$nope": 1}), "empty field": c.Distinct(ctx, "", bson.D{}),
	} {
		if result.Err() == nil || result.Decode(&values) == nil {
			t.Errorf("%s must be refused", name)
		}
	}
	if err := c.Distinct(ctx, "a", bson.D{}).Decode(values); err == nil {
		t.Error("a pointer is needed")
	}
	if err := c.Distinct(ctx, "a", bson.D{}).Decode(&numbers); err == nil {
		t.Error("a text is no number")
	}
	if n, err := c.EstimatedDocumentCount(ctx); n != 5 || err != nil {
		t.Errorf("%d, %v", n, err)
	}
	if n, err := c.CountDocuments(ctx, bson.D{}, options.Count().SetSkip(1).SetLimit(3)); n != 3 || err != nil {
		t.Errorf("%d, %v", n, err)
	}
}

// A key beyond 2^53 is not rounded on its way into an error.
func TestErrorsKeepLongs(t *testing.T) {
	const long = int64(1)<<53 + 1
	ctx, c := context.Background(), memory(t).Collection("c")
	document := bson.D{{Key: "_id", Value: long}}
	if _, err := c.InsertOne(ctx, document); err != nil {
		t.Fatal(err)
	}
	_, err := c.InsertOne(ctx, document)
	var refused ironbase.WriteException
	if !errors.As(err, &refused) || refused.WriteErrors[0].KeyValue.Lookup("_id").AsInt64() != long {
		t.Errorf("%#v", err)
	}
	_, err = c.InsertMany(ctx, []bson.D{document})
	var several ironbase.BulkWriteException
	if !errors.As(err, &several) || several.WriteErrors[0].KeyValue.Lookup("_id").AsInt64() != long {
		t.Errorf("%#v", err)
	}
}
