package ironbase

import (
	"context"
	"errors"

	"github.com/ironbase/ironbase-go/options"
	"go.mongodb.org/mongo-driver/v2/bson"
)

// InsertOne inserts a document. One without _id gets an ObjectID.
func (c *Collection) InsertOne(ctx context.Context, document any, opts ...options.Lister[options.InsertOneOptions]) (*InsertOneResult, error) {
	var id any
	_, err := run(ctx, c, insertOne, opts, func(f *frame) (err error) {
		id, err = f.addWithID(&f.first, "document", document)
		return err
	})
	if err != nil {
		return nil, asWrite(err)
	}
	return &InsertOneResult{InsertedID: id, Acknowledged: true}, nil
}

// InsertMany inserts the documents of a slice; those without _id get ObjectIDs. The result has what was
// inserted also beside an error, which is a BulkWriteException if documents were refused.
func (c *Collection) InsertMany(ctx context.Context, documents any, opts ...options.Lister[options.InsertManyOptions]) (*InsertManyResult, error) {
	var ids []any
	_, err := run(ctx, c, insertMany, opts, func(f *frame) error {
		slice, err := eachOf("documents", documents)
		if err != nil {
			return err
		}
		if err := checkCount("documents", slice.Len()); err != nil {
			return err
		}
		ids = make([]any, slice.Len())
		for i := range ids {
			if ids[i], err = f.addWithID(&f.first, "document", slice.Index(i).Interface()); err != nil {
				return err
			}
		}
		return nil
	})
	if err == nil {
		return &InsertManyResult{InsertedIDs: ids, Acknowledged: true}, nil
	}
	err = asBulkWrite(err, nil)
	var refused BulkWriteException
	if !errors.As(err, &refused) {
		return nil, err
	}
	return &InsertManyResult{InsertedIDs: inserted(ids, refused), Acknowledged: true}, err
}

// inserted leaves out of all ids those whose documents were refused or not come to.
func inserted(ids []any, exception BulkWriteException) []any {
	refused := make(map[int]bool, len(exception.WriteErrors))
	for _, err := range exception.WriteErrors {
		refused[err.Index] = true
	}
	count := int(number(lookup[bson.Raw](exception.Cause.Details, "result"), "insertedCount"))
	there := make([]any, 0, count)
	for i, id := range ids {
		if len(there) < count && !refused[i] {
			there = append(there, id)
		}
	}
	return there
}

// addWithID adds a document, which gets an _id if it has none, to what is passed; returns the _id.
func (f *frame) addWithID(target *[]byte, what string, value any) (any, error) {
	document, err := appendDocument(f.bson[:0], what, value)
	if err != nil {
		return nil, err
	}
	f.bson = document
	whole, id := ensureID(document)
	*target, err = f.passAnother(*target, whole)
	return id, err
}
