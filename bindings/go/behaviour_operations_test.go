package ironbase_test

// The operations of the behaviour suite, each made with the wrapper's function of its name, and its
// result put into the suite's form.

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strconv"

	"github.com/ironbase/ironbase-go"
	"github.com/ironbase/ironbase-go/options"
	"go.mongodb.org/mongo-driver/v2/bson"
)

// extra is the suite's options as they are; none if they are not given.
func extra[T any](arguments bson.Raw) []options.Lister[T] {
	if document, ok := arguments.Lookup("options").DocumentOK(); ok {
		return []options.Lister[T]{options.WithExtra[T](document)}
	}
	return nil
}

// given is a document among the arguments; nil if it is not there.
func given(arguments bson.Raw, name string) any {
	value := arguments.Lookup(name)
	if document, ok := value.DocumentOK(); ok {
		return document
	}
	if array, ok := value.ArrayOK(); ok {
		return array
	}
	return nil
}

// orAll is a filter of an operation that needs none.
func orAll(filter any) any {
	if filter == nil {
		return bson.D{}
	}
	return filter
}

func documents(arguments bson.Raw, name string) []bson.Raw {
	values, _ := arguments.Lookup(name).Array().Values()
	list := make([]bson.Raw, len(values))
	for i, value := range values {
		list[i] = value.Document()
	}
	return list
}

func text(arguments bson.Raw, name string) string { return arguments.Lookup(name).StringValue() }

func (run suiteRun) operate(operation suiteOperation) (any, error) {
	arguments := operation.Arguments
	if arguments == nil {
		arguments = bson.Raw{5, 0, 0, 0, 0}
	}
	name := operation.Collection
	if name == "" {
		name = "test"
	}
	ctx := context.Background()
	if operation.Cancelled {
		cancelled, cancel := context.WithCancel(ctx)
		cancel()
		ctx = cancelled
	}
	if operation.Transaction != "" && operation.Name != "startTransaction" {
		transaction := run.transactions[operation.Transaction]
		switch operation.Name {
		case "commitTransaction":
			return nil, transaction.Commit(ctx)
		case "abortTransaction":
			return nil, transaction.Abort()
		}
		ctx = transaction.Context(ctx)
	}
	collection := run.db.Collection(name)
	switch operation.Name {
	case "startTransaction":
		transaction, err := run.db.StartTransaction(ctx, extra[options.TransactionOptions](arguments)...)
		run.transactions[operation.Transaction] = transaction
		return nil, err
	case "createCollection":
		return nil, run.db.CreateCollection(ctx, text(arguments, "name"), extra[options.CreateCollectionOptions](arguments)...)
	case "renameCollection":
		return nil, run.db.RenameCollection(ctx, text(arguments, "from"), text(arguments, "to"), extra[options.RenameOptions](arguments)...)
	case "listCollections":
		return all(run.db.ListCollections(ctx, orAll(given(arguments, "filter"))))(ctx)
	case "runCommand":
		return run.db.RunCommand(ctx, given(arguments, "command")).Raw()
	case "compact":
		return pointee(run.db.Compact(ctx, extra[options.CompactOptions](arguments)...))
	case "verify":
		return pointee(run.db.Verify(ctx, extra[options.VerifyOptions](arguments)...))
	case "stats":
		return run.db.Stats(ctx).Raw()
	case "checkpoint":
		return nil, run.db.Checkpoint(ctx)
	case "close":
		return nil, run.db.Close()
	case "drop":
		return nil, collection.Drop(ctx)
	case "createIndexes":
		return run.createIndexes(ctx, collection, documents(arguments, "indexes"), extra[options.CreateIndexesOptions](arguments)...)
	case "dropIndex":
		return nil, collection.Indexes().DropOne(ctx, text(arguments, "name"))
	case "listIndexes":
		return all(collection.Indexes().List(ctx))(ctx)
	}
	return onDocuments(ctx, collection, operation.Name, arguments)
}

func onDocuments(ctx context.Context, c *ironbase.Collection, name string, arguments bson.Raw) (any, error) {
	filter, update := given(arguments, "filter"), given(arguments, "update")
	switch name {
	case "insertOne":
		result, err := c.InsertOne(ctx, given(arguments, "document"), extra[options.InsertOneOptions](arguments)...)
		if err != nil {
			return nil, err
		}
		return bson.D{{Key: "insertedId", Value: result.InsertedID}}, nil
	case "insertMany":
		result, err := c.InsertMany(ctx, documents(arguments, "documents"), extra[options.InsertManyOptions](arguments)...)
		if err != nil {
			return nil, err
		}
		ids := bson.D{}
		for i, id := range result.InsertedIDs {
			ids = append(ids, bson.E{Key: strconv.Itoa(i), Value: id})
		}
		return bson.D{{Key: "insertedIds", Value: ids}, {Key: "insertedCount", Value: len(ids)}}, nil
	case "find":
		return all(c.Find(ctx, orAll(filter), extra[options.FindOptions](arguments)...))(ctx)
	case "findOne":
		return orNull(c.FindOne(ctx, orAll(filter), extra[options.FindOneOptions](arguments)...))
	case "countDocuments":
		return c.CountDocuments(ctx, orAll(filter), extra[options.CountOptions](arguments)...)
	case "distinct":
		return c.Distinct(ctx, text(arguments, "field"), orAll(filter), extra[options.DistinctOptions](arguments)...).Raw()
	case "estimatedDocumentCount":
		return c.EstimatedDocumentCount(ctx, extra[options.EstimatedDocumentCountOptions](arguments)...)
	case "updateOne":
		return updated(c.UpdateOne(ctx, filter, update, extra[options.UpdateOneOptions](arguments)...))
	case "updateMany":
		return updated(c.UpdateMany(ctx, filter, update, extra[options.UpdateManyOptions](arguments)...))
	case "replaceOne":
		return updated(c.ReplaceOne(ctx, filter, given(arguments, "replacement"), extra[options.ReplaceOptions](arguments)...))
	case "deleteOne":
		return deleted(c.DeleteOne(ctx, filter, extra[options.DeleteOneOptions](arguments)...))
	case "deleteMany":
		return deleted(c.DeleteMany(ctx, filter, extra[options.DeleteManyOptions](arguments)...))
	case "findOneAndUpdate":
		return orNull(c.FindOneAndUpdate(ctx, filter, update, extra[options.FindOneAndUpdateOptions](arguments)...))
	case "findOneAndReplace":
		return orNull(c.FindOneAndReplace(ctx, filter, given(arguments, "replacement"), extra[options.FindOneAndReplaceOptions](arguments)...))
	case "findOneAndDelete":
		return orNull(c.FindOneAndDelete(ctx, filter, extra[options.FindOneAndDeleteOptions](arguments)...))
	case "bulkWrite":
		return bulkWritten(c, ctx, documents(arguments, "models"), extra[options.BulkWriteOptions](arguments))
	}
	return nil, fmt.Errorf("the runner does not know the operation %q", name)
}

func (run suiteRun) createIndexes(ctx context.Context, c *ironbase.Collection, specifications []bson.Raw, opts ...options.Lister[options.CreateIndexesOptions]) (any, error) {
	models := make([]ironbase.IndexModel, len(specifications))
	for i, specification := range specifications {
		further := bson.D{}
		elements, _ := specification.Elements()
		for _, element := range elements {
			if element.Key() != "key" {
				further = append(further, bson.E{Key: element.Key(), Value: element.Value()})
			}
		}
		models[i] = ironbase.IndexModel{Keys: given(specification, "key"), Options: options.WithExtra[options.IndexOptions](further)}
	}
	return c.Indexes().CreateMany(ctx, models, opts...)
}

func all(cursor *ironbase.Cursor, err error) func(context.Context) (any, error) {
	return func(ctx context.Context) (any, error) {
		if err != nil {
			return nil, err
		}
		found := []bson.Raw{}
		err := cursor.All(ctx, &found)
		return found, err
	}
}

func orNull(result *ironbase.SingleResult) (any, error) {
	document, err := result.Raw()
	if errors.Is(err, ironbase.ErrNoDocuments) {
		return nil, nil
	}
	return document, err
}

func updated(result *ironbase.UpdateResult, err error) (any, error) {
	if err != nil {
		return nil, err
	}
	document := bson.D{
		{Key: "matchedCount", Value: result.MatchedCount}, {Key: "modifiedCount", Value: result.ModifiedCount},
		{Key: "upsertedCount", Value: result.UpsertedCount},
	}
	if result.UpsertedCount > 0 {
		document = append(document, bson.E{Key: "upsertedId", Value: result.UpsertedID})
	}
	return document, nil
}

func deleted(result *ironbase.DeleteResult, err error) (any, error) {
	if err != nil {
		return nil, err
	}
	return bson.D{{Key: "deletedCount", Value: result.DeletedCount}}, nil
}

// errNotInGo is an operation that cannot be said with this wrapper's types.
var errNotInGo = errors.New("cannot be said in Go")

func bulkWritten(c *ironbase.Collection, ctx context.Context, list []bson.Raw, opts []options.Lister[options.BulkWriteOptions]) (any, error) {
	if len(list) == 0 {
		return nil, errNotInGo
	}
	models := make([]ironbase.WriteModel, len(list))
	for i, document := range list {
		element, err := document.IndexErr(0)
		if err != nil {
			return nil, err
		}
		if models[i] = model(element.Key(), element.Value().Document()); models[i] == nil {
			return nil, errNotInGo
		}
	}
	result, err := c.BulkWrite(ctx, models, opts...)
	if err != nil {
		return nil, err
	}
	return bson.D{
		{Key: "insertedCount", Value: result.InsertedCount}, {Key: "matchedCount", Value: result.MatchedCount},
		{Key: "modifiedCount", Value: result.ModifiedCount}, {Key: "deletedCount", Value: result.DeletedCount},
		{Key: "upsertedCount", Value: result.UpsertedCount}, {Key: "insertedIds", Value: byPosition(result.InsertedIDs)},
		{Key: "upsertedIds", Value: byPosition(result.UpsertedIDs)},
	}, nil
}

func byPosition(ids map[int64]any) bson.D {
	ordered := bson.D{}
	for _, position := range slices.Sorted(maps.Keys(ids)) {
		ordered = append(ordered, bson.E{Key: strconv.FormatInt(position, 10), Value: ids[position]})
	}
	return ordered
}

// model is a model of bulkWrite; nil for one that there is not.
func model(name string, fields bson.Raw) ironbase.WriteModel {
	var m struct {
		Document     bson.Raw           `bson:"document"`
		Filter       bson.Raw           `bson:"filter"`
		Update       any                `bson:"update"`
		Replacement  bson.Raw           `bson:"replacement"`
		ArrayFilters []any              `bson:"arrayFilters"`
		Collation    *options.Collation `bson:"collation"`
		Hint         any                `bson:"hint"`
		Sort         bson.D             `bson:"sort"`
		Upsert       *bool              `bson:"upsert"`
	}
	if bson.Unmarshal(fields, &m) != nil {
		return nil
	}
	var sort any
	if m.Sort != nil {
		sort = m.Sort
	}
	switch {
	case name == "insertOne" && m.Document != nil:
		return ironbase.NewInsertOneModel().SetDocument(m.Document)
	case name == "updateOne":
		return &ironbase.UpdateOneModel{Filter: m.Filter, Update: m.Update, ArrayFilters: m.ArrayFilters, Collation: m.Collation, Hint: m.Hint, Sort: sort, Upsert: m.Upsert}
	case name == "updateMany":
		return &ironbase.UpdateManyModel{Filter: m.Filter, Update: m.Update, ArrayFilters: m.ArrayFilters, Collation: m.Collation, Hint: m.Hint, Upsert: m.Upsert}
	case name == "replaceOne":
		return &ironbase.ReplaceOneModel{Filter: m.Filter, Replacement: m.Replacement, Collation: m.Collation, Hint: m.Hint, Sort: sort, Upsert: m.Upsert}
	case name == "deleteOne":
		return &ironbase.DeleteOneModel{Filter: m.Filter, Collation: m.Collation, Hint: m.Hint}
	case name == "deleteMany":
		return &ironbase.DeleteManyModel{Filter: m.Filter, Collation: m.Collation, Hint: m.Hint}
	}
	return nil
}

// pointee is a result by itself, if there is one.
func pointee[T any](result *T, err error) (any, error) {
	if err != nil {
		return nil, err
	}
	return *result, nil
}
