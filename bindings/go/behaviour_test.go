package ironbase_test

// Runs the behaviour suite, tests/behaviour/*.json at the root of the repository, with the functions of
// this wrapper. Its README there is the specification of the form.

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/ironbase/ironbase-go"
	"github.com/ironbase/ironbase-go/options"
	"go.mongodb.org/mongo-driver/v2/bson"
)

const suite = "../../tests/behaviour" // from the module

type suiteFile struct {
	Tests []suiteTest `bson:"tests"`
}

type suiteTest struct {
	Description string                `bson:"description"`
	Open        bson.Raw              `bson:"open"`
	Data        bson.D                `bson:"data"`
	Indexes     map[string][]bson.Raw `bson:"indexes"`
	Operations  []suiteOperation      `bson:"operations"`
	Outcome     map[string]bson.A     `bson:"outcome"`
}

type suiteOperation struct {
	Name        string        `bson:"name"`
	Collection  string        `bson:"collection"`
	Transaction string        `bson:"transaction"`
	Arguments   bson.Raw      `bson:"arguments"`
	Cancelled   bool          `bson:"cancelled"`
	Result      bson.RawValue `bson:"result"`
	Matches     bson.Raw      `bson:"matches"`
	Error       *suiteError   `bson:"error"`
}

type suiteError struct {
	Status   string   `bson:"status"`
	Code     *int32   `bson:"code"`
	CodeName *string  `bson:"codeName"`
	Message  string   `bson:"message"`
	Labels   []string `bson:"labels"`
	Details  bson.Raw `bson:"details"`
}

func TestBehaviour(t *testing.T) {
	files, err := filepath.Glob(filepath.Join(root, suite, "*.json"))
	if err != nil || len(files) == 0 {
		t.Fatalf("the behaviour suite is not at %s: %v", suite, err)
	}
	for _, name := range files {
		text, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		var file suiteFile
		if err := bson.UnmarshalExtJSON(text, false, &file); err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		if len(file.Tests) == 0 {
			t.Errorf("%s has no tests", name)
		}
		for _, test := range file.Tests {
			t.Run(strings.TrimSuffix(filepath.Base(name), ".json")+"/"+test.Description, test.run)
		}
	}
}

// suiteRun is the world of one test.
type suiteRun struct {
	*testing.T
	db           *ironbase.Database
	transactions map[string]*ironbase.Transaction
}

func (test suiteTest) run(t *testing.T) {
	ctx := context.Background()
	var open []options.Lister[options.OpenOptions]
	if test.Open != nil {
		open = append(open, options.WithExtra[options.OpenOptions](test.Open))
	}
	db, err := ironbase.Open(":memory:", open...)
	if err != nil {
		t.Fatal(err)
	}
	run := suiteRun{t, db, map[string]*ironbase.Transaction{}}
	defer db.Close()
	for _, collection := range test.Data {
		documents := collection.Value.(bson.A)
		if err := db.CreateCollection(ctx, collection.Key); err != nil {
			t.Fatal(err)
		}
		if len(documents) > 0 {
			if _, err := db.Collection(collection.Key).InsertMany(ctx, documents); err != nil {
				t.Fatal(err)
			}
		}
	}
	for collection, specifications := range test.Indexes {
		if _, err := run.createIndexes(ctx, db.Collection(collection), specifications); err != nil {
			t.Fatal(err)
		}
	}
	for i, operation := range test.Operations {
		run.check(fmt.Sprintf("operation %d, %s", i, operation.Name), operation)
	}
	for collection, expected := range test.Outcome {
		cursor, err := db.Collection(collection).Find(ctx, bson.D{}, options.Find().SetSort(bson.D{{Key: "_id", Value: 1}}))
		if err != nil {
			t.Fatal(err)
		}
		found := bson.A{}
		if err := cursor.All(ctx, &found); err != nil {
			t.Fatal(err)
		}
		if !equal(value(found), value(expected)) {
			t.Errorf("outcome of %s:\nexpected %v\n   found %v", collection, value(expected), value(found))
		}
	}
}

// check makes an operation and compares what came of it with what must.
func (run suiteRun) check(what string, operation suiteOperation) {
	run.Helper()
	result, err := run.operate(operation)
	if errors.Is(err, errNotInGo) {
		run.Logf("%s: %v", what, err)
		return
	}
	if operation.Error != nil {
		if operation.Cancelled && !errors.Is(err, context.Canceled) {
			run.Errorf("%s: must be the context's error, is %v", what, err)
		}
		if problem := run.compare(*operation.Error, err); problem != "" {
			run.Errorf("%s: %s\nresult %v, error %v", what, problem, result, err)
		}
		return
	}
	switch {
	case err != nil:
		run.Errorf("%s failed: %v", what, err)
	case !operation.Result.IsZero() && !equal(value(result), operation.Result):
		run.Errorf("%s:\nexpected %v\n   found %v", what, operation.Result, value(result))
	case operation.Matches != nil && !run.matches("result", value(result), operation.Matches):
		run.Errorf("%s: %v does not match %v", what, value(result), operation.Matches)
	}
}

// compare says what is not as expected of an error; "" if all is.
func (run suiteRun) compare(expected suiteError, err error) string {
	if errors.Is(err, ironbase.ErrNilDocument) {
		return "" // refused before the engine sees it
	}
	var failure ironbase.CommandError
	if !errors.As(err, &failure) {
		return fmt.Sprintf("must fail with an error of the engine: %+v", expected)
	}
	switch {
	case expected.Status != "" && failure.Status() != "IRONBASE_ERROR_"+expected.Status:
		return fmt.Sprintf("status must be %s, is %s", expected.Status, failure.Status())
	case expected.Code != nil && failure.Code != *expected.Code:
		return fmt.Sprintf("code must be %d, is %d", *expected.Code, failure.Code)
	case expected.CodeName != nil && failure.Name != *expected.CodeName:
		return fmt.Sprintf("codeName must be %s, is %s", *expected.CodeName, failure.Name)
	case !strings.Contains(failure.Message, expected.Message):
		return fmt.Sprintf("message must have %q", expected.Message)
	case expected.Details != nil && !run.matches("details", value(failure.Details), expected.Details):
		return fmt.Sprintf("details are %v, must match %v", failure.Details, expected.Details)
	}
	for _, label := range expected.Labels {
		if !failure.HasErrorLabel(label) {
			return fmt.Sprintf("must have the label %s, has %v", label, failure.Labels)
		}
	}
	return ""
}

// matches asks a database whether the document {_id: 1, field: value} matches a filter.
func (run suiteRun) matches(field string, v bson.RawValue, filter bson.Raw) bool {
	ctx := context.Background()
	db, err := ironbase.Open(":memory:")
	if err != nil {
		run.Fatal(err)
	}
	defer db.Close()
	if _, err := db.Collection("c").InsertOne(ctx, bson.D{{Key: "_id", Value: 1}, {Key: field, Value: v}}); err != nil {
		run.Fatal(err)
	}
	count, err := db.Collection("c").CountDocuments(ctx, filter)
	if err != nil {
		run.Fatal(err)
	}
	return count == 1
}

// value is anything as BSON.
func value(v any) bson.RawValue {
	if v == nil {
		return bson.RawValue{Type: bson.TypeNull}
	}
	if array, ok := v.(bson.RawArray); ok {
		return bson.RawValue{Type: bson.TypeArray, Value: array}
	}
	kind, data, err := bson.MarshalValue(v)
	if err != nil {
		panic(err)
	}
	return bson.RawValue{Type: kind, Value: data}
}

// equal compares as the suite says: numbers by their value, all else with its type.
func equal(a, b bson.RawValue) bool {
	if a.IsNumber() && b.IsNumber() {
		return equalNumbers(a, b)
	}
	if a.Type != b.Type {
		return false
	}
	switch a.Type {
	case bson.TypeEmbeddedDocument:
		return equalElements(a.Document(), b.Document())
	case bson.TypeArray:
		return equalElements(bson.Raw(a.Array()), bson.Raw(b.Array()))
	}
	return bytes.Equal(a.Value, b.Value)
}

func equalElements(a, b bson.Raw) bool {
	ours, errA := a.Elements()
	theirs, errB := b.Elements()
	return errA == nil && errB == nil && slices.EqualFunc(ours, theirs, func(x, y bson.RawElement) bool {
		return x.Key() == y.Key() && equal(x.Value(), y.Value())
	})
}

func equalNumbers(a, b bson.RawValue) bool {
	if a.Type == bson.TypeDecimal128 || b.Type == bson.TypeDecimal128 {
		return fmt.Sprint(numberOf(a)) == fmt.Sprint(numberOf(b))
	}
	x, exactX := a.AsInt64OK()
	y, exactY := b.AsInt64OK()
	if a.Type == bson.TypeDouble || b.Type == bson.TypeDouble {
		f, g := a.AsFloat64(), b.AsFloat64()
		return f == g || f != f && g != g
	}
	return exactX && exactY && x == y
}

func numberOf(v bson.RawValue) any {
	if decimal, ok := v.Decimal128OK(); ok {
		return decimal
	}
	if v.Type == bson.TypeDouble {
		return v.Double()
	}
	return v.AsInt64()
}
