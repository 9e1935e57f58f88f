package ironbase

import (
	"context"
	"fmt"

	"github.com/ironbase/ironbase-go/options"
	"go.mongodb.org/mongo-driver/v2/bson"
)

// UpdateOne updates the first document that matches a filter. The update is a document of update
// operators, or a pipeline.
func (c *Collection) UpdateOne(ctx context.Context, filter, update any, opts ...options.Lister[options.UpdateOneOptions]) (*UpdateResult, error) {
	return updated(run(ctx, c, updateOne, opts, updating(filter, update)))
}

// UpdateByID updates the document with an _id.
func (c *Collection) UpdateByID(ctx context.Context, id, update any, opts ...options.Lister[options.UpdateOneOptions]) (*UpdateResult, error) {
	if id == nil {
		return nil, fmt.Errorf("id: %w", ErrNilDocument)
	}
	return c.UpdateOne(ctx, bson.D{{Key: "_id", Value: id}}, update, opts...)
}

// UpdateMany updates every document that matches a filter. On an error, what was updated before stays.
func (c *Collection) UpdateMany(ctx context.Context, filter, update any, opts ...options.Lister[options.UpdateManyOptions]) (*UpdateResult, error) {
	return updated(run(ctx, c, updateMany, opts, updating(filter, update)))
}

// ReplaceOne replaces the first document that matches a filter by another, which keeps the _id.
func (c *Collection) ReplaceOne(ctx context.Context, filter, replacement any, opts ...options.Lister[options.ReplaceOptions]) (*UpdateResult, error) {
	return updated(run(ctx, c, replaceOne, opts, replacing(filter, replacement)))
}

// DeleteOne deletes the first document that matches a filter.
func (c *Collection) DeleteOne(ctx context.Context, filter any, opts ...options.Lister[options.DeleteOneOptions]) (*DeleteResult, error) {
	return deleted(run(ctx, c, deleteOne, opts, filtering(filter)))
}

// DeleteMany deletes every document that matches a filter. On an error, what was deleted before stays.
func (c *Collection) DeleteMany(ctx context.Context, filter any, opts ...options.Lister[options.DeleteManyOptions]) (*DeleteResult, error) {
	return deleted(run(ctx, c, deleteMany, opts, filtering(filter)))
}

// FindOneAndUpdate updates the first document that matches a filter, and returns it: as it was, or with
// SetReturnDocument(options.After) as it is now.
func (c *Collection) FindOneAndUpdate(ctx context.Context, filter, update any, opts ...options.Lister[options.FindOneAndUpdateOptions]) *SingleResult {
	document, err := run(ctx, c, findOneAndUpdate, opts, updating(filter, update))
	return &SingleResult{document: document, err: err}
}

// FindOneAndReplace replaces the first document that matches a filter, and returns it.
func (c *Collection) FindOneAndReplace(ctx context.Context, filter, replacement any, opts ...options.Lister[options.FindOneAndReplaceOptions]) *SingleResult {
	document, err := run(ctx, c, findOneAndReplace, opts, replacing(filter, replacement))
	return &SingleResult{document: document, err: err}
}

// FindOneAndDelete deletes the first document that matches a filter, and returns it.
func (c *Collection) FindOneAndDelete(ctx context.Context, filter any, opts ...options.Lister[options.FindOneAndDeleteOptions]) *SingleResult {
	document, err := run(ctx, c, findOneAndDelete, opts, filtering(filter))
	return &SingleResult{document: document, err: err}
}

func filtering(filter any) arguments {
	return func(f *frame) error { return f.setFirst("filter", filter) }
}

func updating(filter, update any) arguments {
	return func(f *frame) error {
		if err := f.setFirst("filter", filter); err != nil {
			return err
		}
		return f.setUpdate(update)
	}
}

func replacing(filter, replacement any) arguments {
	return func(f *frame) error {
		if err := f.setFirst("filter", filter); err != nil {
			return err
		}
		return f.setReplacement(replacement)
	}
}

func updated(document bson.Raw, err error) (*UpdateResult, error) {
	if err != nil {
		return nil, asWrite(err)
	}
	return updateResult(document), nil
}

func deleted(document bson.Raw, err error) (*DeleteResult, error) {
	if err != nil {
		return nil, asWrite(err)
	}
	return &DeleteResult{DeletedCount: number(document, "deletedCount"), Acknowledged: true}, nil
}
