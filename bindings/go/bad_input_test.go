package ironbase_test

import (
	"context"
	"errors"
	"math"
	"strings"
	"testing"
	"time"

	"github.com/ironbase/ironbase-go"
	"github.com/ironbase/ironbase-go/options"
	"go.mongodb.org/mongo-driver/v2/bson"
)

// nested is a document in a document and so on.
func nested(depth int) bson.D {
	document := bson.D{}
	for range depth {
		document = bson.D{{Key: "a", Value: document}}
	}
	return document
}

func TestDocumentsThatAreNone(t *testing.T) {
	ctx := context.Background()
	c := numbered(t, memory(t), 3)
	var nilPointer *person
	for name, test := range map[string]struct {
		document any
		want     error // nil: any
	}{
		"nil":               {nil, ironbase.ErrNilDocument},
		"nil pointer":       {nilPointer, ironbase.ErrNilDocument},
		"nil map":           {bson.M(nil), ironbase.ErrNilDocument},
		"nil bson.D":        {bson.D(nil), ironbase.ErrNilDocument},
		"empty bson.Raw":    {bson.Raw{}, ironbase.ErrNilDocument},
		"a number":          {5, nil},
		"a text":            {"{}", nil},
		"a time":            {time.Now(), nil},
		"a channel inside":  {bson.M{"a": make(chan int)}, nil},
		"a function inside": {bson.M{"a": func() {}}, nil},
		"NUL in a key":      {bson.M{"a\x00b": 1}, nil},
		"uint64 too big":    {bson.M{"a": uint64(math.MaxUint64)}, nil},
		"not UTF-8":         {bson.M{"a": "\xff\xfe"}, nil},
		"key not UTF-8":     {bson.M{"\xff": 1}, nil},
		"cut off":           {bson.Raw{20, 0, 0, 0, 16, 'a', 0}, nil},
		"a length too long": {bson.Raw{255, 255, 255, 127, 0}, nil},
		"a negative length": {bson.Raw{255, 255, 255, 255, 0}, nil},
		"an unknown type":   {bson.Raw{8, 0, 0, 0, 99, 'a', 0, 0}, nil},
		"a bad string":      {bson.Raw{13, 0, 0, 0, 2, 'a', 0, 200, 0, 0, 0, 'x', 0}, nil},
		"too deep":          {nested(200), nil},
		"too big":           {bson.M{"a": strings.Repeat("x", 17<<20)}, nil},
		"a dollar field":    {bson.M{"_id": bson.M{"$a": 1}}, nil},
	} {
		t.Run(name, func(t *testing.T) {
			_, insert := c.InsertOne(ctx, test.document)
			_, many := c.InsertMany(ctx, []any{test.document})
			_, replace := c.ReplaceOne(ctx, bson.D{{Key: "_id", Value: 0}}, test.document)
			_, bulk := c.BulkWrite(ctx, []ironbase.WriteModel{ironbase.NewInsertOneModel().SetDocument(test.document)})
			for function, err := range map[string]error{"InsertOne": insert, "InsertMany": many, "ReplaceOne": replace, "BulkWrite": bulk} {
				if err == nil || test.want != nil && !errors.Is(err, test.want) {
					t.Errorf("%s: %v, expected an error (%v)", function, err, test.want)
				}
				if err != nil && len(err.Error()) > 4000 {
					t.Errorf("%s: a message of %d bytes", function, len(err.Error()))
				}
			}
		})
	}
	if n, err := c.CountDocuments(ctx, bson.D{}); n != 3 || err != nil {
		t.Errorf("%d documents, %v: nothing must have been written", n, err)
	}
}

func TestArgumentsThatAreWrong(t *testing.T) {
	ctx := context.Background()
	db := memory(t)
	c := numbered(t, db, 3)
	all := bson.D{}
	set := bson.D{{Key: "$set", Value: bson.D{{Key: "x", Value: 1}}}}
	returned := func(_ any, err error) error { return err }
	for name, test := range map[string]struct {
		err  error
		want error
	}{
		"nil filter of a delete":   {returned(c.DeleteMany(ctx, nil)), ironbase.ErrNilDocument},
		"nil bson.D of a delete":   {returned(c.DeleteMany(ctx, bson.D(nil))), ironbase.ErrNilDocument},
		"nil filter of a find":     {returned(c.Find(ctx, nil)), ironbase.ErrNilDocument},
		"nil update":               {returned(c.UpdateOne(ctx, all, nil)), ironbase.ErrNilDocument},
		"nil id":                   {returned(c.UpdateByID(ctx, nil, set)), ironbase.ErrNilDocument},
		"update without operators": {returned(c.UpdateOne(ctx, all, bson.D{{Key: "x", Value: 1}})), ironbase.ErrQuery},
		"empty pipeline stage":     {returned(c.UpdateOne(ctx, all, ironbase.Pipeline{{}})), ironbase.ErrQuery},
		"unknown stage":            {returned(c.UpdateOne(ctx, all, bson.A{bson.D{{Key: "$nope", Value: 1}}})), ironbase.ErrQuery},
		"update that is a number":  {returned(c.UpdateOne(ctx, all, 5)), nil},
		"replacement of operators": {returned(c.ReplaceOne(ctx, all, set)), ironbase.ErrQuery},
		"unknown operator":         {returned(c.Find(ctx, bson.D{{Key: "a", Value: bson.D{{Key: "$nope", Value: 1}}}})), ironbase.ErrQuery},
		"no documents":             {returned(c.InsertMany(ctx, []bson.D{})), ironbase.ErrEmptySlice},
		"documents that are one":   {returned(c.InsertMany(ctx, bson.M{"a": 1})), ironbase.ErrNotSlice},
		"nil documents":            {returned(c.InsertMany(ctx, nil)), ironbase.ErrNotSlice},
		"a nil model":              {returned(c.BulkWrite(ctx, []ironbase.WriteModel{nil})), ironbase.ErrNilDocument},
		"no models":                {returned(c.BulkWrite(ctx, nil)), ironbase.ErrEmptySlice},
		"a model without filter":   {returned(c.BulkWrite(ctx, []ironbase.WriteModel{ironbase.NewDeleteManyModel()})), ironbase.ErrNilDocument},
		"a sort of chance":         {returned(c.Find(ctx, all, options.Find().SetSort(bson.M{"a": 1, "b": 1}))), ironbase.ErrMapForOrderedArgument},
		"keys of chance":           {returned(c.Indexes().CreateOne(ctx, ironbase.IndexModel{Keys: bson.M{"a": 1, "b": 1}})), ironbase.ErrMapForOrderedArgument},
		"a sort that is none":      {returned(c.Find(ctx, all, options.Find().SetSort(bson.M{"a": 5}))), ironbase.ErrQuery},
		"a negative skip":          {returned(c.Find(ctx, all, options.Find().SetSkip(-1))), ironbase.ErrArgument},
		"an unknown cursor type":   {returned(c.Find(ctx, all, options.Find().SetCursorType(9))), nil},
		"an unknown return":        {c.FindOneAndUpdate(ctx, all, set, options.FindOneAndUpdate().SetReturnDocument(9)).Err(), nil},
		"an unknown option":        {returned(c.Find(ctx, all, options.WithExtra[options.FindOptions](bson.M{"srot": 1}))), ironbase.ErrArgument},
		"an option that is none":   {returned(c.Find(ctx, all, options.WithExtra[options.FindOptions](5))), nil},
		"an empty name":            {db.Collection("").FindOne(ctx, all).Err(), ironbase.ErrQuery},
		"a name with NUL":          {returned(db.Collection("a\x00b").InsertOne(ctx, all)), ironbase.ErrQuery},
		"a name not UTF-8":         {returned(db.Collection("\xff").Find(ctx, all)), ironbase.ErrArgument},
		"an unknown command":       {db.RunCommand(ctx, bson.D{{Key: "nope", Value: 1}}).Err(), ironbase.ErrQuery},
		"an empty command":         {db.RunCommand(ctx, all).Err(), nil},
		"a command of chance":      {db.RunCommand(ctx, bson.M{"find": "a", "limit": 1}).Err(), ironbase.ErrMapForOrderedArgument},
		"an index that is not":     {c.Indexes().DropOne(ctx, "nope"), ironbase.ErrNotFound},
		"the index on _id":         {c.Indexes().DropOne(ctx, "_id_"), ironbase.ErrQuery},
		"a rename of nothing":      {db.RenameCollection(ctx, "nope", "b"), ironbase.ErrNotFound},
		"no document":              {c.FindOne(ctx, bson.D{{Key: "_id", Value: 99}}).Err(), ironbase.ErrNoDocuments},
	} {
		if test.err == nil || test.want != nil && !errors.Is(test.err, test.want) {
			t.Errorf("%s: %v, expected an error (%v)", name, test.err, test.want)
		}
	}
	if n, err := c.CountDocuments(ctx, all); n != 3 || err != nil {
		t.Errorf("%d documents, %v: nothing must have been deleted", n, err)
	}
}

func TestDecodingIntoWhatDoesNotFit(t *testing.T) {
	ctx := context.Background()
	c := numbered(t, memory(t), 3)
	one := func() *ironbase.SingleResult { return c.FindOne(ctx, bson.D{{Key: "_id", Value: 1}}) }
	var number int
	var wrong struct {
		ID string `bson:"_id"`
	}
	for name, target := range map[string]any{"nil": nil, "no pointer": bson.M{}, "a number": &number, "another type": &wrong, "nil pointer": (*person)(nil)} {
		if name == "no pointer" {
			target = person{}
		}
		if err := one().Decode(target); err == nil {
			t.Errorf("decoding into %s must fail", name)
		}
	}
	for name, target := range map[string]any{"nil": nil, "no pointer": []bson.M{}, "no slice": &number, "other elements": &[]int{}} {
		cursor, err := c.Find(ctx, bson.D{})
		if err != nil {
			t.Fatal(err)
		}
		if err := cursor.All(ctx, target); err == nil {
			t.Errorf("All into %s must fail", name)
		}
	}
	var none *ironbase.Cursor
	if none.Next(ctx) || none.Err() != ironbase.ErrNilCursor || none.Close(ctx) != ironbase.ErrNilCursor || none.Decode(&number) != ironbase.ErrNilCursor {
		t.Error("a nil cursor says that it is")
	}
	cursor, err := c.Find(ctx, bson.D{})
	if err != nil {
		t.Fatal(err)
	}
	defer cursor.Close(ctx)
	if cursor.Decode(&bson.M{}) == nil {
		t.Error("Decode before Next must fail")
	}
}
